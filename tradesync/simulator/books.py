"""Position arithmetic: weighted average within a day, compressed FIFO from one day to the next.

Pure. Amounts are signed like the position (a short has negative quantity and cost) and leave
out the option multiplier. Source of the method: Alpaca, "Position average entry price".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tradesync.simulator.records import Lot, Position

ZERO = Decimal(0)


def empty(symbol: str) -> Position:
    """No holding."""
    return Position(symbol=symbol, qty=ZERO, cost=ZERO, day_basis=ZERO)


def traded(position: Position, qty: Decimal, price: Decimal) -> tuple[Position, Decimal]:
    """The position after `qty` (signed) at `price`, and the profit realized (no multiplier)."""
    if position.qty == 0 or (position.qty > 0) == (qty > 0):
        return _entered(position, qty, price), ZERO
    closing = qty if abs(qty) <= abs(position.qty) else -position.qty
    left, realized = _exited(position, closing, price)
    if closing != qty:
        left = _entered(empty(position.symbol), qty - closing, price)
    return left, realized


def _entered(position: Position, qty: Decimal, price: Decimal) -> Position:
    cost = qty * price
    return replace(
        position,
        qty=position.qty + qty,
        cost=position.cost + cost,
        day_basis=position.day_basis + cost,
        day_in_qty=position.day_in_qty + qty,
        day_in_cost=position.day_in_cost + cost,
    )


def _exited(position: Position, qty: Decimal, price: Decimal) -> tuple[Position, Decimal]:
    if position.qty + qty == 0:
        return empty(position.symbol), -qty * price - position.cost
    part = -qty / position.qty
    cost = position.cost * part
    left = replace(
        position,
        qty=position.qty + qty,
        cost=position.cost - cost,
        day_basis=position.day_basis * (1 - part),
        day_out_qty=position.day_out_qty - qty,
    )
    return left, -qty * price - cost


def scaled(position: Position, qty: Decimal) -> Position:
    """The same cost over another quantity of the same sign (a split)."""
    ratio = qty / position.qty
    return replace(
        position,
        qty=qty,
        lots=tuple(replace(lot, qty=lot.qty * ratio) for lot in position.lots),
        day_in_qty=position.day_in_qty * ratio,
        day_out_qty=position.day_out_qty * ratio,
    )


def day_closed(position: Position, day: date, close: Decimal) -> tuple[Position, Decimal]:
    """The position as the next day finds it, and the profit that shifts from open to realized.

    The day's entries become one average lot; its exits eat the oldest lots first.
    """
    lots = list(position.lots)
    if position.day_in_qty:
        lots.append(Lot(day, position.day_in_qty, position.day_in_cost))
    left = _eaten(lots, position.day_out_qty)
    cost = sum((lot.cost for lot in left), ZERO)
    carried = Position(
        symbol=position.symbol,
        qty=position.qty,
        cost=cost,
        day_basis=position.qty * close,
        lots=tuple(left),
    )
    return carried, cost - position.cost


def _eaten(lots: list[Lot], qty: Decimal) -> list[Lot]:
    left: list[Lot] = []
    for lot in lots:
        if abs(qty) >= abs(lot.qty):
            qty -= lot.qty
            continue
        kept = lot.qty - qty
        left.append(Lot(lot.day, kept, lot.cost * kept / lot.qty))
        qty = ZERO
    return left
