"""Which columns each table has, what they show and how they are headed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradesync.domain.times import SECOND, Instant
from tradesync.store.queries_activity import RunRow
from tradesync.store.queries_trades import AllocationRow, ExecutionRow, LotRow, OrderRow, TradeRow
from tradesync.views.activity import TradeChange
from tradesync.views.positions import PositionLine, trend_ratio
from tradesync.views.trades import TradeLine, held_seconds
from tradesync.web import formatting as f
from tradesync.web.preferences import amounts_hidden
from tradesync.web.tables import Column, Kind

TRIGGER_WORDS = {
    "interval": "schedule",
    "start": "start",
    "autorefresh": "open page",
    "manual": "button",
    "api": "REST",
    "cli": "command line",
    "command": "order or cancel",
    "import": "import",
    "decision": "decision about a difference",
    "rebuild": "rebuild",
    "stream": "broker's stream",
}


def positions_columns(
    trends: Mapping[str, Sequence[Decimal]] | None = None,
) -> tuple[Column[PositionLine], ...]:
    """Positions by the broker's figures, what they are worth and what today did.

    `trends`: the last daily closes by symbol, where they are told.
    """
    known = trends or {}
    trend: tuple[Column[PositionLine], ...] = (
        Column(
            "Trend", Kind.TREND, lambda p: known.get(p.symbol),
            "Daily closes of the last 30 trading days, and the latest price.",
        ),
        Column(
            "Trend %", Kind.RATIO, lambda p: trend_ratio(known.get(p.symbol, ())),
            "Price now against where the trend line begins.",
        ),
    )  # fmt: skip
    return (
        Column("Symbol", Kind.TEXT, lambda p: p.symbol, pinned=True, phone=True),
        Column("Side", Kind.TEXT, lambda p: p.side.capitalize()),
        Column("Qty", Kind.QUANTITY, lambda p: p.qty, phone=True),
        Column("Avg entry", Kind.PRICE, lambda p: p.avg_entry_price, "The broker's average."),
        Column("Last", Kind.PRICE, lambda p: p.current_price),
        Column("Market value", Kind.MONEY, lambda p: p.market_value),
        Column(
            "Floating", Kind.CHANGE, lambda p: p.floating, "Unrealized P&L, the broker's.",
            phone=True,
        ),
        Column("Floating %", Kind.RATIO, lambda p: p.floating_ratio, phone=True),
        Column("Today", Kind.CHANGE, lambda p: p.today, "Unrealized P&L of this day."),
        Column("Price today", Kind.RATIO, lambda p: p.change_today),
        Column("Weight", Kind.WEIGHT, lambda p: p.weight, "Share of gross exposure."),
        *(() if trends is None else trend),
        Column(
            "Explained",
            Kind.TEXT,
            lambda p: "✓" if p.explained else "⚠ differs",
            "Whether our open trades hold just this quantity.",
        ),
    )


def exit_words(order: OrderRow) -> str:
    """A working exit in short: limit 120.00, stop 95.50."""
    parts = [order.order_type.replace("_", " ")]
    parts += [f.price(each) for each in (order.stop_price, order.limit_price) if each is not None]
    return " ".join(parts)


def exits_words(line: TradeLine) -> str | None:
    """The working exits of a trade in short; None when it has none."""
    return " · ".join(exit_words(order) for order in line.exits) or None


FLAG_WORDS = {
    "provisional": "fill not confirmed by its own row yet",
    "average_price": "priced at the order's average",
    "unknown_status": "order status not known to this program",
    "unknown_basis": "entry cost unknown",
    "exit_overflow": "closed by an exit meant for another trade",
    "overfill": "filled more than ordered",
    "outcome_unknown": "order outcome unknown",
    "chain_reading": "replaced order: total not proven yet",
    "successor_missing": "replacement not found",
    "order_unknown": "its order has not been seen yet",
    "fills_beyond_order": "more fills than the order states",
    "transferred": "partly moved by a transfer",
    "fee_allocated": "its share of the day's fees is allocated",
}
_SETTLED_FLAGS = frozenset({"fee_allocated", "transferred"})
"""Told on the trade's own page; no reason for a notice in a list."""


def flag_words(flag: str) -> str:
    """What a flag of a trade means."""
    return FLAG_WORDS.get(flag, flag.replace("_", " "))


def notice_words(trade: TradeRow) -> str | None:
    """What is not certain about a trade, in short; None when all is."""
    words = ["not at broker"] if trade.not_at_broker else []
    words += [flag_words(flag) for flag in trade.flags if flag not in _SETTLED_FLAGS]
    return " · ".join(words) or None


_SOURCE_WORDS = {"app": "this app", "broker": "broker", "import": "import"}


def source_words(trade: TradeRow) -> str:
    """Where a trade came from."""
    return _SOURCE_WORDS.get(trade.source, trade.source)


def _reason(trade: TradeRow) -> str | None:
    return trade.close_reason and trade.close_reason.replace("_", " ")


def _status(trade: TradeRow) -> str:
    return trade.status.capitalize()


def trades_columns(status: str | None, now: Instant) -> tuple[Column[TradeLine], ...]:
    """The columns a list of trades of one status (None: of all) has."""
    by_status = {
        "open": _open_columns,
        "pending": _pending_columns,
        "closed": _closed_columns,
        "cancelled": _cancelled_columns,
    }
    return by_status.get(status or "", _all_columns)(now)


def _of_entry(name: str) -> Callable[[TradeLine], Any]:
    """A field of the order that opens the trade; None where there is none."""
    return lambda line: getattr(line.entry, name, None)


def _head() -> tuple[Column[TradeLine], ...]:
    return (
        Column("Symbol", Kind.TEXT, lambda x: x.trade.symbol, pinned=True, phone=True),
        Column("Side", Kind.TEXT, lambda x: x.trade.side.capitalize()),
    )


def _signed(quantity: Callable[[TradeLine], Decimal | None]) -> Column[TradeLine]:
    """On a phone the sign of the quantity says the side."""

    def value(line: TradeLine) -> Decimal | None:
        size = quantity(line)
        return -size if size is not None and line.trade.side == "short" else size

    return Column("Qty", Kind.QUANTITY, value, "Negative: short.", phone=True, wide=False)


def _open_columns(now: Instant) -> tuple[Column[TradeLine], ...]:
    return (
        *_head(),
        Column("Open qty", Kind.QUANTITY, lambda x: x.trade.open_qty),
        _signed(lambda x: x.trade.open_qty),
        Column("Entry", Kind.PRICE, lambda x: x.trade.entry_price, "Lot cost ÷ lot quantity."),
        Column("Last", Kind.PRICE, lambda x: x.trade.current_price),
        Column("Market value", Kind.MONEY, lambda x: x.trade.market_value),
        Column(
            "Floating", Kind.CHANGE, lambda x: x.trade.floating_pnl, "First in, first out.",
            phone=True,
        ),
        Column("Floating %", Kind.RATIO, lambda x: x.trade.floating_pnl_pct, phone=True),
        Column("Realized", Kind.CHANGE, lambda x: x.trade.realized_pnl, "Of what is closed."),
        Column("Working exits", Kind.TEXT, exits_words, optional=True),
        Column("Opened", Kind.TIME, lambda x: x.trade.opened_at),
        Column("Held", Kind.DURATION, lambda x: held_seconds(x.trade, now)),
        Column("Source", Kind.TEXT, lambda x: source_words(x.trade)),
        Column("Notice", Kind.TEXT, lambda x: notice_words(x.trade), optional=True),
    )


def _pending_columns(_now: Instant) -> tuple[Column[TradeLine], ...]:
    return (
        *_head(),
        Column("Ordered qty", Kind.QUANTITY, lambda x: x.trade.ordered_qty),
        _signed(lambda x: x.trade.ordered_qty),
        Column("Amount", Kind.MONEY, _of_entry("notional"), optional=True),
        Column("Filled", Kind.QUANTITY, lambda x: x.trade.qty),
        Column("Type", Kind.TEXT, _of_entry("order_type")),
        Column("Limit", Kind.PRICE, _of_entry("limit_price"), phone=True),
        Column("Stop", Kind.PRICE, _of_entry("stop_price"), optional=True),
        Column("In force", Kind.TEXT, _of_entry("time_in_force")),
        Column("Order", Kind.TEXT, lambda x: x.trade.order_status, phone=True),
        Column("Ordered", Kind.TIME, lambda x: x.trade.ordered_at),
        Column("Source", Kind.TEXT, lambda x: source_words(x.trade)),
        Column("Notice", Kind.TEXT, lambda x: notice_words(x.trade), optional=True),
    )


def _closed_columns(now: Instant) -> tuple[Column[TradeLine], ...]:
    return (
        *_head(),
        Column("Qty", Kind.QUANTITY, lambda x: x.trade.qty),
        _signed(lambda x: x.trade.qty),
        Column("Entry", Kind.PRICE, lambda x: x.trade.entry_price),
        Column("Exit", Kind.PRICE, lambda x: x.trade.exit_price),
        Column("Realized", Kind.CHANGE, lambda x: x.trade.realized_pnl, "Before fees.", phone=True),
        Column("Realized %", Kind.RATIO, lambda x: x.realized_ratio, phone=True),
        Column("Fees", Kind.MONEY, lambda x: x.trade.fees, optional=True),
        Column("Closed by", Kind.TEXT, lambda x: _reason(x.trade)),
        Column("Opened", Kind.TIME, lambda x: x.trade.opened_at),
        Column("Closed", Kind.TIME, lambda x: x.trade.closed_at),
        Column("Held", Kind.DURATION, lambda x: held_seconds(x.trade, now)),
        Column("Source", Kind.TEXT, lambda x: source_words(x.trade)),
        Column("Notice", Kind.TEXT, lambda x: notice_words(x.trade), optional=True),
    )


def _cancelled_columns(_now: Instant) -> tuple[Column[TradeLine], ...]:
    return (
        *_head(),
        Column("Ordered qty", Kind.QUANTITY, lambda x: x.trade.ordered_qty),
        _signed(lambda x: x.trade.ordered_qty),
        Column("Type", Kind.TEXT, _of_entry("order_type")),
        Column("Limit", Kind.PRICE, _of_entry("limit_price")),
        Column("Reason", Kind.TEXT, lambda x: _reason(x.trade), phone=True),
        Column("Ordered", Kind.TIME, lambda x: x.trade.ordered_at),
        Column("Ended", Kind.TIME, lambda x: x.trade.closed_at),
        Column("Source", Kind.TEXT, lambda x: source_words(x.trade)),
    )


def _all_columns(_now: Instant) -> tuple[Column[TradeLine], ...]:
    return (
        *_head(),
        Column("Status", Kind.TEXT, lambda x: _status(x.trade), phone=True),
        Column("Qty", Kind.QUANTITY, lambda x: x.trade.qty),
        Column("Open qty", Kind.QUANTITY, lambda x: x.trade.open_qty),
        Column("Entry", Kind.PRICE, lambda x: x.trade.entry_price),
        Column("Last", Kind.PRICE, lambda x: x.trade.current_price),
        Column("Exit", Kind.PRICE, lambda x: x.trade.exit_price),
        Column("Floating", Kind.CHANGE, lambda x: x.trade.floating_pnl, phone=True),
        Column("Realized", Kind.CHANGE, lambda x: x.trade.realized_pnl, optional=True, phone=True),
        Column("Fees", Kind.MONEY, lambda x: x.trade.fees, optional=True),
        Column("Opened", Kind.TIME, lambda x: x.trade.opened_at),
        Column("Closed", Kind.TIME, lambda x: x.trade.closed_at),
        Column("Closed by", Kind.TEXT, lambda x: _reason(x.trade)),
        Column("Source", Kind.TEXT, lambda x: source_words(x.trade)),
    )


def orders_columns() -> tuple[Column[OrderRow], ...]:
    """The orders of one trade."""
    return (
        Column("Role", Kind.TEXT, lambda o: o.role.capitalize(), phone=True),
        Column("Side", Kind.TEXT, lambda o: o.side),
        Column("Type", Kind.TEXT, lambda o: o.order_type.replace("_", " ")),
        Column("Status", Kind.TEXT, lambda o: o.status.replace("_", " "), phone=True),
        Column("Ordered", Kind.QUANTITY, lambda o: o.qty),
        Column("Filled", Kind.QUANTITY, lambda o: o.filled_qty),
        Column("Limit", Kind.PRICE, lambda o: o.limit_price, optional=True),
        Column("Stop", Kind.PRICE, lambda o: o.stop_price, optional=True),
        Column("Average", Kind.PRICE, lambda o: o.filled_avg_price),
        Column("In force", Kind.TEXT, lambda o: o.time_in_force),
        Column("Submitted", Kind.TIME, lambda o: o.submitted_at),
        Column("Updated", Kind.TIME, lambda o: o.updated_at),
        Column("Broker's id", Kind.TEXT, lambda o: o.order_id, phone=True, wraps=True),
        Column("Client order id", Kind.TEXT, lambda o: o.client_order_id),
    )


def executions_columns() -> tuple[Column[ExecutionRow], ...]:
    """The fills of one trade; provisional ones say so."""
    return (
        Column("Time", Kind.TIME, lambda e: e.at, phone=True),
        Column("Side", Kind.TEXT, lambda e: e.side.replace("_", " ")),
        Column("Side", Kind.TEXT, _marked_side, "⚠: provisional.", phone=True, wide=False),
        Column("Qty", Kind.QUANTITY, lambda e: e.qty, phone=True),
        Column("Price", Kind.PRICE, lambda e: e.price, phone=True),
        Column("State", Kind.TEXT, _execution_state),
        Column("Execution id", Kind.TEXT, lambda e: e.execution_id),
    )


def _marked_side(execution: ExecutionRow) -> str:
    mark = "⚠ " if execution.provisional else ""
    return mark + execution.side.replace("_", " ")


def _execution_state(execution: ExecutionRow) -> str:
    if not execution.provisional:
        return "confirmed"
    return "⚠ provisional, average price" if execution.price_is_average else "⚠ provisional"


def lots_columns() -> tuple[Column[LotRow], ...]:
    """What opened a trade."""
    return (
        Column("Opened", Kind.TIME, lambda lot: lot.opened_at, phone=True),
        Column("From", Kind.TEXT, lambda lot: lot.source_kind.replace("_", " ")),
        Column("Qty", Kind.QUANTITY, lambda lot: lot.qty, phone=True),
        Column("Cost", Kind.MONEY, lambda lot: lot.cost if lot.basis_known else None, phone=True),
        Column("Still open", Kind.QUANTITY, lambda lot: lot.open_qty, phone=True),
        Column("Open cost", Kind.MONEY, lambda lot: lot.open_cost if lot.basis_known else None),
    )


def closings_columns() -> tuple[Column[AllocationRow], ...]:
    """What closed parts of a trade."""
    return (
        Column("Time", Kind.TIME, lambda a: a.at, phone=True),
        Column("By", Kind.TEXT, _closing_kind),
        Column("Qty", Kind.QUANTITY, lambda a: a.qty, phone=True),
        Column("Cost", Kind.MONEY, lambda a: a.cost),
        Column("Value", Kind.MONEY, lambda a: a.value, phone=True),
        Column("Realized", Kind.CHANGE, lambda a: a.realized_pnl, phone=True),
    )


def _closing_kind(allocation: AllocationRow) -> str:
    words = "fee in the coin" if allocation.is_fee else allocation.source_kind.replace("_", " ")
    return f"{words}, meant for another trade" if allocation.overflow else words


def changes_columns() -> tuple[Column[TradeChange], ...]:
    """What runs changed, one row a trade and run."""
    return (
        Column("Change", Kind.TEXT, _named_change, phone=True, wide=False, wraps=True),
        Column("Symbol", Kind.TEXT, lambda c: c.symbol or f.UNKNOWN, pinned=True),
        Column("When", Kind.TIME, lambda c: c.at, phone=True),
        Column("What", Kind.TEXT, lambda c: "New trade" if c.is_new else "Changed"),
        Column("Changes", Kind.TEXT, change_words),
        Column("Found by", Kind.TEXT, lambda c: TRIGGER_WORDS.get(c.trigger or "", c.trigger)),
        Column("Run", Kind.TEXT, lambda c: c.run_id[:8]),
    )


def _named_change(change: TradeChange) -> str:
    return f"{change.symbol or f.UNKNOWN}: {change_words(change)}"


_TOLD_OF_NEW = ("status", "side", "qty", "entry_price", "exit_price", "realized_pnl")


def change_words(change: TradeChange) -> str:
    """The changed fields in short: status open → closed · exit price — → 250.64."""
    if change.is_new:
        values = {each.field: each.new for each in change.fields}
        told = [(name, values.get(name)) for name in _TOLD_OF_NEW]
        return " · ".join(
            f"{_field(name)} {_recorded(name, value)}" for name, value in told if value
        )
    return " · ".join(
        f"{_field(each.field)} {_recorded(each.field, each.old)} → "
        f"{_recorded(each.field, each.new)}"
        for each in change.fields
    )


_AMOUNTS = frozenset(
    {"ordered_qty", "qty", "open_qty", "cost", "open_cost", "exit_value", "realized_pnl", "fees"}
)


def _recorded(field: str, text: str | None) -> str:
    """A recorded value in short: prices and money to a hundredth of a cent, hidden on request."""
    if field in _AMOUNTS and text and amounts_hidden():
        return f.HIDDEN
    return f.recorded(text, places=None if field.endswith("qty") else 4)


def _field(name: str) -> str:
    return name.replace("_", " ").replace("pnl", "P&L")


def runs_columns() -> tuple[Column[RunRow], ...]:
    """Recorded sync runs."""
    return (
        Column("Run", Kind.TEXT, lambda r: r.run_id[:8], pinned=True, phone=True),
        Column("Started", Kind.TIME, lambda r: r.started_at, phone=True),
        Column("Took", Kind.NUMBERS, lambda r: f"{(r.ended_at - r.started_at) / SECOND:.1f} s"),
        Column("Result", Kind.TEXT, lambda r: "⚠ failed" if r.error else "✓ done", phone=True),
        Column("Asked by", Kind.TEXT, lambda r: TRIGGER_WORDS.get(r.trigger, r.trigger)),
        Column("Program", Kind.TEXT, lambda r: r.program),
        Column("Calls", Kind.COUNT, lambda r: r.calls),
        Column("New facts", Kind.COUNT, lambda r: r.facts_added),
        Column("New trades", Kind.COUNT, lambda r: r.trades_added),
        Column("Changed trades", Kind.COUNT, lambda r: r.trades_changed),
        Column("Error", Kind.TEXT, lambda r: r.error, optional=True),
        Column("Broker's request id", Kind.TEXT, lambda r: r.request_id, optional=True),
    )
