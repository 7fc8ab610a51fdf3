"""Accounts to measure syncs on: books of the paper broker, and records made through the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World, settings_for
from tradesync.domain.conclusions import Conclusions, Records
from tradesync.domain.facts import Execution, Instrument, Order
from tradesync.domain.ledger import conclude
from tradesync.domain.times import SECOND, Instant
from tradesync.simulator.broker import Broker
from tradesync.simulator.engine import KEY, SECRET, Options, deposit, new_account, open_broker
from tradesync.simulator.executions import execute
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import submit
from tradesync.simulator.order_request import read_request
from tradesync.store import conclusions, facts
from tradesync.sync.outcomes import RunResult, Trigger

SYMBOLS = ("AAPL", "MSFT", "NVDA", "TSLA", "AMZN", "SPY", "QQQ", "KO", "JPM", "META")
_FIRST_DAY: Instant = 1_577_880_000 * SECOND
"""2020-01-01: long before the day the paper broker stands at."""
_SPAN: Instant = 200_000_000 * SECOND
"""Six years and some: the made history ends well before the days that are read again."""
_SLICE = 1_000
_CALLS_A_MINUTE = 60_000
_HOUR: Instant = 3_600 * SECOND
_NOTHING = Conclusions((), (), (), (), (), (), ())


@contextmanager
def paper_broker(path: Path, fill: Callable[[Broker, Ledger], None]) -> Iterator[PaperBroker]:
    """A paper broker on a free port whose one account has been filled by `fill`."""
    path.mkdir(parents=True, exist_ok=True)
    broker, _ = open_broker(path, Options(as_of=date(2026, 11, 18), stepped=True))
    with broker.change():
        ledger = new_account(broker, "paper", KEY, SECRET)
        deposit(broker, ledger, Decimal(100_000_000))
        broker.update_world(paused=True)
        fill(broker, ledger)
    broker.database.close()
    with PaperBroker(data=path) as running:
        yield running


def round_trips(orders: int, fills: int) -> Callable[[Broker, Ledger], None]:
    """Market orders that buy and sell in turns over ten symbols, each in that many fills,
    an hour apart."""

    def fill(broker: Broker, ledger: Ledger) -> None:
        for turn in range(orders):
            symbol = SYMBOLS[turn // 2 % len(SYMBOLS)]
            side = "buy" if turn % 2 == 0 else "sell"
            order_id = place(broker, ledger, symbol, side, qty=fills)
            price = 50 + Decimal(turn % 997) / 100
            for _ in range(fills):
                execute(broker, ledger, ledger.orders[order_id], Decimal(1), price)
            broker.clock.set(broker.now() + _HOUR)
        broker.clock.set(broker.now() + 24 * _HOUR)

    return fill


def open_orders(count: int, positions: int = 0) -> Callable[[Broker, Ledger], None]:
    """Limit orders far from the market, and some shares of as many symbols as there are.

    However few, they end after today: a broker whose day is over is asked for its clock again.
    """
    pause = max(_HOUR, 500 * _HOUR // max(count, 1))

    def fill(broker: Broker, ledger: Ledger) -> None:
        for symbol in SYMBOLS[:positions]:
            order_id = place(broker, ledger, symbol, "buy", qty=10)
            execute(broker, ledger, ledger.orders[order_id], Decimal(10), Decimal(50))
        for turn in range(count):
            place(broker, ledger, "AAPL", "buy", qty=1, limit_price=str(1 + Decimal(turn) / 100))
            broker.clock.set(broker.now() + pause)

    return fill


def place(
    broker: Broker, ledger: Ledger, symbol: str, side: str, *, qty: int, **more: str
) -> str:  # fmt: skip
    """An order in the books; its id."""
    kind = "limit" if "limit_price" in more else "market"
    body = {"symbol": symbol, "qty": str(qty), "side": side, "type": kind, "time_in_force": "gtc"}
    return submit(broker, ledger, read_request({**body, **more})).id


def begun(broker: PaperBroker, path: Path) -> World:
    """A service on that account; the broker rations nothing: cycles here follow on each other.

    The record is opened for each transaction, as programs do.
    """
    broker.control("rate-limit", limit=_CALLS_A_MINUTE)
    (account,) = settings_for(broker, path).accounts
    accounts = (replace(account, calls_per_minute=_CALLS_A_MINUTE),)
    return World.begin(broker, path, held=False, accounts=accounts)


def synced(world: World) -> RunResult:
    """One sync as the service's own clock asks for it."""
    result = world.service.sync_now(NAME, trigger=Trigger.INTERVAL, timeout=600.0)
    assert result is not None
    assert result.ok, result.error
    return result


def cpu_of(act: Callable[[], object]) -> float:
    """CPU seconds of this process, all its threads, while `act` runs."""
    begins = time.process_time()
    act()
    return time.process_time() - begins


def add_history(world: World, instrument: Instrument, executions: int, fills: int) -> None:
    """Round trips of one instrument with that many executions, `fills` to an order, and what
    follows from them, written as a first sync writes them: facts first, conclusions after.

    Every slice ends flat, so that its conclusions are those of the whole.
    """
    orders = executions // fills
    pause = _SPAN // orders
    account_id = world.account_id
    for begins in range(0, orders, _SLICE):
        made = [
            _order(instrument, number, _FIRST_DAY + number * pause, fills)
            for number in range(begins, min(begins + _SLICE, orders))
        ]
        rows = [row for order in made for row in _executions(order, fills)]
        records = Records(
            account_id, (instrument,), tuple(made), tuple(rows), (), (), (),
            history_complete=True, activities_from=None,
        )  # fmt: skip
        after = conclude(records)
        with world.database.write() as tx:
            facts.save_instruments(tx, account_id, (instrument,))
            facts.save_orders(tx, account_id, made)
            facts.add_executions(tx, account_id, rows)
            facts.bump_revision(tx, account_id)
            conclusions.save_conclusions(tx, account_id, _NOTHING, after, _FIRST_DAY)


def _order(instrument: Instrument, number: int, at: Instant, fills: int) -> Order:
    """A filled market order: even ones buy, odd ones sell what was bought."""
    order_id = f"{number:08x}-0000-4000-8000-0000{instrument.key[:8]}"
    side = "buy" if number % 2 == 0 else "sell"
    return Order(
        order_id=order_id, client_order_id=f"made-{order_id}", instrument=instrument.key,
        symbol=instrument.symbol, asset_class=instrument.asset_class, side=side, status="filled",
        order_type="market", time_in_force="day", order_class="simple",
        position_intent=f"{side}_to_{'open' if side == 'buy' else 'close'}",
        qty=Decimal(fills), notional=None, filled_qty=Decimal(fills),
        filled_avg_price=Decimal(50 + number % 7), limit_price=None, stop_price=None,
        trail_price=None, trail_percent=None, extended_hours=False, created_at=at,
        submitted_at=at, updated_at=at + fills + 1, filled_at=at + fills, canceled_at=None,
        expired_at=None, failed_at=None, replaced_at=None, replaces=None, replaced_by=None,
        parent_id=None, group_id=None, group_role=None, read_at=at + SECOND,
        raw=f'{{"client_order_id":"made-{order_id}","id":"{order_id}","side":"{side}"}}',
    )  # fmt: skip


def _executions(order: Order, fills: int) -> list[Execution]:
    first = Execution(
        execution_id="", order_id=order.order_id, symbol=order.symbol, side=order.side,
        qty=Decimal(1), price=order.filled_avg_price or Decimal(1), at=0, cum_qty=Decimal(1),
        raw="",
    )  # fmt: skip
    return [
        replace(
            first, execution_id=f"20200101{part:09d}::{order.order_id}", at=order.created_at + part,
            cum_qty=Decimal(part), raw=f'{{"order_id":"{order.order_id}","cum_qty":"{part}"}}',
        )
        for part in range(1, fills + 1)
    ]  # fmt: skip
