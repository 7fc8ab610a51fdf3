"""Control of the books: activities of every kind, and when they may be seen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.activities import release
from tradesync.simulator.bookings import book, book_unexplained, split
from tradesync.simulator.broker import Broker
from tradesync.simulator.control.common import Action, Body, chosen_ledger, required
from tradesync.simulator.errors import invalid, not_found
from tradesync.simulator.groups import TRIGGERED_STOPS
from tradesync.simulator.wire import decimal_field

_SWITCHES: dict[str, tuple[object, ...]] = {
    "carry_filled_qty": (False, True),
    "cancels_wait": (False, True),
    "wash_trade_check": (False, True),
    "restamp_submitted": (False, True),
    "triggered_stop": TRIGGERED_STOPS,
}


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
    amount = required(body, "amount")
    kind = "CSD" if amount > 0 else "CSW"
    entry = {"activity_type": kind, "net_amount": amount, "date": body.get("date")}
    return book(broker, chosen_ledger(broker, body), entry).body


def transfer(broker: Broker, body: Body) -> Any:
    """symbol, qty (signed), price; kind ACATS (default) or JNLS."""
    entry = {
        "activity_type": str(body.get("kind") or "ACATS"),
        "symbol": body.get("symbol"),
        "qty": required(body, "qty"),
        "price": body.get("price"),
        "date": body.get("date"),
    }
    return book(broker, chosen_ledger(broker, body), entry).body


def book_split(broker: Broker, body: Body) -> Any:
    """symbol, ratio (4 for four-for-one, 0.1 for one-for-ten): two SPLIT rows."""
    ledger = chosen_ledger(broker, body)
    rows = split(broker, ledger, str(body.get("symbol")), required(body, "ratio"), body.get("date"))
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
    book_unexplained(ledger, symbol, required(body, "qty"), required(body, "price"))


def switches(broker: Broker, body: Body) -> None:
    """Any field of records.Switches: carry_filled_qty, cancels_wait, triggered_stop, ..."""
    ledger = chosen_ledger(broker, body)
    changes = {key: value for key, value in body.items() if key != "account"}
    for key, value in changes.items():
        accepted = _SWITCHES.get(key)
        if accepted is None:
            invalid(f"unknown switch: {key}; there are {', '.join(_SWITCHES)}")
        if value not in accepted:
            invalid(f"invalid {key}: {value}; it is one of {accepted}")
    ledger.update(switches=replace(ledger.account.switches, **changes))


ACTIONS: dict[str, Action] = {
    "activities": book_activity,
    "activities/delay": delay_activities,
    "activities/release": release_activities,
    "cash": cash,
    "transfer": transfer,
    "split": book_split,
    "expire-option": expire_option,
    "position": unexplained,
    "switches": switches,
}
