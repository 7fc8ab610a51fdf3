"""Rebuild and verify: all conclusions anew from facts, intents and decisions alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass

from tradesync.domain.changes import trade_changes
from tradesync.domain.conclusions import Conclusions
from tradesync.domain.ledger import conclude
from tradesync.domain.times import Instant
from tradesync.store import accounts, conclusions, facts, journal
from tradesync.store.accounts import AccountRow, HistoryPhase
from tradesync.store.database import Database, Tx
from tradesync.sync.commit import load_records
from tradesync.sync.outcomes import SyncError
from tradesync.sync.runs import Run, record_at_once

_KINDS = {
    "trades": "trade_id",
    "lots": "lot_id",
    "allocations": "allocation_id",
    "provisional": "execution_id",
    "unmatched_exits": "source_id",
    "working_exits": "order_id",
    "reviews": "review_id",
}
"""The tuples of `Conclusions` that are stored, and what identifies a row of each."""

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that is stored otherwise than the records conclude; None: not there."""

    kind: str
    identity: str
    stored: str | None
    concluded: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """How many rows the records conclude, and those that differ from what is stored."""

    rows: int
    differences: tuple[RowDifference, ...]

    @property
    def is_identical(self) -> bool:
        """Whether the stored rows are exactly what the records conclude."""
        return not self.differences


def verify(database: Database, account_id: str) -> Verification:
    """Compare the stored conclusions with those of the records; writes nothing."""
    with database.read() as tx:
        account = _complete_account(tx, account_id)
        stored = conclusions.load_conclusions(tx, account_id)
        records = load_records(tx, account, None, None)
    return _compared(stored, conclude(records))


def rebuild(
    database: Database, account_id: str, *, run: Run, now: Callable[[], Instant]
) -> Verification:
    """Conclude everything anew and store what differs, with one event for each change of a trade.

    `run` is recorded when any trade was different. The verification says what differed before.
    SyncError when other programs keep writing.
    """
    for _ in range(_ATTEMPTS):
        with database.read() as tx:
            account = _complete_account(tx, account_id)
            stored = conclusions.load_conclusions(tx, account_id)
            records = load_records(tx, account, None, None)
        after = conclude(records)
        with database.write() as tx:
            if facts.revision(tx, account_id) != account.revision:
                continue
            diff = conclusions.save_conclusions(tx, account_id, stored, after, now())
            before = {trade.trade_id: trade for trade in stored.trades}
            changes = trade_changes(before, {trade.trade_id: trade for trade in after.trades})
            journal.add_trade_events(tx, account_id, run.run_id, now(), changes)
            run.trades_added, run.trades_changed = diff.trades_added, diff.trades_changed
            record_at_once(tx, run, now)
        return _compared(stored, after)
    raise SyncError("Other programs kept changing this account; try again in a moment.")


def _complete_account(tx: Tx, account_id: str) -> AccountRow:
    account = accounts.account(tx, account_id)
    if account.history_phase != HistoryPhase.COMPLETE:
        raise SyncError("The first sync has not read the whole history yet; let it finish first.")
    return account


def _compared(stored: Conclusions, concluded: Conclusions) -> Verification:
    differences: list[RowDifference] = []
    rows = 0
    for kind, key in _KINDS.items():
        old = {getattr(row, key): row for row in getattr(stored, kind)}
        new = {getattr(row, key): row for row in getattr(concluded, kind)}
        rows += len(new)
        differences += [
            RowDifference(kind, identity, _text(old.get(identity)), _text(new.get(identity)))
            for identity in sorted(old.keys() | new.keys())
            if old.get(identity) != new.get(identity)
        ]
    return Verification(rows, tuple(differences))


def _text(row: object | None) -> str | None:
    """A row as readable text, its raw JSON left out."""
    if row is None or not is_dataclass(row):
        return None
    pairs: Iterable[str] = (
        f"{item.name}={getattr(row, item.name)}" for item in fields(row) if item.name != "raw"
    )
    return " ".join(pairs)
