"""What a person decided: opening balances, notes and tags."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from tradesync.domain.ours import OpeningBalance
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.rows import Table, among


@dataclass(frozen=True, slots=True)
class TradeNote:
    """What a person wrote about a trade."""

    trade_id: str
    notes: str
    tags: tuple[str, ...]
    noted_at: Instant


@dataclass(frozen=True, slots=True)
class RevokedBalance(OpeningBalance):
    """An opening balance that was taken back, and when."""

    revoked_at: Instant


T = TypeVar("T")

_BALANCES = Table("opening_balances", OpeningBalance, "decision_id")
_REVOKED = Table("opening_balances", RevokedBalance, "decision_id")
_NOTES = Table("trade_notes", TradeNote, "trade_id")


def add_opening_balance(tx: Tx, account_id: str, balance: OpeningBalance) -> None:
    """Store one accepted observation."""
    add_opening_balances(tx, account_id, [balance])


def add_opening_balances(tx: Tx, account_id: str, balances: Iterable[OpeningBalance]) -> None:
    """Store accepted observations; one stored already is not stored again."""
    _BALANCES.insert(tx, balances, account_id=account_id)


def load_opening_balances(
    tx: Tx, account_id: str, instruments: Collection[str] | None = None
) -> list[OpeningBalance]:
    """The opening balances that stand, of the account or of these instruments, oldest first."""
    where, params = "WHERE account_id = ? AND revoked_at IS NULL", list[object]([account_id])
    if instruments is not None:
        where += f" AND {among('instrument')}"
        params.append(list(instruments))
    return _BALANCES.load(tx, f"{where} ORDER BY created_at, decision_id", params)


def revoke_opening_balance(
    tx: Tx, account_id: str, decision_id: str, revoked_at: Instant
) -> OpeningBalance | None:
    """Take an opening balance back; None when none of that id stands."""
    return revoke(tx, _BALANCES, account_id, decision_id, revoked_at)


def load_revoked_balances(tx: Tx, account_id: str) -> list[RevokedBalance]:
    """The opening balances that were taken back, oldest first."""
    where = "WHERE account_id = ? AND revoked_at IS NOT NULL ORDER BY created_at, decision_id"
    return _REVOKED.load(tx, where, [account_id])


def add_revoked_balances(tx: Tx, account_id: str, balances: Iterable[RevokedBalance]) -> None:
    """Store opening balances taken back before; one stored already is not stored again."""
    _REVOKED.insert(tx, balances, account_id=account_id)


def revoke(
    tx: Tx, table: Table[T], account_id: str, decision_id: str, revoked_at: Instant
) -> T | None:
    """Mark a decision of a table as taken back; None when none of that id stands."""
    where = "WHERE account_id = ? AND decision_id = ? AND revoked_at IS NULL"
    found = table.load(tx, where, [account_id, decision_id])
    tx.execute(f"UPDATE {table.name} SET revoked_at = ? {where}", [  # noqa: S608 (our own names)
        revoked_at, account_id, decision_id,
    ])  # fmt: skip
    return found[0] if found else None


def save_trade_note(tx: Tx, account_id: str, note: TradeNote) -> None:
    """Store what a person wrote about a trade, in place of what stood there."""
    _NOTES.upsert(tx, [note], account_id=account_id)


def load_trade_notes(tx: Tx, account_id: str) -> list[TradeNote]:
    """Everything a person wrote about trades of the account."""
    return _NOTES.load(tx, "WHERE account_id = ? ORDER BY trade_id", [account_id])


def trade_note(tx: Tx, account_id: str, trade_id: str) -> TradeNote | None:
    """What a person wrote about a trade, None when nothing."""
    found = _NOTES.load_ids(tx, account_id, [trade_id])
    return found[0] if found else None
