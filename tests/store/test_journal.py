"""Runs, events and drift: what happened here."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.store.conftest import ACCOUNT
from tradesync.domain.changes import Change
from tradesync.domain.reconcile import DriftKind, DriftRecord
from tradesync.store import journal
from tradesync.store.database import Database
from tradesync.store.journal import SyncRun

RUN = SyncRun("r1", ACCOUNT, "main", "manual", "cli", 10, 20, 5, 1, 1, 0, None, None)
DRIFT = DriftRecord(
    "aapl", DriftKind.QUANTITY, "AAPL", Decimal(5), Decimal(3), 10, 10, closed_at=None
)


def test_runs_come_newest_first_failed_ones_with_their_reason(bound: Database) -> None:
    failed = replace(RUN, run_id="r2", started_at=30, error="No answer.", request_id="q")
    with bound.write() as tx:
        journal.add_run(tx, RUN)
        journal.add_run(tx, failed)
        journal.add_run(tx, replace(RUN, run_id="r0", account_id=None))
        assert journal.load_runs(tx, ACCOUNT) == [failed, RUN]
        assert journal.load_runs(tx, ACCOUNT, limit=1) == [failed]


def test_events_are_numbered_in_the_order_they_happened(bound: Database) -> None:
    opened = [Change("t1", "status", None, "open"), Change("t1", "qty", None, "5")]
    with bound.write() as tx:
        journal.add_trade_events(tx, ACCOUNT, "r1", 10, opened)
        journal.add_trade_events(tx, ACCOUNT, "r1", 10, [])
    with bound.write() as tx:
        closed = [Change("t1", "status", "open", "closed"), Change("t2", "status", None, "open")]
        journal.add_trade_events(tx, ACCOUNT, "r2", 20, closed)
        events = journal.load_trade_events(tx, ACCOUNT, "t1")
        assert len(journal.load_trade_events(tx, ACCOUNT)) == 4
        assert [e.trade_id for e in journal.load_trade_events(tx, ACCOUNT, limit=1)] == ["t2"]
    assert [(e.field, e.old, e.new, e.at, e.run_id) for e in events] == [
        ("status", None, "open", 10, "r1"),
        ("qty", None, "5", 10, "r1"),
        ("status", "open", "closed", 20, "r2"),
    ]
    assert len({event.event_id for event in events}) == 3


def test_drift_is_open_until_it_closes_and_may_come_again(bound: Database) -> None:
    with bound.write() as tx:
        assert journal.save_drift(tx, ACCOUNT, [DRIFT]) == 1
        assert journal.open_drift(tx, ACCOUNT) == (DRIFT,)
    stamp = bound.stamp()
    with bound.write() as tx:
        assert journal.save_drift(tx, ACCOUNT, [DRIFT]) == 0
    assert bound.stamp() == stamp
    again = replace(DRIFT, opened_at=50, updated_at=50)
    with bound.write() as tx:
        assert journal.save_drift(tx, ACCOUNT, [replace(DRIFT, closed_at=40)]) == 1
        assert journal.open_drift(tx, ACCOUNT) == ()
        journal.save_drift(tx, ACCOUNT, [again])
        assert journal.open_drift(tx, ACCOUNT) == (again,)
        assert tx.one("SELECT count(*) FROM drift") == (2,)
