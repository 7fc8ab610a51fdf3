"""What an account must have for an order: intent, shares, buying power, no wash trade."""

from __future__ import annotations

from decimal import Decimal

from tradesync.simulator.errors import forbidden, unprocessable
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.margin import SHORT_COLLAR, available, held_for_orders, power_for
from tradesync.simulator.order_request import OrderRequest
from tradesync.simulator.records import Asset, Order
from tradesync.simulator.wire import multiplier, number

MIN_COST = {"crypto": Decimal(10), "us_equity": Decimal(1)}


def infer_intent(ledger: Ledger, symbol: str, side: str) -> str:
    """What an order of this side does to the present holding."""
    held = ledger.position(symbol).qty
    if side == "buy":
        return "buy_to_close" if held < 0 else "buy_to_open"
    return "sell_to_close" if held > 0 else "sell_to_open"


def check_intent(ledger: Ledger, asset: Asset, request: OrderRequest) -> str:
    """The order's intent; 422 if the client named another."""
    inferred = infer_intent(ledger, asset.symbol, request.side)
    asked = request.position_intent
    if asked is not None and asked != inferred:
        unprocessable(
            f"position intent mismatch, inferred: {inferred}, specified: {asked}",
        )
    return inferred


def check_account(ledger: Ledger, asset: Asset, request: OrderRequest, intent: str) -> None:
    """All rules on shares and money for a new order."""
    size = _units(ledger, asset, request)
    check_minimum(ledger, asset, request, size)
    if intent in {"buy_to_close", "sell_to_close"}:
        check_available(ledger, asset, size)
    elif intent == "sell_to_open":
        check_short(ledger, asset, request)
    _check_wash_trade(ledger, asset, request)
    check_stop(ledger, asset, request.side, request.stop_price)
    if intent in {"buy_to_open", "sell_to_open"}:
        price = request.limit_price or request.stop_price or ledger.market.last(asset.symbol)
        check_power(ledger, asset, size, price, short=intent == "sell_to_open")


def _units(ledger: Ledger, asset: Asset, request: OrderRequest) -> Decimal:
    if request.qty is not None:
        return request.qty
    assert request.notional is not None
    return request.notional / (request.limit_price or ledger.market.last(asset.symbol))


def check_minimum(ledger: Ledger, asset: Asset, request: OrderRequest, size: Decimal) -> None:
    """The smallest cost: $10 for coins bought, $1 for dollar-sized share orders."""
    least = MIN_COST.get(asset.asset_class)
    counted = request.notional is not None or asset.asset_class == "crypto"
    if least is None or not counted or request.side == "sell":
        return
    price = request.limit_price or ledger.market.last(asset.symbol)
    if size * price < least:
        forbidden(f"cost basis must be >= minimal amount of order {least}")


def check_available(
    ledger: Ledger, asset: Asset, size: Decimal, without: str | None = None
) -> None:
    """A closing order cannot exceed what is held and free: no flip in one order."""
    free = available(ledger, asset.symbol, without)
    if size <= free:
        return
    asked, left = number(size), number(free)
    if asset.asset_class == "crypto":
        coin = asset.symbol.split("/", maxsplit=1)[0]
        forbidden(
            f"insufficient balance for {coin} (requested: {asked}, available: {left})",
            symbol="USD" if ledger.position(asset.symbol).qty < 0 else coin,
        )
    forbidden(
        f"insufficient qty available for order (requested: {asked}, available: {left})",
        available=left,
        existing_qty=number(abs(ledger.position(asset.symbol).qty)),
        held_for_orders=number(held_for_orders(ledger, asset.symbol, without)),
        symbol=asset.symbol,
    )


def check_short(ledger: Ledger, asset: Asset, request: OrderRequest) -> None:
    """Who may sell what he does not hold."""
    if asset.asset_class == "crypto":
        check_available(ledger, asset, _units(ledger, asset, request))
    if not asset.shortable:
        unprocessable(f'asset "{asset.symbol}" cannot be sold short')
    if request.is_fractional:
        unprocessable("fractional orders cannot be sold short")
    if ledger.account.configuration.get("no_shorting") == "true":
        forbidden("account is not allowed to short")
    for key in ledger.waiting_by_symbol[asset.symbol]:
        order = ledger.orders[key]
        if order.is_open and order.position_intent == "buy_to_open":
            forbidden("cannot open a short sell while a long buy order is open")


def check_power(
    ledger: Ledger,
    asset: Asset,
    size: Decimal,
    price: Decimal,
    *,
    short: bool,
    without: str | None = None,
) -> None:
    """An opening order must be covered by buying power, pending orders counted."""
    if short:
        price = max(price, ledger.market.last(asset.symbol) * SHORT_COLLAR)
    cost = size * price * multiplier(asset.asset_class)
    power = power_for(ledger, asset, without)
    if cost <= power:
        return
    if asset.asset_class == "us_option":
        forbidden(
            "insufficient options buying power",
            options_buying_power=number(power),
            cost_basis=number(cost),
        )
    forbidden("insufficient buying power", buying_power=number(power), cost_basis=number(cost))


def check_stop(ledger: Ledger, asset: Asset, side: str, stop: Decimal | None) -> None:
    """A stop lies on the far side of the market: below it to sell, above it to buy."""
    last = ledger.market.last(asset.symbol)
    if stop is None or (stop < last if side == "sell" else stop > last):
        return
    word = "less" if side == "sell" else "greater"
    unprocessable(
        f"stop price must be {word} than current price",
        market_price=number(last),
        stop_price=number(stop),
    )


def _check_wash_trade(ledger: Ledger, asset: Asset, request: OrderRequest) -> None:
    """An order may not meet an opposite one of the same account; complex orders are exempt."""
    exempt = request.order_class not in {"", "simple"} or request.type == "trailing_stop"
    if exempt or not ledger.account.switches.wash_trade_check:
        return
    for key in ledger.waiting_by_symbol[asset.symbol]:
        order = ledger.orders[key]
        if not order.is_open or order.side == request.side:
            continue
        if order.group_id or order.order_class == "mleg":
            continue
        reason = _meets(order, request)
        if reason is not None:
            forbidden(
                "potential wash trade detected. use complex orders",
                reject_reason=reason,
                existing_order_id=order.id,
            )


def _meets(order: Order, request: OrderRequest) -> str | None:
    if order.type == "trailing_stop":
        return None
    if order.type != "limit":
        return "opposite side market/stop order exists"
    assert order.limit_price is not None
    if request.type == "market":
        return "opposite side limit order exists"
    if request.type != "limit" or request.limit_price is None:
        return None
    buy, sell = (
        (request.limit_price, order.limit_price)
        if request.side == "buy"
        else (order.limit_price, request.limit_price)
    )
    return "opposite side limit order exists" if buy >= sell else None
