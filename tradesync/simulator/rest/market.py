"""/v2/assets, /v2/clock and /v2/calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from aiohttp import web

from tradesync.simulator import market_calendar
from tradesync.simulator.errors import invalid
from tradesync.simulator.market_calendar import Session
from tradesync.simulator.records import Asset
from tradesync.simulator.rest.common import broker_of, choice, reply, words
from tradesync.simulator.wire import new_york, new_york_text, number

_FIRST_DAY = date(1970, 1, 1)
_LAST_DAY = date(2029, 12, 31)
_MARGIN = {"us_equity": 30, "crypto": 100, "us_option": 100}


def routes() -> list[web.RouteDef]:
    """All market routes."""
    return [
        web.get("/v2/assets", assets),
        web.get("/v2/assets/{name}", asset),
        web.get("/v2/clock", clock),
        web.get("/v2/calendar", calendar),
    ]


def asset_json(item: Asset) -> dict[str, Any]:
    """One asset."""
    margin = _MARGIN[item.asset_class]
    body: dict[str, Any] = {
        "id": item.id,
        "class": item.asset_class,
        "exchange": item.exchange,
        "symbol": item.symbol,
        "name": item.name,
        "status": item.status,
        "tradable": item.tradable,
        "marginable": item.marginable,
        "maintenance_margin_requirement": margin,
        "margin_requirement_long": str(margin),
        "margin_requirement_short": str(margin),
        "shortable": item.shortable,
        "easy_to_borrow": item.shortable,
        "fractionable": item.fractionable,
        "attributes": [],
    }
    if item.asset_class == "us_equity":
        body["borrow_status"] = "easy_to_borrow" if item.shortable else "hard_to_borrow"
        body["attributes"] = ["has_options"] if item.marginable else []
    if item.min_order_size is not None:
        body |= {
            "min_order_size": number(item.min_order_size),
            "min_trade_increment": "0.000000001",
            "price_increment": number(item.increment),
        }
    return body


async def assets(request: web.Request) -> web.Response:
    """GET /v2/assets: shares unless another class is asked for."""
    query = request.query
    classes = words(query, "asset_class") or frozenset({"us_equity"})
    status = query.get("status")
    exchange = query.get("exchange")
    found = [
        asset_json(item)
        for item in broker_of(request).market.assets.values()
        if item.asset_class in classes
        and (not status or item.status == status)
        and (not exchange or item.exchange == exchange)
    ]
    return reply(sorted(found, key=lambda row: str(row["symbol"])))


async def asset(request: web.Request) -> web.Response:
    """GET /v2/assets/{symbol or id}; BTCUSD resolves to BTC/USD."""
    return reply(asset_json(broker_of(request).market.asset(request.match_info["name"])))


async def clock(request: web.Request) -> web.Response:
    """GET /v2/clock."""
    broker = broker_of(request)
    now = broker.now()
    is_open = broker.world.hours == "always" or market_calendar.in_regular_hours(now)
    return reply(
        {
            "timestamp": new_york_text(now),
            "is_open": is_open,
            "next_open": new_york_text(market_calendar.next_open(now)),
            "next_close": new_york_text(market_calendar.next_close(now)),
        }
    )


async def calendar(request: web.Request) -> web.Response:
    """GET /v2/calendar: trading days between `start` and `end`, both inclusive."""
    query = request.query
    choice(query, "date_type", ("TRADING", "SETTLEMENT"))
    start = _day(query.get("start"), _FIRST_DAY)
    end = min(_day(query.get("end"), _LAST_DAY), _LAST_DAY)
    rows: list[dict[str, str]] = []
    day = start
    while day <= end:
        session = market_calendar.session(day)
        if session is not None:
            rows.append(_day_json(session))
        day += timedelta(days=1)
    return reply(rows)


def _day_json(session: Session) -> dict[str, str]:
    settlement = market_calendar.next_session(session.day + timedelta(days=1)).day
    return {
        "date": session.day.isoformat(),
        "open": new_york(session.open).strftime("%H:%M"),
        "close": new_york(session.close).strftime("%H:%M"),
        "session_open": new_york(session.pre_open).strftime("%H%M"),
        "session_close": new_york(session.post_close).strftime("%H%M"),
        "settlement_date": settlement.isoformat(),
    }


def _day(raw: str | None, default: date) -> date:
    if not raw:
        return default
    try:
        return date.fromisoformat(raw[:10])
    except ValueError:
        invalid(f"invalid date: {raw}")
