"""What all routes share: the account of a request, query parameters, JSON replies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web

from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import BAD_BODY, ApiError, invalid
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.wire import parse_time

BROKER = web.AppKey("broker", Broker)
LEDGER = web.RequestKey("ledger", Ledger)


def broker_of(request: web.Request) -> Broker:
    """The broker this server serves."""
    return request.app[BROKER]


def ledger_of(request: web.Request) -> Ledger:
    """The account the request's keys open."""
    return request[LEDGER]


def reply(body: Any, status: int = 200) -> web.Response:
    """A JSON reply as Alpaca formats it."""
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(text=text, status=status, content_type="application/json", charset="utf-8")


async def json_body(request: web.Request) -> Any:
    """The decoded body, its numbers exact; 400 when it is not JSON."""
    raw = await request.read()
    try:
        return json.loads(raw, parse_float=_exact, parse_int=_exact) if raw else {}
    except (ValueError, RecursionError):
        raise ApiError(400, BAD_BODY, "request body format is invalid") from None


def _exact(digits: str) -> Decimal:
    """A JSON number; ValueError where its exponent is beyond what decimals can hold."""
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise ValueError(digits) from None


def flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean parameter; clients send true, True or 1."""
    return query.get(name, "").lower() in {"true", "1"}


def words(query: Mapping[str, str], name: str) -> frozenset[str] | None:
    """A comma list, or None when absent or empty."""
    found = frozenset(word for word in query.get(name, "").split(",") if word)
    return found or None


def choice(query: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """One of a few words, the first by default; 422 for another."""
    word = query.get(name) or allowed[0]
    if word not in allowed:
        invalid(f"invalid {name}: {word}")
    return word


def instant(query: Mapping[str, str], name: str) -> int | None:
    """A time parameter in nanoseconds, or None."""
    raw = query.get(name)
    return parse_time(raw.replace(" ", "+"), name) if raw else None


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A positive whole number; 422 for anything else."""
    raw = query.get(name)
    if not raw:
        return default
    if not raw.isdigit() or int(raw) < 1:
        invalid(f"invalid {name}: {raw}")
    return int(raw)
