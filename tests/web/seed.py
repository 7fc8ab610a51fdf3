"""Records for the screens' tests, written through the store as a sync would write them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from tests.held import hold
from tests.store.make import NOTHING, execution, lot, order, position, trade
from tradesync.config import AccountConfig, Environment, Settings
from tradesync.domain.changes import Change
from tradesync.domain.conclusions import (
    Allocation,
    Conclusions,
    Trade,
    TradeSide,
    TradeSource,
    TradeStatus,
    WorkingExit,
)
from tradesync.domain.facts import AccountState, Instrument
from tradesync.domain.times import SECOND, Instant
from tradesync.store import accounts, conclusions, facts, journal, snapshots
from tradesync.store.database import Database, Tx

ACCOUNT = "acc-1"
NAME = "main"
DAY: Instant = 86_400 * SECOND
D = Decimal


def settings_of(path: Path, *names: str, environment: Environment = Environment.PAPER) -> Settings:
    """Settings with accounts at an address where nobody listens."""
    return Settings(
        accounts=tuple(
            AccountConfig(name, "key", "secret", "http://127.0.0.1:9", environment)
            for name in names or (NAME,)
        ),
        database=path,
        sync_interval=30.0,
        history_start=None,
        allow_live_trading=False,
        read_only=False,
        api_token=None,
        log_format="text",
        data_url=None,
    )


def bind(database: Database, name: str = NAME, account_id: str = ACCOUNT) -> None:
    """An account whose history has been read."""
    with database.write() as tx:
        accounts.bind_account(tx, name, account_id, account_number="PA1", environment="paper", at=1)
        accounts.finish_history(tx, account_id)


def account_state(account_id: str = ACCOUNT) -> AccountState:
    """100,000.00 at the last close, 101,250.50 now."""
    return AccountState(
        account_id=account_id,
        account_number="PA1",
        status="ACTIVE",
        currency="USD",
        cash=D("60000.25"),
        equity=D("101250.50"),
        last_equity=D("100000"),
        buying_power=D("200000"),
        long_market_value=D("45250.25"),
        short_market_value=D("-4000"),
        trading_blocked=False,
        created_at=1,
        balance_asof=None,
        raw="{}",
    )


def save_account(tx: Tx, at: Instant, account_id: str = ACCOUNT) -> None:
    """The account's figures, read at `at`."""
    snapshots.save_account_state(tx, account_state(account_id), at)


@dataclass(frozen=True, slots=True)
class Point:
    """A point of an equity curve."""

    at: Instant
    equity: Decimal
    profit_loss: Decimal | None = None


def save_curve(tx: Tx, now: Instant, days: int = 120) -> None:
    """A daily equity curve that ends yesterday."""
    points = [
        Point(now - (days - day) * DAY, D(98_000) + D(day * 25 + (day * 37) % 400))
        for day in range(days)
    ]
    snapshots.save_equity_points(tx, ACCOUNT, "1D", points)


AAPL = Instrument("aapl", "AAPL", "aapl", "us_equity")
TSLA = Instrument("tsla", "TSLA", "tsla", "us_equity")


def open_long(now: Instant) -> Trade:
    """Ten AAPL bought at 200 two days ago."""
    return trade(
        "11111111-1111-4111-8111-111111111111",
        qty=D(10), open_qty=D(10), ordered_qty=D(10), cost=D(2000), open_cost=D(2000),
        entry_price=D(200), broker_fill_price=D(200), realized_pnl=D(0), flags=(),
        broker_order_id="order-1", client_order_id="client-1",
        ordered_at=now - 2 * DAY, opened_at=now - 2 * DAY,
    )  # fmt: skip


def closed_short(now: Instant) -> Trade:
    """Five TSLA sold short at 300 and bought back at 282 yesterday: 90.00 gained."""
    return trade(
        "22222222-2222-4222-8222-222222222222",
        instrument="tsla", symbol="TSLA", asset_id="tsla", side=TradeSide.SHORT,
        status=TradeStatus.CLOSED, source=TradeSource.BROKER, close_reason="outside app",
        qty=D(5), open_qty=D(0), ordered_qty=D(5), cost=D(1500), open_cost=D(0),
        exit_value=D(1410), realized_pnl=D(90), entry_price=D(300), exit_price=D(282),
        broker_fill_price=D(300), broker_order_id="order-2", client_order_id="client-2", flags=(),
        ordered_at=now - 3 * DAY, opened_at=now - 3 * DAY, closed_at=now - DAY,
    )  # fmt: skip


def small_account(database: Database, now: Instant | None = None) -> None:
    """An open and a closed trade with their orders, executions, lots, a working exit, events."""
    now = now or time.time_ns()
    bind(database)
    first, second = open_long(now), closed_short(now)
    after = replace(
        NOTHING,
        trades=(first, second),
        lots=(
            lot("lot-1", trade_id=first.trade_id, source_id="fill-1", qty=D(10), cost=D(2000),
                open_qty=D(10), open_cost=D(2000), opened_at=now - 2 * DAY),
        ),
        allocations=(
            Allocation("alloc-1", "lot-2", second.trade_id, "tsla", "execution", "fill-3",
                       "order-3", now - DAY, D(5), D(1500), D(1410), D(90),
                       is_fee=False, overflow=False),
        ),
        provisional=(
            execution("prov-1", qty=D(4), price=D("200.5"), at=now - 2 * DAY, cum_qty=D(10),
                      provisional=True),
        ),
        working_exits=(WorkingExit("order-4", first.trade_id, "aapl", "sell", D(10)),),
    )  # fmt: skip
    with database.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL, TSLA])
        facts.save_orders(tx, ACCOUNT, _orders(now))
        facts.add_executions(tx, ACCOUNT, [
            execution("fill-1", qty=D(6), price=D(200), at=now - 2 * DAY, cum_qty=D(6)),
            execution("fill-3", order_id="order-3", symbol="TSLA", qty=D(5), price=D(282),
                      at=now - DAY, cum_qty=D(5)),
        ])  # fmt: skip
        conclusions.save_conclusions(tx, ACCOUNT, NOTHING, after, now)
        save_account(tx, now)
        save_curve(tx, now)
        _save_holdings(tx, now)
        _save_journal(tx, now, first, second)


def small_record(path: Path, now: Instant) -> Database:
    """A new database with the `small_account` of a time, copied: to write it takes 0.2 s."""
    hold(path, _small_record(now))
    return Database(path, program="tests")


@cache
def _small_record(now: Instant) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.duckdb"
        small_account(Database(path), now)
        return path.read_bytes()


def _orders(now: Instant) -> list:  # type: ignore[type-arg]
    filled = {"status": "filled", "submitted_at": now - 2 * DAY, "updated_at": now - 2 * DAY}
    return [
        order("order-1", client_order_id="client-1", qty=D(10), filled_qty=D(10),
              filled_avg_price=D(200), **filled),
        order("order-3", instrument="tsla", symbol="TSLA", qty=D(5), filled_qty=D(5),
              filled_avg_price=D(282), **filled),
        order("order-4", side="sell", order_type="limit", limit_price=D(250), qty=D(10),
              position_intent="sell_to_close", submitted_at=now - DAY, updated_at=now - DAY),
    ]  # fmt: skip


def _save_holdings(tx: Tx, now: Instant) -> None:
    held = position(
        "aapl", qty=D(10), avg_entry_price=D("201"), cost_basis=D(2010), market_value=D(2100),
        current_price=D(210), lastday_price=D(205), change_today=D("0.0244"),
        unrealized_pl=D(90), unrealized_plpc=D("0.0448"), unrealized_intraday_pl=D(50),
    )  # fmt: skip
    snapshots.save_positions(tx, ACCOUNT, [held], now)
    snapshots.save_marks(tx, ACCOUNT, {"aapl": (D(210), now, "regular")})


def _save_journal(tx: Tx, now: Instant, first: Trade, second: Trade) -> None:
    for run_id, error, at in (("run-1", None, now - DAY), ("run-2", "The broker is down.", now)):
        journal.add_run(tx, journal.SyncRun(
            run_id, ACCOUNT, NAME, "manual", "dashboard", at, at + SECOND, 5, 3, 1, 1, error,
            "req-9" if error else None,
        ))  # fmt: skip
    journal.add_trade_events(tx, ACCOUNT, "run-1", now - DAY, [
        Change(first.trade_id, "status", None, "open"),
        Change(first.trade_id, "qty", None, "10"),
        Change(second.trade_id, "status", "open", "closed"),
        Change(second.trade_id, "exit_price", None, "282"),
    ])  # fmt: skip


def many_trades(database: Database, count: int, now: Instant) -> None:
    """An account of `count` closed trades (and twenty open ones) over the last year."""
    bind(database)
    rows = [_nth(now, number) for number in range(count)]
    rows += [
        replace(_nth(now, count + number), status=TradeStatus.OPEN, open_qty=D(10),
                open_cost=D(2000), closed_at=None, exit_price=None, realized_pnl=D(0))
        for number in range(20)
    ]  # fmt: skip
    with database.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL, TSLA])
        conclusions.save_conclusions(tx, ACCOUNT, NOTHING, _only_trades(rows), now)
        save_account(tx, now)
        save_curve(tx, now, 365)
        _save_holdings(tx, now)


def _only_trades(rows: Sequence[Trade]) -> Conclusions:
    return replace(NOTHING, trades=tuple(rows))


def _nth(now: Instant, number: int) -> Trade:
    opened = now - 365 * DAY + number * 300 * SECOND
    gain = D(number % 400 - 200)
    symbol = ("AAPL", "TSLA")[number % 2]
    return trade(
        f"{number:08d}-0000-4000-8000-000000000000",
        instrument=symbol.lower(), symbol=symbol, status=TradeStatus.CLOSED,
        close_reason="sold", qty=D(10), open_qty=D(0), ordered_qty=D(10), cost=D(2000),
        open_cost=D(0), exit_value=D(2000) + gain, realized_pnl=gain, entry_price=D(200),
        exit_price=D(200) + gain / 10, broker_fill_price=D(200), flags=(),
        broker_order_id=f"o-{number}", client_order_id=f"c-{number}",
        ordered_at=opened, opened_at=opened, closed_at=opened + DAY,
    )  # fmt: skip
