"""Read-only questions about performance: what closings realized, by what, and how trades ended.

SQL adds up exact decimals; averages and ratios are the caller's. A New York day begins on a full
hour of UTC, so closings are summed by hour before the zone is asked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import pyarrow as pa

from tradesync.domain.closings import COVERED
from tradesync.domain.facts import Activity
from tradesync.domain.money_rows import MoneyKind, types_of
from tradesync.domain.sums import REALIZES_NOTHING
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import rows_as
from tradesync.store.rows import Table

FLOW_TYPES = (*types_of(MoneyKind.DEPOSIT), "ACATS", "JNLS", "FOPT", "OCT")
"""Deposits, withdrawals, journals and transfers of cash or securities."""

_ACTIVITIES = Table("activities", Activity, "activity_id")
_NOTHING_REALIZED = [str(kind) for kind in sorted(REALIZES_NOTHING)]
_MOVED_AWAY = ("transferred out", "exchanged", "dividend taken back", *COVERED.values())
"""Close reasons of trades that, without a realized P&L, were never sold: no result at all."""


def _closings(joined: str = "") -> str:
    """Closings since $2 that sold something; $3: the kinds that do not."""
    return f"""
    FROM allocations a {joined}
    WHERE a.account_id = $1 AND a."at" >= $2 AND NOT a.is_fee
        AND NOT list_contains($3, a.source_kind)
    """


_SUMS = """
coalesce(sum(a.realized_pnl), 0) AS realized, count(*) AS closings,
count(*) FILTER (WHERE a.realized_pnl IS NULL) AS unknown
"""


@dataclass(frozen=True, slots=True)
class DayRow:
    """What the closings of one New York day realized in USD; `unknown` ones are left out."""

    day: date
    realized: Decimal
    closings: int
    unknown: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    """What a group of closings realized in USD; `unknown` ones are left out."""

    name: str
    realized: Decimal
    closings: int
    unknown: int


class Grouping(StrEnum):
    """What closings can be grouped by, besides their time."""

    SYMBOL = "symbol"
    SIDE = "side"
    HELD = "held"
    """How many whole days the closed lot was held, up to `LONGEST_HELD`; -1: not known."""


LONGEST_HELD = 400
"""Days; lots held longer count as this."""


@dataclass(frozen=True, slots=True)
class ClosedTotals:
    """Totals over trades closed in a period, in USD before fees; `unknown`: no realized P&L."""

    trades: int
    unknown: int
    won: int
    lost: int
    gains: Decimal
    losses: Decimal
    """Negative, or 0."""
    fees: Decimal
    held: Decimal
    """Nanoseconds all of them together were open."""
    best: Decimal | None
    worst: Decimal | None


@dataclass(frozen=True, slots=True)
class ClosedTrades(ClosedTotals):
    """The totals with the trades that had the best and the worst result."""

    best_trade: str | None
    best_symbol: str | None
    worst_trade: str | None
    worst_symbol: str | None


_DAYS = f"""
FROM (
    SELECT CAST(timezone('America/New_York', timezone('UTC', make_timestamp(hour * 3600000000)))
            AS DATE) AS "day",
        sum(realized) AS realized, CAST(sum(closings) AS BIGINT) AS closings,
        CAST(sum(unknown) AS BIGINT) AS unknown
    FROM (SELECT a."at" // 3600000000000 AS hour, {_SUMS} {_closings()} GROUP BY hour)
    GROUP BY "day"
)
ORDER BY "day"
"""  # noqa: S608 (constants)


def realized_by_day(tx: Tx, account_id: str, since: Instant) -> tuple[DayRow, ...]:
    """What was realized on each New York day since an instant, oldest first."""
    return rows_as(tx, DayRow, _DAYS, [account_id, since, _NOTHING_REALIZED])


_NAMED = {
    Grouping.SYMBOL: (
        "i.symbol",
        "instruments i ON i.account_id = $1 AND i.key = a.instrument",
    ),
    Grouping.SIDE: (
        "t.side",
        "trade_rows t ON t.account_id = $1 AND t.trade_id = a.trade_id",
    ),
    Grouping.HELD: (
        f"""CASE WHEN l.source_kind IN ('execution', 'provisional', 'option_trade')
            THEN least((a."at" - l.opened_at) // 86400000000000, {LONGEST_HELD})
            ELSE -1 END""",
        "lots l ON l.account_id = $1 AND l.lot_id = a.lot_id",
    ),
}


def realized_by(
    tx: Tx, account_id: str, since: Instant, grouping: Grouping
) -> tuple[GroupRow, ...]:
    """What was realized since an instant by symbol, side or whole days held, in no order."""
    name, joined = _NAMED[grouping]
    closings = _closings(f"LEFT JOIN {joined}")
    source = f"FROM (SELECT CAST({name} AS VARCHAR) AS name, {_SUMS} {closings} GROUP BY 1)"
    return rows_as(tx, GroupRow, source, [account_id, since, _NOTHING_REALIZED])


_CLOSED = """
FROM trade_rows
WHERE account_id = $1 AND status = 'closed' AND closed_at >= $2
    AND NOT (realized_pnl IS NULL AND list_contains($3, coalesce(close_reason, '')))
"""

_CLOSED_TOTALS = f"""
FROM (
    SELECT count(*) AS trades,
        count(*) FILTER (WHERE realized_pnl IS NULL) AS unknown,
        count(*) FILTER (WHERE realized_pnl > 0) AS won,
        count(*) FILTER (WHERE realized_pnl < 0) AS lost,
        coalesce(sum(realized_pnl) FILTER (WHERE realized_pnl > 0), 0) AS gains,
        coalesce(sum(realized_pnl) FILTER (WHERE realized_pnl < 0), 0) AS losses,
        coalesce(sum(fees), 0) AS fees,
        CAST(coalesce(sum(closed_at - opened_at), 0) AS DECIMAL(38,0)) AS held,
        max(realized_pnl) AS best, min(realized_pnl) AS worst
    {_CLOSED}
)
"""
_WITH_RESULT = f"""
SELECT realized_pnl, min(trade_id), arg_min(symbol, trade_id) {_CLOSED}
    AND realized_pnl IN ($4, $5)
GROUP BY realized_pnl
"""


def closed_trades(tx: Tx, account_id: str, since: Instant) -> ClosedTrades:
    """Totals over the trades that closed since an instant."""
    params = [account_id, since, list(_MOVED_AWAY)]
    (found,) = rows_as(tx, ClosedTotals, _CLOSED_TOTALS, params)
    named: dict[Decimal | None, tuple[str | None, str | None]] = {None: (None, None)}
    if found.best is not None:  # named after all: while adding up, ids are slow to carry along
        for result, trade, symbol in tx.rows(_WITH_RESULT, [*params, found.best, found.worst]):
            named[result] = (trade, symbol)
    best, worst = named[found.best], named[found.worst]
    return ClosedTrades(
        **asdict(found), best_trade=best[0], best_symbol=best[1], worst_trade=worst[0],
        worst_symbol=worst[1],
    )  # fmt: skip


def results_in_order(tx: Tx, account_id: str, since: Instant) -> list[int]:
    """1, 0 or -1 of each trade closed since an instant whose result is known, oldest first."""
    sql = f"""
    SELECT sign(realized_pnl) AS result {_CLOSED} AND realized_pnl IS NOT NULL
    ORDER BY closed_at, opened_at
    """
    table = tx.arrow(sql, [account_id, since, list(_MOVED_AWAY)])
    return list(table.column("result").cast(pa.int8()).to_pylist())


def money_flows(tx: Tx, account_id: str) -> list[Activity]:
    """All rows that moved cash or securities in or out of the account, amended ones included."""
    where = 'WHERE account_id = ? AND list_contains(?, activity_type) ORDER BY "day", activity_id'
    return _ACTIVITIES.load(tx, where, [account_id, list(FLOW_TYPES)])
