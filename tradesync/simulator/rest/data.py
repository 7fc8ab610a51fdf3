"""Market data in Alpaca's shapes: latest trades, quotes and bars, snapshots, daily bars.

The data host's paths on the same port. Prices are JSON numbers here; symbols nobody lists are
left out. Volumes and sizes are made up, the same each time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from tradesync.simulator import dice, market_calendar
from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import ApiError, invalid
from tradesync.simulator.records import Asset, Bar, Price
from tradesync.simulator.rest.common import broker_of, instant, reply, whole
from tradesync.simulator.wire import time_text

HALF_SPREAD = Decimal("0.0001")
MAX_LIMIT = 10_000
Shape = Callable[[Broker, Asset], Any]
_CLASSES = {
    "/v2/stocks": "us_equity",
    "/v1beta3/crypto/{loc}": "crypto",
    "/v1beta1/options": "us_option",
}


def routes() -> list[web.RouteDef]:
    """All market data routes."""
    found: list[web.RouteDef] = []
    shapes: dict[str, Shape] = {"trades": trade, "quotes": quote, "bars": latest_bar}
    for prefix, asset_class in _CLASSES.items():
        for name, shape in shapes.items():
            path = f"latest/{name}" if asset_class == "crypto" else f"{name}/latest"
            found.append(web.get(f"{prefix}/{path}", _by_symbol(asset_class, shape, name)))
        wrapper = None if asset_class == "us_equity" else "snapshots"
        found.append(web.get(f"{prefix}/snapshots", _by_symbol(asset_class, snapshot, wrapper)))
        found.append(web.get(f"{prefix}/bars", _bars(asset_class)))
    return found


def _assets(request: web.Request, asset_class: str) -> list[Asset]:
    """The assets asked for that exist in this class."""
    names = [name for name in request.query.get("symbols", "").split(",") if name]
    if not names:
        raise ApiError(400, 40010001, "symbols is required")
    if asset_class == "crypto":
        for name in names:
            if "/" not in name:
                message = f"invalid symbol: {name} does not match ^[A-Z]+x?/[A-Z]+$"
                raise ApiError(400, 40010001, message)
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


def _bar(asset: Asset, bar: Bar) -> dict[str, Any]:
    volume = 100_000 + dice.pick(9_000_000, asset.symbol, bar.day)
    middle = (bar.high + bar.low + bar.close) / 3
    return {
        "t": time_text(market_calendar.midnight(bar.day)),
        "o": float(bar.open),
        "h": float(bar.high),
        "l": float(bar.low),
        "c": float(bar.close),
        "v": volume,
        "n": volume // 80,
        "vw": round(float(middle), 6),
    }


def _today(broker: Broker, asset: Asset) -> Bar:
    price = _price(broker, asset)
    day = broker.world.day
    return Bar(asset.symbol, day, price.open, price.high, price.low, price.last)


def latest_bar(broker: Broker, asset: Asset) -> dict[str, Any]:
    """The bar that is being made."""
    return _bar(asset, _today(broker, asset))


def snapshot(broker: Broker, asset: Asset) -> dict[str, Any]:
    """Latest trade and quote, and the bars of today and of the day before."""
    body: dict[str, Any] = {
        "latestTrade": trade(broker, asset),
        "latestQuote": quote(broker, asset),
    }
    if asset.asset_class == "us_option":
        return body
    today = latest_bar(broker, asset)
    body |= {"minuteBar": today, "dailyBar": today}
    earlier = _past(broker, asset)
    return body | ({"prevDailyBar": _bar(asset, earlier[-1])} if earlier else {})


def _past(broker: Broker, asset: Asset) -> list[Bar]:
    """Kept daily bars, oldest first; shares only have trading days."""
    prefix = f"{asset.symbol}|"
    always = asset.asset_class == "crypto"
    return [
        bar
        for key in sorted(broker.market.bars.names())
        if key.startswith(prefix)
        for bar in [broker.market.bars[key]]
        if always or market_calendar.is_trading_day(bar.day)
    ]


def _bars(asset_class: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        """Daily bars, oldest first unless sort=desc."""
        if request.query.get("timeframe", "1Day") not in {"1Day", "1D"}:
            invalid("invalid timeframe: the paper broker keeps daily bars only (1Day)")
        broker = broker_of(request)
        start = instant(request.query, "start") or market_calendar.midnight(broker.world.day)
        end = instant(request.query, "end") or broker.now()
        limit = min(whole(request.query, "limit", 1000), MAX_LIMIT)
        rows: dict[str, list[dict[str, Any]]] = {}
        for asset in _assets(request, asset_class):
            kept = [*_past(broker, asset), _today(broker, asset)]
            bars = [bar for bar in kept if start <= market_calendar.midnight(bar.day) <= end]
            ordered = bars[::-1] if request.query.get("sort") == "desc" else bars
            rows[asset.symbol] = [_bar(asset, bar) for bar in ordered[:limit]]
        return reply({"bars": rows, "next_page_token": None})

    return handle
