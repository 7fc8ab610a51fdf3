"""Cancelling every working order."""

from __future__ import annotations

import streamlit as st

from tradesync.views.orders import OrderFamily, read_working_families
from tradesync.web.dialogs.many import Bulk, Item, draw_bulk
from tradesync.web.dialogs.shared import intent_id
from tradesync.web.order_words import family_status, filled_words, order_words
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "cancel_all"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Cancel all orders"


def draw(screen: Screen, request: DialogRequest) -> None:
    """List every order at work and ask for the cancel of all."""
    account_id = screen.account_id or ""
    families = screen.reader.read(
        ("working", account_id), lambda tx: read_working_families(tx, account_id)
    ).model
    items = [item_of(family) for family in families]
    if not items and "results" not in request.args:
        st.info("No order is at work; there is nothing to cancel.")
        return
    count = f"{len(items)} {'order' if len(items) == 1 else 'orders'}"
    bulk = Bulk(
        key="cancel_all",
        verb=f"Cancel {count}",
        typed="",
        waiting=f"Asking for the cancel of {count}…",
        send=lambda: screen.service.cancel_all(screen.account, intent_id=intent_id(request)),
    )
    st.caption("Exits of open trades are cancelled too: those trades are then unprotected.")
    draw_bulk(screen, request, items, bulk)


def item_of(family: OrderFamily) -> Item:
    """A family as an item of the list, by the order whose cancel ends it."""
    first = family.working[0]
    return Item(
        identity=first.order_id,
        symbol=first.symbol,
        words=order_words(first),
        detail=f"{family_status(family)}, filled {filled_words(family.main)}",
        members=tuple(order.order_id for order in family.working),
        state=f"{first.status} {family.main.filled_qty}",
    )
