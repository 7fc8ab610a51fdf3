"""Small reads the sync makes between runs: sums over open lots, marks, which ids are stored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from tradesync.domain.conclusions import Trade
from tradesync.domain.times import Instant, day_end, new_york_date
from tradesync.store.conclusions import TRADES
from tradesync.store.database import Tx

_STORED_IDS = """
SELECT execution_id FROM executions
WHERE account_id = ? AND execution_id IN (SELECT unnest(?::VARCHAR[]))
UNION ALL
SELECT activity_id FROM activities
WHERE account_id = ? AND activity_id IN (SELECT unnest(?::VARCHAR[]))
"""


def stored_ids(tx: Tx, account_id: str, ids: Collection[str]) -> set[str]:
    """Which of these execution and activity ids are stored."""
    if not ids:
        return set()
    wanted = list(ids)
    return {row[0] for row in tx.rows(_STORED_IDS, [account_id, wanted, account_id, wanted])}


def newest_execution(tx: Tx, account_id: str) -> Instant | None:
    """The time of the latest stored execution, by the broker's clock."""
    row = tx.one('SELECT max("at") FROM executions WHERE account_id = ?', [account_id])
    return row[0] if row else None


def newest_booked(tx: Tx, account_id: str, skip: int) -> Instant | None:
    """When the latest dated row but `skip` later ones was booked, by the broker's clock."""
    row = tx.one(_NEWEST_BOOKED, [account_id, skip])
    return row[0] if row else None


_NEWEST_BOOKED = """
SELECT created_at FROM activities WHERE account_id = ? AND created_at IS NOT NULL
ORDER BY created_at DESC LIMIT 1 OFFSET ?
"""


def first_execution(tx: Tx, account_id: str) -> Instant | None:
    """The time of the first stored execution, by the broker's clock."""
    row = tx.one('SELECT min("at") FROM executions WHERE account_id = ?', [account_id])
    return row[0] if row else None


_DAYS_OF_MISSING_FILLS = """
SELECT "at" FROM provisional_executions WHERE account_id = ? ORDER BY "at" DESC
"""


def days_of_missing_fills(tx: Tx, account_id: str, most: int = 10) -> tuple[date, ...]:
    """The latest New York days on which orders state fills that no execution tells of."""
    days = {new_york_date(row[0]) for row in tx.rows(_DAYS_OF_MISSING_FILLS, [account_id])}
    return tuple(sorted(days, reverse=True)[:most])


_ONLY_NAMED = """
WITH named AS (
    SELECT unnest([replaces, CASE WHEN status = 'replaced' THEN replaced_by END]) AS order_id
    FROM orders WHERE account_id = $1 AND (replaces IS NOT NULL OR replaced_by IS NOT NULL)
    UNION
    SELECT subject FROM reviews WHERE account_id = $1 AND kind = 'order_unknown'
)
SELECT order_id FROM named
WHERE order_id IS NOT NULL
AND order_id NOT IN (SELECT order_id FROM orders WHERE account_id = $1)
ORDER BY md5(order_id || $2)
"""


def orders_only_named(tx: Tx, account_id: str, turn: str) -> list[str]:
    """Orders that stored ones replace or were replaced by, or that fills name, but are not stored.

    Each `turn` has them in another order, so that the first few are not always the same.
    """
    return [row[0] for row in tx.rows(_ONLY_NAMED, [account_id, turn])]


def open_trades(tx: Tx, account_id: str) -> list[Trade]:
    """The trades that hold something."""
    return TRADES.load(tx, "WHERE account_id = ? AND open_qty > 0", [account_id])


_PROVISIONAL_FEES = """
SELECT instrument, sum(qty) FROM allocations
WHERE account_id = ? AND source_kind = 'provisional_fee' GROUP BY instrument
"""


def provisional_fees(tx: Tx, account_id: str) -> dict[str, Decimal]:
    """Coin taken as provisional fees, by instrument."""
    return dict(tx.rows(_PROVISIONAL_FEES, [account_id]))


_LAST_COIN_FEES = """
SELECT replace(symbol, '/', ''), max(day) FROM activities
WHERE account_id = ? AND activity_type = 'CFEE' AND symbol IS NOT NULL GROUP BY ALL
"""
_BOUGHT = """
SELECT coalesce(sum(qty), 0) FROM executions
WHERE account_id = ? AND instrument = ? AND side = 'buy' AND "at" > ?
"""


def coins_bought(tx: Tx, account_id: str, coins: Collection[str]) -> dict[str, Decimal]:
    """How much of each of these coins was bought since its last CFEE row (design rule 11)."""
    if not coins:
        return {}
    booked = dict(tx.rows(_LAST_COIN_FEES, [account_id]))
    found = {}
    for coin in coins:
        day = booked.get(coin.replace("/", ""))
        since = day_end(day) if day is not None else 0
        ((found[coin],),) = tx.rows(_BOUGHT, [account_id, coin, since])
    return found


def working_exit_ids(tx: Tx, account_id: str, trade_id: str) -> set[str]:
    """The orders at work that will close a trade."""
    sql = "SELECT order_id FROM working_exits WHERE account_id = ? AND trade_id = ?"
    return {row[0] for row in tx.rows(sql, [account_id, trade_id])}


def load_trade(tx: Tx, account_id: str, trade_id: str) -> Trade | None:
    """One trade; None when there is none of that id."""
    found = TRADES.load(tx, "WHERE account_id = ? AND trade_id = ?", [account_id, trade_id])
    return found[0] if found else None
