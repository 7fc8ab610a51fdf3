"""The proof of the books of one account, from the record."""

from __future__ import annotations

from dataclasses import replace

from tradesync.domain.conclusions import Conclusions
from tradesync.domain.facts import Execution
from tradesync.domain.proof import Proof, Statement, prove
from tradesync.domain.reconcile import holdings
from tradesync.domain.times import new_york_date
from tradesync.store import accounts, conclusions, facts, proof_reads, snapshots
from tradesync.store.accounts import AccountRow
from tradesync.store.conclusions import Where
from tradesync.store.database import Database, Tx
from tradesync.sync.commit import blank_records
from tradesync.sync.outcomes import SyncError

_ATTEMPTS = 3
_PARTS = 8
"""A large account's executions are read in so many holds of the database, each short."""


def proof_of(database: Database, account_id: str) -> Proof | None:
    """The proof against what was last read; None before the account was ever read.

    SyncError when other programs keep writing meanwhile.
    """
    for _ in range(_ATTEMPTS):
        with database.read() as tx:
            state = snapshots.load_account_state(tx, account_id)
            if state is None:
                return None
            account = accounts.account(tx, account_id)
            blank = blank_records(tx, account)
            orders = proof_reads.naming_orders(tx, account_id)
            of_order = proof_reads.instruments_of_orders(tx, account_id)
            activities = facts.load_activities(tx, account_id)
            found = held_rows(tx, account_id)
            positions = tuple(snapshots.load_positions(tx, account_id))
            points = snapshots.load_equity_points(tx, account_id, "1D")
        executions = _executions(database, account)
        if executions is None:
            continue
        records = replace(
            blank, orders=tuple(orders), executions=executions, activities=tuple(activities)
        )
        equity = {new_york_date(point.at): point.equity for point in points}
        statement = Statement(state, positions, equity)
        return prove(records, of_order, found.provisional, holdings(found.trades), statement)
    raise SyncError("Other programs kept changing this account; prove it again in a moment.")


def _executions(database: Database, account: AccountRow) -> tuple[Execution, ...] | None:
    """Every execution, read in parts; None when the account changed meanwhile."""
    found: list[Execution] = []
    for part in range(_PARTS):
        with database.read() as tx:
            if facts.revision(tx, account.account_id) != account.revision:
                return None
            found += proof_reads.executions_part(tx, account.account_id, part, _PARTS)
    return tuple(found)


def held_rows(tx: Tx, account_id: str) -> Conclusions:
    """What the ledger says is held, and the executions it inferred; nothing else of it."""
    whole: Where = ("WHERE account_id = ?", [account_id])
    held: Where = ("WHERE account_id = ? AND open_qty > 0", [account_id])
    none: Where = ("WHERE false", [])
    return conclusions.load_rows(
        tx, account_id, trades=held, lots=none, allocations=none, provisional=whole,
        unmatched=none, working=none, reviews=none,
    )  # fmt: skip
