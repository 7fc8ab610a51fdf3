"""What follows from the records: stored as concluded, written only where it differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from tradesync.domain.conclusions import (
    Allocation,
    ChainReading,
    Conclusions,
    Lot,
    Review,
    Trade,
    UnmatchedExit,
    WorkingExit,
)
from tradesync.domain.facts import Execution
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.errors import StoreError
from tradesync.store.rows import Table, among

T = TypeVar("T")

TRADES = Table("trade_rows", Trade, "trade_id")
LOTS = Table("lots", Lot, "lot_id")
ALLOCATIONS = Table("allocations", Allocation, "allocation_id")
_PROVISIONAL = Table("provisional_executions", Execution, "execution_id")
_UNMATCHED = Table("unmatched_exits", UnmatchedExit, "source_id")
_WORKING = Table("working_exits", WorkingExit, "order_id")
_REVIEWS = Table("reviews", Review, "review_id")


@dataclass(frozen=True, slots=True)
class Difference(Generic[T]):
    """How the rows of one kind moved between two conclusions."""

    added: tuple[T, ...]
    changed: tuple[T, ...]
    removed: tuple[T, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class ConclusionDiff:
    """How many rows a save wrote or deleted."""

    trades_added: int
    trades_changed: int
    trades_removed: int
    others_written: int
    """Rows of every other kind."""

    def __bool__(self) -> bool:
        return bool(
            self.trades_added or self.trades_changed or self.trades_removed or self.others_written
        )


Where: TypeAlias = tuple[str, Sequence[object]]
"""A condition (from WHERE onwards) and its parameters."""


def load_conclusions(
    tx: Tx, account_id: str, instruments: Collection[str] | None = None
) -> Conclusions:
    """What is concluded for these instruments (or all), each tuple sorted by its identity."""
    where, params = "WHERE account_id = ?", list[object]([account_id])
    if instruments is not None:
        where += f" AND {among('instrument')}"
        params.append(list(instruments))
    of = (where, params)
    return load_rows(
        tx, account_id, trades=of, lots=of, allocations=of, provisional=of, unmatched=of,
        working=of, reviews=of,
    )  # fmt: skip


def load_rows(
    tx: Tx,
    account_id: str,
    *,
    trades: Where,
    lots: Where,
    allocations: Where,
    provisional: Where,
    unmatched: Where,
    working: Where,
    reviews: Where,
) -> Conclusions:
    """The rows of each kind that satisfy its condition, each tuple sorted by its identity."""

    def rows(table: Table[T], where: Where) -> tuple[T, ...]:
        return tuple(sorted(table.load(tx, *where), key=table.identity))

    return Conclusions(
        trades=rows(TRADES, trades),
        lots=rows(LOTS, lots),
        allocations=rows(ALLOCATIONS, allocations),
        provisional=rows(_PROVISIONAL, provisional),
        unmatched_exits=rows(_UNMATCHED, unmatched),
        working_exits=rows(_WORKING, working),
        reviews=rows(_REVIEWS, reviews),
        chain_reading=_chain_reading(tx, account_id),
    )


def save_conclusions(
    tx: Tx, account_id: str, before: Conclusions, after: Conclusions, at: Instant
) -> ConclusionDiff:
    """Make `before`, as loaded for some instruments, into `after`; writes what differs, no more.

    `at` becomes the `updated_at` of the trades that differ. The chain reading is kept once proved.
    """
    trades = difference(TRADES, before.trades, after.trades)
    _apply(tx, account_id, TRADES, trades, updated_at=at)
    others = (
        _save(tx, account_id, LOTS, before.lots, after.lots)
        + _save(tx, account_id, ALLOCATIONS, before.allocations, after.allocations)
        + _save_provisional(tx, account_id, before.provisional, after)
        + _save(tx, account_id, _UNMATCHED, before.unmatched_exits, after.unmatched_exits)
        + _save(tx, account_id, _WORKING, before.working_exits, after.working_exits)
        + _save(tx, account_id, _REVIEWS, before.reviews, after.reviews)
        + _save_chain_reading(tx, account_id, after.chain_reading)
    )
    return ConclusionDiff(
        len(trades.added), len(trades.changed), len(trades.removed), others_written=others
    )


def difference(table: Table[T], before: Sequence[T], after: Sequence[T]) -> Difference[T]:
    """What has to be added, changed and removed to make `before` into `after`."""
    old = {table.identity(row): row for row in before}
    new = {table.identity(row): row for row in after}
    return Difference(
        added=tuple(row for key, row in new.items() if key not in old),
        changed=tuple(row for key, row in new.items() if key in old and old[key] != row),
        removed=tuple(row for key, row in old.items() if key not in new),
    )


def _apply(tx: Tx, account_id: str, table: Table[T], moved: Difference[T], **others: object) -> int:
    """Write a difference; the number of rows."""
    removed = table.delete(tx, account_id, map(table.identity, moved.removed))
    changed = table.overwrite(tx, moved.changed, account_id=account_id, **others)
    return removed + changed + table.upsert(tx, moved.added, account_id=account_id, **others)


def _save(tx: Tx, account_id: str, table: Table[T], before: Sequence[T], after: Sequence[T]) -> int:
    return _apply(tx, account_id, table, difference(table, before, after))


def _save_provisional(
    tx: Tx, account_id: str, before: Sequence[Execution], after: Conclusions
) -> int:
    """Provisional executions carry the instrument they are booked in, by which they are loaded."""
    moved = difference(_PROVISIONAL, before, after.provisional)
    if not moved:
        return 0
    rows = (*moved.added, *moved.changed)
    homes = _homes(tx, account_id, rows, after)
    written = _PROVISIONAL.delete(tx, account_id, map(_PROVISIONAL.identity, moved.removed))
    for instrument in sorted(set(homes.values())):
        there = [row for row in rows if homes[row.execution_id] == instrument]
        written += _PROVISIONAL.upsert(tx, there, account_id=account_id, instrument=instrument)
    return written


def _homes(
    tx: Tx, account_id: str, rows: Sequence[Execution], after: Conclusions
) -> Mapping[str, str]:
    """Execution id → instrument: that of its order; where that is not stored, of what it made."""
    of_orders: dict[str, Any] = dict(tx.rows(_HOMES, [account_id, [row.order_id for row in rows]]))
    made: tuple[Lot | Allocation | UnmatchedExit, ...]
    made = (*after.lots, *after.allocations, *after.unmatched_exits)
    booked = {item.source_id: item.instrument for item in made}
    homes = {}
    for row in rows:
        home = of_orders.get(row.order_id) or booked.get(row.execution_id)
        if home is None:
            raise StoreError(
                f"The provisional execution {row.execution_id} is of no stored order and in no "
                "lot: save its order first."
            )
        homes[row.execution_id] = home
    return homes


_HOMES = """
SELECT order_id, instrument FROM orders
WHERE account_id = ? AND order_id IN (SELECT unnest(?::VARCHAR[]))
"""


def _chain_reading(tx: Tx, account_id: str) -> ChainReading | None:
    row = tx.one("SELECT chain_reading FROM accounts WHERE account_id = ?", [account_id])
    return ChainReading(row[0]) if row and row[0] else None


def _save_chain_reading(tx: Tx, account_id: str, proved: ChainReading | None) -> int:
    if proved is None:
        return 0
    return tx.execute(_SET_CHAIN_READING, [proved.value, account_id, proved.value])


_SET_CHAIN_READING = """
UPDATE accounts SET chain_reading = ? WHERE account_id = ? AND chain_reading IS DISTINCT FROM ?
"""
