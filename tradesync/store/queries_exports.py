"""Whole tables of the record for export: realized lots, executions, activities, runs, positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from tradesync.domain.sums import REALIZES_NOTHING
from tradesync.domain.times import Instant
from tradesync.store.arrow import table_as
from tradesync.store.database import Tx
from tradesync.store.queries import PositionRow, rows_as, single
from tradesync.store.queries_activity import RunRow
from tradesync.store.queries_trades import Accounts, TradeFilter, TradeRow, conditions


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant on, and before another."""

    since: Instant
    until: Instant


@dataclass(frozen=True, slots=True)
class ClosedLotRow:
    """One part of a lot and what closed it; `cost` and `value` in USD, None where unknown.

    For a short lot `cost` is what selling it brought and `value` what covering it cost.
    """

    symbol: str
    side: str
    qty: Decimal
    opened_at: Instant
    opened_by: str
    """The lot's source kind: not every kind tells when it was acquired."""
    closed_at: Instant
    cost: Decimal | None
    value: Decimal | None
    realized_pnl: Decimal | None
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


_CLOSED_LOTS = """
FROM (
    SELECT t.symbol, t.side, a.qty, l.opened_at, l.source_kind AS opened_by,
        a."at" AS closed_at, CASE WHEN l.basis_known THEN a.cost END AS cost, a.value,
        CASE WHEN l.basis_known THEN a.realized_pnl END AS realized_pnl, t.trade_id, a.lot_id,
        a.allocation_id
    FROM allocations a
    JOIN trade_rows t ON t.account_id = a.account_id AND t.trade_id = a.trade_id
    LEFT JOIN lots l ON l.account_id = a.account_id AND l.lot_id = a.lot_id
    WHERE a.account_id = ? AND a."at" >= ? AND a."at" < ? AND NOT a.is_fee
        AND NOT list_contains(?, a.source_kind)
)
ORDER BY closed_at, symbol, allocation_id
"""


def closed_lot_rows(tx: Tx, account_id: str, period: Period) -> tuple[ClosedLotRow, ...]:
    """What was sold (or covered) of which lot within a period, oldest first."""
    kinds = [str(kind) for kind in sorted(REALIZES_NOTHING)]
    params = [account_id, period.since, period.until, kinds]
    return rows_as(tx, ClosedLotRow, _CLOSED_LOTS, params)


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
