"""Taking multi-leg option orders (rules: Alpaca "Options trading", 2026-09, error tables)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import invalid, unprocessable
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import check_client_id, expiry, requested_asset, send
from tradesync.simulator.margin import cash_power
from tradesync.simulator.order_request import INTENTS, MAX_CLIENT_ID, SIDES, check_prices
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Asset, Order
from tradesync.simulator.rules import check_available, infer_intent
from tradesync.simulator.wire import ZERO, decimal_field, multiplier, number


@dataclass(frozen=True, slots=True)
class Leg:
    """One contract of a strategy and how many of it a unit has."""

    asset: Asset
    ratio: Decimal
    side: str
    intent: str


def submit_strategy(
    broker: Broker, ledger: Ledger, body: dict[str, Any]
) -> tuple[Order, list[Order]]:
    """Take a multi-leg order, send it on and match it; parent and legs as the reply shows them."""
    qty = _check_top(body)
    legs = _read_legs(ledger, body)
    client_id = str(body.get("client_order_id") or "") or None
    if client_id and len(client_id) > MAX_CLIENT_ID:
        invalid(f"client_order_id must be no more than {MAX_CLIENT_ID} characters")
    check_client_id(ledger, client_id)
    limit = decimal_field(body.get("limit_price"), "limit_price")
    _check_account(ledger, legs, qty, limit)
    parent = _parent(broker, ledger, str(body["type"]), qty, limit)
    if client_id:
        parent = replace(parent, client_order_id=client_id)
    ledger.put_order(parent)
    made = [_leg(ledger, parent, leg) for leg in legs]
    publish(ledger, "pending_new", parent, parent.created_ns)
    return send(broker, ledger, parent), made


def _check_top(body: dict[str, Any]) -> Decimal:
    """The order's own fields; the number of units."""
    if body.get("symbol"):
        invalid("symbol is not allowed for mleg order")
    kind = str(body.get("type") or "")
    if kind not in {"market", "limit"}:
        invalid("mleg orders must be market or limit orders")
    limit = decimal_field(body.get("limit_price"), "limit_price")
    check_prices(kind, None if limit is None else abs(limit), None)
    if body.get("time_in_force") != "day":
        unprocessable("mleg orders must be DAY orders")
    qty = decimal_field(body.get("qty"), "qty")
    if qty is None or qty <= 0:
        invalid("qty must be > 0")
    if qty % 1 != 0:
        invalid("qty must be integer")
    return qty


def _read_legs(ledger: Ledger, body: dict[str, Any]) -> list[Leg]:
    raw = body.get("legs")
    if not isinstance(raw, list) or not 2 <= len(raw) <= 4:
        unprocessable("mleg orders must have at least 2 legs and at most 4 legs")
    return [_read_leg(ledger, row) for row in raw]


def _read_leg(ledger: Ledger, row: Any) -> Leg:
    if not isinstance(row, dict) or row.get("side") not in SIDES:
        invalid("invalid side")
    asset = requested_asset(ledger, str(row.get("symbol") or ""))
    if asset.asset_class != "us_option":
        unprocessable("mleg orders only support option legs")
    ratio = decimal_field(row.get("ratio_qty"), "ratio_qty")
    if ratio is None or ratio <= 0 or ratio % 1 != 0:
        invalid("ratio_qty must be a positive integer")
    side, asked = str(row["side"]), row.get("position_intent")
    inferred = infer_intent(ledger, asset.symbol, side)
    if asked not in INTENTS:
        invalid("position_intent is required for mleg legs")
    if asked != inferred:
        unprocessable(f"position intent mismatch, inferred: {inferred}, specified: {asked}")
    return Leg(asset, ratio, side, inferred)


def _check_account(ledger: Ledger, legs: list[Leg], qty: Decimal, limit: Decimal | None) -> None:
    """Closing legs need their contracts, an opening strategy its net debit."""
    net = ZERO
    for leg in legs:
        sign = 1 if leg.side == "buy" else -1
        net += sign * leg.ratio * ledger.market.last(leg.asset.symbol)
        if leg.intent in {"buy_to_close", "sell_to_close"}:
            check_available(ledger, leg.asset, qty * leg.ratio)
    cost = (limit if limit is not None else net) * qty * multiplier("us_option")
    power = cash_power(ledger)
    if cost > power:
        unprocessable(
            "insufficient options buying power",
            options_buying_power=number(power),
            cost_basis=number(cost),
        )


def _parent(
    broker: Broker, ledger: Ledger, kind: str, qty: Decimal, limit: Decimal | None
) -> Order:
    now = broker.stamp()
    return Order(
        id=ledger.new_id("order", now),
        seq=ledger.next_seq(),
        client_order_id=ledger.new_id("client order", now),
        asset_id="",
        symbol="",
        asset_class="",
        side="",
        type=kind,
        time_in_force="day",
        status="pending_new",
        created_ns=now,
        updated_ns=broker.stamp(),
        submitted_ns=now,
        qty=qty,
        limit_price=limit,
        order_class="mleg",
        expires_ns=expiry("us_option", "day", now),
    )


def _leg(ledger: Ledger, parent: Order, leg: Leg) -> Order:
    assert parent.qty is not None
    return ledger.put_order(
        replace(
            parent,
            id=ledger.new_id("order", parent.created_ns),
            seq=ledger.next_seq(),
            client_order_id=ledger.new_id("client order", parent.created_ns),
            asset_id=leg.asset.id,
            symbol=leg.asset.symbol,
            asset_class="us_option",
            side=leg.side,
            type="",
            position_intent=leg.intent,
            qty=parent.qty * leg.ratio,
            ratio_qty=leg.ratio,
            limit_price=None,
            parent_id=parent.id,
        )
    )
