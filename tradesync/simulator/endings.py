"""Ending one order, whatever becomes of those that belong to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Order

END_TIMES = {
    "canceled": "canceled_ns",
    "expired": "expired_ns",
    "rejected": "failed_ns",
    "replaced": "replaced_ns",
    "filled": "filled_ns",
}


def end_alone(
    broker: Broker, ledger: Ledger, order: Order, status: str, reason: str | None = None
) -> Order:
    """Bring an order to canceled, expired or rejected, keeping what it filled."""
    now = broker.stamp()
    changes: dict[str, Any] = {END_TIMES[status]: now, "status": status, "slices": ()}
    if status == "rejected":
        changes["reject_reason"] = reason
    order = ledger.put_order(replace(order, updated_ns=broker.stamp(), **changes))
    extra = {"reason": reason} if reason else None
    publish(ledger, status, order, now, extra)
    return order
