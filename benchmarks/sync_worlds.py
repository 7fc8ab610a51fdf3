"""Accounts to measure syncs on: books of the paper broker, and a service that reads them."""

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
from tradesync.domain.times import SECOND, Instant
from tradesync.simulator.assets import new_equity
from tradesync.simulator.broker import Broker
from tradesync.simulator.engine import KEY, SECRET, Options, deposit, new_account, open_broker
from tradesync.simulator.executions import execute
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import submit
from tradesync.simulator.order_request import read_request
from tradesync.sync.outcomes import RunResult, Trigger

SYMBOLS = ("AAPL", "MSFT", "NVDA", "TSLA", "AMZN", "SPY", "QQQ", "KO", "JPM", "META")
HELD = tuple(f"HELD{number:03}" for number in range(100))
"""Shares of the benchmarks' own, to hold a hundred positions of: the paper broker lists fewer."""
_CALLS_A_MINUTE = 60_000
_HOUR: Instant = 3_600 * SECOND


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
    """Limit orders far from the market, and ten shares each of so many of `HELD`.

    Those were bought an hour apart: a hundred fills within minutes of each other would be a full
    page of what every cycle reads again, and so one call more. However few the orders, they end
    after today: a broker whose day is over is asked for its clock again.
    """
    pause = max(_HOUR, 500 * _HOUR // max(count, 1))

    def fill(broker: Broker, ledger: Ledger) -> None:
        for symbol in HELD[:positions]:
            share = new_equity(symbol, f"{symbol} Common Stock", "NYSE", "0.3")
            broker.market.add(share, Decimal(50), broker.now())
            order_id = place(broker, ledger, symbol, "buy", qty=10)
            execute(broker, ledger, ledger.orders[order_id], Decimal(10), Decimal(50))
            broker.clock.set(broker.now() + _HOUR)
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
