"""REST: importing positions that nothing explains, planned first and carried out as planned."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tradesync.domain.money import to_decimal
from tradesync.sync import registry
from tradesync.sync.service import SyncService
from tradesync.views.export import Json, as_json
from tradesync.web.api_answers import (
    Answer,
    RequestError,
    account_name,
    answered,
    body_of,
    job_answer,
    jobs,
    options_of,
)


async def import_positions(request: Request) -> Response:
    """Plan an import, and carry it out unless `dry_run`; 202 while it takes longer."""
    body = await body_of(request)
    return (await run_in_threadpool(answered, lambda: _import(request, body))).response()


def _import(request: Request, body: bytes | None) -> Answer:
    service = registry.service()
    name = account_name(service, request)
    wanted = _import_options(body)
    job = jobs.start((name, wanted), lambda: answered(lambda: _carry_out(service, name, wanted)))
    return job_answer(job)


@dataclass(frozen=True, slots=True)
class _Import:
    """What the body of an import asks for."""

    dry_run: bool
    token: str | None
    """Of the plan the caller has seen: anything else is refused."""
    prices: tuple[tuple[str, Decimal], ...]


def _import_options(body: bytes | None) -> _Import:
    """The body's options; RequestError when it is not what it should be."""
    options = options_of(body, {"dry_run", "token", "prices"})
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
