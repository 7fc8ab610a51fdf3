"""Realized lots: the term by the rule of more than one year, shorts, and what is not known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.closings import at, closed, short_tsla, store
from tests.web import seed
from tradesync.store.queries_exports import Period
from tradesync.views.exports import csv_bytes
from tradesync.views.lots import HEADING, read_lots, term, year_period

D = Decimal


@pytest.mark.parametrize(
    ("acquired", "sold", "expected"),
    [
        (date(2024, 5, 1), date(2024, 5, 1), "short"),
        (date(2024, 5, 1), date(2025, 5, 1), "short"),  # exactly one year
        (date(2024, 5, 1), date(2025, 5, 2), "long"),
        (date(2024, 2, 28), date(2025, 2, 28), "short"),
        (date(2024, 2, 28), date(2025, 3, 1), "long"),
        (date(2024, 2, 29), date(2025, 2, 28), "short"),
        (date(2024, 2, 29), date(2025, 3, 1), "long"),
        (date(2023, 2, 28), date(2024, 2, 29), "short"),  # last of its month: held to 1 March
        (date(2023, 2, 28), date(2024, 3, 1), "long"),
        (date(2023, 12, 31), date(2025, 1, 1), "long"),
    ],
)
def test_the_term_is_long_after_more_than_one_year(
    acquired: date, sold: date, expected: str
) -> None:
    assert term(acquired, sold) == expected


@given(st.dates(date(1990, 1, 1), date(2050, 1, 1)), st.integers(0, 800))
def test_the_term_never_turns_back_to_short(acquired: date, days: int) -> None:
    sold = acquired + timedelta(days=days)
    later = term(acquired, sold + timedelta(days=1))
    assert (term(acquired, sold), later) != ("long", "short")
    if days <= 365:
        assert term(acquired, sold) == "short"
    if days >= 368:
        assert later == "long"


@pytest.fixture(scope="module")
def lots(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """By year sold: a long lot, a short one of 31 December's evening, one from a transfer."""
    record = store(
        tmp_path_factory.mktemp("record"),
        [
            closed(1, at(5, 2, year=2024), "500", held=367),
            short_tsla(2, at(12, 31, 23, year=2025), "-50"),
            closed(3, at(1, 1, 0), None, held=900, opened_by="transfer"),
            closed(4, at(1, 2), None, kind="transfer", close_reason="transferred out"),
            closed(5, at(1, 2), None, is_fee=True),
        ],
    )
    found = {}
    with record.read() as tx:
        for year in (2024, 2025, 2026):
            (found[year],) = read_lots(tx, seed.ACCOUNT, year_period(year)).table.to_pylist()
        text = csv_bytes(read_lots(tx, seed.ACCOUNT, Period(0, at(1, 1, year=2030)))).decode()
    assert text.startswith(f"# {HEADING}\r\nsymbol,side,quantity,acquired,sold,proceeds,cost,gain,")
    assert len(text.splitlines()) == 2 + 3
    return found


def test_a_long_lot_is_acquired_when_opened_and_sold_when_closed(
    lots: dict[int, dict[str, Any]],
) -> None:
    found = lots[2024]
    assert (found["acquired"], found["sold"]) == (date(2023, 5, 1), date(2024, 5, 2))
    assert (found["proceeds"], found["cost"], found["gain"]) == (600, 100, 500)
    assert (found["term"], found["quantity"], found["symbol"]) == ("long", 1, "AAPL")


def test_a_short_sale_is_acquired_by_covering_and_its_opening_brought_the_proceeds(
    lots: dict[int, dict[str, Any]],
) -> None:
    """The evening of 31 December in New York is another year in London."""
    found = lots[2025]
    assert (found["acquired"], found["sold"]) == (date(2025, 12, 31), date(2025, 12, 31))
    assert (found["proceeds"], found["cost"], found["gain"]) == (100, 50, -50)
    assert found["term"] == "short"


def test_what_came_by_transfer_has_no_known_acquisition_and_no_term(
    lots: dict[int, dict[str, Any]],
) -> None:
    found = lots[2026]
    assert (found["acquired"], found["gain"], found["term"]) == (None, None, None)
    assert found["sold"] == date(2026, 1, 1)


def test_the_heading_says_what_it_is_not() -> None:
    assert HEADING.startswith("Not a tax document: no wash sales")
