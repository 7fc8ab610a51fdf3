"""REST on the dashboard's port. Decimals are strings, times RFC 3339, errors one sentence.

No endpoint waits longer than `_PATIENCE` for a broker: then it answers 202 and where to ask
again, so that a hanging broker delays neither the caller nor the program's end (streamlit
reference H). Plain `def` endpoints run in worker threads, off the event loop.
"""

from __future__ import annotations

import functools
import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tradesync.config import SettingsError
from tradesync.domain.money import to_decimal
from tradesync.paper import PaperBrokerError
from tradesync.store import accounts
from tradesync.store.database import Tx
from tradesync.store.errors import StoreError
from tradesync.store.queries import data_version, position_rows
from tradesync.store.queries_activity import event_rows
from tradesync.store.queries_trades import TradeFilter, trade_counts, trade_rows
from tradesync.sync import registry
from tradesync.sync.outcomes import PlanChangedError, RunResult, SyncError, Trigger
from tradesync.sync.service import SyncService
from tradesync.views.export import (
    Json,
    as_json,
    position_json,
    result_word,
    run_json,
    seconds_between,
    state_json,
    trade_json,
)
from tradesync.views.metrics import CONTENT_TYPE, metrics_text
from tradesync.web.jobs import Job, Jobs

log = logging.getLogger("tradesync.web")

_PATIENCE = 2.0
_MOST_CHANGES = 1000
_USUAL_PAGE, _LARGEST_PAGE = 1000, 100_000
_LARGEST_BODY = 65_536
_STATUSES = ("pending", "open", "closed", "cancelled")
_PROCESS = secrets.token_hex(4)
"""Part of every ticket: one given out before a restart must not name another run."""


class RequestError(Exception):
    """A request that cannot be served as it stands."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it becomes HTTP."""

    status: int
    body: dict[str, Json]

    def response(self) -> Response:
        """The HTTP response; never cached."""
        return JSONResponse(self.body, self.status, {"Cache-Control": "no-store"})


_jobs: Jobs[Answer] = Jobs()

_FAILURES: tuple[tuple[type[Exception], int], ...] = (
    (PlanChangedError, 409),
    (SettingsError, 503),
    (SyncError, 503),
    (StoreError, 503),
    (PaperBrokerError, 503),
)


def _answered(work: Callable[[], Answer]) -> Answer:
    """What the work answers; an error it raises as one sentence with its status."""
    try:
        return work()
    except RequestError as error:
        return Answer(error.status, {"error": str(error)})
    except tuple(kind for kind, _ in _FAILURES) as error:
        status = next(code for kind, code in _FAILURES if isinstance(error, kind))
        return Answer(status, {"error": str(error)})
    except Exception as error:
        log.exception("A request failed unexpectedly")
        sentence = f"Unexpected {type(error).__name__}; the program's log has the details."
        return Answer(500, {"error": sentence})


def _endpoint(serve: Callable[[Request], Answer]) -> Callable[[Request], Response]:
    """An endpoint that runs in a worker thread."""

    @functools.wraps(serve)
    def endpoint(request: Request) -> Response:
        return _answered(lambda: serve(request)).response()

    return endpoint


# -- syncing ------------------------------------------------------------------------------------


@_endpoint
def sync_trades(request: Request) -> Answer:
    """Sync the account now (joining what runs or waits already); 202 while it takes longer."""
    service = registry.service()
    name = _account_name(service, request)
    ticket = _ticket(request)
    if ticket is None:
        ticket = service.request_sync(name, trigger=Trigger.API)
    result = service.wait(name, ticket, _PATIENCE)
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


# -- import -------------------------------------------------------------------------------------


async def import_positions(request: Request) -> Response:
    """Plan an import, and carry it out unless `dry_run`; 202 while it takes longer."""
    body = await request.body() if _length(request) <= _LARGEST_BODY else None
    return (await run_in_threadpool(_answered, lambda: _import(request, body))).response()


def _length(request: Request) -> int:
    """The announced length of the body; one that is not announced is too long."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() else _LARGEST_BODY + 1


def _import(request: Request, body: bytes | None) -> Answer:
    service = registry.service()
    name = _account_name(service, request)
    wanted = _import_options(body)
    job = _jobs.start((name, wanted), lambda: _answered(lambda: _carry_out(service, name, wanted)))
    return _job_answer(job)


@dataclass(frozen=True, slots=True)
class _Import:
    """What the body of an import asks for."""

    dry_run: bool
    token: str | None
    """Of the plan the caller has seen: anything else is refused."""
    prices: tuple[tuple[str, Decimal], ...]


def _import_options(body: bytes | None) -> _Import:
    """The body's options; RequestError when it is not what it should be."""
    if body is None:
        raise RequestError(413, "The body must be JSON of a known length up to 64 KiB.")
    try:
        options = json.loads(body or b"{}")
    except ValueError:
        raise RequestError(400, "The body is not JSON.") from None
    known = {"dry_run", "token", "prices"}
    if not isinstance(options, dict) or not set(options) <= known:
        raise RequestError(400, f"The body may hold only: {', '.join(sorted(known))}.")
    dry_run, token = options.get("dry_run", False), options.get("token")
    if not isinstance(dry_run, bool) or not isinstance(token, str | None):
        raise RequestError(400, "dry_run must be true or false, token the text of a plan's.")
    return _Import(dry_run, token, _prices(options.get("prices", {})))


def _prices(given: object) -> tuple[tuple[str, Decimal], ...]:
    """Prices by symbol, as exact strings above zero."""
    problem = RequestError(400, 'prices must be like {"AAPL": "187.25"}, each above zero.')
    if not isinstance(given, dict):
        raise problem
    try:
        prices = tuple(sorted((symbol, to_decimal(text)) for symbol, text in given.items()))
    except ValueError:
        raise problem from None
    if any(price <= 0 for _, price in prices):
        raise problem
    return prices


def _carry_out(service: SyncService, name: str, wanted: _Import) -> Answer:
    prices = dict(wanted.prices)
    plan = service.plan_import(name, prices)
    body: dict[str, Json] = {"account": name, "dry_run": wanted.dry_run, "plan": as_json(plan)}
    if wanted.token not in {None, plan.token}:
        sentence = "The account changed since that plan was made; nothing was imported."
        return Answer(409, {"error": sentence, **body})
    if wanted.dry_run:
        return Answer(200, body)
    result = service.apply_import(name, plan, prices)
    return Answer(200, {**body, "imported": result.imported, "message": result.message})


@_endpoint
def show_job(request: Request) -> Answer:
    """The answer of a job that took longer than its request."""
    job = _jobs.find(request.path_params["job_id"])
    if job is None:
        raise RequestError(404, "There is no such job; the dashboard may have been restarted.")
    return _job_answer(job)


def _job_answer(job: Job[Answer]) -> Answer:
    job.done.wait(_PATIENCE)
    if job.result is not None:
        return job.result
    return Answer(202, {"status": "running", "poll": f"/api/jobs/{job.job_id}"})


# -- reading the record -------------------------------------------------------------------------


@_endpoint
def list_trades(request: Request) -> Answer:
    """A page of the account's trades, newest first, with how many there are of each status."""
    service = registry.service()
    name = _account_name(service, request)
    wanted = _trade_filter(request)
    with service.database.read() as tx:
        account_id = _account_id(tx, name)
        rows = trade_rows(tx, account_id, wanted)
        counts = trade_counts(tx, account_id, wanted)
        version = data_version(tx)
    trades: list[Json] = [trade_json(name, row) for row in rows]
    return Answer(
        200,
        {
            "account": name,
            "account_id": account_id,
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


@_endpoint
def list_positions(request: Request) -> Answer:
    """What the broker says is held, as last read."""
    service = registry.service()
    name = _account_name(service, request)
    with service.database.read() as tx:
        account_id = _account_id(tx, name)
        rows = position_rows(tx, account_id)
        version = data_version(tx)
    positions: list[Json] = [position_json(name, row) for row in rows]
    return Answer(
        200,
        {
            "account": name,
            "account_id": account_id,
            "data_version": str(version),
            "positions": positions,
        },
    )


@_endpoint
def health(_request: Request) -> Answer:
    """Whether the program runs and its accounts sync; says nothing a token should guard."""
    service = registry.service()
    now = time.time_ns()
    accounts_: list[Json] = []
    words = set()
    for name in service.account_names():
        state = service.state(name)
        words.add(result_word(state))
        accounts_.append(
            {
                "account": name,
                "result": result_word(state),
                "age_seconds": seconds_between(state.fresh_at, now) if state.fresh_at else None,
                "error": state.error,
                "stream": state.stream.word.value,
                "stream_reason": state.stream.reason,
                "lag_ms": state.stream.lag_ms,
            }
        )
    ailing = words & {"failed", "needs an answer"}
    pulse = service.pulse()
    return Answer(
        200,
        {
            "status": "degraded" if ailing else "ok",
            "service": "running" if pulse is not None else "not running",
            "accounts": accounts_,
        },
    )


def metrics(_request: Request) -> Response:
    """The same for Prometheus: figures about syncing, none about money."""
    try:
        service = registry.service()
        states = [service.state(name) for name in service.account_names()]
        text = metrics_text(states, service.pulse(), time.time_ns())
    except tuple(kind for kind, _ in _FAILURES) as error:
        return PlainTextResponse(f"# {error}\n", 503, media_type=CONTENT_TYPE)
    return PlainTextResponse(text, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)


def _account_name(service: SyncService, request: Request) -> str:
    """The account of `?account=`, or the default; RequestError when there is no such one."""
    names = service.account_names()
    name = request.query_params.get("account", names[0] if names else "")
    if name not in names:
        raise RequestError(404, f"There is no active account {name!r}: {', '.join(names)}.")
    return name


def _account_id(tx: Tx, name: str) -> str:
    bound = accounts.account_by_name(tx, name)
    if bound is None:
        raise RequestError(409, f"Account {name} has not been synced yet; sync it first.")
    return bound.account_id


# -- routes -------------------------------------------------------------------------------------

_SERVED = [
    Route("/health", health, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
    Route("/api/trades/sync", sync_trades, methods=["GET", "POST"]),
    Route("/api/trades/import-positions", import_positions, methods=["POST"]),
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
