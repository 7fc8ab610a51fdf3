"""An order's life outside fills: submitted, cancelled, expired, rejected, replaced."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import invalid, not_found, unprocessable
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.market_calendar import next_close
from tradesync.simulator.matching import match, route
from tradesync.simulator.order_request import (
    MAX_CLIENT_ID,
    OrderRequest,
    check_increment,
    check_instrument,
)
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Asset, Order
from tradesync.simulator.rules import check_account, check_available, check_intent, check_power
from tradesync.simulator.wire import SECOND, ZERO, decimal_field

GTC_DAYS = 90
_TIMES = {
    "canceled": "canceled_ns",
    "expired": "expired_ns",
    "rejected": "failed_ns",
    "replaced": "replaced_ns",
    "filled": "filled_ns",
}
_UNREPLACEABLE = ("accepted", "pending_new", "pending_cancel", "pending_replace", "held")


def order_by_id(ledger: Ledger, order_id: str) -> Order:
    """The order; 404 when unknown."""
    found = ledger.orders.get(order_id)
    if found is None:
        not_found(f"order not found for {order_id}")
    return found


def requested_asset(ledger: Ledger, name: str) -> Asset:
    """The asset an order names; 422 when unknown."""
    found = ledger.market.find(name)
    if found is None:
        unprocessable(f'asset "{name}" not found')
    return found


def submit(broker: Broker, ledger: Ledger, request: OrderRequest) -> Order:
    """Take a new order, send it on and match it; the order as the reply shows it (pending)."""
    asset = requested_asset(ledger, request.symbol)
    check_instrument(asset, request)
    check_client_id(ledger, request.client_order_id)
    intent = check_intent(ledger, asset, request)
    check_account(ledger, asset, request, intent)
    order = ledger.put_order(_made(broker, ledger, asset, request, intent))
    publish(ledger, "pending_new", order, order.created_ns)
    return send(broker, ledger, order)


def send(broker: Broker, ledger: Ledger, order: Order) -> Order:
    """Route a stored order; the snapshot the client sees, before the venue answered."""
    routed = route(broker, ledger, order)
    if order.time_in_force in {"ioc", "fok"} and not routed.is_terminal:
        end(broker, ledger, routed, "canceled")
    return order if routed.status != "accepted" else routed


def check_client_id(ledger: Ledger, client_order_id: str | None) -> None:
    """Client ids are unique for ever."""
    if client_order_id is not None and client_order_id in ledger.client_ids:
        invalid("client_order_id must be unique")


def expiry(asset_class: str, time_in_force: str, now: int) -> int | None:
    """When the broker ends the order by itself: the close for a day order, 90 days for GTC."""
    if time_in_force in {"day", "opg", "cls"}:
        return next_close(now)
    if time_in_force == "gtc" and asset_class != "crypto":
        return now + GTC_DAYS * 86400 * SECOND
    return None


def _made(
    broker: Broker, ledger: Ledger, asset: Asset, request: OrderRequest, intent: str
) -> Order:
    now = broker.stamp()
    return Order(
        id=ledger.new_id("order", now),
        seq=ledger.next_seq(),
        client_order_id=request.client_order_id or ledger.new_id("client order", now),
        asset_id=asset.id,
        symbol=asset.symbol,
        asset_class=asset.asset_class,
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        status="pending_new",
        created_ns=now,
        updated_ns=broker.stamp(),
        submitted_ns=now,
        qty=request.qty,
        notional=request.notional,
        limit_price=request.limit_price,
        stop_price=request.stop_price,
        trail_price=request.trail_price,
        trail_percent=request.trail_percent,
        order_class="simple" if asset.asset_class == "us_option" else "",
        position_intent=intent,
        extended_hours=request.extended_hours,
        expires_ns=expiry(asset.asset_class, request.time_in_force, now),
    )


def end(
    broker: Broker, ledger: Ledger, order: Order, status: str, reason: str | None = None
) -> Order:
    """Bring an order to canceled, expired or rejected, keeping what it filled."""
    now = broker.stamp()
    changes: dict[str, Any] = {_TIMES[status]: now, "status": status, "slices": ()}
    if status == "rejected":
        changes["reject_reason"] = reason
    order = ledger.put_order(replace(order, updated_ns=broker.stamp(), **changes))
    extra = {"reason": reason} if reason else None
    publish(ledger, status, order, now, extra)
    return order


def set_status(broker: Broker, ledger: Ledger, order: Order, status: str) -> Order:
    """Show any status verbatim, with the end time it implies."""
    now = broker.stamp()
    changes: dict[str, Any] = {"status": status, "updated_ns": broker.stamp()}
    if status in _TIMES:
        changes[_TIMES[status]] = now
    order = ledger.put_order(replace(order, **changes))
    publish(ledger, status, order, now)
    return order


def cancel(broker: Broker, ledger: Ledger, order: Order) -> None:
    """Cancel at the client's wish; 422 where that is no longer possible."""
    if order.is_terminal:
        unprocessable(f'order is already in "{order.status}" state')
    if order.status == "pending_replace":
        unprocessable("order is pending replacement and cannot be canceled")
    if order.status == "pending_cancel":
        return
    if ledger.account.switches.cancels_wait:
        set_status(broker, ledger, order, "pending_cancel")
    else:
        end(broker, ledger, order, "canceled")


def expire_due(broker: Broker, ledger: Ledger) -> None:
    """End every order whose time has come."""
    now = broker.now()
    for order in ledger.alive_orders():
        if order.expires_ns is not None and order.expires_ns <= now:
            current = ledger.orders[order.id]
            if not current.is_terminal:
                end(broker, ledger, current, "expired")


def replace_order(broker: Broker, ledger: Ledger, order: Order, body: Any) -> Order:
    """Replace an order by a new one; `qty` counts what the chain has filled already."""
    if not isinstance(body, dict):
        invalid("request body format is invalid")
    _check_replaceable(order)
    wanted = _wanted(order, body)
    client_id = body.get("client_order_id")
    check_client_id(ledger, _replacement_client_id(client_id))
    _check_replacement(ledger, order, wanted)
    now = broker.stamp()
    new = _successor(broker, ledger, order, wanted, now)
    if client_id:
        new = replace(new, client_order_id=str(client_id))
    ledger.put_order(new)
    old = replace(
        order, status="replaced", replaced_ns=now, replaced_by=new.id, updated_ns=broker.stamp()
    )
    ledger.put_order(old)
    publish(ledger, "pending_new", new, now)
    publish(ledger, "replaced", old, now)
    return send(broker, ledger, new)


def _replacement_client_id(raw: object) -> str | None:
    if not raw:
        return None
    if len(str(raw)) > MAX_CLIENT_ID:
        invalid(f"client_order_id must be no more than {MAX_CLIENT_ID} characters")
    return str(raw)


def _check_replaceable(order: Order) -> None:
    if order.status == "replaced":
        unprocessable("order already replaced")
    if order.is_terminal:
        unprocessable("order is not open")
    if order.status in _UNREPLACEABLE:
        unprocessable(f"cannot replace order in {order.status} status")
    whole = order.qty is not None and order.qty % 1 == 0
    if order.notional is not None or not (whole or order.asset_class == "crypto"):
        unprocessable("fractional orders cannot be replaced")


def _wanted(order: Order, body: dict[str, Any]) -> dict[str, Any]:
    """The fields the client changes, those that differ."""
    qty = decimal_field(body.get("qty"), "qty")
    if qty is not None and qty % 1 != 0 and order.asset_class != "crypto":
        invalid("qty must be integer")
    trail = decimal_field(body.get("trail"), "trail")
    trail_name = "trail_price" if order.trail_price is not None else "trail_percent"
    asked = {
        "qty": qty,
        "limit_price": decimal_field(body.get("limit_price"), "limit_price"),
        "stop_price": decimal_field(body.get("stop_price"), "stop_price"),
        trail_name: trail,
        "time_in_force": body.get("time_in_force") or None,
    }
    wanted = {
        name: value
        for name, value in asked.items()
        if value is not None and value != getattr(order, name)
    }
    if not wanted and not body.get("client_order_id"):
        unprocessable("order parameters are not changed")
    return wanted


def _check_replacement(ledger: Ledger, order: Order, wanted: dict[str, Any]) -> None:
    asset = ledger.market.assets[order.symbol]
    if "limit_price" in wanted and order.limit_price is None:
        invalid(f"{order.type} orders require no limit price")
    if "stop_price" in wanted and order.type not in {"stop", "stop_limit"}:
        invalid(f"{order.type} orders require no stop price")
    check_increment(asset, wanted.get("limit_price"), "limit_price")
    check_increment(asset, wanted.get("stop_price"), "stop_price")
    assert order.qty is not None
    done = order.filled_qty + order.chain_filled
    qty: Decimal = wanted.get("qty", order.qty)
    if qty <= done:
        unprocessable("qty must be > filled_qty")
    if order.position_intent in {"buy_to_close", "sell_to_close"}:
        check_available(ledger, asset, qty - done, without=order.id)
    else:
        price = wanted.get("limit_price") or order.limit_price or ledger.market.last(asset.symbol)
        short = order.position_intent == "sell_to_open"
        check_power(ledger, asset, qty - done, price, short=short, without=order.id)


def _successor(
    broker: Broker, ledger: Ledger, order: Order, wanted: dict[str, Any], now: int
) -> Order:
    carried = ledger.account.switches.carry_filled_qty
    done = order.filled_qty + order.chain_filled
    tif = wanted.get("time_in_force", order.time_in_force)
    return replace(
        order,
        **wanted,
        id=ledger.new_id("order", now),
        seq=ledger.next_seq(),
        client_order_id=ledger.new_id("client order", now),
        status="pending_new",
        created_ns=now,
        updated_ns=broker.stamp(),
        submitted_ns=now,
        filled_qty=order.filled_qty if carried else ZERO,
        filled_cost=order.filled_cost if carried else ZERO,
        filled_ns=order.filled_ns if carried else None,
        chain_filled=order.chain_filled if carried else done,
        replaces=order.id,
        expires_ns=expiry(order.asset_class, tif, now),
        slices=(),
    )


def resume(broker: Broker, ledger: Ledger) -> None:
    """Match every working order, as after a pause."""
    for order in ledger.alive_orders():
        match(broker, ledger, ledger.orders[order.id])
