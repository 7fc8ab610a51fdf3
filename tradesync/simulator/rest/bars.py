"""Historical bars: many symbols with pages, or one share by its path."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from tradesync.simulator.bars import Candle, candles, read_frame
from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import invalid
from tradesync.simulator.market_calendar import midnight
from tradesync.simulator.records import Asset
from tradesync.simulator.rest.common import broker_of, choice, instant, reply, whole
from tradesync.simulator.wire import time_text

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000
Rows = dict[str, list[dict[str, Any]]]
Row = tuple[str, Candle]
Find = Callable[[web.Request], list[Asset]]


def bar_json(candle: Candle) -> dict[str, Any]:
    """One bar; prices are JSON numbers."""
    return {
        "t": time_text(candle.at_ns),
        "o": float(candle.open),
        "h": float(candle.high),
        "l": float(candle.low),
        "c": float(candle.close),
        "v": candle.volume,
        "n": candle.trades,
        "vw": round(float(candle.middle), 6),
    }


def many(find: Find) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Bars by symbol; `limit` counts the bars of all symbols together."""

    async def handle(request: web.Request) -> web.Response:
        rows, token = _page(broker_of(request), find(request), request.query)
        return reply({"bars": rows, "next_page_token": token})

    return handle


def single(find: Find) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Bars of the one symbol in the path; null where there are none."""

    async def handle(request: web.Request) -> web.Response:
        assets = find(request)
        rows, token = _page(broker_of(request), assets, request.query)
        symbol = request.match_info["symbol"]
        return reply({"bars": rows.get(symbol), "symbol": symbol, "next_page_token": token})

    return handle


def _page(broker: Broker, assets: list[Asset], query: Mapping[str, str]) -> tuple[Rows, str | None]:
    """At most `limit` bars by symbol and time, and the token that leads on."""
    limit = min(whole(query, "limit", DEFAULT_LIMIT), MAX_LIMIT)
    backwards = choice(query, "sort", ("asc", "desc")) == "desc"
    every = [
        (asset.symbol, candle)
        for asset in sorted(assets, key=lambda asset: asset.symbol)
        for candle in _asked(broker, asset, query, backwards=backwards)
    ]
    left = _after(every, _read_token(query.get("page_token")), backwards=backwards)
    rows: Rows = {}
    for symbol, candle in left[:limit]:
        rows.setdefault(symbol, []).append(bar_json(candle))
    return rows, _token(*left[limit - 1]) if len(left) > limit else None


def _after(every: list[Row], token: tuple[str, int] | None, *, backwards: bool) -> list[Row]:
    """The rows behind the last one of the page before."""
    if token is None:
        return every
    sign = -1 if backwards else 1
    name, at_ns = token
    return [row for row in every if (row[0], sign * row[1].at_ns) > (name, sign * at_ns)]


def _asked(
    broker: Broker, asset: Asset, query: Mapping[str, str], *, backwards: bool
) -> list[Candle]:
    frame = read_frame(query.get("timeframe") or "1Day")
    start = instant(query, "start")
    end = instant(query, "end")
    found = candles(
        broker,
        asset,
        frame,
        midnight(broker.world.day) if start is None else start,
        broker.now() if end is None else end,
    )
    return found[::-1] if backwards else found


def _token(symbol: str, last: Candle) -> str:
    return base64.urlsafe_b64encode(f"{symbol}|{last.at_ns}".encode()).decode()


def _read_token(token: str | None) -> tuple[str, int] | None:
    if not token:
        return None
    try:
        symbol, at_ns = base64.urlsafe_b64decode(token).decode().split("|")
        return symbol, int(at_ns)
    except (ValueError, binascii.Error):
        invalid(f"invalid page_token: {token}")
