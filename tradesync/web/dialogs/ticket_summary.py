"""What an order ticket comes to: kept current while it is filled in, and at the last look."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st

from tradesync.broker.port import Quote
from tradesync.sync.outcomes import OrderTicket, SyncError
from tradesync.views.outlook import Basis, Outlook, outlook, read_basis
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import account_words, number, summary
from tradesync.web.dialogs.ticket_form import Draft
from tradesync.web.order_words import CLASS_WORDS, TIF_WORDS, TYPE_WORDS, order_words
from tradesync.web.preferences import revealed
from tradesync.web.screen import Screen

_NUMBERS = ("qty", "notional", "limit_price", "stop_price", "take_profit")
_EVERY = 2.0
"""Seconds between two looks at the price."""


def basis_of(screen: Screen, symbol: str) -> Basis:
    """What the record knows where an order of this symbol would land."""
    account_id = screen.account_id or ""
    return screen.reader.read(
        ("basis", account_id, symbol), lambda tx: read_basis(tx, account_id, symbol)
    ).model


def quote_of(screen: Screen, draft: Draft) -> tuple[Quote | None, str]:
    """What it costs now, or why that is not known."""
    if draft.asset is None:
        return None, ""
    try:
        quote = screen.service.pricing(screen.account).quote(
            draft.asset.symbol, draft.asset.asset_class
        )
    except SyncError as error:
        return None, str(error)
    return quote, "" if quote else "The market data address has no price of it."


def outlook_of(screen: Screen, draft: Draft) -> Outlook:
    """What the draft comes to by the price and the position of this moment."""
    quote, _ = quote_of(screen, draft)
    symbol = draft.ticket.symbol
    return outlook(clean(draft.ticket), basis_of(screen, symbol), quote, draft.asset_class)


def clean(ticket: OrderTicket) -> OrderTicket:
    """The ticket with what is no number left out."""
    wrong = [name for name in _NUMBERS if number(getattr(ticket, name)) is None]
    nothing: dict[str, Any] = dict.fromkeys(wrong)
    return replace(ticket, **nothing)


@st.fragment(run_every=_EVERY)
def draw_live(screen: Screen, draft: Draft) -> None:
    """Price, cost and what is left behind; runs again alone, so that no field is disturbed."""
    with revealed():
        quote, problem = quote_of(screen, draft)
        basis = basis_of(screen, draft.ticket.symbol)
        comes_to = outlook(clean(draft.ticket), basis, quote, draft.asset_class)
        summary(live_rows(screen, draft, quote, comes_to))
        notes = (problem, *exit_notes(basis, comes_to))
        st.caption(f.plain(" ".join(filter(None, notes)) or "Estimates; the market decides."))


def live_rows(
    screen: Screen, draft: Draft, quote: Quote | None, comes_to: Outlook
) -> dict[str, str]:
    """The figures under the form."""
    return {
        "Account": account_words(screen),
        "Price now": quote_words(screen, quote),
        "Estimated amount": amount_words(comes_to),
        "Cash after" if draft.asset_class == "crypto" else "Buying power after": power_words(
            comes_to
        ),
        "Position": position_words(comes_to),
    }


def quote_words(screen: Screen, quote: Quote | None) -> str:
    """Last trade, bid and ask, and as of when."""
    if quote is None:
        return f.UNKNOWN
    parts = [f.price(quote.price)]
    if quote.bid is not None or quote.ask is not None:
        parts.append(f"bid {f.price(quote.bid)}, ask {f.price(quote.ask)}")
    at = quote.at if quote.quoted_at is None else max(quote.at or 0, quote.quoted_at)
    if at is not None:
        parts.append(f"as of {f.moment(at, screen.zone, screen.now, seconds=True)}")
    return " · ".join(parts)


def amount_words(comes_to: Outlook) -> str:
    """The estimated amount and by which price."""
    if comes_to.amount is None:
        return f.UNKNOWN
    by = f" at {f.price(comes_to.price)} ({comes_to.price_word})" if comes_to.price else ""
    return f"{f.money(comes_to.amount)}{by}"


def power_words(comes_to: Outlook) -> str:
    """What can be spent after the order."""
    if comes_to.closing:
        return f"{f.money(comes_to.power)}, and more once it is filled"
    if comes_to.power_after is None:
        return f.UNKNOWN
    words = f"{f.money(comes_to.power_after)} of {f.money(comes_to.power)}"
    return f"{words} — not enough" if comes_to.power_after < 0 else words


def position_words(comes_to: Outlook) -> str:
    """From what to what: 10 → 0 (closed), 0 → −5 (short)."""
    if comes_to.after is None:
        return f"{f.quantity(comes_to.held)} → {f.UNKNOWN}"
    words = f"{f.quantity(comes_to.held)} → {f.quantity(comes_to.after)}"
    if comes_to.flips:
        return f"{words} (through zero: the broker refuses that in one order)"
    if comes_to.after == 0:
        return f"{words} (closed)"
    return f"{words} (short)" if comes_to.after < 0 else words


def exit_notes(basis: Basis, comes_to: Outlook) -> list[str]:
    """What becomes of the orders that work on the same symbol."""
    closing_side = "sell" if basis.held > 0 else "buy"
    exits = [order for order in basis.working if basis.held and order.side == closing_side]
    if not exits:
        return []
    listed = "; ".join(order_words(order) for order in exits[:3])
    if comes_to.closing and comes_to.held_back > 0:
        held = f.quantity(comes_to.held_back)
        return [
            f"Working exits hold {held} of it ({listed}); the broker refuses more than the rest.",
            "Cancel or replace those first.",
        ]
    if comes_to.closing:
        return [f"Working exits stay as they are: {listed}."]
    return [f"Working exits stay as they are and do not cover what is added: {listed}."]


def review_rows(screen: Screen, draft: Draft, comes_to: Outlook) -> dict[str, str]:
    """Everything about the order that is about to be sent."""
    ticket = draft.ticket
    kind = TYPE_WORDS[ticket.order_type]
    named = CLASS_WORDS.get(ticket.order_class)
    return {
        "Account": account_words(screen),
        "Symbol": f"{ticket.symbol} · {draft.asset.name}" if draft.asset else ticket.symbol,
        "Side": ticket.side.capitalize(),
        "Quantity": (
            f.quantity(comes_to.qty)
            if ticket.qty
            else f"{f.money(comes_to.amount)}, about {f.quantity(comes_to.qty)}"
        ),
        "Type": kind if named is None else f"{named} · {kind.lower()}",
        "Price": ticket_prices(ticket),
        "Time in force": TIF_WORDS[ticket.time_in_force]
        + (", extended hours too" if ticket.extended_hours else ""),
        "Estimated amount": amount_words(comes_to),
        "Position": position_words(comes_to),
    }


def ticket_prices(ticket: OrderTicket) -> str:
    """Every price of a ticket in words."""
    named: tuple[tuple[str, str | None], ...] = (
        ("limit", ticket.limit_price),
        ("stop", ticket.stop_price),
        ("trail", ticket.trail_price),
        ("take profit", ticket.take_profit),
        ("stop loss", ticket.stop_loss),
        ("its limit", ticket.stop_loss_limit),
    )
    parts = [f"{word} {f.price(Decimal(text))}" for word, text in named if text is not None]
    if ticket.trail_percent is not None:
        parts.append(f"trail {ticket.trail_percent}%")
    return ", ".join(parts) or "market"


def verb_words(ticket: OrderTicket) -> str:
    """The button: Buy 10 AAPL @ 187.25, Sell $500.00 of AAPL at market."""
    size = (
        f"{f.quantity(Decimal(ticket.qty))} {ticket.symbol}"
        if ticket.qty is not None
        else f"{f.money(Decimal(ticket.notional or 0))} of {ticket.symbol}"
    )
    verb = f"{ticket.side.capitalize()} {size}"
    if ticket.limit_price is not None:
        return f"{verb} @ {f.price(Decimal(ticket.limit_price)).lstrip('$')}"
    if ticket.order_class == "oco":
        return f"{verb}: take profit or stop loss"
    if ticket.order_type == "market":
        return f"{verb} at market"
    return f"{verb}, {ticket_prices(ticket)}"
