"""Whole tables of the record for export: realized lots, executions, activities, runs, positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from tradesync.domain.events import Kind
from tradesync.domain.sums import REALIZES_NOTHING
from tradesync.domain.times import Instant
from tradesync.store.arrow import table_as
from tradesync.store.database import Tx
from tradesync.store.queries import PositionRow, single
from tradesync.store.queries_activity import RunRow
from tradesync.store.queries_trades import Accounts, TradeFilter, TradeRow, conditions


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant on, and before another."""

    since: Instant
    until: Instant


@dataclass(frozen=True, slots=True)
class LotExport:
    """One part of a lot and what closed it, in USD before fees; None: not known.

    A short sale is acquired when it is covered: its opening brought the proceeds. Days are New
    York dates.
    """

    symbol: str
    side: str
    quantity: Decimal
    acquired: date | None
    sold: date
    proceeds: Decimal | None
    cost: Decimal | None
    gain: Decimal | None
    opened_at: Instant
    closed_at: Instant
    trade_id: str
    lot_id: str


@dataclass(frozen=True, slots=True)
class ExecutionExport:
    """One fill as the broker sent it."""

    execution_id: str
    order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    at: Instant
    cum_qty: Decimal


@dataclass(frozen=True, slots=True)
class ActivityExport:
    """Any other dated row of the broker."""

    activity_id: str
    activity_type: str
    sub_type: str
    day: date
    symbol: str | None
    qty: Decimal | None
    price: Decimal | None
    net_amount: Decimal | None
    per_share_amount: Decimal | None
    order_id: str | None
    status: str
    description: str
    created_at: Instant | None


@dataclass(frozen=True, slots=True)
class TradeExport(TradeRow):
    """A trade with its account."""

    account: str


def trades_table(tx: Tx, accounts: Accounts, wanted: TradeFilter) -> pa.Table:
    """All trades a filter asks for, oldest first, on whatever page of the list they stand."""
    where, params = conditions(accounts, wanted)
    source = f"FROM trades WHERE {where} ORDER BY coalesce(opened_at, ordered_at), trade_id"
    return table_as(tx, TradeExport, source, params)


_ACQUIRED_BY = [str(kind) for kind in (Kind.EXECUTION, Kind.PROVISIONAL, Kind.OPTION_TRADE)]
"""What opens a lot on the day it is acquired; transferred or imported lots are older."""

_LOTS = """
FROM (
    SELECT symbol, side, qty AS quantity, closed_at, opened_at, trade_id, lot_id, allocation_id,
        CASE WHEN is_short THEN sold WHEN list_contains($5, opened_by) THEN opened END AS acquired,
        sold, CASE WHEN is_short THEN basis ELSE value END AS proceeds,
        CASE WHEN is_short THEN value ELSE basis END AS cost,
        CASE WHEN basis IS NOT NULL THEN realized_pnl END AS gain
    FROM (
        SELECT t.symbol, t.side, t.side = 'short' AS is_short, a.qty, a."at" AS closed_at,
            l.opened_at, l.source_kind AS opened_by, t.trade_id, a.lot_id, a.allocation_id,
            CASE WHEN l.basis_known THEN a.cost END AS basis, a.value, a.realized_pnl,
            CAST(timezone('America/New_York', timezone('UTC', make_timestamp(l.opened_at // 1000)))
                AS DATE) AS opened,
            CAST(timezone('America/New_York', timezone('UTC', make_timestamp(a."at" // 1000)))
                AS DATE) AS sold
        FROM allocations a
        JOIN trade_rows t ON t.account_id = $1 AND t.trade_id = a.trade_id
        LEFT JOIN lots l ON l.account_id = $1 AND l.lot_id = a.lot_id
        WHERE a.account_id = $1 AND a."at" >= $2 AND a."at" < $3 AND NOT a.is_fee
            AND NOT list_contains($4, a.source_kind)
    )
)
ORDER BY closed_at, symbol, allocation_id
"""


def lots_table(tx: Tx, account_id: str, period: Period) -> pa.Table:
    """What was sold (or covered) of which lot within a period, oldest first."""
    kinds = [str(kind) for kind in sorted(REALIZES_NOTHING)]
    params = [account_id, period.since, period.until, kinds, _ACQUIRED_BY]
    return table_as(tx, LotExport, _LOTS, params)


def first_closing(tx: Tx, account_id: str) -> Instant | None:
    """When the first closing on record was; None before one."""
    sql = 'SELECT min("at") FROM allocations WHERE account_id = ?'
    found = single(tx, sql, [account_id])[0]
    return None if found is None else int(found)


def executions_table(tx: Tx, account_id: str, period: Period) -> pa.Table:
    """All fills within a period, oldest first."""
    source = """
    FROM executions WHERE account_id = ? AND "at" >= ? AND "at" < ? ORDER BY "at", execution_id
    """
    return table_as(tx, ExecutionExport, source, [account_id, period.since, period.until])


def activities_table(tx: Tx, account_id: str, since: date, until: date) -> pa.Table:
    """All other dated rows of the New York days `since` to before `until`, oldest first."""
    source = """
    FROM activities WHERE account_id = ? AND "day" >= ? AND "day" < ? ORDER BY "day", activity_id
    """
    return table_as(tx, ActivityExport, source, [account_id, since, until])


_RUNS = """
FROM sync_runs WHERE account_id = ? AND (NOT ? OR error IS NOT NULL)
ORDER BY started_at DESC, run_id
"""


def runs_table(tx: Tx, account_id: str, *, only_failed: bool) -> pa.Table:
    """All recorded sync runs, newest first."""
    return table_as(tx, RunRow, _RUNS, [account_id, only_failed])


_POSITIONS = """
FROM (
    SELECT p.*, m.price_at, m.session AS price_session
    FROM positions p
    LEFT JOIN marks m ON m.account_id = p.account_id AND m.instrument = p.instrument
    WHERE p.account_id = ?
)
ORDER BY symbol
"""


def positions_table(tx: Tx, account_id: str) -> pa.Table:
    """The broker's positions, by symbol."""
    return table_as(tx, PositionRow, _POSITIONS, [account_id])
