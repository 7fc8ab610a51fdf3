"""REST: commands to the broker. Each is an intent: the same `intent_id` again is the same command.

For real money the body must repeat the account's name as `confirm`, as people type a word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from uuid import UUID, uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tradesync.config import Environment
from tradesync.sync import registry
from tradesync.sync.outcomes import CommandResult, Replacement
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

_REPLACEABLE = tuple(field.name for field in fields(Replacement))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request wants done: to which account, by which intent, and its own options."""

    account: str
    intent_id: str
    target: str
    options: tuple[tuple[str, str], ...]


Do = Callable[[SyncService, Wanted], tuple[CommandResult, ...] | CommandResult]


def _command(
    do: Do, *, target: str = "", known: tuple[str, ...] = ()
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that gives a command; `target` names the path's part that says to what."""

    async def endpoint(request: Request) -> Response:
        body = await body_of(request)

        def serve() -> Answer:
            service = registry.service()
            wanted = _wanted(service, request, body, target, known)
            key = (do, wanted)
            return job_answer(jobs.start(key, lambda: answered(lambda: _told(service, wanted, do))))

        return (await run_in_threadpool(answered, serve)).response()

    return endpoint


def _wanted(
    service: SyncService, request: Request, body: bytes | None, target: str, known: tuple[str, ...]
) -> Wanted:
    """What a request says; RequestError when it is not what it should be."""
    name = account_name(service, request)
    options = options_of(body, {"intent_id", "confirm", *known})
    if any(not isinstance(value, str) for value in options.values()):
        raise RequestError(400, "Every value must be a text; numbers as exact decimal strings.")
    texts = {key: str(value) for key, value in options.items()}
    confirmed = texts.pop("confirm", None)
    if service.settings.account(name).environment is Environment.LIVE and confirmed != name:
        raise RequestError(
            409, f'This is real money: repeat the account in the body, {{"confirm": "{name}"}}.'
        )
    intent_id = _intent_id(texts.pop("intent_id", None))
    chosen = request.path_params[target] if target else ""
    return Wanted(name, intent_id, chosen, tuple(sorted(texts.items())))


def _intent_id(text: str | None) -> str:
    """The caller's own id of the command, else a new one."""
    if text is None:
        return str(uuid4())
    try:
        return str(UUID(text))
    except ValueError:
        raise RequestError(400, "intent_id must be a UUID, the same for the same click.") from None


def _told(service: SyncService, wanted: Wanted, do: Do) -> Answer:
    """The command carried out; one result each where it is about many."""
    body: dict[str, Json] = {"account": wanted.account, "intent_id": wanted.intent_id}
    found = do(service, wanted)
    if isinstance(found, tuple):
        results: list[Json] = [as_json(result) for result in found]
        accepted = sum(result.ok for result in found)
        return Answer(200, {**body, "accepted": accepted, "results": results})
    if found.ok:
        return Answer(200, {**body, **as_json(found)})
    status = 502 if found.state == "unknown" else 409
    return Answer(status, {"error": found.message, **body, **as_json(found)})


def _replace(service: SyncService, wanted: Wanted) -> CommandResult:
    change = Replacement(**dict(wanted.options))
    return service.replace_order(wanted.account, wanted.target, change, intent_id=wanted.intent_id)


close_all = _command(
    lambda service, wanted: service.close_all(wanted.account, intent_id=wanted.intent_id)
)
cancel_all = _command(
    lambda service, wanted: service.cancel_all(wanted.account, intent_id=wanted.intent_id)
)
replace_order = _command(_replace, target="order_id", known=_REPLACEABLE)
protect_trade = _command(
    lambda service, wanted: service.protect_trade(
        wanted.account, wanted.target, intent_id=wanted.intent_id
    ),
    target="trade_id",
)
