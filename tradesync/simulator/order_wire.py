"""Orders and trade updates as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradesync.simulator.dice import identity
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.records import Order
from tradesync.simulator.wire import (
    QTY_STEP,
    number,
    optional,
    optional_time,
    rounded,
    time_text,
)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def average_price(order: Order) -> Decimal | None:
    """Average fill price to nine places; None before the first fill."""
    if order.filled_qty == 0:
        return None
    return rounded(order.filled_cost / order.filled_qty, QTY_STEP)


def order_json(order: Order, legs: list[Order] | None = None) -> dict[str, Any]:
    """One order, with `legs` under it when given."""
    body: dict[str, Any] = {
        "id": order.id,
        "client_order_id": order.client_order_id,
        **_times(order),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": order.asset_id,
        "symbol": order.symbol,
        "asset_class": order.asset_class,
        "notional": optional(order.notional),
        "qty": optional(order.qty),
        "filled_qty": number(order.filled_qty),
        "filled_avg_price": optional(average_price(order)),
        "order_class": order.order_class,
        "order_type": order.type,
        "type": order.type,
        "side": order.side,
        "position_intent": order.position_intent,
        "time_in_force": order.time_in_force,
        "limit_price": optional(order.limit_price),
        "stop_price": optional(order.stop_price),
        "status": order.status,
        "extended_hours": order.extended_hours,
        "legs": [order_json(leg) for leg in legs] if legs else None,
        "trail_percent": optional(order.trail_percent),
        "trail_price": optional(order.trail_price),
        "hwm": optional(order.hwm),
        "subtag": None,
        "source": None,
    }
    return body | _optional_keys(order)


def _times(order: Order) -> dict[str, str | None]:
    return {
        "created_at": time_text(order.created_ns),
        "updated_at": time_text(order.updated_ns),
        "submitted_at": time_text(order.submitted_ns),
        "filled_at": optional_time(order.filled_ns),
        "expired_at": optional_time(order.expired_ns),
        "canceled_at": optional_time(order.canceled_ns),
        "failed_at": optional_time(order.failed_ns),
        "replaced_at": optional_time(order.replaced_ns),
    }


def _optional_keys(order: Order) -> dict[str, Any]:
    """Keys Alpaca leaves out where they do not apply."""
    keys: dict[str, Any] = {}
    if order.expires_ns is not None:
        keys["expires_at"] = time_text(order.expires_ns)
    if order.group_id is not None:
        keys |= {"group_id": order.group_id, "group_role": order.group_role}
    if order.ratio_qty is not None:
        keys["ratio_qty"] = number(order.ratio_qty)
    if order.reject_reason is not None:
        keys["reject_reason"] = order.reject_reason
    return keys


def ulid(ns: int, *keys: object) -> str:
    """A time-ordered event id: 48 bits of milliseconds, 80 bits named by `keys`."""
    value = (ns // 1_000_000 << 80) | (int(identity(ns, *keys).replace("-", ""), 16) >> 48)
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def publish(
    ledger: Ledger, event: str, order: Order, now: int, extra: Mapping[str, Any] | None = None
) -> None:
    """Send a trade update of `order` to whoever listens to this account."""
    if not ledger.listeners or order.is_strategy_leg:
        return
    frame: dict[str, Any] = {
        "at": time_text(now),
        "event_id": ulid(now, event, order.id),
        "event": event,
        "timestamp": time_text(now),
        # The stream says "simple" where REST says "".
        "order": order_json(order) | {"order_class": order.order_class or "simple"},
    }
    if event not in {"pending_new", "accepted"} and order.order_class != "mleg":
        frame["execution_id"] = identity(event, order.id, now)
    ledger.emit(frame | dict(extra or {}))
