"""REST for monitors: /health for people and load balancers, /metrics for Prometheus."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tradesync.sync import registry
from tradesync.views.export import Json, result_word, seconds_between
from tradesync.views.metrics import CONTENT_TYPE, metrics_text
from tradesync.web.api_answers import FAILURES, Answer, endpoint


@endpoint
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
    return Answer(
        200,
        {
            "status": "degraded" if ailing else "starting" if "never synced" in words else "ok",
            "service": service.service_word(),
            "accounts": accounts_,
        },
    )


def metrics(_request: Request) -> Response:
    """The same for Prometheus: figures about syncing, none about money."""
    try:
        service = registry.service()
        states = [service.state(name) for name in service.account_names()]
        text = metrics_text(states, service.pulse(), time.time_ns())
    except tuple(kind for kind, _ in FAILURES) as error:
        return PlainTextResponse(f"# {error}\n", 503, media_type=CONTENT_TYPE)
    return PlainTextResponse(text, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)
