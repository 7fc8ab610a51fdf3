"""Replacing a working order: what it is now, what it is to be, and the sending."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from tradesync.domain.money import plain
from tradesync.store.queries_orders import FamilyOrderRow
from tradesync.sync.outcomes import Replacement
from tradesync.sync.replacing import irreplaceable
from tradesync.sync.tickets import times_in_force
from tradesync.views.orders import OrderChain, has_ended, read_order_detail
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
from tradesync.web.order_words import TIF_WORDS, order_words, price_words, trail_words
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "replace"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Replace order"


def current_chain(screen: Screen, order_id: str) -> OrderChain | None:
    """The chain of an order as the record has it now."""
    account_id = screen.account_id or ""
    detail = screen.reader.read(
        ("order", account_id, order_id), lambda tx: read_order_detail(tx, account_id, order_id)
    ).model
    if detail is None:
        return None
    return next(
        chain
        for chain in detail.family.chains
        if order_id in {order.order_id for order in chain.orders}
    )


def draw(screen: Screen, request: DialogRequest) -> None:
    """Ask what is to change, show before and after, and send it."""
    chain = current_chain(screen, str(request.args["order_id"]))
    if chain is None or has_ended(chain.current):
        st.info("This order has ended; there is nothing to replace.")
        return
    order = chain.current
    if reason := irreplaceable(order.qty, order.asset_class):
        st.info(f.plain(reason))
        return
    if changed := request.args.get("seen", order.order_id) != order.order_id:
        st.warning("The order has been replaced meanwhile. Look at the figures again.")
    request.args["seen"] = order.order_id
    change, problem = draw_fields(order, chain.filled_qty)
    summary(rows_of(screen, order, change))
    draw_error(request)
    if problem:
        st.caption(f.plain(problem))
    ready = typed_for_live(screen, order.symbol) and problem is None and not changed
    verb = f"Replace: {words_after(order, change)}"
    if draw_choice(verb if ready else "Replace order", ready=ready, key="replace"):
        send(
            screen,
            request,
            lambda: screen.service.replace_order(
                screen.account, order.order_id, change, intent_id=intent_id(request)
            ),
            f"Replacement sent: {words_after(order, change)}.",
        )


def draw_fields(order: FamilyOrderRow, filled: Decimal) -> tuple[Replacement, str | None]:
    """What is to change (None stays), and what is wrong with it in one sentence."""
    typed: dict[str, str | None] = {}
    trail = order.trail_price if order.trail_price is not None else order.trail_percent
    fields = [
        ("qty", f"Quantity ({f.quantity(filled)} filled)", order.qty),
        ("limit_price", "Limit price", order.limit_price),
        ("stop_price", "Stop price", None if trail is not None else order.stop_price),
        ("trail", "Trail in $" if order.trail_price is not None else "Trail in %", trail),
    ]
    shown = [field for field in fields if field[2] is not None]
    problem = None
    for column, (name, label, stands) in zip(st.columns(len(shown)), shown, strict=True):
        now = plain(stands or Decimal(0))
        text = column.text_input(label, now, key=f"replace_{name}")
        value = number(text)
        if value is None:
            problem = f"{label.split(' (')[0]}: enter a number above zero."
        elif value != stands:
            typed[name] = plain(value)
    allowed = times_in_force(
        order.asset_class, order.order_type,
        order_class="" if order.order_class == "simple" else order.order_class,
    )  # fmt: skip
    options = tuple(dict.fromkeys((order.time_in_force, *allowed)))
    force = st.selectbox(
        "Time in force", options, key="replace_tif", width=260,
        format_func=lambda word: TIF_WORDS.get(word, word),
    )  # fmt: skip
    if force != order.time_in_force:
        typed["time_in_force"] = force
    if problem is None and not typed:
        problem = "Change a figure to replace the order."
    return Replacement(**typed), problem


def words_after(order: FamilyOrderRow, change: Replacement) -> str:
    """The successor in short: Buy 12 AAPL @ 189.50."""
    qty = Decimal(change.qty) if change.qty else order.qty
    words = f"{order.side.capitalize()} {f.quantity(qty)} {order.symbol}"
    if order.order_type == "trailing_stop":
        return f"{words}, trail {_trail_after(order, change)}"
    stop = Decimal(change.stop_price) if change.stop_price else order.stop_price
    limit = Decimal(change.limit_price) if change.limit_price else order.limit_price
    if stop is not None:
        words += f", stop {f.price(stop).lstrip('$')}"
    return words if limit is None else f"{words} @ {f.price(limit).lstrip('$')}"


def _trail_after(order: FamilyOrderRow, change: Replacement) -> str:
    if change.trail is None:
        return trail_words(order)
    return f"${change.trail}" if order.trail_price is not None else f"{change.trail}%"


def rows_of(screen: Screen, order: FamilyOrderRow, change: Replacement) -> dict[str, str]:
    """Before and after."""
    force = change.time_in_force or order.time_in_force
    return {
        "Account": account_words(screen),
        "Now": f"{order_words(order)} · {TIF_WORDS.get(order.time_in_force, order.time_in_force)}",
        "After": f"{words_after(order, change)} · {TIF_WORDS.get(force, force)}"
        if change != Replacement()
        else f"{price_words(order)}, unchanged",
    }
