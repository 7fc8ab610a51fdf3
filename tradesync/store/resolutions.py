"""Decisions about drift: those that stand, and those taken back."""

from __future__ import annotations

from collections.abc import Collection

from tradesync.domain.ours import Resolution
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.decisions import revoke
from tradesync.store.rows import Table, among

_RESOLUTIONS = Table("resolutions", Resolution, "decision_id")


def add_resolution(tx: Tx, account_id: str, decision: Resolution) -> None:
    """Store one decision; one stored already is not stored again."""
    _RESOLUTIONS.insert(tx, [decision], account_id=account_id)


def load_resolutions(
    tx: Tx, account_id: str, instruments: Collection[str] | None = None
) -> list[Resolution]:
    """The decisions that stand, of the account or of these instruments, oldest first."""
    where, params = "WHERE account_id = ? AND revoked_at IS NULL", list[object]([account_id])
    if instruments is not None:
        where += f" AND {among('instrument')}"
        params.append(list(instruments))
    return _RESOLUTIONS.load(tx, f"{where} ORDER BY created_at, decision_id", params)


def revoke_resolution(
    tx: Tx, account_id: str, decision_id: str, revoked_at: Instant
) -> Resolution | None:
    """Take a decision back; None when none of that id stands."""
    return revoke(tx, _RESOLUTIONS, account_id, decision_id, revoked_at)
