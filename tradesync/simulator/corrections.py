"""Executions taken back or corrected by the venue after the fact."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradesync.simulator.books import traded
from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import NOT_FOUND, ApiError
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Activity, Order
from tradesync.simulator.wire import multiplier, number, time_text


def fill_named(ledger: Ledger, activity_id: str) -> Activity:
    """The FILL row with this id, or whose id ends in this execution id; 404 when unknown."""
    for key in ledger.by_activity_id:
        row = ledger.activities[key]
        if row.type == "FILL" and activity_id in {key, key.split("::")[1]}:
            return row
    raise ApiError(404, NOT_FOUND, f"execution not found for {activity_id}")


def bust(broker: Broker, ledger: Ledger, row: Activity, *, remove_row: bool) -> Order:
    """Void an execution: order, holding and cash go back; a trade_bust update tells of it."""
    qty, price = Decimal(row.body["qty"]), Decimal(row.body["price"])
    _move(ledger, row, -qty, price)
    if remove_row:
        ledger.activities.drop(row.id)
    return _tell(broker, ledger, "trade_bust", row, (-qty, price))


def correct(broker: Broker, ledger: Ledger, row: Activity, qty: Decimal, price: Decimal) -> Order:
    """Put another quantity and price in an execution's place; the row stays as it was."""
    _move(ledger, row, -Decimal(row.body["qty"]), Decimal(row.body["price"]))
    _move(ledger, row, qty, price)
    return _tell(broker, ledger, "trade_correct", row, (qty, price))


def _move(ledger: Ledger, row: Activity, qty: Decimal, price: Decimal) -> None:
    """Add `qty` (negative takes back) at `price` to the order, its holding and the cash."""
    order = ledger.orders[row.body["order_id"]]
    factor = multiplier(order.asset_class)
    sign = 1 if order.side == "buy" else -1
    position, realized = traded(ledger.position(order.symbol), sign * qty, price)
    ledger.put_position(position)
    ledger.add(cash=-sign * qty * price * factor, realized=realized * factor)
    ledger.put_order(
        replace(
            order,
            filled_qty=order.filled_qty + qty,
            filled_cost=order.filled_cost + qty * price,
        )
    )


def _tell(
    broker: Broker,
    ledger: Ledger,
    event: str,
    row: Activity,
    terms: tuple[Decimal, Decimal],
) -> Order:
    """Send the update; the order with its new time."""
    now = broker.stamp()
    order = ledger.orders[row.body["order_id"]]
    order = ledger.put_order(replace(order, updated_ns=now))
    qty, price = terms
    extra = {
        "previous_execution_id": row.id.split("::")[1],
        "timestamp": time_text(now),
        "qty": number(qty),
        "price": number(price),
        "position_qty": number(ledger.position(order.symbol).qty),
        "reason": event.upper(),
    }
    publish(ledger, event, order, now, extra)
    return order
