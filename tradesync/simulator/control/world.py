"""Control of prices, time, assets and accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tradesync.simulator import market_calendar
from tradesync.simulator.assets import new_contract, new_equity
from tradesync.simulator.broker import Broker
from tradesync.simulator.control.common import Action, Body, chosen_ledger, required
from tradesync.simulator.engine import (
    DEPOSIT,
    MAX_STEPS,
    advance,
    deposit,
    new_account,
    reset_account,
)
from tradesync.simulator.errors import invalid
from tradesync.simulator.lifecycle import resume
from tradesync.simulator.wire import (
    SECOND,
    decimal_field,
    new_york_date,
    parse_time,
    time_text,
)


def set_price(broker: Broker, body: Body) -> Body:
    """symbol, price: pin the symbol there; orders it crosses fill."""
    asset = broker.market.asset(str(body.get("symbol")))
    broker.market.set_price(asset.symbol, required(body, "price"), broker.now(), pinned=True)
    for ledger in broker.ledgers.values():
        resume(broker, ledger)
    return {"symbol": asset.symbol, "price": str(broker.market.last(asset.symbol))}


def unpin(broker: Broker, body: Body) -> None:
    """symbol (all without): let it walk again."""
    names = [str(body["symbol"])] if body.get("symbol") else broker.market.prices.names()
    for name in names:
        broker.market.unpin(broker.market.asset(name).symbol)


def step(broker: Broker, body: Body) -> Body:
    """seconds | to (RFC 3339) | next_open: true | overnight: true (to 09:30 of the next day).

    `ticks`: prices move at most so often meanwhile, beside midnights, opens and closes.
    """
    now = broker.now()
    if body.get("to"):
        until = parse_time(str(body["to"]), "to")
    elif body.get("next_open"):
        until = market_calendar.next_open(now)
    elif body.get("overnight"):
        tomorrow = new_york_date(now) + timedelta(days=1)
        until = market_calendar.at(tomorrow, market_calendar.OPEN)
    else:
        until = now + int(required(body, "seconds") * SECOND)
    ticks = decimal_field(body.get("ticks"), "ticks")
    advance(broker, until, most=MAX_STEPS if ticks is None else max(1, int(ticks)))
    return {"timestamp": time_text(broker.now())}


def pause(broker: Broker, _: Body) -> None:
    """Nothing fills by itself any more; orders still become new."""
    broker.update_world(paused=True)


def resume_fills(broker: Broker, _: Body) -> None:
    """Fills go on, at once for what is marketable."""
    broker.update_world(paused=False)
    for ledger in broker.ledgers.values():
        resume(broker, ledger)


def add_asset(broker: Broker, body: Body) -> None:
    """symbol, price (a share), or underlying, right, strike, expiry, price (a contract)."""
    price = required(body, "price")
    if body.get("underlying"):
        asset = new_contract(
            str(body["underlying"]),
            str(body["right"]),
            required(body, "strike"),
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
    """Holdings, open orders and contracts follow a symbol change; ended orders and rows do not."""
    broker.market.rename(old, new)
    for asset in broker.market.assets.values():
        if asset.underlying == old:
            broker.market.assets.put(asset.symbol, replace(asset, underlying=new))
    for ledger in broker.ledgers.values():
        position = ledger.positions.get(old)
        if position is not None:
            ledger.positions.drop(old)
            ledger.put_position(replace(position, symbol=new))
        for order in ledger.alive_orders():
            if order.symbol == old:
                ledger.put_order(replace(order, symbol=new))


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


ACTIONS: dict[str, Action] = {
    "price": set_price,
    "unpin": unpin,
    "step": step,
    "pause": pause,
    "resume": resume_fills,
    "assets": add_asset,
    "assets/change": change_asset,
    "accounts": add_account,
    "reset": reset,
}
