"""Trades as screens list them, and all that is known of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from tradesync.domain.facts import TERMINAL_STATUSES
from tradesync.domain.money import ZERO, divided
from tradesync.domain.times import SECOND, Instant
from tradesync.store.database import Tx
from tradesync.store.decisions import TradeNote, trade_note
from tradesync.store.intents import unprotected_trades
from tradesync.store.queries_activity import EventRow, event_rows
from tradesync.store.queries_trade_totals import (
    StatusTotals,
    known_tags,
    neighbours,
    owners,
    totals_by_status,
)
from tradesync.store.queries_trades import (
    Accounts,
    AllocationRow,
    ExecutionRow,
    LotRow,
    OrderRow,
    TradeFilter,
    TradeRow,
    allocations_of_trade,
    executions_of_orders,
    listed_orders,
    lots_of_trade,
    orders_of_trade,
    trade_row,
    trade_rows,
)
from tradesync.views.option_pairs import DELIVERIES, OptionPair, read_option_pairs

_EVENTS_SHOWN = 200
_CLOSING_TAKES: Instant = 10 * SECOND
"""A close that cancelled exits has this long before its trade counts as unprotected."""


@dataclass(frozen=True, slots=True)
class TradeLine:
    """One trade of a list with the order that opens it and its working exits."""

    trade: TradeRow
    entry: OrderRow | None
    exits: tuple[OrderRow, ...]
    account_id: str | None = None
    """Whose it is, where several accounts are listed as one."""

    @property
    def realized_ratio(self) -> Decimal | None:
        """Realized P&L over the cost of what was closed."""
        return realized_ratio(self.trade)


@dataclass(frozen=True, slots=True)
class ListTotals:
    """What a filtered list comes to, all its pages together: USD, and how many are unknown."""

    trades: int = 0
    realized: Decimal = ZERO
    realized_unknown: int = 0
    fees: Decimal = ZERO
    floating: Decimal = ZERO
    open_value: Decimal = ZERO
    open_unknown: int = 0


@dataclass(frozen=True, slots=True)
class TradePage:
    """One page of a list of trades."""

    lines: tuple[TradeLine, ...]
    by_status: tuple[StatusTotals, ...]
    """The totals of each status that match the other questions of the filter."""
    tags: tuple[str, ...]
    """Every tag there is to filter by."""

    def count(self, status: str) -> int:
        """How many trades of a status match the filter's other questions."""
        return sum(each.trades for each in self.by_status if each.status == status)

    def totals(self, status: str | None) -> ListTotals:
        """What the trades of a status (None: of all) come to."""
        kept = [each for each in self.by_status if status in {None, each.status}]
        names = [field.name for field in fields(ListTotals)]
        return ListTotals(*(sum(getattr(each, name) for each in kept) for name in names))


@dataclass(frozen=True, slots=True)
class TradeDetail:
    """One trade with its orders, executions, lots, closings and changes (newest first)."""

    trade: TradeRow
    orders: tuple[OrderRow, ...]
    executions: tuple[ExecutionRow, ...]
    lots: tuple[LotRow, ...]
    allocations: tuple[AllocationRow, ...]
    events: tuple[EventRow, ...]
    note: TradeNote | None
    known_tags: tuple[str, ...]
    is_unprotected: bool
    """Whether a close of ours cancelled its exits and then was not sent."""
    before: str | None
    """The trade ordered just before it, for leafing; cancelled ones are left out."""
    after: str | None
    pairs: tuple[OptionPair, ...] = ()
    """Where an option's exercise or assignment is behind it: the trades that belong together."""

    @property
    def working_orders(self) -> tuple[OrderRow, ...]:
        """The orders of it that can still fill."""
        return tuple(order for order in self.orders if order.status not in TERMINAL_STATUSES)


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


def read_trade_page(tx: Tx, account_id: Accounts, wanted: TradeFilter) -> TradePage:
    """One page of the trades asked for, of one account or several, with the list's totals."""
    rows = trade_rows(tx, account_id, wanted)
    if isinstance(account_id, str):
        lines = _lines(tx, account_id, rows)
    else:
        whose = owners(tx, [row.trade_id for row in rows])
        lines = {}
        for each in set(whose.values()):
            own = tuple(row for row in rows if whose[row.trade_id] == each)
            lines |= _lines(tx, each, own, account_named=True)
    return TradePage(
        lines=tuple(lines[row.trade_id] for row in rows),
        by_status=totals_by_status(tx, account_id, wanted),
        tags=known_tags(tx, account_id),
    )


def _lines(
    tx: Tx, account_id: str, rows: tuple[TradeRow, ...], *, account_named: bool = False
) -> dict[str, TradeLine]:
    """The lines of one account's trades, by trade id."""
    exits: dict[str, list[OrderRow]] = defaultdict(list)
    entries = {}
    for order in listed_orders(tx, account_id, rows):
        if order.role == "entry":
            entries[order.trade_id] = order
        else:
            exits[order.trade_id].append(order)
    named = account_id if account_named else None
    return {
        row.trade_id: TradeLine(
            row, entries.get(row.trade_id), tuple(exits[row.trade_id]), account_id=named
        )
        for row in rows
    }


def read_trade_detail(
    tx: Tx, account_id: str, trade_id: str, now: Instant
) -> TradeDetail | None:
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
    before, after = neighbours(tx, account_id, trade)
    return TradeDetail(
        trade=trade,
        orders=orders,
        executions=tuple(f for f in fills if f.order_id in own or f.execution_id in used),
        lots=lots,
        allocations=allocations,
        events=event_rows(tx, account_id, trade_id=trade_id, limit=_EVENTS_SHOWN),
        note=trade_note(tx, account_id, trade_id),
        known_tags=known_tags(tx, account_id),
        is_unprotected=_is_unprotected(tx, account_id, trade, now),
        before=before,
        after=after,
        pairs=read_option_pairs(tx, account_id, _deliveries(lots, allocations)),
    )


def _deliveries(lots: Sequence[LotRow], allocations: Sequence[AllocationRow]) -> set[str]:
    """The activities of exercises and assignments among what a trade was booked from."""
    booked: list[LotRow | AllocationRow] = [*lots, *allocations]
    return {row.source_id for row in booked if row.source_kind in DELIVERIES}


def _is_unprotected(tx: Tx, account_id: str, trade: TradeRow, now: Instant) -> bool:
    if trade.status != "open":
        return False
    rows = unprotected_trades(tx, account_id, now - _CLOSING_TAKES)
    return any(row.trade_id == trade.trade_id for row in rows)
