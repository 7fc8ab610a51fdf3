"""Accounts, the names bound to them, and how far their history is read."""

from __future__ import annotations

import pytest

from tests.store.conftest import ACCOUNT
from tradesync.store import accounts, facts
from tradesync.store.accounts import Binding, HistoryPhase
from tradesync.store.database import Database
from tradesync.store.errors import StoreError


def bind(database: Database, name: str, account_id: str, at: int) -> None:
    with database.write() as tx:
        accounts.bind_account(
            tx, name, account_id, account_number="PA2", environment="paper", at=at
        )


def test_a_bound_account_begins_with_its_orders(bound: Database) -> None:
    with bound.read() as tx:
        found = accounts.account_by_name(tx, "main")
        assert found == accounts.account(tx, ACCOUNT)
        assert accounts.account_by_name(tx, "other") is None
        with pytest.raises(StoreError, match="bind it to a name"):
            accounts.account(tx, "other")
    assert found is not None
    assert (found.account_number, found.environment, found.revision) == ("PA1", "simulated", 0)
    assert (found.history_phase, found.history_progress) == (HistoryPhase.ORDERS, 0)


def test_s20_a_name_bound_anew_keeps_the_old_account_as_an_archive(bound: Database) -> None:
    with bound.write() as tx:
        facts.bump_revision(tx, ACCOUNT)
    bind(bound, "main", "account-2", at=5)
    with bound.read() as tx:
        now = accounts.account_by_name(tx, "main")
        assert now is not None
        assert now.account_id == "account-2"
        assert [row.account_id for row in accounts.accounts(tx)] == [ACCOUNT, "account-2"]
        assert accounts.bindings(tx) == [Binding("main", "account-2", 5)]
    bind(bound, "main", ACCOUNT, at=6)
    with bound.read() as tx:
        assert accounts.account(tx, ACCOUNT).revision == 1


def test_progress_of_the_history_is_kept(bound: Database) -> None:
    with bound.write() as tx:
        accounts.set_history(
            tx,
            ACCOUNT,
            phase=HistoryPhase.ACTIVITIES,
            history_from=7,
            cursor='{"page_token": "x"}',
            progress=63,
        )
    with bound.write() as tx:
        found = accounts.account(tx, ACCOUNT)
        assert (found.history_phase, found.history_from) == (HistoryPhase.ACTIVITIES, 7)
        assert (found.history_cursor, found.history_progress) == ('{"page_token": "x"}', 63)
        accounts.finish_history(tx, ACCOUNT)
        found = accounts.account(tx, ACCOUNT)
    assert (found.history_phase, found.history_from) == (HistoryPhase.COMPLETE, 7)
    assert (found.history_cursor, found.history_progress) == (None, 100)
