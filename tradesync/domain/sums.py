"""What a trade's lots and allocations add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.booking import OpenLot
from tradesync.domain.conclusions import Allocation
from tradesync.domain.events import Kind
from tradesync.domain.money import ZERO, divided

REALIZES_NOTHING = frozenset({Kind.TRANSFER, Kind.REORGANISATION, Kind.STOCK_DIVIDEND})
"""Quantity that leaves by these is not sold: there is no realized P&L, which is not zero."""


@dataclass(frozen=True, slots=True)
class Booked:
    """All lots and allocations of one trade, in the order they were booked."""

    lots: Sequence[OpenLot] = ()
    allocations: Sequence[Allocation] = ()
    fees: Decimal = ZERO
    """Money fees allocated to the trade; fees taken in coin are among the allocations."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A trade's totals. Quantities ≥ 0; money in USD, multiplier included; prices per unit."""

    qty: Decimal
    open_qty: Decimal
    cost: Decimal
    open_cost: Decimal
    exit_value: Decimal | None
    realized_pnl: Decimal | None
    fees: Decimal
    entry_price: Decimal | None
    exit_price: Decimal | None


def sums_of(booked: Booked, multiplier: int) -> Sums:
    """Add up one trade.

    What was transferred out counts neither as sold nor as realized; a trade of which nothing
    was sold and something transferred out has no exit value and no realized P&L.
    """
    lots = booked.lots
    qty = sum((lot.qty for lot in lots), ZERO)
    cost = sum((lot.cost for lot in lots), ZERO)
    sold = [
        row for row in booked.allocations
        if not row.is_fee and row.source_kind not in REALIZES_NOTHING
    ]  # fmt: skip
    only_moved = not sold and any(not row.is_fee for row in booked.allocations)
    value = None if only_moved else _total([row.value for row in sold])
    realized = None if only_moved else _total([row.realized_pnl for row in sold])
    sold_qty = sum((row.qty for row in sold), ZERO)
    known_basis = all(lot.basis_known for lot in lots)
    return Sums(
        qty=qty,
        open_qty=sum((lot.open_qty for lot in lots), ZERO),
        cost=cost,
        open_cost=sum((lot.open_cost for lot in lots), ZERO),
        exit_value=value,
        realized_pnl=realized,
        fees=booked.fees + sum((row.cost for row in booked.allocations if row.is_fee), ZERO),
        entry_price=divided(cost, qty * multiplier) if qty and known_basis else None,
        exit_price=divided(value, sold_qty * multiplier)
        if sold_qty and value is not None
        else None,
    )


def _total(parts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum; None as soon as one part is unknown."""
    total = ZERO
    for part in parts:
        if part is None:
            return None
        total += part
    return total
