"""What a person decided: opening balances, notes and tags."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

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


_BALANCES = Table("opening_balances", OpeningBalance, "decision_id")
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
    """The opening balances of the account, or of these instruments, oldest first."""
    where, params = "WHERE account_id = ?", list[object]([account_id])
    if instruments is not None:
        where += f" AND {among('instrument')}"
        params.append(list(instruments))
    return _BALANCES.load(tx, f"{where} ORDER BY created_at, decision_id", params)


def remove_opening_balance(tx: Tx, account_id: str, decision_id: str) -> OpeningBalance | None:
    """Take an opening balance back; what was removed, to be added again by an undo."""
    found = _BALANCES.load_ids(tx, account_id, [decision_id])
    _BALANCES.delete(tx, account_id, [decision_id])
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
