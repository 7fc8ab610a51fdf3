"""A new order: what is asked for, what it comes to, and its sending."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from tradesync.store.queries import InstrumentQuote
from tradesync.sync.outcomes import OrderTicket
from tradesync.views.estimates import estimate, read_quote
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import (
    account_words,
    draw_choice,
    draw_error,
    intent_id,
    number,
    send,
    summary,
    typed_for_live,
)
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "order"

_TIMES_IN_FORCE = {"day": "Day", "gtc": "Good till cancelled"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form holds; numbers None while they are missing or no numbers."""

    symbol: str
    side: str
    order_type: str
    qty: Decimal | None
    notional: Decimal | None
    limit_price: Decimal | None
    time_in_force: str

    @property
    def problem(self) -> str | None:
        """What is still missing, in one sentence; None when it can be sent."""
        if not self.symbol:
            return "Enter a symbol, such as AAPL or BTC/USD."
        if self.qty is None and self.notional is None:
            return "Enter a quantity or an amount."
        if self.order_type == "limit" and self.limit_price is None:
            return "Enter the limit price."
        return None

    def ticket(self) -> OrderTicket:
        """The order as the broker is to be asked for it, numbers as exact text."""
        return OrderTicket(
            symbol=self.symbol,
            side=self.side,
            order_type=self.order_type,
            qty=None if self.qty is None else str(self.qty),
            notional=None if self.notional is None else str(self.notional),
            limit_price=None if self.limit_price is None else str(self.limit_price),
            time_in_force=self.time_in_force,
        )

    def words(self) -> str:
        """Buy 10 AAPL, or Buy $500.00 of AAPL."""
        if self.qty is None:
            return f"{self.side.capitalize()} {f.money(self.notional)} of {self.symbol}"
        return f"{self.side.capitalize()} {f.quantity(self.qty)} {self.symbol}"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "New order"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Ask, show what it comes to, send."""
    draft = _draw_fields()
    account_id = screen.account_id or ""
    quote = None
    if draft.symbol:
        quote = screen.reader.read(
            ("quote", account_id, draft.symbol),
            lambda tx: read_quote(tx, account_id, draft.symbol),
        ).model
    _draw_summary(screen, draft, quote)
    draw_error(request)
    if draft.problem:
        st.caption(draft.problem)
    ready = typed_for_live(screen, draft.symbol or "symbol") and draft.problem is None
    if draw_choice(draft.words() if ready else "Send order", ready=ready, key="order"):
        send(
            screen,
            request,
            lambda: screen.service.place_order(
                screen.account, draft.ticket(), intent_id=intent_id(request)
            ),
            f"Order sent: {draft.words()}.",
        )


def _draw_fields() -> Draft:
    left, right = st.columns(2)
    symbol = left.text_input("Symbol", placeholder="AAPL", key="order_symbol") or ""
    side = right.segmented_control(
        "Side", ("buy", "sell"), default="buy", required=True, format_func=str.capitalize,
        key="order_side",
    )  # fmt: skip
    left, right = st.columns(2)
    order_type = left.segmented_control(
        "Type", ("market", "limit"), default="market", required=True,
        format_func=str.capitalize, key="order_type",
    )  # fmt: skip
    size_by = right.segmented_control(
        "Size by", ("quantity", "amount"), default="quantity", required=True,
        format_func=str.capitalize, key="order_size_by",
    )  # fmt: skip
    left, right = st.columns(2)
    label = "Quantity" if size_by == "quantity" else "Amount in USD"
    size = number(left.text_input(label, placeholder="0", key=f"order_{size_by}"))
    limit = None
    if order_type == "limit":
        limit = number(right.text_input("Limit price", placeholder="0.00", key="order_limit"))
    time_in_force = st.segmented_control(
        "Time in force", tuple(_TIMES_IN_FORCE), default="day", required=True,
        format_func=_TIMES_IN_FORCE.__getitem__, key="order_tif",
    )  # fmt: skip
    return Draft(
        symbol=symbol.strip().upper(),
        side=str(side),
        order_type=str(order_type),
        qty=size if size_by == "quantity" else None,
        notional=size if size_by == "amount" else None,
        limit_price=limit,
        time_in_force=str(time_in_force),
    )


def _draw_summary(screen: Screen, draft: Draft, quote: InstrumentQuote | None) -> None:
    wanted = estimate(
        draft.side,
        qty=draft.qty,
        notional=draft.notional,
        limit_price=draft.limit_price,
        quote=quote,
    )
    last = "not known here yet"
    if quote is not None and quote.price is not None:
        read = f.moment(quote.price_at, screen.zone, screen.now)
        last = f"{f.price(quote.price)} ({quote.price_session}, read {read})"
    summary(
        {
            "Account": account_words(screen),
            "Last price": last,
            "Estimated amount": f.money(wanted.amount),
            "Position now": f.quantity(wanted.position_before),
            "Position after": f.quantity(wanted.position_after),
        }
    )
