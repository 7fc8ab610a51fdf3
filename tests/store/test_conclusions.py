"""Conclusions: what is saved is loaded; only what differs is written."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.store.conftest import ACCOUNT
from tests.store.make import NOTHING, conclusions, execution, lot, order, trade
from tradesync.domain.conclusions import ChainReading, Conclusions, TradeStatus
from tradesync.store import accounts, facts
from tradesync.store.conclusions import load_conclusions, save_conclusions
from tradesync.store.database import Database
from tradesync.store.errors import StoreError

MISSING = execution("p1", order_id="order-1", provisional=True, price_is_average=True)


@pytest.fixture
def stored(bound: Database) -> Database:
    """A database with an order, a provisional execution and conclusions for two instruments."""
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order("order-1")])
        save_conclusions(tx, ACCOUNT, NOTHING, conclusions(provisional=(MISSING,)), at=10)
        save_conclusions(tx, ACCOUNT, NOTHING, conclusions(instrument="msft"), at=10)
    return bound


def loaded(database: Database, *instruments: str) -> Conclusions:
    with database.read() as tx:
        return load_conclusions(tx, ACCOUNT, instruments or None)


def updated_at(database: Database) -> dict[str, int]:
    with database.read() as tx:
        return dict(tx.rows("SELECT trade_id, updated_at FROM trade_rows"))


def test_conclusions_come_back_by_instrument(stored: Database) -> None:
    assert loaded(stored, "aapl") == conclusions(provisional=(MISSING,))
    assert loaded(stored, "msft") == conclusions(instrument="msft")
    assert loaded(stored, "none") == NOTHING


def test_all_conclusions_come_sorted_by_identity(stored: Database) -> None:
    whole = loaded(stored)
    assert [row.trade_id for row in whole.trades] == ["trade-aapl", "trade-msft"]
    assert [row.lot_id for row in whole.lots] == ["lot-aapl", "lot-msft"]
    assert whole.provisional == (MISSING,)


def test_equal_conclusions_write_nothing(stored: Database) -> None:
    before, stamp = loaded(stored), stored.stamp()
    with stored.write() as tx:
        assert not save_conclusions(tx, ACCOUNT, before, loaded_again(before), at=99)
    assert stored.stamp() == stamp


def loaded_again(found: Conclusions) -> Conclusions:
    """The same rows as other objects."""
    return replace(found, trades=tuple(replace(row) for row in found.trades))


def test_only_trades_that_differ_get_a_new_time(stored: Database) -> None:
    before = loaded(stored)
    apple, microsoft = before.trades
    closed = replace(apple, status=TradeStatus.CLOSED, open_qty=Decimal(0), flags=())
    new = trade("trade-new")
    after = replace(before, trades=(closed, microsoft, new))
    with stored.write() as tx:
        diff = save_conclusions(tx, ACCOUNT, before, after, at=99)
    assert (diff.trades_added, diff.trades_changed, diff.trades_removed) == (1, 1, 0)
    assert diff.others_written == 0
    assert updated_at(stored) == {"trade-aapl": 99, "trade-msft": 10, "trade-new": 99}
    assert loaded(stored) == after_sorted(after)


def after_sorted(found: Conclusions) -> Conclusions:
    return replace(found, trades=tuple(sorted(found.trades, key=lambda row: row.trade_id)))


def test_what_is_gone_is_deleted_and_the_rest_stays(stored: Database) -> None:
    before = loaded(stored, "aapl")
    with stored.write() as tx:
        diff = save_conclusions(tx, ACCOUNT, before, NOTHING, at=99)
    assert diff.trades_removed == 1
    assert diff.others_written == 6
    assert loaded(stored, "aapl") == NOTHING
    assert loaded(stored, "msft") == conclusions(instrument="msft")


def test_rows_move_in_one_transaction_several_times(stored: Database) -> None:
    with stored.write() as tx:
        first = load_conclusions(tx, ACCOUNT)
        second = replace(first, lots=(lot("lot-aapl", qty=Decimal(2)),))
        save_conclusions(tx, ACCOUNT, first, second, at=20)
        save_conclusions(tx, ACCOUNT, second, first, at=30)
    assert loaded(stored) == first


def test_a_provisional_execution_gives_way_to_the_real_one(stored: Database) -> None:
    before = loaded(stored, "aapl")
    with stored.write() as tx:
        save_conclusions(tx, ACCOUNT, before, replace(before, provisional=()), at=20)
    assert loaded(stored, "aapl").provisional == ()


def test_a_provisional_execution_of_nothing_stored_is_an_error(bound: Database) -> None:
    def save() -> None:
        with bound.write() as tx:
            save_conclusions(tx, ACCOUNT, NOTHING, conclusions(provisional=(MISSING,)), at=10)

    with pytest.raises(StoreError, match="p1 is of no stored order"):
        save()
    assert loaded(bound) == NOTHING


def test_a_provisional_execution_of_an_order_not_stored_is_where_it_was_booked(
    bound: Database,
) -> None:
    booked = replace(
        conclusions(provisional=(MISSING,)), lots=(lot("lot", source_id="p1", instrument="msft"),)
    )
    with bound.write() as tx:
        save_conclusions(tx, ACCOUNT, NOTHING, booked, at=10)
    assert loaded(bound, "msft").provisional == (MISSING,)
    assert loaded(bound, "aapl").provisional == ()


def test_another_accounts_rows_are_not_touched(stored: Database) -> None:
    theirs = conclusions()
    with stored.write() as tx:
        save_conclusions(tx, "another", NOTHING, theirs, at=10)
        save_conclusions(tx, ACCOUNT, load_conclusions(tx, ACCOUNT), NOTHING, at=20)
    with stored.read() as tx:
        assert load_conclusions(tx, "another") == theirs


def test_a_chain_reading_once_proved_is_kept(stored: Database) -> None:
    before = loaded(stored)
    assert before.chain_reading is None
    with stored.write() as tx:
        proved = replace(before, chain_reading=ChainReading.CARRIED)
        assert save_conclusions(tx, ACCOUNT, before, proved, at=20)
        assert not save_conclusions(tx, ACCOUNT, proved, before, at=30)
        assert accounts.account(tx, ACCOUNT).chain_reading is ChainReading.CARRIED
    assert loaded(stored).chain_reading is ChainReading.CARRIED
