"""The control address, transport side: faults, frozen views, the rate limit.

These concern one server process and are not kept in the books.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

from aiohttp import web

from tradesync.simulator.control.common import chosen_ledger
from tradesync.simulator.errors import invalid
from tradesync.simulator.faults import BOARD
from tradesync.simulator.middleware import LIMITER, VIEWS
from tradesync.simulator.rest.common import broker_of, reply
from tradesync.simulator.stream import HUB, StreamFaults
from tradesync.simulator.views import PATHS


def routes() -> list[web.RouteDef]:
    """All transport control routes."""
    return [
        web.post("/sim/faults", add_fault),
        web.get("/sim/faults", list_faults),
        web.delete("/sim/faults", clear_faults),
        web.post("/sim/freeze", freeze),
        web.post("/sim/thaw", thaw),
        web.post("/sim/rate-limit", rate_limit),
        web.post("/sim/stream", set_stream),
        web.post("/sim/stream/release", release_frames),
        web.post("/sim/stream/send", send_frame),
        web.post("/sim/stream/close", close_streams),
    ]


async def _body(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    body = json.loads(text) if text else {}
    if not isinstance(body, dict):
        invalid("a JSON object is expected")
    return body


async def add_fault(request: web.Request) -> web.Response:
    """kind, method, path (a pattern for the whole path), account (key), skip, times, options."""
    request.app[BOARD].add(await _body(request))
    return reply({})


async def list_faults(request: web.Request) -> web.Response:
    """The faults set, with how many requests each has met."""
    rows = [
        {"kind": fault.kind, "method": fault.method, "path": fault.path, "met": fault.met}
        for fault in request.app[BOARD].faults
    ]
    return reply(rows)


async def clear_faults(request: web.Request) -> web.Response:
    """No more faults."""
    request.app[BOARD].faults.clear()
    return reply({})


def _views(body: dict[str, Any]) -> list[str]:
    found = body.get("views", sorted(set(PATHS.values())))
    return [str(view) for view in found] if isinstance(found, list) else [str(found)]


async def freeze(request: web.Request) -> web.Response:
    """views (default all), account, reads: those replies show the books as they stand now."""
    body = await _body(request)
    reads = body.get("reads")
    ledger = chosen_ledger(broker_of(request), body)
    request.app[VIEWS].freeze(ledger, _views(body), None if reads is None else int(reads))
    return reply({})


async def thaw(request: web.Request) -> web.Response:
    """views (default all), account: replies show the present again."""
    body = await _body(request)
    request.app[VIEWS].thaw(chosen_ledger(broker_of(request), body), _views(body))
    return reply({})


async def rate_limit(request: web.Request) -> web.Response:
    """limit: requests a minute and account (0: none); headers false leaves them off a 429."""
    body = await _body(request)
    limiter = request.app[LIMITER]
    limiter.limit = int(body.get("limit", 0))
    limiter.headers_on_refusal = body.get("headers") is not False
    limiter.restart()
    return reply({})


async def set_stream(request: web.Request) -> web.Response:
    """Any of StreamFaults: text, mute, hold, drop, duplicate, refuse, max_connections."""
    body = await _body(request)
    known = {item.name for item in fields(StreamFaults)}
    changes = {key: _switch(body[key]) for key in known & body.keys()}
    hub = request.app[HUB]
    hub.faults = replace(hub.faults, **changes)
    listening = sum(connection.listening for connection in hub.connections)
    return reply({"connections": len(hub.connections), "listening": listening})


def _switch(value: Any) -> Any:
    """Counts may come as text."""
    return int(value) if isinstance(value, str) else value


async def release_frames(request: web.Request) -> web.Response:
    """Send the frames held back; backwards true: last first. They are held no more."""
    body = await _body(request)
    hub = request.app[HUB]
    hub.faults = replace(hub.faults, hold=False)
    return reply({"released": hub.release(backwards=body.get("backwards") is True)})


async def send_frame(request: web.Request) -> web.Response:
    """frame: any object, sent as it is to everyone who listens."""
    body = await _body(request)
    request.app[HUB].broadcast(body.get("frame") or {})
    return reply({})


async def close_streams(request: web.Request) -> web.Response:
    """Close every stream connection (code, default 1001)."""
    body = await _body(request)
    closed = await request.app[HUB].close_all(int(body.get("code", 1001)))
    return reply({"closed": closed})
