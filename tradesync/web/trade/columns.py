"""The columns of what one trade rests on."""

from __future__ import annotations

import re
from decimal import Decimal

from tradesync.domain.why import Figure, Part
from tradesync.views.activity import TradeChange
from tradesync.views.order_chains import OrderChain
from tradesync.views.trade_history import change_cause
from tradesync.web import formatting as f
from tradesync.web.columns import TRIGGER_WORDS, change_words, exit_words
from tradesync.web.preferences import amounts_hidden
from tradesync.web.tables import Column, Kind

_STATES = {
    "filled": "✓ filled",
    "partially_filled": "◐ partially filled",
    "canceled": "✕ canceled",
    "expired": "✕ expired",
    "rejected": "⚠ rejected",
    "replaced": "↻ replaced",
    "held": "◌ held",
}
_IN_FORCE = {"gtc": "until cancelled", "ioc": "at once or not", "fok": "all at once or not"}


def state_words(chain: OrderChain) -> str:
    """An order's status with a sign that says it without colour."""
    status = chain.current.status
    if chain.current.not_found_count:
        return "⚠ being looked up"
    return _STATES.get(status) or f"{'●' if chain.works else '○'} {status.replace('_', ' ')}"


def chains_columns() -> tuple[Column[OrderChain], ...]:
    """The orders of one trade, an order and its replacements in one row."""
    return (
        Column("Role", Kind.TEXT, lambda c: c.role.capitalize(), phone=True),
        Column("Order", Kind.TEXT, lambda c: exit_words(c.current), phone=True, wide=False),
        Column("Side", Kind.TEXT, lambda c: c.current.side),
        Column("Type", Kind.TEXT, lambda c: c.current.order_type.replace("_", " ")),
        Column("Status", Kind.TEXT, state_words, phone=True),
        Column("Ordered", Kind.QUANTITY, lambda c: c.current.qty),
        Column("Filled", Kind.QUANTITY, lambda c: c.current.filled_qty, phone=True),
        Column("Stop", Kind.PRICE, lambda c: c.current.stop_price, optional=True),
        Column("Limit", Kind.PRICE, lambda c: c.current.limit_price, optional=True),
        Column("Average", Kind.PRICE, lambda c: c.current.filled_avg_price),
        Column(
            "In force",
            Kind.TEXT,
            lambda c: _IN_FORCE.get(c.current.time_in_force, c.current.time_in_force),
        ),
        Column("Replaced", Kind.TEXT, _replaced, optional=True),
        Column("Submitted", Kind.TIME, lambda c: (*c.earlier, c.current)[0].submitted_at),
        Column("Updated", Kind.TIME, lambda c: c.current.updated_at),
    )


def _replaced(chain: OrderChain) -> str | None:
    return f"{len(chain.earlier)} ×" if chain.earlier else None


def history_columns() -> tuple[Column[TradeChange], ...]:
    """Changes of one trade: when, what, why, and which run found it."""
    return (
        Column("Run", Kind.TEXT, lambda c: c.run_id[:8], pinned=True),
        Column("When", Kind.TIME, lambda c: c.at, phone=True),
        Column("What changed", Kind.TEXT, change_words, phone=True, wraps=True),
        Column("Because of", Kind.TEXT, change_cause),
        Column("Found by", Kind.TEXT, lambda c: TRIGGER_WORDS.get(c.trigger or "", c.trigger)),
    )


_QUANTITIES = frozenset({Figure.QTY, Figure.OPEN_QTY})
_GAINS = frozenset({Figure.REALIZED_PNL, Figure.FLOATING_PNL})


def parts_columns(figure: Figure) -> tuple[Column[Part], ...]:
    """What a figure came from: each record and what it adds."""
    kind = Kind.QUANTITY if figure in _QUANTITIES else Kind.MONEY
    return (
        Column("Time", Kind.TIME, lambda p: p.at, phone=True),
        Column("From", Kind.TEXT, lambda p: p.kind.replace("_", " ")),
        Column("What", Kind.TEXT, part_words, phone=True, wraps=True),
        Column("Adds", kind, lambda p: p.amount, phone=True),
        Column("Order", Kind.TEXT, lambda p: p.order_id and p.order_id[:8], optional=True),
        Column("Record", Kind.TEXT, lambda p: p.source_id),
    )


_DAY_PRICE_OR_NUMBER = re.compile(
    r"(?P<kept>\d{4}-\d\d-\d\d|\b(?:at|price) \d[\d.]*)|(?<![\w.])\d[\d.]*(?!\w)"
)


def part_words(part: Part) -> str:
    """What a record is; hidden amounts leave its days and prices, which are anyone's to know."""
    if not amounts_hidden():
        return part.what
    return _DAY_PRICE_OR_NUMBER.sub(lambda found: found["kept"] or f.HIDDEN, part.what)


def figure_words(figure: Figure) -> str:
    """A figure's name as the page calls it."""
    return _FIGURES[figure]


_FIGURES = {
    Figure.QTY: "Quantity",
    Figure.OPEN_QTY: "Open quantity",
    Figure.COST: "Cost",
    Figure.OPEN_COST: "Open cost",
    Figure.EXIT_VALUE: "Exit value",
    Figure.REALIZED_PNL: "Realized P&L",
    Figure.FLOATING_PNL: "Floating P&L",
    Figure.FEES: "Fees",
    Figure.ENTRY_PRICE: "Entry price",
    Figure.EXIT_PRICE: "Exit price",
}


def value_words(figure: Figure, value: Decimal | None) -> str:
    """A figure's value as the page writes it."""
    if figure in _QUANTITIES:
        return f.quantity(value)
    if figure in {Figure.ENTRY_PRICE, Figure.EXIT_PRICE}:
        return f.price(value)
    return f.money(value, plus=figure in _GAINS)


def sum_words(figure: Figure, total: Decimal | None) -> str:
    """What its parts add up to: for a price they are the money it is reckoned from."""
    if figure in _QUANTITIES:
        return f.quantity(total)
    return f.money(total, plus=figure in _GAINS)
