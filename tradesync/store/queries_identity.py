"""Read-only questions behind the header's identity: money rows, and what was booked without money.

An amended or cancelled activity does not count (as `amendments.standing_activities` has it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import rows_as, single


@dataclass(frozen=True, slots=True)
class MoneyTotal:
    """All rows of one activity type: their money in USD, and that of the days after one."""

    activity_type: str
    total: Decimal
    recent: Decimal
    rows: int


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One dated row of money; `net_amount` in USD, signed as the broker does."""

    activity_id: str
    activity_type: str
    day: date
    symbol: str | None
    net_amount: Decimal
    description: str


@dataclass(frozen=True, slots=True)
class CoinFeeRow:
    """A fee taken in the coin, at the cost of what was taken."""

    allocation_id: str
    trade_id: str
    symbol: str
    at: Instant
    qty: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What lots and closings of one source kind are worth to equity without money behind them."""

    source_kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class HeldTotals:
    """The worth of what is held, in USD and signed: the broker's figures and ours."""

    positions_value: Decimal
    positions_unknown: int
    """Positions without a market value."""
    trades_value: Decimal
    """Of open trades whose floating P&L is known."""
    unvalued_cost: Decimal
    """Open cost of the trades whose floating P&L is not."""
    repriced: Decimal
    """Positions less trades where both hold the same quantity: only prices and rounding differ."""


_STANDING = """
status <> 'canceled' AND NOT EXISTS (
    SELECT 1 FROM activities m
    WHERE m.account_id = a.account_id AND m.status IN ('canceled', 'correct')
        AND json_extract_string(m.raw, '$.previous_id')
            IN (a.activity_id, split_part(a.activity_id, '::', 2))
)
"""

_MONEY_TOTALS = f"""
FROM (
    SELECT activity_type, sum(net_amount) AS total,
        coalesce(sum(net_amount) FILTER ("day" > $2), 0) AS recent, count(*) AS "rows"
    FROM activities a
    WHERE account_id = $1 AND net_amount <> 0 AND {_STANDING}
    GROUP BY activity_type
)
ORDER BY activity_type
"""  # noqa: S608 (a constant)


def money_totals(tx: Tx, account_id: str, after: date) -> tuple[MoneyTotal, ...]:
    """The money of all dated rows by type; `recent`: of the New York days after `after`."""
    return rows_as(tx, MoneyTotal, _MONEY_TOTALS, [account_id, after])


_MOVED_TYPES = ("ACATS", "ACATC", "JNLS", "JNL", "TRANS", "FOPT", "OCT")
"""Rows that move securities in or out (ACATC, JNL and TRANS where they name a quantity)."""

_MOVED = f"""
SELECT coalesce(sum(
    CAST(a.qty * a.price AS DECIMAL(38,12))
    * CASE i.asset_class WHEN 'us_option' THEN 100 ELSE 1 END
), 0)
FROM activities a
LEFT JOIN instruments i ON i.account_id = a.account_id AND i.symbol = a.symbol
WHERE a.account_id = $1 AND a."day" > $2 AND list_contains($3, a.activity_type)
    AND a.{_STANDING.lstrip()}
"""  # noqa: S608 (a constant)


def moved_in_kind(tx: Tx, account_id: str, after: date) -> Decimal:
    """Securities moved in less those moved out on the days after `after`, as their rows value
    them (a row without a price counts nothing)."""
    return Decimal(single(tx, _MOVED, [account_id, after, list(_MOVED_TYPES)])[0])


_MONEY_ROWS = f"""
FROM activities a
WHERE account_id = $1 AND list_contains($2, activity_type) AND net_amount <> 0 AND {_STANDING}
ORDER BY "day" DESC, activity_id DESC LIMIT $3
"""


def money_rows(
    tx: Tx, account_id: str, types: Sequence[str], limit: int
) -> tuple[MoneyRow, ...]:
    """Rows of money of these types, newest first."""
    return rows_as(tx, MoneyRow, _MONEY_ROWS, [account_id, list(types), limit])


_COIN_FEES = """
FROM (
    SELECT l.*, t.symbol FROM allocations l
    JOIN trade_rows t ON t.account_id = l.account_id AND t.trade_id = l.trade_id
    WHERE l.account_id = ? AND l.is_fee
)
ORDER BY "at" DESC, allocation_id LIMIT ?
"""


def coin_fee_rows(tx: Tx, account_id: str, limit: int) -> tuple[CoinFeeRow, ...]:
    """Fees taken in coins, newest first."""
    return rows_as(tx, CoinFeeRow, _COIN_FEES, [account_id, limit])


def coin_fee_totals(tx: Tx, account_id: str, since: Instant) -> tuple[Decimal, Decimal]:
    """The cost of all fees taken in coins, and of those since an instant."""
    sql = """
    SELECT coalesce(sum(cost), 0), coalesce(sum(cost) FILTER ("at" >= $2), 0)
    FROM allocations WHERE account_id = $1 AND is_fee
    """
    total, recent = single(tx, sql, [account_id, since])
    return Decimal(total), Decimal(recent)


_BROUGHT = """
FROM (
    SELECT l.source_kind, sum(CASE t.side WHEN 'short' THEN -l.cost ELSE l.cost END) AS amount
    FROM lots l JOIN trade_rows t ON t.account_id = l.account_id AND t.trade_id = l.trade_id
    WHERE l.account_id = ? AND list_contains(?, l.source_kind)
    GROUP BY l.source_kind
)
ORDER BY source_kind
"""


def brought_without_money(
    tx: Tx, account_id: str, kinds: Sequence[str]
) -> tuple[KindTotal, ...]:
    """The cost of lots of these source kinds, short ones negative."""
    return rows_as(tx, KindTotal, _BROUGHT, [account_id, list(kinds)])


_LEFT = """
FROM (
    SELECT l.source_kind, sum(
        (CASE WHEN list_contains($2, l.source_kind) THEN 0 ELSE coalesce(l.value, 0) END - l.cost)
        * CASE t.side WHEN 'short' THEN -1 ELSE 1 END
        - CASE WHEN t.realized_pnl IS NULL OR list_contains($3, l.source_kind) THEN 0
            ELSE coalesce(l.realized_pnl, 0) END
    ) AS amount
    FROM allocations l
    JOIN trade_rows t ON t.account_id = l.account_id AND t.trade_id = l.trade_id
    WHERE l.account_id = $1 AND NOT l.is_fee AND (
        l.realized_pnl IS NULL OR list_contains($2, l.source_kind) OR t.realized_pnl IS NULL
    )
    GROUP BY l.source_kind
)
ORDER BY source_kind
"""


def left_without_money(
    tx: Tx, account_id: str, kinds: Sequence[str], realizes_nothing: Sequence[str]
) -> tuple[KindTotal, ...]:
    """What closings did to equity beyond the realized P&L that is counted, by source kind.

    `kinds`: those that moved no money; `realizes_nothing`: those a trade's P&L leaves out. A trade
    whose realized P&L is unknown counts none of its closings.
    """
    params = [account_id, list(kinds), list(realizes_nothing)]
    return rows_as(tx, KindTotal, _LEFT, params)


_HELD = """
FROM (
    SELECT coalesce(sum(p.market_value), 0) AS positions_value,
        count(*) FILTER (p.instrument IS NOT NULL AND p.market_value IS NULL)
            AS positions_unknown,
        coalesce(sum(t.known), 0) AS trades_value,
        coalesce(sum(t.unvalued), 0) AS unvalued_cost,
        coalesce(sum(p.market_value - t.known) FILTER (p.qty = t.qty AND t.unknown = 0), 0)
            AS repriced
    FROM (
        SELECT instrument, sum(CASE side WHEN 'short' THEN -open_qty ELSE open_qty END) AS qty,
            coalesce(sum(market_value) FILTER (floating_pnl IS NOT NULL), 0) AS known,
            coalesce(sum(CASE side WHEN 'short' THEN -open_cost ELSE open_cost END)
                FILTER (floating_pnl IS NULL), 0) AS unvalued,
            count(*) FILTER (floating_pnl IS NULL) AS unknown
        FROM trades WHERE account = $1 AND status = 'open' GROUP BY instrument
    ) t
    FULL JOIN (SELECT instrument, qty, market_value FROM positions WHERE account_id = $1) p
        ON p.instrument = t.instrument
)
"""


def held_totals(tx: Tx, account_id: str) -> HeldTotals:
    """What is held, valued by the broker's positions and by our open trades."""
    return rows_as(tx, HeldTotals, _HELD, [account_id])[0]


_UNMATCHED = """
SELECT coalesce(sum(
    CAST(u.qty * u.price AS DECIMAL(38,12))
    * CASE i.asset_class WHEN 'us_option' THEN 100 ELSE 1 END
    * CASE u.side WHEN 'buy' THEN -1 ELSE 1 END
), 0)
FROM unmatched_exits u
LEFT JOIN instruments i ON i.account_id = u.account_id AND i.key = u.instrument
WHERE u.account_id = ?
"""


def unmatched_money(tx: Tx, account_id: str) -> Decimal:
    """The money of exits no trade books, as far as their price is known."""
    return Decimal(single(tx, _UNMATCHED, [account_id])[0])


def execution_count(tx: Tx, account_id: str) -> int:
    """How many executions are on record."""
    sql = "SELECT count(*) FROM executions WHERE account_id = ?"
    return int(single(tx, sql, [account_id])[0])
