"""The control address: what a test or a demo tells the broker to do (only with --control).

All paths take a JSON object and answer one; none needs keys. `account` (a name, a key or an id)
chooses the account, by default the one behind the well-known keys. See docs/paper-broker.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from tradesync.simulator.control import books, orders, transport, world
from tradesync.simulator.control.common import Action
from tradesync.simulator.dump import books_json
from tradesync.simulator.errors import invalid
from tradesync.simulator.rest.common import broker_of, json_body, reply


def routes() -> list[web.RouteDef]:
    """All control routes."""
    actions = {**world.ACTIONS, **orders.ACTIONS, **books.ACTIONS}
    return [
        web.get("/sim/books", dump),
        *(web.post(f"/sim/{path}", _handler(action)) for path, action in actions.items()),
        *transport.routes(),
    ]


def _handler(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        body = await json_body(request)
        if not isinstance(body, dict):
            invalid("a JSON object is expected")
        broker = broker_of(request)
        with broker.change():
            answer = action(broker, body)
        return reply(answer if answer is not None else {})

    return handle


async def dump(request: web.Request) -> web.Response:
    """Everything the broker knows, for oracles."""
    return reply(books_json(broker_of(request)))
