"""Read-only questions of an order ticket: what is held of a symbol, what works on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.facts import TERMINAL_STATUSES
from tradesync.store.database import Tx
from tradesync.store.queries import rows_as
from tradesync.store.queries_orders import FamilyOrderRow


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What the broker holds of an instrument, signed, and how much of it is free to trade."""

    qty: Decimal
    qty_available: Decimal | None


_HELD = """
FROM positions WHERE account_id = $1 AND list_contains($2, symbol)
ORDER BY abs(qty) DESC LIMIT 1
"""
_ALIVE = """
FROM (
    SELECT o.order_id AS head_id, o.* FROM orders o
    WHERE o.account_id = $1 AND list_contains($2, o.symbol) AND NOT list_contains($3, o.status)
)
ORDER BY submitted_at, order_id
"""


def held_of(tx: Tx, account_id: str, symbols: Sequence[str]) -> HeldRow | None:
    """The position in an instrument, by any of its spellings; None when there is none."""
    found = rows_as(tx, HeldRow, _HELD, [account_id, list(symbols)])
    return found[0] if found else None


def alive_orders_of(tx: Tx, account_id: str, symbols: Sequence[str]) -> tuple[FamilyOrderRow, ...]:
    """The orders of an instrument that have not ended, oldest first."""
    params = [account_id, list(symbols), sorted(TERMINAL_STATUSES)]
    return rows_as(tx, FamilyOrderRow, _ALIVE, params)
