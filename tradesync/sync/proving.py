"""The proof of the books of one account, from the record."""

from __future__ import annotations

from tradesync.domain.conclusions import Conclusions
from tradesync.domain.proof import Proof, Statement, prove
from tradesync.domain.reconcile import holdings
from tradesync.domain.times import new_york_date
from tradesync.store import accounts, conclusions, snapshots
from tradesync.store.conclusions import Where
from tradesync.store.database import Database, Tx
from tradesync.sync.commit import load_records


def proof_of(database: Database, account_id: str) -> Proof | None:
    """The proof against what was last read; None before the account was ever read."""
    with database.read() as tx:
        state = snapshots.load_account_state(tx, account_id)
        if state is None:
            return None
        account = accounts.account(tx, account_id)
        found = held_rows(tx, account_id)
        records = load_records(tx, account, None, found.chain_reading)
        positions = tuple(snapshots.load_positions(tx, account_id))
        points = snapshots.load_equity_points(tx, account_id, "1D")
    equity = {new_york_date(point.at): point.equity for point in points}
    statement = Statement(state, positions, equity)
    return prove(records, found.provisional, holdings(found.trades), statement)


def held_rows(tx: Tx, account_id: str) -> Conclusions:
    """What the ledger says is held, and the executions it inferred; nothing else of it."""
    whole: Where = ("WHERE account_id = ?", [account_id])
    held: Where = ("WHERE account_id = ? AND open_qty > 0", [account_id])
    none: Where = ("WHERE false", [])
    return conclusions.load_rows(
        tx, account_id, trades=held, lots=none, allocations=none, provisional=whole,
        unmatched=none, working=none, reviews=none,
    )  # fmt: skip
