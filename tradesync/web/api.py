"""REST on the dashboard's port. Decimals are strings, times RFC 3339, errors one sentence.

No endpoint waits longer than `PATIENCE` for a broker: then it answers 202 and where to ask
again, so that a hanging broker delays neither the caller nor the program's end (streamlit
reference H). Plain `def` endpoints run in worker threads, off the event loop.
"""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tradesync.store.queries import data_version, position_rows
from tradesync.store.queries_activity import event_rows
from tradesync.store.queries_trade_totals import trade_counts
from tradesync.store.queries_trades import TradeFilter, trade_rows
from tradesync.sync import registry
from tradesync.sync.outcomes import RunResult, Trigger
from tradesync.sync.service import SyncService
from tradesync.views.export import (
    Json,
    as_json,
    position_json,
    run_json,
    state_json,
    trade_json,
)
from tradesync.web.api_answers import (
    PATIENCE,
    Answer,
    RequestError,
    account_id,
    account_name,
    endpoint,
    job_answer,
    jobs,
)
from tradesync.web.api_commands import cancel_all, close_all, protect_trade, replace_order
from tradesync.web.api_health import health, metrics
from tradesync.web.api_import import import_positions

_MOST_CHANGES = 1000
_USUAL_PAGE, _LARGEST_PAGE = 1000, 100_000
_STATUSES = ("pending", "open", "closed", "cancelled")
_PROCESS = secrets.token_hex(4)
"""Part of every ticket: one given out before a restart must not name another run."""


# -- syncing ------------------------------------------------------------------------------------


@endpoint
def sync_trades(request: Request) -> Answer:
    """Sync the account now (joining what runs or waits already); 202 while it takes longer."""
    service = registry.service()
    name = account_name(service, request)
    ticket = _ticket(request)
    if ticket is None:
        ticket = service.request_sync(name, trigger=Trigger.API)
    result = service.wait(name, ticket, PATIENCE)
    if result is not None:
        return Answer(200 if result.ok else 502, _run_body(service, result))
    again = urlencode({"account": name, "ticket": f"{_PROCESS}-{ticket}"})
    state = state_json(service.settings.account(name), service.state(name), time.time_ns())
    return Answer(202, {"status": "running", "poll": f"/api/trades/sync?{again}", **state})


def _ticket(request: Request) -> int | None:
    """The ticket a caller asks again with; RequestError when it is not of this process."""
    text = request.query_params.get("ticket")
    if text is None:
        return None
    process, _, number = text.partition("-")
    if process != _PROCESS or not number.isdecimal():
        raise RequestError(404, "The dashboard was restarted since; ask for a sync anew.")
    return int(number)


def _run_body(service: SyncService, result: RunResult) -> dict[str, Json]:
    changes: list[Json] = []
    if result.account_id is not None and (result.trades_added or result.trades_changed):
        with service.database.read() as tx:
            events = event_rows(tx, result.account_id, run_id=result.run_id, limit=_MOST_CHANGES)
        changes = [as_json(event) for event in events]
    return {**run_json(result, time.time_ns()), "changes": changes}


@endpoint
def show_job(request: Request) -> Answer:
    """The answer of a job that took longer than its request."""
    job = jobs.find(request.path_params["job_id"])
    if job is None:
        raise RequestError(404, "There is no such job; the dashboard may have been restarted.")
    return job_answer(job)


# -- reading the record -------------------------------------------------------------------------


@endpoint
def list_trades(request: Request) -> Answer:
    """A page of the account's trades, newest first, with how many there are of each status."""
    service = registry.service()
    name = account_name(service, request)
    wanted = _trade_filter(request)
    with service.database.read() as tx:
        bound_id = account_id(tx, name)
        rows = trade_rows(tx, bound_id, wanted)
        counts = trade_counts(tx, bound_id, wanted)
        version = data_version(tx)
    trades: list[Json] = [trade_json(name, row) for row in rows]
    return Answer(
        200,
        {
            "account": name,
            "account_id": bound_id,
            "data_version": str(version),
            "counts": {status: counts.get(status, 0) for status in _STATUSES},
            "limit": wanted.limit,
            "offset": wanted.offset,
            "trades": trades,
        },
    )


def _trade_filter(request: Request) -> TradeFilter:
    query = request.query_params
    status, symbol = query.get("status"), query.get("symbol")
    if status is not None and status not in _STATUSES:
        raise RequestError(400, f"status must be one of: {', '.join(_STATUSES)}.")
    return TradeFilter(
        status=status,
        symbol=symbol.upper() if symbol else None,
        search=query.get("search", ""),
        limit=_whole(request, "limit", _USUAL_PAGE, _LARGEST_PAGE),
        offset=_whole(request, "offset", 0, 1_000_000_000),
    )


def _whole(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name, str(usual))
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or int(text) > most:
        raise RequestError(400, f"{name} must be a whole number from 0 to {most}.")
    return int(text)


@endpoint
def list_positions(request: Request) -> Answer:
    """What the broker says is held, as last read."""
    service = registry.service()
    name = account_name(service, request)
    with service.database.read() as tx:
        bound_id = account_id(tx, name)
        rows = position_rows(tx, bound_id)
        version = data_version(tx)
    positions: list[Json] = [position_json(name, row) for row in rows]
    return Answer(
        200,
        {
            "account": name,
            "account_id": bound_id,
            "data_version": str(version),
            "positions": positions,
        },
    )


# -- routes -------------------------------------------------------------------------------------

_SERVED = [
    Route("/health", health, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
    Route("/api/trades/sync", sync_trades, methods=["GET", "POST"]),
    Route("/api/trades/import-positions", import_positions, methods=["POST"]),
    Route("/api/trades/close-all", close_all, methods=["POST"]),
    Route("/api/trades/{trade_id}/protect", protect_trade, methods=["POST"]),
    Route("/api/orders/cancel-all", cancel_all, methods=["POST"]),
    Route("/api/orders/{order_id}/replace", replace_order, methods=["POST"]),
    Route("/api/trades", list_trades, methods=["GET"]),
    Route("/api/positions", list_positions, methods=["GET"]),
    Route("/api/jobs/{job_id}", show_job, methods=["GET"]),
]


async def not_served(request: Request) -> Response:
    """JSON for what /api does not serve; Streamlit would answer its page with status 200."""
    for route in _SERVED:
        if route.path_regex.match(request.url.path):
            allowed = ", ".join(sorted(route.methods or ()))
            body = {"error": f"Use {allowed} here."}
            return JSONResponse(body, 405, {"Allow": allowed, "Cache-Control": "no-store"})
    return Answer(404, {"error": f"There is no {request.url.path} here."}).response()


_EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ROUTES = [
    *_SERVED,
    Route("/health", not_served, methods=_EVERY_METHOD),
    Route("/metrics", not_served, methods=_EVERY_METHOD),
    Route("/api", not_served, methods=_EVERY_METHOD),
    Route("/api/{rest:path}", not_served, methods=_EVERY_METHOD),
]
