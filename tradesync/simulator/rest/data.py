"""Market data in Alpaca's shapes: latest trades, quotes and bars, snapshots, past bars.

The data host's paths on the same port. Prices are JSON numbers here; symbols nobody lists are
left out. Volumes and sizes are made up, the same each time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from tradesync.simulator import dice
from tradesync.simulator.bars import last_minute, past_days, today
from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import INVALID as BAD_INPUT
from tradesync.simulator.errors import ApiError, not_found
from tradesync.simulator.records import Asset, Price
from tradesync.simulator.rest.bars import bar_json, many, single
from tradesync.simulator.rest.common import broker_of, reply
from tradesync.simulator.wire import time_text

HALF_SPREAD = Decimal("0.0001")
Shape = Callable[[Broker, Asset], Any]
_CLASSES = {
    "/v2/stocks": "us_equity",
    "/v1beta3/crypto/{loc}": "crypto",
    "/v1beta1/options": "us_option",
}


def routes() -> list[web.RouteDef]:
    """All market data routes."""
    found: list[web.RouteDef] = []
    for prefix, asset_class in _CLASSES.items():
        for name, shape in _SHAPES.items():
            path = f"latest/{name}s" if asset_class == "crypto" else f"{name}s/latest"
            found.append(web.get(f"{prefix}/{path}", _by_symbol(asset_class, shape, f"{name}s")))
        wrapper = None if asset_class == "us_equity" else "snapshots"
        found.append(web.get(f"{prefix}/snapshots", _by_symbol(asset_class, snapshot, wrapper)))
        found.append(web.get(f"{prefix}/bars", many(_finder(asset_class))))
    return found + _share_routes()


def _share_routes() -> list[web.RouteDef]:
    """The forms that name one share in the path."""
    prefix = "/v2/stocks/{symbol}"
    found = [
        web.get(f"{prefix}/{name}s/latest", _of_share(shape, name))
        for name, shape in _SHAPES.items()
    ]
    found.append(web.get(f"{prefix}/snapshot", _of_share(snapshot, None)))
    return [*found, web.get(f"{prefix}/bars", single(_finder("us_equity")))]


def _finder(asset_class: str) -> Callable[[web.Request], list[Asset]]:
    return lambda request: _assets(request, asset_class)


def _assets(request: web.Request, asset_class: str) -> list[Asset]:
    """The assets asked for that exist in this class."""
    asked = request.match_info.get("symbol") or request.query.get("symbols", "")
    names = [name for name in asked.split(",") if name]
    if not names:
        raise ApiError(400, BAD_INPUT, "symbols is required")
    if asset_class == "crypto":
        for name in names:
            if "/" not in name:
                message = f"invalid symbol: {name} does not match ^[A-Z]+x?/[A-Z]+$"
                raise ApiError(400, BAD_INPUT, message)
    found = [broker_of(request).market.find(name) for name in names]
    return [asset for asset in found if asset is not None and asset.asset_class == asset_class]


def _by_symbol(
    asset_class: str, shape: Shape, wrapper: str | None
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        broker = broker_of(request)
        rows = {asset.symbol: shape(broker, asset) for asset in _assets(request, asset_class)}
        return reply(rows if wrapper is None else {wrapper: rows})

    return handle


def _of_share(
    shape: Shape, wrapper: str | None
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        symbol = request.match_info["symbol"]
        found = _assets(request, "us_equity")
        if not found:
            not_found(f"no {wrapper or 'snapshot'} found for {symbol}")
        row = shape(broker_of(request), found[0])
        return reply({"symbol": symbol, **(row if wrapper is None else {wrapper: row})})

    return handle


def _price(broker: Broker, asset: Asset) -> Price:
    return broker.market.prices[asset.symbol]


def _size(*keys: object) -> int:
    return 1 + dice.pick(400, *keys)


def trade(broker: Broker, asset: Asset) -> dict[str, Any]:
    """The last trade, at the price orders fill at."""
    price = _price(broker, asset)
    body: dict[str, Any] = {
        "t": time_text(price.at_ns),
        "p": float(price.last),
        "s": _size(asset.symbol, price.at_ns),
    }
    if asset.asset_class == "us_equity":
        number = dice.pick(10**9, asset.symbol, price.at_ns, "trade")
        return body | {"x": "V", "c": ["@"], "i": number, "z": "C"}
    return body | ({"tks": "B", "i": 1} if asset.asset_class == "crypto" else {"x": "C", "c": "a"})


def quote(broker: Broker, asset: Asset) -> dict[str, Any]:
    """A bid and an ask around the price."""
    price = _price(broker, asset)
    half = max(asset.increment, (price.last * HALF_SPREAD).quantize(asset.increment))
    body: dict[str, Any] = {
        "t": time_text(price.at_ns),
        "ap": float(price.last + half),
        "as": _size(asset.symbol, price.at_ns, "ask"),
        "bp": float(max(price.last - half, Decimal(0))),
        "bs": _size(asset.symbol, price.at_ns, "bid"),
    }
    if asset.asset_class == "us_equity":
        return body | {"ax": "V", "bx": "V", "c": ["R"], "z": "C"}
    return body if asset.asset_class == "crypto" else body | {"ax": "C", "bx": "C", "c": "A"}


def latest_bar(broker: Broker, asset: Asset) -> dict[str, Any]:
    """The bar of the minute the price last moved in."""
    return bar_json(last_minute(broker, asset))


def snapshot(broker: Broker, asset: Asset) -> dict[str, Any]:
    """Latest trade and quote, and the bars of today and of the day before."""
    body: dict[str, Any] = {
        "latestTrade": trade(broker, asset),
        "latestQuote": quote(broker, asset),
    }
    if asset.asset_class == "us_option":
        return body
    body |= {
        "minuteBar": latest_bar(broker, asset),
        "dailyBar": bar_json(today(broker, asset)),
    }
    earlier = past_days(broker, asset)
    return body | ({"prevDailyBar": bar_json(earlier[-1])} if earlier else {})


_SHAPES: dict[str, Shape] = {"trade": trade, "quote": quote, "bar": latest_bar}
