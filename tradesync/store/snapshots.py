"""The broker's figures as last read: account, positions, marks, equity curve, market days.

Nothing is written that is stored already, so `read_at` and `price_at` say since when a figure
stands; how fresh the record is, the heartbeat says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from tradesync.domain.facts import AccountState, Position
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.rows import Table


@dataclass(frozen=True, slots=True)
class Mark:
    """The latest price of an instrument, when it was read and in which session."""

    instrument: str
    price: Decimal
    price_at: Instant
    session: str


@dataclass(frozen=True, slots=True)
class EquityRow:
    """The account's equity at a time, in USD."""

    at: Instant
    equity: Decimal
    profit_loss: Decimal | None


@dataclass(frozen=True, slots=True)
class MarketDayRow:
    """The regular hours of one trading day."""

    day: date
    opens_at: Instant
    closes_at: Instant


class EquityPointLike(Protocol):
    """A point of an equity curve, as a broker gives it."""

    @property
    def at(self) -> Instant:
        """Its time."""

    @property
    def equity(self) -> Decimal:
        """The account's equity, in USD."""

    @property
    def profit_loss(self) -> Decimal | None:
        """The profit of its span, in USD."""


class MarketDayLike(Protocol):
    """A trading day, as a broker gives it."""

    @property
    def day(self) -> date:
        """Its date in New York."""

    @property
    def opens_at(self) -> Instant:
        """Start of regular hours."""

    @property
    def closes_at(self) -> Instant:
        """End of regular hours."""


_STATES = Table("account_states", AccountState, "account_id", conflict=("account_id",))
_POSITIONS = Table("positions", Position, "instrument")
_MARKS = Table("marks", Mark, "instrument")
_EQUITY = Table("equity_points", EquityRow, "at", conflict=("account_id", "timeframe", "at"))
_DAYS = Table("market_days", MarketDayRow, "day", conflict=("environment", "day"))


def save_account_state(tx: Tx, state: AccountState, read_at: Instant) -> bool:
    """Store the account as read; whether anything in it differed."""
    known = load_account_state(tx, state.account_id)
    stored = {} if known is None else {known.account_id: known}
    return bool(_STATES.put_changed(tx, [state], stored, read_at=read_at))


def load_account_state(tx: Tx, account_id: str) -> AccountState | None:
    """The account as last read, None before the first read."""
    found = _STATES.load(tx, "WHERE account_id = ?", [account_id])
    return found[0] if found else None


def save_positions(tx: Tx, account_id: str, rows: Iterable[Position], read_at: Instant) -> int:
    """Make these the positions of the account; how many rows were written or deleted."""
    wanted = {row.instrument: row for row in rows}
    stored = {row.instrument: row for row in load_positions(tx, account_id)}
    gone = _POSITIONS.delete(tx, account_id, stored.keys() - wanted.keys())
    return gone + _POSITIONS.put_changed(
        tx, wanted.values(), stored, account_id=account_id, read_at=read_at
    )


def load_positions(tx: Tx, account_id: str) -> list[Position]:
    """What the broker held at the last read, by instrument."""
    return _POSITIONS.load(tx, "WHERE account_id = ? ORDER BY instrument", [account_id])


def save_marks(tx: Tx, account_id: str, marks: Mapping[str, tuple[Decimal, Instant, str]]) -> int:
    """Store prices by instrument (price, when read, session); only those that moved."""
    stored = {mark.instrument: mark for mark in load_marks(tx, account_id, marks)}
    moved = [
        Mark(instrument, price, at, session)
        for instrument, (price, at, session) in marks.items()
        if instrument not in stored
        or (stored[instrument].price, stored[instrument].session) != (price, session)
    ]
    return _MARKS.put_changed(tx, moved, stored, account_id=account_id)


def load_marks(tx: Tx, account_id: str, instruments: Collection[str] | None = None) -> list[Mark]:
    """The latest prices of the account's instruments, or of these."""
    if instruments is None:
        return _MARKS.load(tx, "WHERE account_id = ? ORDER BY instrument", [account_id])
    return _MARKS.load_ids(tx, account_id, instruments)


def load_mark_prices(tx: Tx, account_id: str) -> dict[str, Decimal]:
    """The latest price by instrument."""
    return {mark.instrument: mark.price for mark in load_marks(tx, account_id)}


def save_equity_points(
    tx: Tx, account_id: str, timeframe: str, points: Iterable[EquityPointLike]
) -> int:
    """Add to an equity curve; only points that are new or differ. How many."""
    stored = {row.at: row for row in load_equity_points(tx, account_id, timeframe)}
    rows = [EquityRow(point.at, point.equity, point.profit_loss) for point in points]
    return _EQUITY.put_changed(tx, rows, stored, account_id=account_id, timeframe=timeframe)


def load_equity_points(tx: Tx, account_id: str, timeframe: str) -> list[EquityRow]:
    """An equity curve, oldest first."""
    where = 'WHERE account_id = ? AND timeframe = ? ORDER BY "at"'
    return _EQUITY.load(tx, where, [account_id, timeframe])


def save_market_days(tx: Tx, environment: str, days: Iterable[MarketDayLike]) -> int:
    """Store trading days; only those that are new or differ. How many."""
    stored = {row.day: row for row in load_market_days(tx, environment)}
    rows = [MarketDayRow(item.day, item.opens_at, item.closes_at) for item in days]
    return _DAYS.put_changed(tx, rows, stored, environment=environment)


def load_market_days(tx: Tx, environment: str) -> list[MarketDayRow]:
    """All known trading days, oldest first."""
    return _DAYS.load(tx, "WHERE environment = ? ORDER BY day", [environment])
