"""What every reply goes through: request id, rate headers, keys, errors in Alpaca's form."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from tradesync.simulator.errors import ApiError
from tradesync.simulator.rate import RateLimiter
from tradesync.simulator.rest.common import LEDGER, broker_of, reply
from tradesync.simulator.views import Views

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LIMITER = web.AppKey("limiter", RateLimiter)
VIEWS = web.AppKey("views", Views)
OPEN_PREFIXES = ("/sim", "/stream")
_HTML_401 = (
    "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n"
    "<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals and unknown paths into Alpaca's bodies."""
    try:
        return await handler(request)
    except ApiError as refusal:
        return reply(refusal.body(), refusal.status)
    except web.HTTPNotFound:
        return reply({"code": 40410000, "message": "endpoint not found"}, 404)
    except web.HTTPMethodNotAllowed:
        return reply({"code": 40510000, "message": "method not allowed"}, 405)


@web.middleware
async def request_id(request: web.Request, handler: Handler) -> web.StreamResponse:
    """X-Request-ID on every reply."""
    response = await handler(request)
    if not response.prepared:
        response.headers["X-Request-ID"] = uuid.uuid4().hex
    return response


@web.middleware
async def keys(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the account the keys open; 401 as Alpaca's front door sends it."""
    if request.path.startswith(OPEN_PREFIXES):
        return await handler(request)
    key = request.headers.get("APCA-API-KEY-ID", "")
    secret = request.headers.get("APCA-API-SECRET-KEY", "")
    if not key and not secret:
        return web.Response(text=_HTML_401, status=401, content_type="text/html")
    ledger = broker_of(request).ledger_for(key, secret)
    if ledger is None:
        return web.Response(
            text='{"message": "unauthorized."}\n', status=401, content_type="application/json"
        )
    request[LEDGER] = request.app[VIEWS].ledger(request, ledger)
    return await _limited(request, handler, ledger.account.id)


async def _limited(request: web.Request, handler: Handler, account_id: str) -> web.StreamResponse:
    limiter = request.app[LIMITER]
    if limiter.take(account_id):
        try:
            response = await handler(request)
        except ApiError as refusal:
            response = reply(refusal.body(), refusal.status)
    else:
        response = reply({"code": 42910000, "message": "rate limit exceeded"}, 429)
        if not limiter.headers_on_refusal:
            return response
    if not response.prepared:
        response.headers.update(limiter.headers(account_id))
    return response
