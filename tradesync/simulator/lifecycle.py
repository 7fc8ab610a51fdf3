"""An order's life outside fills: submitted, cancelled, expired, rejected, replaced."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.endings import END_TIMES, end_alone
from tradesync.simulator.errors import invalid, not_found, unprocessable
from tradesync.simulator.groups import (
    COMPLEX,
    after_end,
    as_parent,
    check_group,
    make_legs,
)
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.market_calendar import next_close
from tradesync.simulator.matching import match, route, trail_stop
from tradesync.simulator.order_request import (
    OrderRequest,
    check_instrument,
)
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Asset, Order
from tradesync.simulator.rules import (
    check_account,
    check_intent,
)
from tradesync.simulator.wire import SECOND

GTC_DAYS = 90


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
    return submit_group(broker, ledger, request)[0]


def submit_group(
    broker: Broker, ledger: Ledger, request: OrderRequest
) -> tuple[Order, list[Order]]:
    """`submit`, with the legs as the reply shows them (held)."""
    asset = requested_asset(ledger, request.symbol)
    check_instrument(asset, request)
    check_client_id(ledger, request.client_order_id)
    intent = check_intent(ledger, asset, request)
    check_account(ledger, asset, request, intent)
    check_group(asset, request, intent, ledger.market.last(asset.symbol))
    order = _made(broker, ledger, asset, request, intent)
    if request.order_class in COMPLEX:
        order = as_parent(request, order, ledger.new_id("group", order.created_ns))
    ledger.put_order(order)
    publish(ledger, "pending_new", order, order.created_ns)
    legs = make_legs(ledger, request, order) if order.group_id is not None else []
    for leg in legs:
        publish(ledger, "held", leg, leg.created_ns)
    return send(broker, ledger, order), legs


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
    mark, stop = _stop(ledger, request, asset)
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
        trail_price=request.trail_price,
        trail_percent=request.trail_percent,
        hwm=mark,
        stop_price=stop,
        order_class="simple" if asset.asset_class == "us_option" else "",
        position_intent=intent,
        extended_hours=request.extended_hours,
        expires_ns=expiry(asset.asset_class, request.time_in_force, now),
    )


def _stop(
    ledger: Ledger, request: OrderRequest, asset: Asset
) -> tuple[Decimal | None, Decimal | None]:
    """Water mark and stop: the stop asked for, or where a trail from the market puts it."""
    if request.type != "trailing_stop":
        return None, request.stop_price
    mark = ledger.market.last(asset.symbol)
    return mark, trail_stop(request.side, mark, request.trail_price, request.trail_percent)


def end(
    broker: Broker, ledger: Ledger, order: Order, status: str, reason: str | None = None
) -> Order:
    """Bring an order to canceled, expired or rejected, and its group with it."""
    order = end_alone(broker, ledger, order, status, reason)
    after_end(broker, ledger, order)
    return order


def set_status(broker: Broker, ledger: Ledger, order: Order, status: str) -> Order:
    """Show any status verbatim, with the end time it implies."""
    now = broker.stamp()
    changes: dict[str, Any] = {"status": status, "updated_ns": broker.stamp()}
    if status in END_TIMES:
        changes[END_TIMES[status]] = now
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


def resume(broker: Broker, ledger: Ledger) -> None:
    """Match every working order, as after a pause."""
    for order in ledger.alive_orders():
        match(broker, ledger, ledger.orders[order.id])
