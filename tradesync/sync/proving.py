"""The proof of the books of one account, from the record."""

from __future__ import annotations

from tradesync.domain.proof import Proof, Statement, prove
from tradesync.domain.reconcile import holdings
from tradesync.domain.times import new_york_date
from tradesync.store import accounts, conclusions, snapshots
from tradesync.store.database import Database
from tradesync.sync.commit import load_records


def proof_of(database: Database, account_id: str) -> Proof | None:
    """The proof against what was last read; None before the account was ever read."""
    with database.read() as tx:
        state = snapshots.load_account_state(tx, account_id)
        if state is None:
            return None
        account = accounts.account(tx, account_id)
        found = conclusions.load_conclusions(tx, account_id)
        records = load_records(tx, account, None, found.chain_reading)
        positions = tuple(snapshots.load_positions(tx, account_id))
        points = snapshots.load_equity_points(tx, account_id, "1D")
    equity = {new_york_date(point.at): point.equity for point in points}
    statement = Statement(state, positions, equity)
    return prove(records, found.provisional, holdings(found.trades), statement)
