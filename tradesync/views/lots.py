"""Realized lots for export: acquired, sold, proceeds, cost, gain and the term of it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import pyarrow as pa

from tradesync.domain.times import new_york_midnight
from tradesync.store.database import Tx
from tradesync.store.queries_exports import Period, lots_table
from tradesync.views.exports import Frame

HEADING = (
    "Not a tax document: no wash sales, proceeds before fees. First in, first out, "
    "or as the exit names its trade; days are New York dates."
)


def year_period(year: int) -> Period:
    """A calendar year in New York."""
    return Period(
        new_york_midnight(date(year, 1, 1)), new_york_midnight(date(year + 1, 1, 1))
    )


def read_lots(tx: Tx, account_id: str, period: Period) -> Frame:
    """The realized lots of a period, oldest first."""
    return lots_frame(lots_table(tx, account_id, period))


def lots_frame(table: pa.Table) -> Frame:
    """Realized lots with their term: *short* for short sales (IRS Publication 550)."""
    of_pair = cache(term)
    sides, acquired, sold = (table.column(n).to_pylist() for n in ("side", "acquired", "sold"))
    terms = [
        "short" if side == "short" else of_pair(since, until)
        for side, since, until in zip(sides, acquired, sold, strict=True)
    ]
    place = table.schema.get_field_index("gain") + 1
    return Frame(table.add_column(place, "term", pa.array(terms, pa.string())), HEADING)


def term(acquired: date | None, sold: date) -> str | None:
    """*long* for what was held more than a year, else *short*; None: not known since when.

    The period begins on the day after acquisition (IRS Publication 550, *Holding period*); what
    was acquired on the last day of a month is held a year when that next day comes round again
    (Rev. Rul. 66-7).
    """
    if acquired is None:
        return None
    begins = acquired + timedelta(days=1)
    is_long = sold > _year_after(acquired) and sold >= _year_after(begins)
    return "long" if is_long else "short"


def _year_after(day: date) -> date:
    """The same day of the next year; 28 February after a 29th."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)
