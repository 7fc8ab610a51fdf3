"""Misbehaviour on request: faults matched to requests, applied around the real work.

A fault names the requests it meets (method, path pattern, account), what happens, and how often.
Faults live in memory; the first that matches and has turns left is applied.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tradesync.simulator.errors import invalid

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODIES: dict[int, dict[str, Any]] = {
    401: {"code": 40110000, "message": "request is not authorized."},
    403: {"code": 40310000, "message": "forbidden."},
    404: {"code": 40410000, "message": "endpoint not found"},
    429: {"code": 42910000, "message": "rate limit exceeded"},
    500: {"code": 50010000, "message": "internal server error occurred"},
    503: {"code": 50310000, "message": "service unavailable"},
    504: {"code": 50410000, "message": "request timed out"},
}
_HTML = "<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>"
_GARBAGE = {"id": 17, "symbol": None, "qty": "many", "status": ["?"]}


@dataclass(slots=True)
class Fault:
    """One fault. `kind` is a key of KINDS; `times` None means until it is cleared."""

    kind: str
    method: str = ""
    path: str = ".*"
    account: str = ""
    skip: int = 0
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    met: int = 0

    def meets(self, request: web.Request, account: str) -> bool:
        """Whether this request is one of those named and it is this fault's turn."""
        if self.method and request.method != self.method.upper():
            return False
        if self.account and account != self.account:
            return False
        if not re.fullmatch(self.path, request.path):
            return False
        self.met += 1
        return self.met > self.skip and (self.times is None or self.met <= self.skip + self.times)


class FaultBoard:
    """The faults set at present."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, body: dict[str, Any]) -> None:
        """A fault of a control request; keys that are not a fault's own are its options."""
        own = {"kind", "method", "path", "account", "skip", "times"}
        if body.get("kind") not in KINDS:
            invalid(f"kind must be one of {', '.join(sorted(KINDS))}")
        numbers = {key: int(body[key]) for key in ("skip", "times") if key in body}
        named = {key: str(body[key]) for key in own - {"skip", "times"} if key in body}
        options = {key: value for key, value in body.items() if key not in own}
        self.faults.append(Fault(**named, **numbers, options=options))  # type: ignore[arg-type]

    def find(self, request: web.Request, account: str) -> Fault | None:
        """The fault to apply; every fault the request meets counts it."""
        return next((fault for fault in self.faults if fault.meets(request, account)), None)


BOARD = web.AppKey("faults", FaultBoard)
Applied = Callable[[Fault, web.Request, Handler], Awaitable[web.StreamResponse]]


@web.middleware
async def faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Apply the fault that meets this request, if any."""
    if request.path.startswith("/sim"):
        return await handler(request)
    account = request.headers.get("APCA-API-KEY-ID", "")
    fault = request.app[BOARD].find(request, account)
    if fault is None:
        return await handler(request)
    return await KINDS[fault.kind](fault, request, handler)


async def _latency(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """`seconds` before the work."""
    await asyncio.sleep(float(fault.options.get("seconds", 1)))
    return await handler(request)


async def _latency_after(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """`seconds` between the work and the reply."""
    response = await handler(request)
    await asyncio.sleep(float(fault.options.get("seconds", 1)))
    return response


async def _drop_before(_: Fault, request: web.Request, __: Handler) -> web.StreamResponse:
    """The connection breaks and nothing was done."""
    return _dropped(request)


async def _drop_after(_: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """The work is done, but the connection breaks before the reply."""
    await handler(request)
    return _dropped(request)


def _dropped(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _truncated(_: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Half of the body, though the length of all of it was announced."""
    whole = await handler(request)
    body = whole.body if isinstance(whole, web.Response) else b""
    assert isinstance(body, bytes)
    part = web.StreamResponse(status=whole.status, headers={"Content-Type": "application/json"})
    part.content_length = len(body)
    await part.prepare(request)
    await part.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return part


async def _not_json(fault: Fault, _: web.Request, __: Handler) -> web.StreamResponse:
    """An HTML page with `status` (default 200)."""
    status = int(fault.options.get("status", 200))
    return web.Response(text=_HTML, status=status, content_type="text/html")


async def _status(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """An error `status` with Alpaca's body, or `body`; `work` true: done nevertheless."""
    if fault.options.get("work") is True:
        await handler(request)
    status = int(fault.options.get("status", 500))
    body = fault.options.get("body", BODIES.get(status, BODIES[500]))
    response = web.json_response(body, status=status)
    for name, value in dict(fault.options.get("headers", {})).items():
        response.headers[name] = str(value)
    return response


async def _altered(
    request: web.Request, handler: Handler, change: Callable[[Any], Any]
) -> web.StreamResponse:
    response = await handler(request)
    if not isinstance(response, web.Response) or response.status >= 400 or not response.text:
        return response
    response.text = json.dumps(change(json.loads(response.text)))
    return response


async def _empty(_: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """A list comes empty."""
    return await _altered(request, handler, lambda body: [] if isinstance(body, list) else body)


async def _short(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """A list lacks `rows` (default 1) rows at its end."""
    rows = int(fault.options.get("rows", 1))
    return await _altered(
        request, handler, lambda body: body[:-rows] if isinstance(body, list) else body
    )


async def _malformed_row(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """One row (`index`, default 0) of a list is garbage, or `row`."""
    row = fault.options.get("row", _GARBAGE)

    def change(body: Any) -> Any:
        if isinstance(body, list) and body:
            body[int(fault.options.get("index", 0)) % len(body)] = row
        return body

    return await _altered(request, handler, change)


async def _extra_fields(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every object carries `fields` on top (also overwriting: a status nobody knows)."""
    fields = dict(fault.options.get("fields", {"new_field": "new"}))

    def change(body: Any) -> Any:
        if isinstance(body, list):
            return [row | fields if isinstance(row, dict) else row for row in body]
        return body | fields if isinstance(body, dict) else body

    return await _altered(request, handler, change)


KINDS: dict[str, Applied] = {
    "latency": _latency,
    "latency_after": _latency_after,
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "truncated": _truncated,
    "not_json": _not_json,
    "status": _status,
    "empty": _empty,
    "short": _short,
    "malformed_row": _malformed_row,
    "fields": _extra_fields,
}
