"""The broker's figures: stored as read, written only when they differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.store.conftest import ACCOUNT
from tests.store.make import position
from tradesync.broker.port import EquityPoint, MarketDay
from tradesync.domain.facts import AccountState
from tradesync.store import snapshots
from tradesync.store.database import Database
from tradesync.store.snapshots import EquityRow, MarketDayRow

STATE = AccountState(
    account_id=ACCOUNT,
    account_number="PA1",
    status="ACTIVE",
    currency="USD",
    cash=Decimal("100.25"),
    equity=Decimal(200),
    last_equity=Decimal(190),
    buying_power=None,
    long_market_value=Decimal(100),
    short_market_value=Decimal(0),
    trading_blocked=False,
    created_at=None,
    balance_asof=date(2024, 3, 1),
    raw="{}",
)


def read_times(database: Database, table: str) -> list[int]:
    with database.read() as tx:
        return [row[0] for row in tx.rows(f"SELECT read_at FROM {table} ORDER BY read_at")]


def test_an_account_state_is_written_only_when_it_differs(bound: Database) -> None:
    with bound.write() as tx:
        assert snapshots.load_account_state(tx, ACCOUNT) is None
        assert snapshots.save_account_state(tx, STATE, read_at=10)
    stamp = bound.stamp()
    with bound.write() as tx:
        assert not snapshots.save_account_state(tx, STATE, read_at=20)
    assert bound.stamp() == stamp
    richer = replace(STATE, cash=Decimal("100.26"))
    with bound.write() as tx:
        assert snapshots.save_account_state(tx, richer, read_at=30)
        assert snapshots.load_account_state(tx, ACCOUNT) == richer
    assert read_times(bound, "account_states") == [30]


def test_positions_are_replaced_as_a_set_and_written_where_they_differ(bound: Database) -> None:
    held = [position("aapl"), position("msft"), position("tsla", qty=Decimal(-5))]
    with bound.write() as tx:
        assert snapshots.save_positions(tx, ACCOUNT, held, read_at=10) == 3
        assert snapshots.save_positions(tx, "another", held, read_at=10) == 3
    stamp = bound.stamp()
    with bound.write() as tx:
        assert snapshots.save_positions(tx, ACCOUNT, reversed(held), read_at=20) == 0
    assert bound.stamp() == stamp
    now = [position("aapl"), position("tsla", qty=Decimal(-4))]
    with bound.write() as tx:
        assert snapshots.save_positions(tx, ACCOUNT, now, read_at=30) == 2
        assert snapshots.load_positions(tx, ACCOUNT) == now
        assert snapshots.load_positions(tx, "another") == held
    assert read_times(bound, "positions") == [10, 10, 10, 10, 30]


def test_no_positions_are_a_set_too(bound: Database) -> None:
    with bound.write() as tx:
        snapshots.save_positions(tx, ACCOUNT, [position("aapl")], read_at=10)
        assert snapshots.save_positions(tx, ACCOUNT, [], read_at=20) == 1
        assert snapshots.load_positions(tx, ACCOUNT) == []


def test_marks_are_written_when_price_or_session_moved(bound: Database) -> None:
    price = Decimal("10.5")
    with bound.write() as tx:
        marks = {"aapl": (price, 10, "regular"), "msft": (price, 10, "regular")}
        assert snapshots.save_marks(tx, ACCOUNT, marks) == 2
    stamp = bound.stamp()
    with bound.write() as tx:
        assert snapshots.save_marks(tx, ACCOUNT, {"aapl": (price, 20, "regular")}) == 0
    assert bound.stamp() == stamp
    with bound.write() as tx:
        marks = {"aapl": (price, 30, "after"), "msft": (price + 1, 30, "regular")}
        assert snapshots.save_marks(tx, ACCOUNT, marks) == 2
        assert snapshots.load_mark_prices(tx, ACCOUNT) == {"aapl": price, "msft": price + 1}
        (apple,) = snapshots.load_marks(tx, ACCOUNT, ["aapl"])
    assert (apple.price_at, apple.session) == (30, "after")


def test_an_equity_curve_grows_and_its_last_point_moves(bound: Database) -> None:
    first = [EquityPoint(10, Decimal(100), None), EquityPoint(20, Decimal(101), Decimal(1))]
    then = [replace(first[1], equity=Decimal(102)), EquityPoint(30, Decimal(103), Decimal(3))]
    with bound.write() as tx:
        assert snapshots.save_equity_points(tx, ACCOUNT, "1D", first) == 2
        assert snapshots.save_equity_points(tx, ACCOUNT, "15Min", first[:1]) == 1
        assert snapshots.save_equity_points(tx, ACCOUNT, "1D", first) == 0
        assert snapshots.save_equity_points(tx, ACCOUNT, "1D", then) == 2
        curve = snapshots.load_equity_points(tx, ACCOUNT, "1D")
    assert [(row.at, row.equity) for row in curve] == [
        (10, Decimal(100)),
        (20, Decimal(102)),
        (30, Decimal(103)),
    ]
    assert curve[0] == EquityRow(10, Decimal(100), None)


def test_market_days_are_kept_by_environment(bound: Database) -> None:
    full = MarketDay(date(2024, 7, 2), 10, 20)
    half = MarketDay(date(2024, 7, 3), 30, 35)
    with bound.write() as tx:
        assert snapshots.save_market_days(tx, "paper", [half, full]) == 2
        assert snapshots.save_market_days(tx, "paper", [full]) == 0
        assert snapshots.save_market_days(tx, "paper", [replace(half, closes_at=33)]) == 1
        assert snapshots.load_market_days(tx, "live") == []
        days = snapshots.load_market_days(tx, "paper")
    assert days == [MarketDayRow(full.day, 10, 20), MarketDayRow(half.day, 30, 33)]
