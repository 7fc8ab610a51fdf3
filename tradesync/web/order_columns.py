"""Which columns the tables of orders have."""

from __future__ import annotations

from tradesync.store.queries_activity import UnmatchedRow
from tradesync.store.queries_order_intents import OrderIntentRow
from tradesync.store.queries_orders import FillRow
from tradesync.views.orders import OrderChain, OrderFamily
from tradesync.web.order_words import (
    INTENT_STATES,
    exits_words,
    family_status,
    filled_words,
    intent_words,
    price_words,
    source_words,
    status_words,
    trail_words,
    type_words,
)
from tradesync.web.tables import Column, Kind


def _trail(chain: OrderChain) -> str | None:
    return trail_words(chain.current) if chain.current.order_type == "trailing_stop" else None


def families_columns(*, with_reason: bool) -> tuple[Column[OrderFamily], ...]:
    """One row an order with its replacements and legs."""
    reason: Column[OrderFamily] = Column("Reason", Kind.TEXT, reason_words)
    return (
        Column(
            "Symbol", Kind.TEXT, lambda x: x.main.current.symbol or "several", pinned=True,
            phone=True,
        ),
        Column("Side", Kind.TEXT, lambda x: x.main.current.side.capitalize(), phone=True),
        Column("Type", Kind.TEXT, lambda x: type_words(x.main.current)),
        Column("Status", Kind.TEXT, family_status, phone=True),
        *((reason,) if with_reason else ()),
        Column("Filled / total", Kind.NUMBERS, lambda x: filled_words(x.main), phone=True),
        Column("Limit", Kind.PRICE, lambda x: x.main.current.limit_price, optional=True),
        Column("Stop", Kind.PRICE, lambda x: x.main.current.stop_price, optional=True),
        Column("Trail", Kind.NUMBERS, lambda x: _trail(x.main), optional=True),
        Column("Exits", Kind.TEXT, exits_words, optional=True),
        Column("Average", Kind.PRICE, lambda x: x.main.average, "What its fills cost per unit."),
        Column("In force", Kind.TEXT, lambda x: x.main.current.time_in_force.upper()),
        Column("Submitted", Kind.TIME, lambda x: x.main.head.submitted_at),
        Column("Changed", Kind.TIME, lambda x: x.main.current.updated_at),
        Column("Source", Kind.TEXT, source_words),
        Column("Replaced", Kind.TEXT, _replaced, optional=True),
        Column("Client order id", Kind.TEXT, lambda x: x.main.current.client_order_id),
    )


def _replaced(family: OrderFamily) -> str | None:
    times = len(family.main.orders) - 1
    return None if not times else "once" if times == 1 else f"{times} times"


def reason_words(family: OrderFamily) -> str:
    """Why the broker refused an order, as far as it said."""
    return family.reason or "the broker gave no reason"


def chain_columns() -> tuple[Column[tuple[str, OrderChain, int]], ...]:
    """Every order of a family: its part, its chain, and its place in the chain."""
    return (
        Column("Part", Kind.TEXT, lambda x: x[0], pinned=True, phone=True),
        Column("Side", Kind.TEXT, lambda x: x[1].orders[x[2]].side.capitalize()),
        Column("Type", Kind.TEXT, lambda x: type_words(x[1].orders[x[2]])),
        Column(
            "Price", Kind.TEXT, lambda x: price_words(x[1].orders[x[2]]), phone=True, wide=False
        ),
        Column("Status", Kind.TEXT, lambda x: status_words(x[1].orders[x[2]]), phone=True),
        Column("Ordered", Kind.QUANTITY, lambda x: x[1].orders[x[2]].qty),
        Column("Filled", Kind.QUANTITY, lambda x: x[1].orders[x[2]].filled_qty, phone=True),
        Column("Limit", Kind.PRICE, lambda x: x[1].orders[x[2]].limit_price, optional=True),
        Column("Stop", Kind.PRICE, lambda x: x[1].orders[x[2]].stop_price, optional=True),
        Column("Average", Kind.PRICE, lambda x: x[1].orders[x[2]].filled_avg_price),
        Column("In force", Kind.TEXT, lambda x: x[1].orders[x[2]].time_in_force.upper()),
        Column("Submitted", Kind.TIME, lambda x: x[1].orders[x[2]].submitted_at),
        Column("Changed", Kind.TIME, lambda x: x[1].orders[x[2]].updated_at),
        Column("Broker's id", Kind.TEXT, lambda x: x[1].orders[x[2]].order_id),
        Column("Client order id", Kind.TEXT, lambda x: x[1].orders[x[2]].client_order_id),
    )


def fills_columns() -> tuple[Column[FillRow], ...]:
    """The executions of a family."""
    return (
        Column("Time", Kind.TIME, lambda x: x.at, phone=True),
        Column("Side", Kind.TEXT, lambda x: x.side.replace("_", " ")),
        Column("Side", Kind.TEXT, _marked_side, "⚠: provisional.", phone=True, wide=False),
        Column("Qty", Kind.QUANTITY, lambda x: x.qty, phone=True),
        Column("Price", Kind.PRICE, lambda x: x.price, phone=True),
        Column("State", Kind.TEXT, lambda x: "⚠ provisional" if x.provisional else "confirmed"),
        Column("Order", Kind.TEXT, lambda x: x.order_id[:8]),
        Column("Execution id", Kind.TEXT, lambda x: x.execution_id),
    )


def _marked_side(fill: FillRow) -> str:
    return ("⚠ " if fill.provisional else "") + fill.side.replace("_", " ")


def intents_columns() -> tuple[Column[OrderIntentRow], ...]:
    """Our clicks: what was asked, when, and what the broker said."""
    return (
        Column("Asked", Kind.TEXT, intent_words, pinned=True, phone=True, wraps=True),
        Column("When", Kind.TIME, lambda x: x.created_at),
        Column("Outcome", Kind.TEXT, lambda x: INTENT_STATES.get(x.state, x.state), phone=True),
        Column("Why", Kind.TEXT, lambda x: x.message, optional=True, phone=True, wraps=True),
    )


def unmatched_columns() -> tuple[Column[UnmatchedRow], ...]:
    """Exits that nothing explains."""
    return (
        Column("Symbol", Kind.TEXT, lambda x: x.symbol, pinned=True, phone=True),
        Column("Side", Kind.TEXT, lambda x: x.side.capitalize()),
        Column("Qty", Kind.QUANTITY, lambda x: x.qty, phone=True),
        Column("Price", Kind.PRICE, lambda x: x.price),
        Column("When", Kind.TIME, lambda x: x.at),
        Column("Why", Kind.TEXT, lambda x: x.reason, phone=True, wraps=True),
    )
