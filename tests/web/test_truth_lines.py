"""The lines that reconcile the figures: today in its parts."""

from __future__ import annotations

from decimal import Decimal

from tradesync.views.account import DaySplit
from tradesync.web.truth_lines import day_words

D = Decimal


def test_today_is_the_sum_of_its_parts_signed_and_coloured() -> None:
    words = day_words(DaySplit(D(40), D(60), 1, D(-25), D(7), D(2)))
    assert words == (
        r"**Today :green[▲ +\$40.00]** = realized :green[▲ +\$60.00] (1 unknown) "
        r"+ floating :red[▼ −\$25.00] + income :green[▲ +\$7.00] − fees \$2.00"
    )


def test_today_is_unknown_where_the_broker_states_no_last_equity() -> None:
    words = day_words(DaySplit(None, D(0), 0, None, D(0), D(0)))
    assert words == r"**Today —** = realized \$0.00 + floating — + income \$0.00 − fees \$0.00"
