"""What the proof of the books reads of the facts: narrow, and a large account's in parts."""

from __future__ import annotations

from tradesync.domain.facts import Execution, Order
from tradesync.store.database import Tx
from tradesync.store.facts import EXECUTIONS, ORDERS

_NAMING = """
WHERE account_id = ? AND order_id IN (
    SELECT order_id FROM orders WHERE account_id = ?
    QUALIFY row_number() OVER (PARTITION BY symbol, instrument ORDER BY created_at, order_id) = 1
        OR row_number() OVER (
            PARTITION BY symbol, instrument ORDER BY created_at DESC, order_id DESC
        ) = 1
)
"""


def naming_orders(tx: Tx, account_id: str) -> list[Order]:
    """The first and the last order of each symbol and instrument: all that tells them apart."""
    return ORDERS.load(tx, _NAMING, [account_id, account_id])


def instruments_of_orders(tx: Tx, account_id: str) -> dict[str, str]:
    """Order id → instrument, of every order."""
    return dict(tx.rows("SELECT order_id, instrument FROM orders WHERE account_id = ?",
                        [account_id]))  # fmt: skip


def executions_part(tx: Tx, account_id: str, part: int, parts: int) -> list[Execution]:
    """One of so many parts, numbered from 0, of the executions; together they are all."""
    where = "WHERE account_id = ? AND hash(execution_id) % ? = ?"
    return EXECUTIONS.load(tx, where, [account_id, parts, part])
