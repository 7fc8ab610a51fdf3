"""What the two sides hold, how often reads agreed, and what closing a drift record leaves."""

from __future__ import annotations

from decimal import Decimal

from tests.domain.holding import position
from tests.domain.make import at
from tests.domain.test_reconcile import AAPL, gap_of, long_trades, short_trades
from tradesync.domain.reconcile import (
    DriftKind,
    DriftRecord,
    Holding,
    Settling,
    Watch,
    broker_holdings,
    open_holdings,
    settle,
    update_drift,
)


def test_an_instrument_the_broker_lists_twice_is_added_up() -> None:
    found = broker_holdings([position(3), position(4), position(9, symbol="MSFT")])
    assert found[AAPL] == Holding(AAPL, "AAPL", "us_equity", Decimal(7))
    assert len(found) == 2


def test_long_and_short_trades_of_one_instrument_are_added_up() -> None:
    assert open_holdings([*long_trades(100), *short_trades(40)]) == {
        AAPL: Holding(AAPL, "AAPL", "us_equity", Decimal(60))
    }


def test_each_agreeing_read_counts_once() -> None:
    state = Settling()
    for reads in (1, 2, 3):
        state, _, _ = settle(state, [gap_of(100, 150)], at(reads), {})
        assert state.watches == {AAPL: Watch(Decimal(50), at(1), reads)}


def test_a_record_says_what_differed_and_when_it_was_gone() -> None:
    (record,), _, _ = update_drift([], [gap_of(100, 150)], [], at(0))
    assert record == DriftRecord(
        instrument=AAPL, kind=DriftKind.QUANTITY, symbol="AAPL", our_qty=Decimal(100),
        broker_qty=Decimal(150), opened_at=at(0), updated_at=at(0), closed_at=None,
    )  # fmt: skip
    _, _, (closed,) = update_drift([record], [], [], at(30))
    assert (closed.opened_at, closed.updated_at, closed.closed_at) == (at(0), at(30), at(30))


def test_a_record_follows_both_sides() -> None:
    (record,), _, _ = update_drift([], [gap_of(100, 150)], [], at(0))
    _, (updated,), _ = update_drift([record], [gap_of(120, 160)], [], at(30))
    assert (updated.our_qty, updated.broker_qty) == (120, 160)
    assert (updated.opened_at, updated.updated_at, updated.closed_at) == (at(0), at(30), None)
