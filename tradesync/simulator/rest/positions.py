"""/v2/positions: what is held, and closing it by market orders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from aiohttp import web

from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import ApiError, invalid, not_found
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import cancel, submit
from tradesync.simulator.margin import available
from tradesync.simulator.order_request import read_request
from tradesync.simulator.order_wire import order_json
from tradesync.simulator.records import Asset, Order, Position
from tradesync.simulator.rest.common import broker_of, flag, ledger_of, reply
from tradesync.simulator.wire import (
    MONEY_STEP,
    RATIO_STEP,
    decimal_field,
    multiplier,
    number,
    rounded,
    truncated,
)


def routes() -> list[web.RouteDef]:
    """All position routes."""
    return [
        web.get("/v2/positions", listing),
        web.delete("/v2/positions", close_all),
        web.get("/v2/positions/{name}", one),
        web.delete("/v2/positions/{name}", close_one),
    ]


def position_json(ledger: Ledger, position: Position, asset: Asset) -> dict[str, object]:
    """One holding: money to six places, ratios to five, shorts negative."""
    factor = multiplier(asset.asset_class)
    price = ledger.market.prices[position.symbol]
    value = ledger.market_value(position)
    cost = rounded(position.cost * factor, MONEY_STEP)
    day_basis = rounded(position.day_basis * factor, MONEY_STEP)
    sign = 1 if position.qty > 0 else -1
    return {
        "asset_id": asset.position_id,
        "symbol": asset.position_symbol,
        "exchange": asset.exchange,
        "asset_class": asset.asset_class,
        "asset_marginable": asset.marginable,
        "qty": number(position.qty),
        "avg_entry_price": number(rounded(position.cost / position.qty, MONEY_STEP)),
        "side": "long" if sign > 0 else "short",
        "market_value": number(value),
        "cost_basis": number(cost),
        "unrealized_pl": number(value - cost),
        "unrealized_plpc": _ratio(value - cost, abs(cost)),
        "unrealized_intraday_pl": number(value - day_basis),
        "unrealized_intraday_plpc": _ratio(value - day_basis, abs(day_basis)),
        "current_price": number(price.last),
        "lastday_price": number(price.lastday),
        "change_today": _ratio(price.last - price.lastday, price.lastday),
        "qty_available": number(sign * available(ledger, position.symbol)),
    }


def _ratio(part: Decimal, whole: Decimal) -> str:
    return number(rounded(part / whole, RATIO_STEP)) if whole else "0"


def _find(request: web.Request) -> tuple[Position, Asset]:
    ledger = ledger_of(request)
    name = request.match_info["name"]
    asset = ledger.market.find(name)
    if asset is None:
        not_found(f"symbol not found: {name}")
    position = ledger.positions.get(asset.symbol)
    if position is None:
        not_found("position does not exist")
    return position, asset


async def listing(request: web.Request) -> web.Response:
    """GET /v2/positions."""
    ledger = ledger_of(request)
    return reply([position_json(ledger, *held) for held in ledger.held_positions()])


async def one(request: web.Request) -> web.Response:
    """GET /v2/positions/{symbol or id}."""
    return reply(position_json(ledger_of(request), *_find(request)))


async def close_one(request: web.Request) -> web.Response:
    """DELETE /v2/positions/{symbol or id}: 200 with the closing market order."""
    broker, ledger = broker_of(request), ledger_of(request)
    with broker.change():
        position, asset = _find(request)
        order = _close(broker, ledger, asset, _closing_qty(position, asset, request.query))
        return reply(order_json(order))


def _closing_qty(position: Position, asset: Asset, query: Mapping[str, str]) -> Decimal:
    qty = decimal_field(query.get("qty"), "qty")
    percentage = decimal_field(query.get("percentage"), "percentage")
    if qty is not None and percentage is not None:
        invalid("only one of qty or percentage is accepted")
    held = abs(position.qty)
    if qty is not None:
        return qty
    if percentage is None:
        return held
    if not 0 < percentage <= 100:
        invalid("percentage must be between 0 and 100")
    part = truncated(held * percentage / 100)
    fractional = held % 1 != 0 or asset.asset_class == "crypto"
    return part if fractional else part // 1


def _close(broker: Broker, ledger: Ledger, asset: Asset, qty: Decimal) -> Order:
    held = ledger.position(asset.symbol).qty
    body = {
        "symbol": asset.symbol,
        "qty": qty,
        "side": "sell" if held > 0 else "buy",
        "type": "market",
        "time_in_force": "gtc" if asset.asset_class == "crypto" else "day",
    }
    return submit(broker, ledger, read_request(body))


async def close_all(request: web.Request) -> web.Response:
    """DELETE /v2/positions: 207 with one row a holding; `cancel_orders` cancels first."""
    broker, ledger = broker_of(request), ledger_of(request)
    rows: list[dict[str, object]] = []
    with broker.change():
        if flag(request.query, "cancel_orders"):
            _cancel_orders(broker, ledger)
        for position, asset in ledger.held_positions():
            try:
                order = _close(broker, ledger, asset, abs(position.qty))
                row = {"status": 200, "body": order_json(order)}
            except ApiError as refusal:
                row = {"status": refusal.status, "body": refusal.body()}
            rows.append({"symbol": asset.position_symbol, **row})
    return reply(rows, status=207)


def _cancel_orders(broker: Broker, ledger: Ledger) -> None:
    for order in ledger.alive_orders():
        current = ledger.orders[order.id]
        if not current.is_terminal and current.status != "pending_replace":
            cancel(broker, ledger, current)
