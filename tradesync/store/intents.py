"""Our clicks: written before the call, settled after it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.ours import Intent, IntentState
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.rows import Table, among

UNSETTLED = (IntentState.WRITTEN, IntentState.SENT, IntentState.UNKNOWN)
"""States an intent does not stay in."""

INTENTS = Table("intents", Intent, "intent_id")


def save_intent(tx: Tx, account_id: str, intent: Intent) -> None:
    """Store an intent or what became of it."""
    INTENTS.upsert(tx, [intent], account_id=account_id)


def intent(tx: Tx, account_id: str, intent_id: str) -> Intent | None:
    """One intent, None when there is none of that id."""
    where = "WHERE account_id = ? AND intent_id = ?"
    found = INTENTS.load(tx, where, [account_id, intent_id])
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
    return INTENTS.load(tx, f"{where} ORDER BY created_at, intent_id", params)


def stored_ids(tx: Tx, account_id: str, ids: Collection[str]) -> frozenset[str]:
    """Those of the ids that are intents on record."""
    sql = f"SELECT intent_id FROM intents WHERE account_id = ? AND {among('intent_id')}"  # noqa: S608 (a constant)
    return frozenset(row[0] for row in tx.rows(sql, [account_id, list(ids)]))


@dataclass(frozen=True, slots=True)
class UnprotectedRow:
    """An open trade whose exits a close of ours cancelled, and which has no exit now."""

    trade_id: str
    symbol: str
    open_qty: Decimal
    since: Instant
    message: str


_UNPROTECTED = """
SELECT t.trade_id, t.symbol, t.open_qty, max(c.created_at), coalesce((
    SELECT arg_max(i.message, i.created_at) FROM intents i
    WHERE i.account_id = t.account_id AND i.trade_id = t.trade_id AND i.kind = 'close'
), '')
FROM trade_rows t
JOIN intents c ON c.account_id = t.account_id AND c.trade_id = t.trade_id AND c.kind = 'cancel'
JOIN orders o ON o.account_id = c.account_id AND o.order_id = c.order_id
WHERE t.account_id = ? AND t.open_qty > 0 AND o.status = 'canceled'
    AND NOT EXISTS (
        SELECT 1 FROM working_exits w
        WHERE w.account_id = t.account_id AND w.trade_id = t.trade_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM intents i
        WHERE i.account_id = t.account_id AND i.trade_id = t.trade_id AND i.kind = 'close'
            AND i.state IN ('written', 'sent', 'unknown') AND i.created_at > ?
    )
GROUP BY t.account_id, t.trade_id, t.symbol, t.open_qty
ORDER BY t.symbol, t.trade_id
"""


def unprotected_trades(tx: Tx, account_id: str, latest: Instant) -> list[UnprotectedRow]:
    """Trades left without exits by a close; one still under way since `latest` has its chance."""
    return [UnprotectedRow(*row) for row in tx.rows(_UNPROTECTED, [account_id, latest])]


def cancelled_for_close(tx: Tx, account_id: str, trade_id: str) -> set[str]:
    """The exits the latest close of a trade asked to cancel, all within its ten seconds."""
    return {row[0] for row in tx.rows(_CANCELLED, [account_id, trade_id, account_id, trade_id])}


_CANCELLED = """
SELECT order_id FROM intents
WHERE account_id = ? AND trade_id = ? AND kind = 'cancel' AND created_at > (
    SELECT max(created_at) FROM intents
    WHERE account_id = ? AND trade_id = ? AND kind = 'cancel'
) - 10_000_000_000
"""


def newest_intent_at(tx: Tx, account_id: str) -> Instant | None:
    """When the last command of ours was asked for; None when there is none."""
    found = tx.one("SELECT max(created_at) FROM intents WHERE account_id = ?", [account_id])
    return found[0] if found else None


def unsettled_intents(tx: Tx, account_id: str) -> list[Intent]:
    """Intents whose outcome is not known yet, oldest first."""
    return load_intents(tx, account_id, states=UNSETTLED)
