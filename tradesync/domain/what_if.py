"""What would have been realized had exits closed other lots: a figure to look at, no record.

The trades are booked first in, first out (or by the trade an exit names). Here the same lots and
the same disposals are matched anew by another method; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from heapq import heappop, heappush
from operator import attrgetter
from typing import TypeAlias, TypeVar

from tradesync.domain.conclusions import Allocation, Lot, Trade, TradeSide
from tradesync.domain.money import ZERO, divided, share
from tradesync.domain.sums import REALIZES_NOTHING
from tradesync.domain.times import Instant

Period = TypeVar("Period")


class LotMethod(StrEnum):
    """Which open lot a disposal takes first."""

    FIFO = "first in, first out"
    LIFO = "last in, first out"
    HIFO = "highest cost first"
    """The one that realizes least: of short lots, the one that brought least."""


@dataclass(frozen=True, slots=True)
class Acquired:
    """A lot. `side` is +1 long or −1 short; `cost` total in USD, None when nobody knows it."""

    lot_id: str
    instrument: str
    side: int
    at: Instant
    qty: Decimal
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Disposed:
    """What one exit closed, in today's units. `value` in USD, None when nobody knows it.

    `lot_id`: the lot of a quantity that was not sold (a fee in the coin, a transfer out): it
    leaves that lot under every method, as far as that lot still has it, and realizes nothing.
    """

    source_id: str
    instrument: str
    side: int
    at: Instant
    qty: Decimal
    value: Decimal | None
    lot_id: str | None = None


Fill: TypeAlias = Acquired | Disposed


@dataclass(frozen=True, slots=True)
class Realized:
    """One disposal under a method. Before fees, USD; None where a price or a cost is unknown."""

    source_id: str
    instrument: str
    side: int
    at: Instant
    qty: Decimal
    cost: Decimal | None
    value: Decimal | None
    pnl: Decimal | None


@dataclass(frozen=True, slots=True)
class Total:
    """What a period realized as far as it is known, and how many disposals it is unknown of."""

    pnl: Decimal
    disposals: int
    unknown: int


@dataclass(slots=True)
class _Open:
    """What is left of a lot while it is matched."""

    qty: Decimal
    cost: Decimal | None


def fills_of(
    trades: Iterable[Trade], lots: Iterable[Lot], allocations: Iterable[Allocation]
) -> tuple[Fill, ...]:
    """Stored rows of whole instruments as `realized_under` takes them, in order of time."""
    sides = {row.trade_id: 1 if row.side is TradeSide.LONG else -1 for row in trades}
    found: list[Fill] = [
        Acquired(
            row.lot_id, row.instrument, sides[row.trade_id], row.opened_at, row.qty,
            row.cost if row.basis_known else None,
        )
        for row in lots
    ]  # fmt: skip
    sold: dict[tuple[str, str, int], list[Allocation]] = {}
    for row in allocations:
        side = sides[row.trade_id]
        if row.is_fee or row.source_kind in REALIZES_NOTHING:
            found.append(
                Disposed(
                    row.source_id, row.instrument, side, row.at, row.qty, None, lot_id=row.lot_id
                )
            )
        else:
            sold.setdefault((row.source_id, row.instrument, side), []).append(row)
    found += [_disposed(*key, rows) for key, rows in sold.items()]
    return tuple(sorted(found, key=_moment))


def realized_under(method: LotMethod, fills: Sequence[Fill]) -> tuple[Realized, ...]:
    """What each disposal realizes when it takes lots by `method`, in order of time.

    `fills` are those of whole instruments (see `fills_of`): every lot and all that closed any of
    it. FIFO here is first in, first out throughout, also for exits that name their trade.
    """
    by_lot: dict[str | None, _Open] = {}
    queues: dict[tuple[str, int], list[tuple[Decimal, Decimal, int, _Open]]] = {}
    found: list[Realized] = []
    for number, fill in enumerate(sorted(fills, key=_moment)):
        queue = queues.setdefault((fill.instrument, fill.side), [])
        if isinstance(fill, Acquired):
            lot = by_lot[fill.lot_id] = _Open(fill.qty, fill.cost)
            heappush(queue, (*_rank(method, fill), _place(method, number), lot))
            continue
        cost = _take(queue, by_lot.get(fill.lot_id), fill.qty)
        if fill.lot_id is None:
            found.append(_realized(fill, cost))
    return tuple(found)


def totals(
    rows: Iterable[Realized], period_of: Callable[[Instant], Period]
) -> dict[Period, Total]:
    """What each period realized; `period_of` names the period of a moment (its day, its month)."""
    found: dict[Period, Total] = {}
    for row in rows:
        period = period_of(row.at)
        known = found.get(period, Total(ZERO, 0, 0))
        found[period] = Total(
            known.pnl + (row.pnl or ZERO), known.disposals + 1, known.unknown + (row.pnl is None)
        )
    return found


def _disposed(source_id: str, instrument: str, side: int, rows: Sequence[Allocation]) -> Disposed:
    """All one exit closed of an instrument, as one."""
    values = [row.value for row in rows if row.value is not None]
    return Disposed(
        source_id=source_id,
        instrument=instrument,
        side=side,
        at=min(map(attrgetter("at"), rows)),
        qty=sum((row.qty for row in rows), ZERO),
        value=sum(values, ZERO) if len(values) == len(rows) else None,
    )


def _moment(fill: Fill) -> tuple[Instant, bool, str]:
    """Lots of one moment come before what was closed in it."""
    closes = isinstance(fill, Disposed)
    return fill.at, closes, fill.source_id if isinstance(fill, Disposed) else fill.lot_id


def _rank(method: LotMethod, lot: Acquired) -> tuple[Decimal, Decimal]:
    """What comes first by cost: known costs before unknown ones; nothing but for HIFO."""
    if method is not LotMethod.HIFO:
        return ZERO, ZERO
    if lot.cost is None or not lot.qty:
        return Decimal(1), ZERO
    return ZERO, -divided(lot.cost, lot.qty) * lot.side


def _place(method: LotMethod, number: int) -> int:
    return -number if method is LotMethod.LIFO else number


def _take(
    queue: list[tuple[Decimal, Decimal, int, _Open]], own: _Open | None, qty: Decimal
) -> Decimal | None:
    """Take a quantity from its own lot, if it has one, then by rank.

    What the latter cost; None when that is unknown.
    """
    cost: Decimal | None = ZERO
    if own is not None:
        part = min(own.qty, qty)
        _part_of(own, part, ZERO)
        qty -= part
    while queue and qty:
        lot = queue[0][-1]
        part = min(lot.qty, qty)
        cost = _part_of(lot, part, cost)
        qty -= part
        if not lot.qty:
            heappop(queue)
    return cost


def _part_of(lot: _Open, part: Decimal, so_far: Decimal | None) -> Decimal | None:
    """Take a part out of a lot; what was taken so far costs, with it."""
    if not part:
        return so_far
    cost, whole = lot.cost, lot.qty
    lot.qty -= part
    if cost is None:
        return None
    taken = share(cost, part, whole)
    lot.cost = cost - taken
    return None if so_far is None else so_far + taken


def _realized(fill: Disposed, cost: Decimal | None) -> Realized:
    pnl = None if fill.value is None or cost is None else (fill.value - cost) * fill.side
    return Realized(
        fill.source_id, fill.instrument, fill.side, fill.at, fill.qty, cost, fill.value, pnl
    )
