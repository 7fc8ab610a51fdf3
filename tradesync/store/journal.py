"""What happened here: sync runs, changes of trades, drift. Outside every rebuild."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tradesync.domain.changes import Change
from tradesync.domain.reconcile import DriftRecord
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.rows import Table


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One pass over one account. `account_id` None: it failed before the account was known."""

    run_id: str
    account_id: str | None
    account_name: str
    trigger: str
    program: str
    started_at: Instant
    ended_at: Instant
    calls: int
    facts_added: int
    trades_added: int
    trades_changed: int
    error: str | None
    """One sentence; None when all went well."""
    request_id: str | None
    """The broker's X-Request-ID of the failed call."""


@dataclass(frozen=True, slots=True)
class TradeEvent:
    """One field of one trade that changed, old and new as text."""

    event_id: int
    trade_id: str
    at: Instant
    field: str
    old: str | None
    new: str | None
    run_id: str


_RUNS = Table("sync_runs", SyncRun, "run_id", conflict=("run_id",))
_CHANGES = Table("trade_events", Change, "trade_id")
_EVENTS = Table("trade_events", TradeEvent, "event_id")
_DRIFT = Table(
    "drift",
    DriftRecord,
    "instrument",
    conflict=("account_id", "instrument", "kind", "opened_at"),
)


def add_run(tx: Tx, run: SyncRun) -> None:
    """Record a run, in place of what it said of itself before."""
    _RUNS.upsert(tx, [run])


def load_runs(tx: Tx, account_id: str, limit: int = 100) -> list[SyncRun]:
    """The latest runs of an account, newest first."""
    where = "WHERE account_id = ? ORDER BY started_at DESC, run_id LIMIT ?"
    return _RUNS.load(tx, where, [account_id, limit])


def add_trade_events(
    tx: Tx, account_id: str, run_id: str, at: Instant, changes: Sequence[Change]
) -> None:
    """Record what a run changed of trades, one event for each field."""
    _CHANGES.append(tx, changes, account_id=account_id, at=at, run_id=run_id)


def load_trade_events(
    tx: Tx, account_id: str, trade_id: str | None = None, limit: int = 1000
) -> list[TradeEvent]:
    """The latest changes of an account's trades, or of one trade, oldest first."""
    where, params = "WHERE account_id = ?", list[object]([account_id])
    if trade_id is not None:
        where += " AND trade_id = ?"
        params.append(trade_id)
    where += " ORDER BY event_id DESC LIMIT ?"
    return _EVENTS.load(tx, where, [*params, limit])[::-1]


def compact(tx: Tx, before: Instant) -> int:
    """Forget runs and changes of trades from before a time; how many rows. Never facts.

    The latest run of each account stays, however old.
    """
    runs = tx.execute(_OLD_RUNS, [before])
    return runs + tx.execute('DELETE FROM trade_events WHERE "at" < ?', [before])


_OLD_RUNS = """
DELETE FROM sync_runs WHERE started_at < ? AND run_id NOT IN (
    SELECT arg_max(run_id, started_at) FROM sync_runs GROUP BY account_name
)
"""


def open_drift(tx: Tx, account_id: str) -> tuple[DriftRecord, ...]:
    """The differences to the broker that last, by instrument."""
    where = "WHERE account_id = ? AND closed_at IS NULL ORDER BY instrument, kind"
    return tuple(_DRIFT.load(tx, where, [account_id]))


def save_drift(tx: Tx, account_id: str, records: Iterable[DriftRecord]) -> int:
    """Store drift that opened, changed or closed; only what differs from what is stored."""
    wanted = list(records)
    stored = set(_DRIFT.load_ids(tx, account_id, {row.instrument for row in wanted}))
    changed = [row for row in wanted if row not in stored]
    return _DRIFT.upsert(tx, changed, account_id=account_id)
