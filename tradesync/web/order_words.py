"""Orders in words: what they ask for, how they stand, where they came from."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from tradesync.domain.money import plain
from tradesync.store.queries_order_intents import OrderIntentRow
from tradesync.store.queries_orders import FamilyOrderRow
from tradesync.views.orders import OrderChain, OrderFamily, is_unknown
from tradesync.web import formatting as f


class Priced(Protocol):
    """Anything with the prices of an order."""

    @property
    def order_type(self) -> str: ...
    @property
    def limit_price(self) -> Decimal | None: ...
    @property
    def stop_price(self) -> Decimal | None: ...
    @property
    def trail_price(self) -> Decimal | None: ...
    @property
    def trail_percent(self) -> Decimal | None: ...


TIF_WORDS = {
    "day": "Day",
    "gtc": "Good till cancelled",
    "ioc": "Immediate or cancel",
    "fok": "Fill or kill",
    "opg": "At the open",
    "cls": "At the close",
}
TYPE_WORDS = {
    "market": "Market",
    "limit": "Limit",
    "stop": "Stop",
    "stop_limit": "Stop limit",
    "trailing_stop": "Trailing stop",
}
CLASS_WORDS = {"bracket": "Bracket", "oto": "OTO", "oco": "OCO", "mleg": "Multi-leg"}
_STATUS = {
    "new": "○ working",
    "accepted": "○ accepted",
    "accepted_for_bidding": "○ accepted for bidding",
    "pending_new": "… on its way",
    "partially_filled": "◐ partly filled",
    "filled": "● filled",
    "held": "‖ held",
    "pending_cancel": "… being cancelled",
    "pending_replace": "… being replaced",
    "canceled": "✕ cancelled",
    "expired": "✕ expired",
    "rejected": "⚠ rejected",
    "replaced": "↻ replaced",
    "suspended": "⚠ suspended",
    "stopped": "… stopped",
    "done_for_day": "○ done for today",
    "calculated": "… being calculated",
}


def status_words(order: FamilyOrderRow) -> str:
    """How an order stands, with a sign; a word nobody knows stays as it is."""
    if is_unknown(order):
        return "⚠ unknown at broker"
    return _STATUS.get(order.status, order.status.replace("_", " "))


def family_status(family: OrderFamily) -> str:
    """How a family stands: its order, and whether exits still work once that has filled."""
    words = status_words(family.main.current)
    if family.main.current.status == "filled" and any(leg.is_alive for leg in family.legs):
        return f"{words}, exits working"
    return words


def type_words(order: FamilyOrderRow | OrderIntentRow) -> str:
    """The type with its class: Limit, Bracket · market."""
    words = TYPE_WORDS.get(order.order_type, order.order_type.replace("_", " "))
    named = CLASS_WORDS.get(order.order_class)
    return words if named is None else f"{named} · {words.lower()}"


def price_words(order: Priced) -> str:
    """The prices of an order in short: 187.25, stop 180 limit 179, trail 1.5%."""
    parts = []
    if order.order_type == "trailing_stop":
        parts.append(f"trail {trail_words(order)}")
    if order.stop_price is not None:
        parts.append(f"stop {f.price(order.stop_price)}")
    if order.limit_price is not None:
        parts.append(f"limit {f.price(order.limit_price)}")
    return ", ".join(parts) or "market"


def trail_words(order: Priced) -> str:
    """How far a trailing stop follows: $2.50 or 1.5%."""
    if order.trail_price is not None:
        return f.price(order.trail_price)
    if order.trail_percent is not None:
        return f"{plain(order.trail_percent)}%"
    return f.UNKNOWN


def size_words(qty: Decimal | None, notional: Decimal | None) -> str:
    """10, or $500.00 where an amount was ordered."""
    return f.money(notional) if qty is None else f.quantity(qty)


def order_words(order: FamilyOrderRow) -> str:
    """An order in a line: Buy 10 AAPL, limit $187.25."""
    size = size_words(order.qty, order.notional)
    of = "of " if order.qty is None else ""
    return f"{order.side.capitalize()} {size} {of}{order.symbol}, {price_words(order)}"


def filled_words(chain: OrderChain) -> str:
    """Filled of ordered: 3 / 10, or 2.5 of $500.00."""
    if chain.current.qty is None:
        return f"{f.quantity(chain.filled_qty)} of {f.money(chain.current.notional)}"
    return f"{f.quantity(chain.filled_qty)} / {f.quantity(chain.current.qty)}"


def exits_words(family: OrderFamily) -> str | None:
    """The legs of a family in short; None when it has none."""
    return " · ".join(price_words(leg.current) for leg in family.legs) or None


def source_words(family: OrderFamily) -> str:
    """Who placed the order."""
    return "this app" if family.is_ours else "broker"


def intent_words(intent: OrderIntentRow) -> str:
    """A click of ours in a line."""
    if intent.kind == "cancel":
        return f"Cancel {intent.symbol}"
    size = size_words(intent.qty, intent.notional)
    verb = {"replace": "Replace:"}.get(intent.kind, "")
    exits = [
        f"{word} {f.price(price)}"
        for word, price in (("take profit", intent.take_profit), ("stop loss", intent.stop_loss))
        if price is not None
    ]
    prices = price_words(intent) if intent.order_class != "oco" else "OCO"
    of = "of " if intent.qty is None else ""
    words = f"{verb} {intent.side} {size} {of}{intent.symbol}, {', '.join([prices, *exits])}"
    return words.strip()[:1].upper() + words.strip()[1:]


INTENT_STATES = {
    "written": "no answer yet",
    "sent": "no answer yet",
    "accepted": "accepted",
    "refused": "refused",
    "unknown": "outcome unknown",
    "not_sent": "not sent",
    "never_arrived": "never arrived",
}
