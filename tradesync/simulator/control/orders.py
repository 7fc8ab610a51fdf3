"""Control of orders: filled, ended and shown as told, executions busted and corrected."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradesync.simulator.broker import Broker
from tradesync.simulator.control.common import Action, Body, chosen_ledger, named_order, required
from tradesync.simulator.corrections import bust, correct, fill_named
from tradesync.simulator.errors import invalid
from tradesync.simulator.executions import execute
from tradesync.simulator.lifecycle import end, set_status
from tradesync.simulator.matching import open_units
from tradesync.simulator.order_wire import order_json, publish
from tradesync.simulator.strategies import fill_units
from tradesync.simulator.wire import decimal_field, number


def fill(broker: Broker, body: Body) -> Body:
    """order_id; qty (default what is left), price (default limit or market), overfill.

    A multi-leg order is filled in whole units at the market.
    """
    ledger, order = named_order(broker, body)
    if order.is_strategy_leg:
        invalid("a leg fills with its strategy: name that order")
    if order.order_class == "mleg":
        units = _asked(body, order.leaves)
        return order_json(fill_units(broker, ledger, order, units), ledger.legs_of(order.id))
    price = decimal_field(body.get("price"), "price")
    price = price or order.limit_price or broker.market.last(order.symbol)
    qty = _asked(body, open_units(order, price))
    return order_json(execute(broker, ledger, order, qty, price))


def _asked(body: Body, left: Decimal) -> Decimal:
    qty = decimal_field(body.get("qty"), "qty") or left
    if qty <= 0 or (qty > left and body.get("overfill") is not True):
        invalid(f"qty must be between 0 and the {number(left)} left of the order")
    return qty


def reject(broker: Broker, body: Body) -> Body:
    """order_id, reason: the venue refuses the order after it was taken."""
    ledger, order = named_order(broker, body)
    reason = str(body.get("reason") or "rejected by venue")
    return order_json(end(broker, ledger, order, "rejected", reason))


def expire(broker: Broker, body: Body) -> Body:
    """order_id: the order expires now."""
    ledger, order = named_order(broker, body)
    return order_json(end(broker, ledger, order, "expired"))


def cancel_confirmed(broker: Broker, body: Body) -> Body:
    """order_id: cancelled by the venue (also what ends a waiting pending_cancel)."""
    ledger, order = named_order(broker, body)
    return order_json(end(broker, ledger, order, "canceled"))


def status(broker: Broker, body: Body) -> Body:
    """order_id, status: shown verbatim, any word."""
    ledger, order = named_order(broker, body)
    return order_json(set_status(broker, ledger, order, str(body.get("status"))))


def cancel_rejected(broker: Broker, body: Body) -> Body:
    """order_id, reason: a waiting pending_cancel is refused; the order is as it was."""
    ledger, order = named_order(broker, body)
    former = "partially_filled" if order.filled_qty else "new"
    order = ledger.put_order(replace(order, status=former, updated_ns=broker.stamp()))
    reason = str(body.get("reason") or "TOO_LATE_TO_CANCEL")
    publish(ledger, "order_cancel_rejected", order, broker.now(), {"reason": reason})
    return order_json(order)


def bust_fill(broker: Broker, body: Body) -> Body:
    """activity_id (or execution id); remove_row true takes the FILL row out of the activities."""
    ledger = chosen_ledger(broker, body)
    row = fill_named(ledger, str(body.get("activity_id")))
    return order_json(bust(broker, ledger, row, remove_row=body.get("remove_row") is True))


def correct_fill(broker: Broker, body: Body) -> Body:
    """activity_id (or execution id), price, qty (default as it was)."""
    ledger = chosen_ledger(broker, body)
    row = fill_named(ledger, str(body.get("activity_id")))
    qty = decimal_field(body.get("qty"), "qty") or Decimal(row.body["qty"])
    return order_json(correct(broker, ledger, row, qty, required(body, "price")))


ACTIONS: dict[str, Action] = {
    "fill": fill,
    "orders/reject": reject,
    "orders/expire": expire,
    "orders/cancel": cancel_confirmed,
    "orders/status": status,
    "orders/cancel-rejected": cancel_rejected,
    "bust": bust_fill,
    "correct": correct_fill,
}
