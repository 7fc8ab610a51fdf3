"""Closed trades of one lot each, and a record of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.store.make import NOTHING, lot, trade
from tests.web import seed
from tradesync.domain.conclusions import Allocation, Lot, Trade, TradeSide, TradeStatus
from tradesync.domain.facts import Instrument
from tradesync.domain.times import NEW_YORK, SECOND, Instant, from_datetime
from tradesync.store import conclusions, facts
from tradesync.store.database import Database

D = Decimal
DAY: Instant = 86_400 * SECOND


def at(month: int, day: int, hour: int = 12, year: int = 2026) -> Instant:
    """An hour in New York."""
    return from_datetime(datetime(year, month, day, hour, tzinfo=NEW_YORK))


NOW = at(11, 20)


def closed(
    number: int, closed_at: Instant, pnl: str | None, *, held: int = 1, **changes: Any
) -> tuple[Trade, Lot, Allocation]:
    """A trade of one lot, closed by one exit `held` days after it opened."""
    opened = closed_at - held * DAY
    realized = None if pnl is None else D(pnl)
    kind = changes.pop("kind", "execution")
    is_fee = changes.pop("is_fee", False)
    opened_by = changes.pop("opened_by", "execution")
    row = trade(
        f"trade-{number}", qty=D(1), open_qty=D(0), cost=D(100),
        open_cost=D(0), realized_pnl=realized, opened_at=opened, closed_at=closed_at,
        **{"status": TradeStatus.CLOSED, "fees": D("0.5"), "flags": (), **changes},
    )  # fmt: skip
    value = None if realized is None else D(100) + realized
    return (
        row,
        lot(f"lot-{number}", trade_id=row.trade_id, instrument=row.instrument, qty=D(1),
            cost=D(100), open_qty=D(0), open_cost=D(0), opened_at=opened, source_kind=opened_by),
        Allocation(f"closing-{number}", f"lot-{number}", row.trade_id, row.instrument, kind,
                   f"exit-{number}", None, closed_at, D(1), D(100), value, realized,
                   is_fee=is_fee, overflow=False),
    )  # fmt: skip


def short_tsla(number: int, closed_at: Instant, pnl: str | None) -> tuple[Trade, Lot, Allocation]:
    """The same, sold short."""
    return closed(number, closed_at, pnl, side=TradeSide.SHORT, instrument="tsla", symbol="TSLA")


def still_open(rows: tuple[Trade, Lot, Allocation]) -> tuple[Trade, Lot, Allocation]:
    """The same with a trade that has not closed."""
    return replace(rows[0], closed_at=None), rows[1], rows[2]


def store(path: Path, rows: Sequence[tuple[Trade, Lot, Allocation]]) -> Database:
    """A record of these in a folder."""
    database = Database(path / "record.duckdb", program="tests")
    seed.bind(database)
    after = replace(
        NOTHING,
        trades=tuple(row[0] for row in rows),
        lots=tuple(row[1] for row in rows),
        allocations=tuple(row[2] for row in rows),
    )
    with database.write() as tx:
        known = [Instrument(name, name.upper(), name, "us_equity") for name in ("aapl", "tsla")]
        facts.save_instruments(tx, seed.ACCOUNT, known)
        conclusions.save_conclusions(tx, seed.ACCOUNT, NOTHING, after, NOW)
    return database
