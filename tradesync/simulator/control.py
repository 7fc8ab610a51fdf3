"""The control address: what a test or a demo tells the broker to do (only with --control).

All paths take a JSON object and answer one; none needs keys. `account` (a name, a key or an id)
chooses the account, the first one by default. See docs/paper-broker.md for each path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from tradesync.simulator import market_calendar
from tradesync.simulator.activities import release
from tradesync.simulator.assets import new_contract, new_equity
from tradesync.simulator.bookings import book, book_unexplained, split
from tradesync.simulator.broker import Broker
from tradesync.simulator.corrections import bust, correct, fill_named
from tradesync.simulator.dump import books_json
from tradesync.simulator.engine import DEPOSIT, KEY, advance, deposit, new_account, reset_account
from tradesync.simulator.errors import NOT_FOUND, ApiError, invalid, not_found
from tradesync.simulator.executions import execute
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import end, resume, set_status
from tradesync.simulator.matching import open_units
from tradesync.simulator.order_wire import order_json, publish
from tradesync.simulator.records import Order, Switches
from tradesync.simulator.rest.common import broker_of, json_body, reply
from tradesync.simulator.wire import (
    SECOND,
    decimal_field,
    new_york_date,
    number,
    parse_time,
    time_text,
)

Body = dict[str, Any]
Action = Callable[[Broker, Body], Any]


def routes() -> list[web.RouteDef]:
    """All control routes."""
    posts: dict[str, Action] = {
        "/sim/price": set_price,
        "/sim/unpin": unpin,
        "/sim/fill": fill,
        "/sim/step": step,
        "/sim/pause": pause,
        "/sim/resume": resume_fills,
        "/sim/orders/reject": reject,
        "/sim/orders/expire": expire,
        "/sim/orders/cancel": cancel_confirmed,
        "/sim/orders/status": status,
        "/sim/orders/cancel-rejected": cancel_rejected,
        "/sim/bust": bust_fill,
        "/sim/correct": correct_fill,
        "/sim/activities": book_activity,
        "/sim/activities/delay": delay_activities,
        "/sim/activities/release": release_activities,
        "/sim/cash": cash,
        "/sim/transfer": transfer,
        "/sim/split": book_split,
        "/sim/expire-option": expire_option,
        "/sim/position": unexplained,
        "/sim/switches": switches,
        "/sim/assets": add_asset,
        "/sim/assets/change": change_asset,
        "/sim/accounts": add_account,
        "/sim/reset": reset,
    }
    return [
        web.get("/sim/books", books),
        *(web.post(path, _handler(action)) for path, action in posts.items()),
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


async def books(request: web.Request) -> web.Response:
    """Everything the broker knows, for oracles."""
    return reply(books_json(broker_of(request)))


def chosen_ledger(broker: Broker, body: Body) -> Ledger:
    """The account `body` names; the one behind the well-known keys if it names none."""
    wanted = body.get("account") or KEY
    for ledger in broker.ledgers.values():
        kept = ledger.account
        if kept.key and wanted in {kept.name, kept.key, kept.id}:
            return ledger
    raise ApiError(404, NOT_FOUND, f"account not found for {wanted}")


def _order(broker: Broker, body: Body) -> tuple[Ledger, Order]:
    """The order named by `order_id`, looked for in every account."""
    wanted = str(body.get("order_id") or "")
    for ledger in broker.ledgers.values():
        if wanted in ledger.orders:
            return ledger, ledger.orders[wanted]
    raise ApiError(404, NOT_FOUND, f"order not found for {wanted}")


def _number(body: Body, name: str) -> Decimal:
    value = decimal_field(body.get(name), name)
    if value is None:
        invalid(f"{name} is required")
    return value


def set_price(broker: Broker, body: Body) -> Body:
    """symbol, price: pin the symbol there; orders it crosses fill."""
    asset = broker.market.asset(str(body.get("symbol")))
    broker.market.set_price(asset.symbol, _number(body, "price"), broker.now(), pinned=True)
    for ledger in broker.ledgers.values():
        resume(broker, ledger)
    return {"symbol": asset.symbol, "price": str(broker.market.last(asset.symbol))}


def unpin(broker: Broker, body: Body) -> None:
    """symbol (all without): let it walk again."""
    names = [str(body["symbol"])] if body.get("symbol") else broker.market.prices.names()
    for name in names:
        broker.market.unpin(broker.market.asset(name).symbol)


def fill(broker: Broker, body: Body) -> Body:
    """order_id; qty (default what is left), price (default limit or market), overfill."""
    ledger, order = _order(broker, body)
    price = decimal_field(body.get("price"), "price")
    price = price or order.limit_price or broker.market.last(order.symbol)
    left = open_units(order, price)
    qty = decimal_field(body.get("qty"), "qty") or left
    if qty <= 0 or (qty > left and body.get("overfill") is not True):
        invalid(f"qty must be between 0 and the {number(left)} left of the order")
    return order_json(execute(broker, ledger, order, qty, price))


def step(broker: Broker, body: Body) -> Body:
    """seconds | to (RFC 3339) | next_open: true | overnight: true (to 09:30 of the next day)."""
    now = broker.now()
    if body.get("to"):
        until = parse_time(str(body["to"]), "to")
    elif body.get("next_open"):
        until = market_calendar.next_open(now)
    elif body.get("overnight"):
        tomorrow = new_york_date(now) + timedelta(days=1)
        until = market_calendar.at(tomorrow, market_calendar.OPEN)
    else:
        until = now + int(_number(body, "seconds") * SECOND)
    advance(broker, until)
    return {"timestamp": time_text(broker.now())}


def pause(broker: Broker, _: Body) -> None:
    """Nothing fills by itself any more; orders still become new."""
    broker.update_world(paused=True)


def resume_fills(broker: Broker, _: Body) -> None:
    """Fills go on, at once for what is marketable."""
    broker.update_world(paused=False)
    for ledger in broker.ledgers.values():
        resume(broker, ledger)


def reject(broker: Broker, body: Body) -> Body:
    """order_id, reason: the venue refuses the order after it was taken."""
    ledger, order = _order(broker, body)
    reason = str(body.get("reason") or "rejected by venue")
    return order_json(end(broker, ledger, order, "rejected", reason))


def expire(broker: Broker, body: Body) -> Body:
    """order_id: the order expires now."""
    ledger, order = _order(broker, body)
    return order_json(end(broker, ledger, order, "expired"))


def cancel_confirmed(broker: Broker, body: Body) -> Body:
    """order_id: cancelled by the venue (also what ends a waiting pending_cancel)."""
    ledger, order = _order(broker, body)
    return order_json(end(broker, ledger, order, "canceled"))


def status(broker: Broker, body: Body) -> Body:
    """order_id, status: shown verbatim, any word."""
    ledger, order = _order(broker, body)
    return order_json(set_status(broker, ledger, order, str(body.get("status"))))


def cancel_rejected(broker: Broker, body: Body) -> Body:
    """order_id, reason: a waiting pending_cancel is refused; the order is as it was."""
    ledger, order = _order(broker, body)
    former = "partially_filled" if order.filled_qty else "new"
    order = ledger.put_order(replace(order, status=former, updated_ns=broker.stamp()))
    reason = str(body.get("reason") or "TOO_LATE_TO_CANCEL")
    publish(ledger, "order_cancel_rejected", order, broker.now(), {"reason": reason})
    return order_json(order)


def bust_fill(broker: Broker, body: Body) -> Body:
    """activity_id (or execution id); remove_row true takes the FILL row out of the activities."""
    ledger = chosen_ledger(broker, body)
    row = fill_named(ledger, str(body.get("activity_id")))
    return order_json(bust(broker, ledger, row, remove_row=body.get("remove_row") is True))


def correct_fill(broker: Broker, body: Body) -> Body:
    """activity_id (or execution id), price, qty (default as it was)."""
    ledger = chosen_ledger(broker, body)
    row = fill_named(ledger, str(body.get("activity_id")))
    qty = decimal_field(body.get("qty"), "qty") or Decimal(row.body["qty"])
    return order_json(correct(broker, ledger, row, qty, _number(body, "price")))


def book_activity(broker: Broker, body: Body) -> Any:
    """activity_type and what the row shows; effect false books the row without its effect."""
    return book(broker, chosen_ledger(broker, body), body).body


def delay_activities(broker: Broker, body: Body) -> None:
    """seconds (0 ends it) or until_released: true: new rows are seen that much later."""
    ledger = chosen_ledger(broker, body)
    kept = ledger.account.switches
    held = body.get("until_released") is True
    seconds = decimal_field(body.get("seconds"), "seconds") or Decimal(0)
    ledger.update(switches=replace(kept, activity_delay_s=seconds, activities_held=held))


def release_activities(broker: Broker, body: Body) -> Body:
    """Show all hidden rows and hide no more."""
    ledger = chosen_ledger(broker, body)
    kept = ledger.account.switches
    ledger.update(switches=replace(kept, activity_delay_s=Decimal(0), activities_held=False))
    return {"released": release(ledger)}


def cash(broker: Broker, body: Body) -> Any:
    """amount (negative withdraws): a CSD or CSW row."""
    amount = _number(body, "amount")
    kind = "CSD" if amount > 0 else "CSW"
    entry = {"activity_type": kind, "net_amount": amount, "date": body.get("date")}
    return book(broker, chosen_ledger(broker, body), entry).body


def transfer(broker: Broker, body: Body) -> Any:
    """symbol, qty (signed), price; kind ACATS (default) or JNLS."""
    entry = {
        "activity_type": str(body.get("kind") or "ACATS"),
        "symbol": body.get("symbol"),
        "qty": _number(body, "qty"),
        "price": body.get("price"),
        "date": body.get("date"),
    }
    return book(broker, chosen_ledger(broker, body), entry).body


def book_split(broker: Broker, body: Body) -> Any:
    """symbol, ratio (4 for four-for-one, 0.1 for one-for-ten): two SPLIT rows."""
    ledger = chosen_ledger(broker, body)
    rows = split(broker, ledger, str(body.get("symbol")), _number(body, "ratio"), body.get("date"))
    return [row.body for row in rows]


def expire_option(broker: Broker, body: Body) -> Any:
    """symbol: the contract held expires worthless, one OPEXP row."""
    ledger = chosen_ledger(broker, body)
    asset = broker.market.asset(str(body.get("symbol")))
    held = ledger.position(asset.symbol).qty
    if not held:
        not_found("position does not exist")
    entry = {
        "activity_type": "OPEXP",
        "symbol": asset.symbol,
        "qty": -held,
        "description": "Option Expiry",
        "date": body.get("date"),
        "net_amount": 0,
    }
    return book(broker, ledger, entry).body


def unexplained(broker: Broker, body: Body) -> None:
    """symbol, qty (signed), price: a holding no execution and no activity explains."""
    symbol = str(body.get("symbol"))
    ledger = chosen_ledger(broker, body)
    book_unexplained(ledger, symbol, _number(body, "qty"), _number(body, "price"))


def switches(broker: Broker, body: Body) -> None:
    """Any field of records.Switches: carry_filled_qty, cancels_wait, wash_trade_check, ..."""
    ledger = chosen_ledger(broker, body)
    known = {field.name for field in fields(Switches)}
    changes = {key: value for key, value in body.items() if key in known}
    ledger.update(switches=replace(ledger.account.switches, **changes))


def add_asset(broker: Broker, body: Body) -> None:
    """symbol, price (a share), or underlying, right, strike, expiry, price (a contract)."""
    price = _number(body, "price")
    if body.get("underlying"):
        asset = new_contract(
            str(body["underlying"]),
            str(body["right"]),
            _number(body, "strike"),
            date.fromisoformat(str(body["expiry"])),
        )
    else:
        symbol = str(body.get("symbol"))
        name = str(body.get("name") or f"{symbol} Common Stock")
        asset = new_equity(symbol, name, str(body.get("exchange") or "NYSE"), "0.3")
    broker.market.add(asset, price, broker.now())


def change_asset(broker: Broker, body: Body) -> None:
    """symbol; new_symbol (same id), status, tradable, shortable, fractionable."""
    asset = broker.market.asset(str(body.get("symbol")))
    names = {"status", "tradable", "shortable", "fractionable", "marginable"}
    changes = {key: value for key, value in body.items() if key in names}
    broker.market.assets.put(asset.symbol, replace(asset, **changes))
    if body.get("new_symbol"):
        rename(broker, asset.symbol, str(body["new_symbol"]))


def rename(broker: Broker, old: str, new: str) -> None:
    """Holdings follow a symbol change; old orders and rows keep the old name."""
    broker.market.rename(old, new)
    for ledger in broker.ledgers.values():
        position = ledger.positions.get(old)
        if position is not None:
            ledger.positions.drop(old)
            ledger.put_position(replace(position, symbol=new))


def add_account(broker: Broker, body: Body) -> Body:
    """name, key, secret; cash (default 100000)."""
    name = str(body.get("name") or "")
    key = str(body.get("key") or f"PK{name.upper()}")
    secret = str(body.get("secret") or f"{name}-secret")
    if any(name == led.account.name or key == led.account.key for led in broker.ledgers.values()):
        invalid(f"account {name} exists already")
    ledger = new_account(broker, name, key, secret)
    amount = decimal_field(body.get("cash"), "cash")
    deposit(broker, ledger, DEPOSIT if amount is None else amount)
    return {"id": ledger.account.id, "key": key, "secret": secret}


def reset(broker: Broker, body: Body) -> Body:
    """A new, empty account behind the same keys: new id, cash (default 100000)."""
    amount = decimal_field(body.get("cash"), "cash")
    ledger = reset_account(
        broker, chosen_ledger(broker, body), DEPOSIT if amount is None else amount
    )
    return {"id": ledger.account.id}
