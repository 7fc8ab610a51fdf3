"""Where a trade was entered and left, as points on its instrument's price chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.money import ZERO, divided
from tradesync.domain.times import Instant
from tradesync.store.queries_trades import OrderRow
from tradesync.views.trades import TradeDetail


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry or exit: how much at what price per unit (USD), in today's units."""

    at: Instant
    price: Decimal
    qty: Decimal
    is_entry: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A price at which a working exit waits."""

    name: str
    price: Decimal


def trade_marks(detail: TradeDetail) -> tuple[Mark, ...]:
    """Entries from the lots and exits from what closed them, one a fill, oldest first.

    Those whose price nobody knows are left out.
    """
    size = Decimal(100 if detail.trade.asset_class == "us_option" else 1)
    entries = [
        (lot.source_id, lot.opened_at, lot.qty, lot.cost) for lot in detail.lots if lot.basis_known
    ]
    exits = [
        (row.source_id, row.at, row.qty, row.value)
        for row in detail.allocations
        if row.value is not None and not row.is_fee
    ]
    marks = (*_points(entries, size, is_entry=True), *_points(exits, size, is_entry=False))
    return tuple(sorted(marks, key=lambda mark: mark.at))


def _points(
    rows: Iterable[tuple[str, Instant, Decimal, Decimal]], size: Decimal, *, is_entry: bool
) -> Iterable[Mark]:
    """One point a fill: a fill that closed several lots is one."""
    fills: dict[tuple[str, Instant], tuple[Decimal, Decimal]] = {}
    for source_id, at, qty, amount in rows:
        known = fills.get((source_id, at), (ZERO, ZERO))
        fills[source_id, at] = (known[0] + qty, known[1] + amount)
    for (_source, at), (qty, amount) in fills.items():
        if qty:
            yield Mark(at, abs(divided(amount, qty * size)), abs(qty), is_entry)


def exit_levels(orders: Iterable[OrderRow]) -> tuple[Level, ...]:
    """The prices at which working exits wait: their stops and limits."""
    levels = []
    for order in orders:
        if order.role == "exit":
            levels += [
                Level(name, price)
                for name, price in (("stop", order.stop_price), ("limit", order.limit_price))
                if price is not None
            ]
    return tuple(levels)
