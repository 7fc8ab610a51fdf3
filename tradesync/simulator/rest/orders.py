"""/v2/orders."""

from __future__ import annotations

import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

from aiohttp import web

from tradesync.simulator.errors import ApiError, invalid
from tradesync.simulator.ledger import Ledger, OrderKey
from tradesync.simulator.lifecycle import cancel, order_by_id, submit_group
from tradesync.simulator.mleg import submit_strategy
from tradesync.simulator.order_request import read_request
from tradesync.simulator.order_wire import order_json
from tradesync.simulator.records import Order
from tradesync.simulator.replacement import replace_order
from tradesync.simulator.rest.common import (
    broker_of,
    choice,
    flag,
    instant,
    json_body,
    ledger_of,
    reply,
    whole,
    words,
)

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


def routes() -> list[web.RouteDef]:
    """All order routes."""
    return [
        web.post("/v2/orders", create),
        web.get("/v2/orders", listing),
        web.delete("/v2/orders", cancel_all),
        web.get("/v2/orders:by_client_order_id", by_client_order_id),
        web.get("/v2/orders/{order_id}", one),
        web.delete("/v2/orders/{order_id}", cancel_one),
        web.patch("/v2/orders/{order_id}", amend),
    ]


async def create(request: web.Request) -> web.Response:
    """POST /v2/orders: 200 with the order, usually pending_new."""
    body = await json_body(request)
    broker, ledger = broker_of(request), ledger_of(request)
    with broker.change():
        if isinstance(body, dict) and body.get("order_class") == "mleg":
            order, legs = submit_strategy(broker, ledger, body)
        else:
            order, legs = submit_group(broker, ledger, read_request(body))
    return reply(order_json(order, legs))


async def listing(request: web.Request) -> web.Response:
    """GET /v2/orders: newest first, open ones, 50 of them, unless asked otherwise."""
    ledger = ledger_of(request)
    nested = flag(request.query, "nested")
    found = select(ledger, request.query)
    return reply([_shown(ledger, order, nested=nested) for order in found])


def _shown(ledger: Ledger, order: Order, *, nested: bool) -> dict[str, object]:
    return order_json(order, ledger.legs_of(order.id) if nested else None)


def select(ledger: Ledger, query: Mapping[str, str]) -> list[Order]:
    """The orders a listing shows."""
    status = choice(query, "status", ("open", "closed", "all"))
    limit = min(whole(query, "limit", DEFAULT_LIMIT), MAX_LIMIT)
    nested = flag(query, "nested")
    found: list[Order] = []
    for order in _in_time(ledger, query, status):
        if order.is_strategy_leg or (nested and order.parent_id is not None):
            continue
        if _matches(ledger, order, query, status):
            found.append(order)
        if len(found) == limit:
            break
    return found


def _in_time(ledger: Ledger, query: Mapping[str, str], status: str) -> Iterator[Order]:
    """Orders by submission within the asked bounds (all exclusive)."""
    if status == "open":
        orders = (ledger.orders[key] for key in ledger.open_ids)
        keys: list[OrderKey] = sorted((o.submitted_ns, o.seq, o.id) for o in orders)
    else:
        keys = ledger.by_submission
    low, high = _bounds(ledger, query)
    first = 0 if low is None else bisect_right(keys, low)
    last = len(keys) if high is None else bisect_left(keys, high)
    ascending = choice(query, "direction", ("desc", "asc")) == "asc"
    for index in range(first, last) if ascending else range(last - 1, first - 1, -1):
        yield ledger.orders[keys[index][2]]


def _bounds(ledger: Ledger, query: Mapping[str, str]) -> tuple[OrderKey | None, OrderKey | None]:
    after, until = instant(query, "after"), instant(query, "until")
    after_id, before_id = query.get("after_order_id"), query.get("before_order_id")
    if after_id and before_id:
        invalid("only one of after_order_id or before_order_id is accepted")
    if (after_id or before_id) and (after is not None or until is not None):
        invalid("after_order_id and before_order_id cannot be combined with after or until")
    low = None if after is None else (after + 1, -1, "")
    high = None if until is None else (until, -1, "")
    if after_id:
        low = _key(order_by_id(ledger, after_id))
    if before_id:
        high = _key(order_by_id(ledger, before_id))
    return low, high


def _key(order: Order) -> OrderKey:
    return (order.submitted_ns, order.seq, order.id)


def _matches(ledger: Ledger, order: Order, query: Mapping[str, str], status: str) -> bool:
    if status == "closed" and order.is_open:
        return False
    side = query.get("side")
    if side and order.side != side:
        return False
    classes = words(query, "asset_class")
    if classes and "all" not in classes and order.asset_class not in classes:
        return False
    symbols = words(query, "symbols")
    if symbols is None:
        return True
    names = {order.symbol, order.symbol.replace("/", "")}
    if classes and "us_option" in classes:
        asset = ledger.market.find(order.symbol)
        names.add(asset.underlying if asset else "")
    return bool(names & symbols)


def _order_id(request: web.Request) -> str:
    raw = request.match_info["order_id"]
    try:
        return str(uuid.UUID(raw))
    except ValueError:
        invalid("order_id is missing")


async def one(request: web.Request) -> web.Response:
    """GET /v2/orders/{id}."""
    ledger = ledger_of(request)
    order = order_by_id(ledger, _order_id(request))
    return reply(_shown(ledger, order, nested=flag(request.query, "nested")))


async def by_client_order_id(request: web.Request) -> web.Response:
    """GET /v2/orders:by_client_order_id: the order first made under that id."""
    ledger = ledger_of(request)
    wanted = request.query.get("client_order_id", "")
    order = order_by_id(ledger, ledger.client_ids.get(wanted, wanted))
    return reply(_shown(ledger, order, nested=flag(request.query, "nested")))


async def cancel_one(request: web.Request) -> web.Response:
    """DELETE /v2/orders/{id}: 204."""
    broker, ledger = broker_of(request), ledger_of(request)
    with broker.change():
        cancel(broker, ledger, order_by_id(ledger, _order_id(request)))
    return web.Response(status=204)


async def cancel_all(request: web.Request) -> web.Response:
    """DELETE /v2/orders: 207 with one row an order."""
    broker, ledger = broker_of(request), ledger_of(request)
    rows: list[dict[str, object]] = []
    with broker.change():
        for order in ledger.alive_orders():
            try:
                current = ledger.orders[order.id]
                if not current.is_terminal:
                    cancel(broker, ledger, current)
                rows.append({"id": order.id, "status": 200})
            except ApiError as refusal:
                rows.append({"id": order.id, "status": refusal.status, "body": refusal.body()})
    return reply(rows, status=207)


async def amend(request: web.Request) -> web.Response:
    """PATCH /v2/orders/{id}: 200 with the NEW order."""
    body = await json_body(request)
    broker, ledger = broker_of(request), ledger_of(request)
    with broker.change():
        order = replace_order(broker, ledger, order_by_id(ledger, _order_id(request)), body)
        return reply(order_json(order))
