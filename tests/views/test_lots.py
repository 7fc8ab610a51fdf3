"""Realized lots: the term by the rule of more than one year, shorts, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web import seed
from tradesync.domain.times import NEW_YORK, Instant, from_datetime
from tradesync.store.database import Database
from tradesync.store.queries_exports import ClosedLotRow, Period
from tradesync.views.exports import csv_bytes
from tradesync.views.lots import HEADING, lots_frame, read_lots, term, year_period

D = Decimal


def at(year: int, month: int, day: int) -> Instant:
    return from_datetime(datetime(year, month, day, 10, tzinfo=NEW_YORK))


LONG = ClosedLotRow(
    symbol="AAPL", side="long", qty=D(10), opened_at=at(2024, 5, 1), opened_by="execution",
    closed_at=at(2025, 5, 2), cost=D(2000), value=D(2500), realized_pnl=D(500),
    trade_id="t", lot_id="l",
)  # fmt: skip


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


def one(row: ClosedLotRow) -> dict[str, object]:
    return dict(lots_frame([row]).table.to_pylist()[0])


def test_a_long_lot_is_acquired_when_opened_and_sold_when_closed() -> None:
    found = one(LONG)
    assert (found["acquired"], found["sold"]) == (date(2024, 5, 1), date(2025, 5, 2))
    assert (found["proceeds"], found["cost"], found["gain"]) == (2500, 2000, 500)
    assert found["term"] == "long"


def test_a_short_sale_is_acquired_by_covering_and_its_opening_brought_the_proceeds() -> None:
    found = one(replace(LONG, side="short", realized_pnl=D(-500)))
    assert (found["acquired"], found["sold"]) == (date(2025, 5, 2), date(2025, 5, 2))
    assert (found["proceeds"], found["cost"], found["gain"]) == (2000, 2500, -500)
    assert found["term"] == "short"


def test_what_came_by_transfer_has_no_known_acquisition_and_no_term() -> None:
    found = one(replace(LONG, opened_by="transfer", cost=None, realized_pnl=None))
    assert (found["acquired"], found["cost"], found["gain"], found["term"]) == (None,) * 4
    assert found["proceeds"] == 2500


def test_a_year_is_new_yorks(tmp_path: Path) -> None:
    database = Database(tmp_path / "record.duckdb")
    seed.small_account(database, now=at(2026, 1, 2))  # the short was covered on 1 January 2026
    with database.read() as tx:
        rows = {
            year: read_lots(tx, seed.ACCOUNT, year_period(year)).table.num_rows
            for year in (2025, 2026)
        }
        everything = read_lots(tx, seed.ACCOUNT, Period(0, at(2030, 1, 1)))
    assert rows == {2025: 0, 2026: 1}
    text = csv_bytes(everything).decode()
    assert text.startswith(f"# {HEADING}\r\nsymbol,side,quantity,acquired,sold,proceeds,cost,gain,")
    assert "Not a tax document: no wash sales" in HEADING
