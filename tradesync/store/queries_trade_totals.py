"""What filtered trades come to: counts and sums by status, their tags, accounts, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tradesync.store.database import Tx
from tradesync.store.queries import rows_as, single
from tradesync.store.queries_trades import (
    PLAIN,
    Accounts,
    TradeFilter,
    TradeRow,
    conditions,
    is_plain,
)


@dataclass(frozen=True, slots=True)
class StatusTotals:
    """The trades of one status that match: sums in USD, and how many figures they lack."""

    status: str
    trades: int
    realized: Decimal
    realized_unknown: int
    fees: Decimal
    floating: Decimal
    open_value: Decimal
    open_unknown: int


_TOTALS = """
FROM (
    SELECT
        status,
        count(*) AS trades,
        coalesce(sum(realized_pnl), 0) AS realized,
        count(*) FILTER (WHERE realized_pnl IS NULL
            AND (status = 'closed' OR open_qty < qty)) AS realized_unknown,
        coalesce(sum(fees), 0) AS fees,
        coalesce(sum(floating_pnl), 0) AS floating,
        coalesce(sum(market_value), 0) AS open_value,
        count(*) FILTER (WHERE status = 'open' AND market_value IS NULL) AS open_unknown
    FROM trades WHERE {where} GROUP BY status
)
"""


def totals_by_status(
    tx: Tx, account_id: Accounts, wanted: TradeFilter
) -> tuple[StatusTotals, ...]:
    """The totals of every status whose trades match the filter's other questions."""
    where, params = conditions(account_id, replace(wanted, status=None))
    return rows_as(tx, StatusTotals, _TOTALS.format(where=where), params)


def trade_counts(tx: Tx, account_id: str, wanted: TradeFilter) -> dict[str, int]:
    """How many trades of each status match the filter's other questions."""
    open_question = TradeFilter(
        symbol=wanted.symbol, side=wanted.side, source=wanted.source, search=wanted.search
    )
    where, params = conditions(account_id, open_question)
    source = PLAIN if is_plain(open_question) else "trades"
    sql = f"SELECT status, count(*) FROM {source} WHERE {where} GROUP BY status"  # noqa: S608
    return {str(status): int(count) for status, count in tx.rows(sql, params)}


def known_tags(tx: Tx, account_id: Accounts) -> tuple[str, ...]:
    """Every tag a person has given a trade, by name."""
    ids = [account_id] if isinstance(account_id, str) else list(account_id)
    found = tx.rows(
        "SELECT DISTINCT unnest(tags) FROM trade_notes WHERE list_contains(?, account_id) "
        "ORDER BY 1",
        [ids],
    )
    return tuple(str(row[0]) for row in found)


def owners(tx: Tx, trade_ids: Sequence[str]) -> dict[str, str]:
    """The account id of each of some trades."""
    found = tx.rows(
        "SELECT trade_id, account_id FROM trade_rows WHERE list_contains(?, trade_id)",
        [list(trade_ids)],
    )
    return {str(trade_id): str(account_id) for trade_id, account_id in found}


_NEXT_TIMES = """
SELECT coalesce(max(ordered_at) FILTER (ordered_at < $2), $2),
    coalesce(min(ordered_at) FILTER (ordered_at > $2), $2)
FROM trade_rows WHERE account_id = $1 AND status != 'cancelled'
"""
_ORDERED_BETWEEN = """
SELECT ordered_at, trade_id FROM trade_rows
WHERE account_id = ? AND status != 'cancelled' AND ordered_at BETWEEN ? AND ?
ORDER BY ordered_at, trade_id
"""


def neighbours(tx: Tx, account_id: str, trade: TradeRow) -> tuple[str | None, str | None]:
    """The trades ordered just before and just after one, of those not cancelled unfilled."""
    own = (trade.ordered_at, trade.trade_id)
    first, last = single(tx, _NEXT_TIMES, [account_id, trade.ordered_at])  # few stand between
    found = [
        (int(at), str(trade_id))
        for at, trade_id in tx.rows(_ORDERED_BETWEEN, [account_id, first, last])
    ]
    before = next((trade_id for at, trade_id in reversed(found) if (at, trade_id) < own), None)
    after = next((trade_id for at, trade_id in found if (at, trade_id) > own), None)
    return before, after
