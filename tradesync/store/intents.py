"""Our clicks: written before the call, settled after it."""

from __future__ import annotations

from collections.abc import Collection

from tradesync.domain.ours import Intent, IntentState
from tradesync.store.database import Tx
from tradesync.store.rows import Table, among

UNSETTLED = (IntentState.WRITTEN, IntentState.SENT, IntentState.UNKNOWN)
"""States an intent does not stay in."""

_INTENTS = Table("intents", Intent, "intent_id")


def save_intent(tx: Tx, account_id: str, intent: Intent) -> None:
    """Store an intent or what became of it."""
    _INTENTS.upsert(tx, [intent], account_id=account_id)


def intent(tx: Tx, account_id: str, intent_id: str) -> Intent | None:
    """One intent, None when there is none of that id."""
    where = "WHERE account_id = ? AND intent_id = ?"
    found = _INTENTS.load(tx, where, [account_id, intent_id])
    return found[0] if found else None


def load_intents(
    tx: Tx,
    account_id: str,
    states: Collection[IntentState] | None = None,
    instruments: Collection[str] | None = None,
) -> list[Intent]:
    """Intents in these states and of these instruments, as far as given, oldest first."""
    where, params = "WHERE account_id = ?", list[object]([account_id])
    for column, wanted in (("state", states), ("instrument", instruments)):
        if wanted is not None:
            where += f" AND {among(column)}"
            params.append([str(item) for item in wanted])
    return _INTENTS.load(tx, f"{where} ORDER BY created_at, intent_id", params)


def unsettled_intents(tx: Tx, account_id: str) -> list[Intent]:
    """Intents whose outcome is not known yet, oldest first."""
    return load_intents(tx, account_id, states=UNSETTLED)
