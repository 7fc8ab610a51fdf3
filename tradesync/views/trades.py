"""Trades as screens list them, and all that is known of one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.money import divided
from tradesync.domain.times import SECOND, Instant
from tradesync.store.database import Tx
from tradesync.store.queries_activity import EventRow, event_rows
from tradesync.store.queries_trades import (
    AllocationRow,
    ExecutionRow,
    LotRow,
    OrderRow,
    TradeFilter,
    TradeRow,
    allocations_of_trade,
    entry_orders,
    executions_of_orders,
    lots_of_trade,
    orders_of_trade,
    trade_counts,
    trade_row,
    trade_rows,
    working_exit_orders,
)

_EVENTS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class TradeLine:
    """One trade of a list with the order that opens it and its working exits."""

    trade: TradeRow
    entry: OrderRow | None
    exits: tuple[OrderRow, ...]

    @property
    def realized_ratio(self) -> Decimal | None:
        """Realized P&L over the cost of what was closed."""
        return realized_ratio(self.trade)


@dataclass(frozen=True, slots=True)
class TradePage:
    """One page of a list of trades."""

    lines: tuple[TradeLine, ...]
    counts: dict[str, int]
    """How many trades of each status match the other questions of the filter."""

    def total(self, status: str | None) -> int:
        """How many trades of a status (None: of all) match."""
        return sum(self.counts.values()) if status is None else self.counts.get(status, 0)


@dataclass(frozen=True, slots=True)
class TradeDetail:
    """One trade with its orders, executions, lots, closings and changes (newest first)."""

    trade: TradeRow
    orders: tuple[OrderRow, ...]
    executions: tuple[ExecutionRow, ...]
    lots: tuple[LotRow, ...]
    allocations: tuple[AllocationRow, ...]
    events: tuple[EventRow, ...]

    @property
    def working_orders(self) -> tuple[OrderRow, ...]:
        """The orders of it that can still fill."""
        return tuple(order for order in self.orders if order.status not in ENDED)


ENDED = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})


def realized_ratio(trade: TradeRow) -> Decimal | None:
    """Realized P&L over the cost of what was closed; None while nothing is, or unknown."""
    closed_cost = trade.cost - trade.open_cost
    if trade.realized_pnl is None or not closed_cost:
        return None
    return divided(trade.realized_pnl, closed_cost)


def held_seconds(trade: TradeRow, now: Instant) -> float | None:
    """How long the trade has been (or was) open; None before it opened."""
    if trade.opened_at is None:
        return None
    return ((trade.closed_at or now) - trade.opened_at) / SECOND


def read_trade_page(tx: Tx, account_id: str, wanted: TradeFilter) -> TradePage:
    """One page of the trades asked for, with counts for the other statuses."""
    rows = trade_rows(tx, account_id, wanted)
    ids = [row.trade_id for row in rows]
    exits: dict[str, list[OrderRow]] = defaultdict(list)
    for order in working_exit_orders(tx, account_id, ids):
        exits[order.trade_id].append(order)
    entries = {order.trade_id: order for order in entry_orders(tx, account_id, rows)}
    return TradePage(
        lines=tuple(
            TradeLine(row, entries.get(row.trade_id), tuple(exits[row.trade_id])) for row in rows
        ),
        counts=trade_counts(tx, account_id, wanted),
    )


def read_trade_detail(tx: Tx, account_id: str, trade_id: str) -> TradeDetail | None:
    """All that is known of one trade; None when there is none of that id."""
    trade = trade_row(tx, account_id, trade_id)
    if trade is None:
        return None
    orders = orders_of_trade(tx, account_id, trade)
    allocations = allocations_of_trade(tx, account_id, trade_id)
    lots = lots_of_trade(tx, account_id, trade_id)
    used = {lot.source_id for lot in lots} | {each.source_id for each in allocations}
    own = {order.order_id for order in orders if order.role == "entry"}
    fills = executions_of_orders(tx, account_id, [order.order_id for order in orders])
    return TradeDetail(
        trade=trade,
        orders=orders,
        executions=tuple(f for f in fills if f.order_id in own or f.execution_id in used),
        lots=lots,
        allocations=allocations,
        events=event_rows(tx, account_id, trade_id=trade_id, limit=_EVENTS_SHOWN),
    )
