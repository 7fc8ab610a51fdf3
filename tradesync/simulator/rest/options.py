"""/v2/options/contracts and exercising a held contract."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import not_found, unprocessable
from tradesync.simulator.options import deliver
from tradesync.simulator.records import Asset
from tradesync.simulator.rest.common import broker_of, ledger_of, reply, whole, words
from tradesync.simulator.wire import new_york_date, number

DEFAULT_LIMIT = 100
_RIGHTS = {"C": "call", "P": "put"}


def routes() -> list[web.RouteDef]:
    """All option routes."""
    return [
        web.get("/v2/options/contracts", contracts),
        web.get("/v2/options/contracts/{name}", contract),
        web.post("/v2/positions/{name}/exercise", exercise),
    ]


def contract_json(broker: Broker, asset: Asset) -> dict[str, Any]:
    """One contract."""
    assert asset.expiry is not None
    assert asset.strike is not None
    underlying = broker.market.find(asset.underlying)
    price = broker.market.prices[asset.symbol]
    return {
        "id": asset.id,
        "symbol": asset.symbol,
        "name": asset.name,
        "status": asset.status,
        "tradable": asset.tradable,
        "expiration_date": asset.expiry.isoformat(),
        "root_symbol": asset.underlying,
        "underlying_symbol": asset.underlying,
        "underlying_asset_id": underlying.id if underlying else None,
        "type": _RIGHTS[asset.right],
        "style": "american",
        "strike_price": number(asset.strike),
        "multiplier": "100",
        "size": "100",
        "open_interest": "0",
        "open_interest_date": broker.world.day.isoformat(),
        "close_price": number(price.lastday),
        "close_price_date": broker.world.day.isoformat(),
        "ppind": True,
    }


async def contracts(request: web.Request) -> web.Response:
    """GET /v2/options/contracts: by underlying_symbols, type and status, soonest first."""
    broker, query = broker_of(request), request.query
    underlyings = words(query, "underlying_symbols")
    status = query.get("status") or "active"
    found = [
        asset
        for asset in broker.market.assets.values()
        if asset.asset_class == "us_option"
        and asset.status == status
        and (underlyings is None or asset.underlying in underlyings)
        and (not query.get("type") or _RIGHTS[asset.right] == query["type"])
    ]
    found.sort(key=lambda asset: (asset.expiry is None, asset.expiry, asset.symbol))
    limit = whole(query, "limit", DEFAULT_LIMIT)
    rows = [contract_json(broker, asset) for asset in found[:limit]]
    return reply({"option_contracts": rows, "next_page_token": None})


async def contract(request: web.Request) -> web.Response:
    """GET /v2/options/contracts/{symbol or id}."""
    broker = broker_of(request)
    asset = broker.market.asset(request.match_info["name"])
    if asset.asset_class != "us_option":
        not_found(f"contract not found for {asset.symbol}")
    return reply(contract_json(broker, asset))


async def exercise(request: web.Request) -> web.Response:
    """POST /v2/positions/{symbol or id}/exercise: all contracts held, at once."""
    broker, ledger = broker_of(request), ledger_of(request)
    asset = broker.market.asset(request.match_info["name"])
    held = ledger.position(asset.symbol).qty
    if held == 0:
        not_found("position does not exist")
    if asset.asset_class != "us_option" or held < 0:
        unprocessable("only long option positions can be exercised")
    with broker.change():
        deliver(broker, ledger, asset, held, new_york_date(broker.now()))
    return reply({})
