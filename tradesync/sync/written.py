"""Intents as they are first written, before any call."""

from __future__ import annotations

from decimal import Decimal

from tradesync.broker.port import Asset, OrderRequest
from tradesync.domain.facts import Order
from tradesync.domain.instruments import make_instrument
from tradesync.domain.ours import (
    Intent,
    IntentKind,
    IntentState,
    close_client_order_id,
    open_client_order_id,
    opens_for_us,
    trade_named_by,
)
from tradesync.domain.times import Instant

_REPLACE_PREFIX = "ts1-r-"


def order_intent(
    intent_id: str, kind: IntentKind, request: OrderRequest, asset: Asset, at: Instant
) -> Intent:
    """The intent of an order to be sent."""
    instrument = make_instrument(asset.symbol, asset.asset_id, asset.asset_class)
    return Intent(
        intent_id=intent_id,
        kind=kind,
        state=IntentState.WRITTEN,
        client_order_id=request.client_order_id,
        trade_id=None,
        order_id=None,
        instrument=instrument.key,
        symbol=instrument.symbol,
        asset_class=asset.asset_class,
        side=request.side,
        position_intent=request.position_intent or "",
        qty=request.qty,
        notional=request.notional,
        order_type=request.order_type,
        time_in_force=request.time_in_force,
        limit_price=request.limit_price,
        stop_price=request.stop_price,
        extended_hours=request.extended_hours,
        created_at=at,
        sent_at=None,
        settled_at=None,
        broker_order_id=None,
        not_found_count=0,
        message="",
        order_class=request.order_class,
        trail_price=request.trail_price,
        trail_percent=request.trail_percent,
        take_profit=request.take_profit,
        stop_loss=request.stop_loss.stop_price if request.stop_loss else None,
        stop_loss_limit=request.stop_loss.limit_price if request.stop_loss else None,
    )


def about_order(
    intent_id: str,
    kind: IntentKind,
    order: Order,
    at: Instant,
    *,
    client_order_id: str | None = None,
    trade_id: str | None = None,
    qty: Decimal | None = None,
    limit_price: Decimal | None = None,
    stop_price: Decimal | None = None,
    trail: Decimal | None = None,
    time_in_force: str | None = None,
) -> Intent:
    """The intent of a cancel or replacement; what is not changed stays as the order has it."""
    return Intent(
        intent_id=intent_id,
        kind=kind,
        state=IntentState.WRITTEN,
        client_order_id=client_order_id,
        trade_id=trade_id,
        order_id=order.order_id,
        instrument=order.instrument,
        symbol=order.symbol,
        asset_class=order.asset_class,
        side=order.side,
        position_intent=order.position_intent,
        qty=order.qty if qty is None else qty,
        notional=order.notional,
        order_type=order.order_type,
        time_in_force=time_in_force or order.time_in_force,
        limit_price=order.limit_price if limit_price is None else limit_price,
        stop_price=order.stop_price if stop_price is None else stop_price,
        extended_hours=order.extended_hours,
        created_at=at,
        sent_at=None,
        settled_at=None,
        broker_order_id=None,
        not_found_count=0,
        message="",
        order_class=order.order_class,
        trail_price=order.trail_price if trail is None or order.trail_price is None else trail,
        trail_percent=(
            order.trail_percent if trail is None or order.trail_percent is None else trail
        ),
    )


def replacement_client_order_id(intent_id: str, replaced: str) -> str:
    """The client order id of a replacement: it says of itself what the replaced order's said.

    A stranger's order stays a stranger's: its successor must not count as opened or closed by us.
    """
    trade_id = trade_named_by(replaced)
    if trade_id is not None:
        return close_client_order_id(intent_id, trade_id)
    if opens_for_us(replaced):
        return open_client_order_id(intent_id)
    return _REPLACE_PREFIX + intent_id.replace("-", "")
