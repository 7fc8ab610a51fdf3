"""The record's tables to take away, whole: trades, orders, executions, activities, runs …"""

from __future__ import annotations

from datetime import date

from tradesync.domain.times import Instant, new_york_date
from tradesync.store.database import Tx
from tradesync.store.queries_exports import (
    Period,
    activities_table,
    executions_table,
    positions_table,
    runs_table,
    trades_table,
)
from tradesync.store.queries_orders import OrderFilter, orders_table
from tradesync.store.queries_trades import Accounts, TradeFilter
from tradesync.views.exports import Frame

ALWAYS: Instant = 2**62
"""Later than anything; new_york_date cannot name its day."""


def trades_frame(tx: Tx, accounts: Accounts, wanted: TradeFilter) -> Frame:
    """All trades a filter asks for."""
    return Frame(trades_table(tx, accounts, wanted))


def orders_frame(tx: Tx, account_id: str, wanted: OrderFilter) -> Frame:
    """All orders of the families a filter asks for."""
    return Frame(orders_table(tx, account_id, wanted))


def executions_frame(tx: Tx, account_id: str, period: Period) -> Frame:
    """All fills of a period."""
    return Frame(executions_table(tx, account_id, period))


def activities_frame(tx: Tx, account_id: str, period: Period) -> Frame:
    """All other dated rows of a period's New York days."""
    until = date.max if period.until >= ALWAYS else new_york_date(period.until)
    return Frame(activities_table(tx, account_id, new_york_date(period.since), until))


def runs_frame(tx: Tx, account_id: str, *, only_failed: bool) -> Frame:
    """All recorded sync runs."""
    return Frame(runs_table(tx, account_id, only_failed=only_failed))


def positions_frame(tx: Tx, account_id: str) -> Frame:
    """The broker's positions."""
    return Frame(positions_table(tx, account_id))
