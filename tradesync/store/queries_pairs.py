"""Reading what an option's end and the shares it delivered became: trades by their rows' ids."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from tradesync.store.database import Tx
from tradesync.store.queries import rows_as
from tradesync.store.rows import among


@dataclass(frozen=True, slots=True)
class BookedTrade:
    """A trade that an activity opened or closed a part of; money in USD, None: unknown."""

    source_id: str
    trade_id: str
    symbol: str
    open_qty: Decimal
    realized_pnl: Decimal | None
    floating_pnl: Decimal | None


_BOOKED = f"""
FROM (
    SELECT source_id, trade_id FROM lots WHERE account_id = ? AND {among("source_id")}
    UNION
    SELECT source_id, trade_id FROM allocations WHERE account_id = ? AND {among("source_id")}
) JOIN trades USING (trade_id)
WHERE account = ? ORDER BY ordered_at, trade_id
"""  # noqa: S608 (a constant)


def booked_trades(tx: Tx, account_id: str, sources: Collection[str]) -> tuple[BookedTrade, ...]:
    """The trades in whose lots or closings these activities stand, oldest first."""
    ids = list(sources)
    return rows_as(tx, BookedTrade, _BOOKED, [account_id, ids, account_id, ids, account_id])
