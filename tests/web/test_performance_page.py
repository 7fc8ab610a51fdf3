"""The Performance page: its words, its charts as data, and one drawing of it whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from tests.views.test_performance import TOTALS
from tests.web.conftest import Seeded, open_page, text_of
from tradesync.domain.times import SECOND
from tradesync.store.queries import EquityRow
from tradesync.store.queries_performance import DayRow
from tradesync.views.equity import EquityRange
from tradesync.views.performance import Performance, Realized, TradeStatistics, statistics_of
from tradesync.views.performance_equity import Flows, Risk, equity_performance
from tradesync.views.returns import Gap
from tradesync.web.charts import (
    bars_option,
    calendar_height,
    calendar_option,
    calendar_spans,
    equity_and_drawdown_option,
    equity_option,
)
from tradesync.web.palette import gain_colour
from tradesync.web.performance import pairs_table
from tradesync.web.performance_words import (
    factor,
    gap_words,
    method_words,
    number,
    return_rows,
    trade_rows,
)
from tradesync.web.trade_charts import price_option

D = Decimal
DAY = 86_400 * SECOND
NO_EQUITY = equity_performance(
    {}, Flows(()), None, wanted=EquityRange.ALL, now=DAY, open_days=frozenset()
)
GAPPY = replace(
    NO_EQUITY, unvalued=1,
    gaps=(Gap(date(2026, 3, 2), date(2026, 3, 4), 3), Gap(date(2026, 4, 1), date(2026, 4, 1), 1)),
)  # fmt: skip


def statistics(**changes: object) -> TradeStatistics:
    return replace(statistics_of(TOTALS, [1, 1, -1]), **changes)  # type: ignore[arg-type]


def test_statistics_in_words_say_what_is_unknown_and_never_write_zero_for_it() -> None:
    rows = dict(trade_rows(statistics()))
    assert rows["Trades closed"] == "11, 1 even, 1 unknown"
    assert rows["Average loss"] == "−$100.00"
    assert (rows["Longest streaks"], rows["Last streak"]) == ("2 won, 1 lost", "1 lost")
    assert rows["Average time held"] == "2 d"
    nothing = dict(trade_rows(statistics(average_win=None, held_seconds=None, trades=0)))
    assert (nothing["Average win"], nothing["Average time held"], nothing["Fees"]) == ("—",) * 3


def test_a_profit_factor_without_losses_says_so() -> None:
    assert factor(statistics()) == "3.00"
    assert factor(statistics(profit_factor=None)) == "no losses"
    assert factor(statistics(profit_factor=None, won=0)) == "—"


@pytest.mark.parametrize(
    ("value", "words"), [(None, "—"), (1.236, "1.24"), (-0.5, "−0.50"), (-0.001, "0.00")]
)
def test_ratios_have_two_places_and_a_real_minus(value: float | None, words: str) -> None:
    assert number(value) == words


def test_unknown_ratios_are_dashes() -> None:
    risk = Risk(None, None, None, None, None, days=3, a_year=252)
    assert [words for _, words in return_rows(risk)] == ["3", "—", "—", "—", "—"]


def test_gaps_and_transfers_without_a_price_are_said() -> None:
    assert gap_words(GAPPY) == [
        "no equity known for 4 days (2 Mar 2026 to 4 Mar 2026, 1 Apr 2026)",
        "1 transfer without a price: taken for a gain or loss",
    ]
    assert gap_words(NO_EQUITY) == []


def test_the_method_is_stated() -> None:
    equity = replace(NO_EQUITY, since=date(2026, 3, 2))
    words = method_words(Performance(Realized(D(0), 0, 0, (), ()), statistics(), equity, None))
    for part in ("first in, first out", "New York dates", "deposits and transfers excluded",
                 "2 Mar 2026", "252 days", "risk-free rate of 0",
                 "an imported position"):  # fmt: skip
        assert part in words


POINTS = (EquityRow(0, D(100)), EquityRow(DAY, D(120)), EquityRow(2 * DAY, D(90)))


def test_equity_and_drawdown_share_one_x_axis() -> None:
    option = equity_and_drawdown_option(
        POINTS, deposits=(D(50), D(50), D(60)), drawdown=((0, 0.0), (DAY, 0.0), (2 * DAY, -0.25)),
        gain=False, dark=True,
    )  # fmt: skip
    upper, lower = option["xAxis"]
    assert (upper["min"], upper["max"]) == (lower["min"], lower["max"]) == (0, 2 * 86_400_000)
    names = [series["name"] for series in option["series"]]
    assert names == ["Equity", "Net deposits", "Drawdown"]
    assert option["series"][1]["data"][-1] == [2 * 86_400_000, 60.0]
    assert option["series"][2]["data"][-1] == [2 * 86_400_000, -25.0]
    assert option["yAxis"][1]["min"] == -25


def test_without_deposits_there_is_no_line_of_them() -> None:
    option = equity_option(POINTS, gain=True, dark=False)
    assert [series["name"] for series in option["series"]] == ["Equity"]


def test_bars_are_coloured_by_sign_and_the_unknown_has_none() -> None:
    (series,) = bars_option(["a", "b", "c"], [D(2), D(-1), None], dark=False)["series"]
    gain, loss = (gain_colour(gain=each, dark=False) for each in (True, False))
    assert series["data"] == [
        {"value": 2.0, "itemStyle": {"color": gain}},
        {"value": -1.0, "itemStyle": {"color": loss}},
        None,
    ]


def day(moment: date, realized: int, unknown: int = 0) -> DayRow:
    return DayRow(moment, D(realized), 2, unknown)


def test_a_calendar_says_signs_and_what_is_unknown() -> None:
    days = [day(date(2026, 3, 2), 5), day(date(2026, 3, 3), -7, 1), day(date(2026, 3, 4), 0, 2)]
    option = calendar_option(days, dark=False)
    assert option["series"][0]["data"] == [
        ["2026-03-02", 5.0, "+", "+$5.00"],
        ["2026-03-03", -7.0, "−", "−$7.00, 1 unknown"],
        ["2026-03-04", None, "?", "unknown"],
    ]
    assert (option["visualMap"]["min"], option["visualMap"]["max"]) == (-7.0, 7.0)


def test_long_ranges_have_a_calendar_a_year_the_latest_on_top() -> None:
    days = [day(date(year, 6, 1), 1) for year in range(2021, 2027)]
    spans = calendar_spans(days)
    assert [first.year for first, _ in spans] == [2026, 2025, 2024, 2023]
    assert calendar_spans(days[:1]) == [(date(2021, 6, 1), date(2021, 6, 1))]
    assert calendar_spans([]) == []
    assert calendar_height(days) > 3 * calendar_height(days[:1])


def test_the_page_draws_figures_breakdown_exports_and_method(seeded: Seeded) -> None:
    app = open_page("performance", range="1Y", by="Symbol", methods="true")
    words = text_of(app)
    assert "Realized P&L :green[:small[▲] +$90.00] 1 closing" in words
    assert "Win rate 100.00% 1 won · 0 lost" in words
    assert "Profit factor no losses" in words
    assert "no deposit is on record" in words
    assert "Realized P&L: first in, first out" in words
    assert len(app.get("echarts_chart")) == 2
    labels = [getattr(button, "label", "") for button in app.get("download_button")]
    assert labels == ["CSV", "Parquet"] * 4
    assert "TSLA" in list(app.dataframe[0].value["Symbol"])


def test_no_chart_draws_itself_slowly() -> None:
    equity = equity_option(POINTS, gain=True, dark=False)
    assert equity["animation"] is False
    assert price_option((), (), (), None, dark=False)["animation"] is False


def test_figures_beside_their_names_are_numbers_to_streamlit_so_that_they_stand_right() -> None:
    table = pairs_table([("Average win", "+$134.82"), ("Longest streaks", "6 won, 7 lost")])
    frame: pd.DataFrame = table.data  # type: ignore[attr-defined]
    assert pd.api.types.is_numeric_dtype(frame["Value"])
    assert list(frame.index) == ["Average win", "Longest streaks"]
    words = frame.astype(str)["Value"]
    assert list(words) == ["+\\$134.82", "6 won, 7 lost"]
