"""Replacing an order by a new one: what may change, and what the successor inherits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import invalid, unprocessable
from tradesync.simulator.groups import adopt_legs
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import check_client_id, expiry, send
from tradesync.simulator.order_request import MAX_CLIENT_ID, TIMES_IN_FORCE, check_increment
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Order
from tradesync.simulator.rules import check_available, check_power, check_stop
from tradesync.simulator.wire import ZERO, decimal_field

_UNREPLACEABLE = ("accepted", "pending_new", "pending_cancel", "pending_replace")


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
    if order.status == "held":
        new = replace(new, status="held")
    ledger.put_order(new)
    adopt_legs(ledger, order, new)
    old = replace(
        order, status="replaced", replaced_ns=now, replaced_by=new.id, updated_ns=broker.stamp()
    )
    ledger.put_order(old)
    publish(ledger, new.status, new, now)
    publish(ledger, "replaced", old, now)
    return new if new.status == "held" else send(broker, ledger, new)


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
    if order.order_class == "mleg":
        unprocessable("mleg orders cannot be replaced")
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
    if (trail is not None) and order.type != "trailing_stop":
        invalid("trail is only accepted for trailing stop orders")
    asked = {
        "qty": qty,
        "limit_price": decimal_field(body.get("limit_price"), "limit_price"),
        "stop_price": decimal_field(body.get("stop_price"), "stop_price"),
        trail_name: trail,
        "time_in_force": _time_in_force(order, body),
    }
    wanted = {
        name: value
        for name, value in asked.items()
        if value is not None and value != getattr(order, name)
    }
    if not wanted and not body.get("client_order_id"):
        unprocessable("order parameters are not changed")
    return wanted


def _time_in_force(order: Order, body: dict[str, Any]) -> str | None:
    word = body.get("time_in_force")
    if word is None or word == "":
        return None
    if word not in TIMES_IN_FORCE:
        invalid("invalid time_in_force")
    if order.asset_class == "crypto" and word not in {"gtc", "ioc"}:
        unprocessable("invalid crypto time_in_force")
    if order.asset_class == "us_option" and word != "day":
        unprocessable("option orders must be DAY orders")
    if order.group_id is not None and word not in {"day", "gtc"}:
        unprocessable(f"{order.order_class} orders must be DAY or GTC orders")
    return str(word)


def _check_replacement(ledger: Ledger, order: Order, wanted: dict[str, Any]) -> None:
    asset = ledger.market.assets[order.symbol]
    for name in ("limit_price", "stop_price", "trail_price", "trail_percent"):
        if name in wanted and wanted[name] <= 0:
            invalid(f"{name} must be > 0")
    if "limit_price" in wanted and order.limit_price is None:
        invalid(f"{order.type} orders require no limit price")
    if "stop_price" in wanted and order.type not in {"stop", "stop_limit"}:
        invalid(f"{order.type} orders require no stop price")
    check_increment(asset, wanted.get("limit_price"), "limit_price")
    check_increment(asset, wanted.get("stop_price"), "stop_price")
    if order.status != "held":
        check_stop(ledger, asset, order.side, wanted.get("stop_price"))
    assert order.qty is not None
    done = order.filled_qty + order.chain_filled
    qty: Decimal = wanted.get("qty", order.qty)
    if qty <= done:
        unprocessable("qty must be > filled_qty")
    if order.position_intent in {"buy_to_close", "sell_to_close"}:
        if qty > order.qty:
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
