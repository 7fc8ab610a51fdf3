"""What REST endpoints share: answers and errors as JSON, jobs, which account a request names."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tradesync.config import SettingsError
from tradesync.paper import PaperBrokerError
from tradesync.store import accounts
from tradesync.store.database import Tx
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import CommandRefusedError, PlanChangedError, SyncError
from tradesync.sync.service import SyncService
from tradesync.views.export import Json
from tradesync.web.jobs import Job, Jobs

log = logging.getLogger("tradesync.web")

PATIENCE = 2.0
"""Seconds an answer is waited for before the caller is told where to ask again."""
_LARGEST_BODY = 65_536


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


jobs: Jobs[Answer] = Jobs()
"""What may take longer than its request."""

FAILURES: tuple[tuple[type[Exception], int], ...] = (
    (CommandRefusedError, 409),
    (PlanChangedError, 409),
    (SettingsError, 503),
    (SyncError, 503),
    (StoreError, 503),
    (PaperBrokerError, 503),
)


def answered(work: Callable[[], Answer]) -> Answer:
    """What the work answers; an error it raises as one sentence with its status."""
    try:
        return work()
    except RequestError as error:
        return Answer(error.status, {"error": str(error)})
    except tuple(kind for kind, _ in FAILURES) as error:
        status = next(code for kind, code in FAILURES if isinstance(error, kind))
        return Answer(status, {"error": str(error)})
    except Exception as error:
        log.exception("A request failed unexpectedly")
        sentence = f"Unexpected {type(error).__name__}; the program's log has the details."
        return Answer(500, {"error": sentence})


def endpoint(serve: Callable[[Request], Answer]) -> Callable[[Request], Response]:
    """An endpoint that runs in a worker thread."""

    @functools.wraps(serve)
    def serve_in_thread(request: Request) -> Response:
        return answered(lambda: serve(request)).response()

    return serve_in_thread


def job_answer(job: Job[Answer]) -> Answer:
    """A job's answer, or where to ask for it later."""
    job.done.wait(PATIENCE)
    if job.result is not None:
        return job.result
    return Answer(202, {"status": "running", "poll": f"/api/jobs/{job.job_id}"})


async def body_of(request: Request) -> bytes | None:
    """The body; None when it is too long, or of unknown length."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > _LARGEST_BODY:
        return None
    if "transfer-encoding" in request.headers:
        return None
    return await request.body()


def options_of(body: bytes | None, known: set[str]) -> dict[str, object]:
    """A body's JSON object; RequestError when it is none or holds anything but `known`."""
    if body is None:
        raise RequestError(413, "The body must be JSON of a known length up to 64 KiB.")
    try:
        options = json.loads(body or b"{}")
    except ValueError:
        raise RequestError(400, "The body is not JSON.") from None
    if not isinstance(options, dict) or not set(options) <= known:
        raise RequestError(400, f"The body may hold only: {', '.join(sorted(known))}.")
    return options


def account_name(service: SyncService, request: Request) -> str:
    """The account of `?account=`, or the default; RequestError when there is no such one."""
    names = service.account_names()
    name = request.query_params.get("account", names[0] if names else "")
    if name not in names:
        raise RequestError(404, f"There is no active account {name!r}: {', '.join(names)}.")
    return name


def account_id(tx: Tx, name: str) -> str:
    """The id of a synced account; RequestError before its first sync."""
    bound = accounts.account_by_name(tx, name)
    if bound is None:
        raise RequestError(409, f"Account {name} has not been synced yet; sync it first.")
    return bound.account_id
