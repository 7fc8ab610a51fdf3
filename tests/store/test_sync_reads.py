"""The small reads between sync runs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.store.conftest import ACCOUNT
from tests.store.make import NOTHING, activity, conclusions, execution, order, trade
from tradesync.domain.conclusions import TradeStatus
from tradesync.store import facts, sync_reads
from tradesync.store.conclusions import save_conclusions
from tradesync.store.database import Database


@pytest.fixture
def stored(bound: Database) -> Database:
    """Facts of this account and of another."""
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order("a", submitted_at=5), order("b", submitted_at=9)])
        facts.add_executions(tx, ACCOUNT, [execution("e1", at=7), execution("e2", at=6)])
        facts.add_activities(tx, ACCOUNT, [activity("a1")])
        facts.save_orders(tx, "another", [order("c", submitted_at=99)])
        facts.add_executions(tx, "another", [execution("e3", at=99)])
    return bound


def test_which_facts_are_stored(stored: Database) -> None:
    with stored.read() as tx:
        asked = {"e1", "e3", "a1", "never"}
        assert sync_reads.stored_ids(tx, ACCOUNT, asked) == {"e1", "a1"}
        assert sync_reads.stored_ids(tx, ACCOUNT, ()) == set()


def test_the_newest_of_the_account(stored: Database) -> None:
    with stored.read() as tx:
        assert sync_reads.newest_execution(tx, ACCOUNT) == 7
        assert sync_reads.newest_execution(tx, "empty") is None
        assert sync_reads.newest_booked(tx, ACCOUNT, skip=1) is None


def test_the_latest_rows_booked_but_so_many(bound: Database) -> None:
    times = {"d": None, "b": 20, "a": 10, "c": 30}
    rows = [activity(name, created_at=at) for name, at in times.items()]
    with bound.write() as tx:
        facts.add_activities(tx, ACCOUNT, rows)
        found = [sync_reads.newest_booked(tx, ACCOUNT, skip) for skip in range(4)]
    assert found == [30, 20, 10, None]


def test_trades_that_hold_something_and_one_by_its_id(bound: Database) -> None:
    held, gone = trade("held"), trade("gone", open_qty=Decimal(0), status=TradeStatus.CLOSED)
    with bound.write() as tx:
        save_conclusions(tx, ACCOUNT, NOTHING, replace(NOTHING, trades=(held, gone)), at=1)
        assert sync_reads.open_trades(tx, ACCOUNT) == [held]
        assert sync_reads.load_trade(tx, ACCOUNT, "gone") == gone
        assert sync_reads.load_trade(tx, ACCOUNT, "none") is None
        assert sync_reads.load_trade(tx, "another", "gone") is None


def test_provisional_fees_are_summed_by_coin(bound: Database) -> None:
    (plain,) = conclusions().allocations
    rows = tuple(
        replace(plain, allocation_id=str(number), instrument=coin, source_kind=kind)
        for number, (coin, kind) in enumerate(
            [
                ("BTC/USD", "provisional_fee"),
                ("BTC/USD", "provisional_fee"),
                ("ETH/USD", "provisional_fee"),
                ("ETH/USD", "execution"),
            ]
        )
    )
    with bound.write() as tx:
        save_conclusions(tx, ACCOUNT, NOTHING, replace(NOTHING, allocations=rows), at=1)
        fees = sync_reads.provisional_fees(tx, ACCOUNT)
    assert fees == {"BTC/USD": Decimal(2), "ETH/USD": Decimal(1)}
