"""Realized lots for export: acquired, sold, proceeds, cost, gain and the term of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from tradesync.domain.events import Kind
from tradesync.domain.times import new_york_date, new_york_midnight
from tradesync.store.arrow import TIME
from tradesync.store.database import Tx
from tradesync.store.queries_exports import ClosedLotRow, Period, closed_lot_rows
from tradesync.views.exports import Frame

HEADING = (
    "Not a tax document: no wash sales, proceeds before fees. First in, first out, "
    "or as the exit names its trade; days are New York dates."
)
_ACQUIRED_BY = frozenset({Kind.EXECUTION, Kind.PROVISIONAL, Kind.OPTION_TRADE})
"""What opens a lot on the day it is acquired; transferred or imported lots are older."""
_MONEY = pa.decimal128(38, 12)
_SCHEMA = pa.schema(
    {
        "symbol": pa.string(), "side": pa.string(), "quantity": _MONEY,
        "acquired": pa.date32(), "sold": pa.date32(), "proceeds": _MONEY, "cost": _MONEY,
        "gain": _MONEY, "term": pa.string(), "opened_at": TIME, "closed_at": TIME,
        "trade_id": pa.string(), "lot_id": pa.string(),
    }
)  # fmt: skip


def year_period(year: int) -> Period:
    """A calendar year in New York."""
    return Period(
        new_york_midnight(date(year, 1, 1)), new_york_midnight(date(year + 1, 1, 1))
    )


def read_lots(tx: Tx, account_id: str, period: Period) -> Frame:
    """The realized lots of a period, oldest first."""
    return lots_frame(closed_lot_rows(tx, account_id, period))


def lots_frame(rows: Sequence[ClosedLotRow]) -> Frame:
    """Realized lots as a table; what is not known is empty."""
    records = [_record(row) for row in rows]
    columns = [
        pa.array([record[name] for record in records], pa.int64()).cast(TIME)
        if pa.types.is_timestamp(kind)
        else pa.array([record[name] for record in records], kind)
        for name, kind in zip(_SCHEMA.names, _SCHEMA.types, strict=True)
    ]
    return Frame(pa.table(columns, schema=_SCHEMA), HEADING)


def _record(row: ClosedLotRow) -> dict[str, Any]:
    """A long lot is acquired when it opens; a short sale when it is covered (and term short)."""
    is_short = row.side == "short"
    opened = new_york_date(row.opened_at) if row.opened_by in _ACQUIRED_BY else None
    closed = new_york_date(row.closed_at)
    return {
        "symbol": row.symbol,
        "side": row.side,
        "quantity": row.qty,
        "acquired": closed if is_short else opened,
        "sold": closed,
        "proceeds": row.cost if is_short else row.value,
        "cost": row.value if is_short else row.cost,
        "gain": row.realized_pnl,
        "term": "short" if is_short else term(opened, closed),
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "trade_id": row.trade_id,
        "lot_id": row.lot_id,
    }


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
