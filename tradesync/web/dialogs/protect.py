"""Placing the exits again that a close cancelled without closing the trade."""

from __future__ import annotations

import streamlit as st

from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import (
    account_words,
    draw_choice,
    draw_error,
    intent_id,
    send,
    summary,
    typed_for_live,
)
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "protect"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Place exits again"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Confirm and place them; `trade_id` comes with the request."""
    trade_id = str(request.args["trade_id"])
    unprotected = screen.service.unprotected(screen.account)
    found = next((row for row in unprotected if row.trade_id == trade_id), None)
    if found is None:
        st.success("This trade is closed or protected again by now; nothing is to be done.")
        if draw_choice("Look again", ready=True, key="protect"):
            st.rerun()
        return
    summary({
        "Account": account_words(screen),
        "Trade": f"{found.symbol}, {f.quantity(found.open_qty)} open",
        "What happened": found.message or "Its exits were cancelled; it is not closed.",
        "What is sent": "the cancelled stop and limit again, for the quantity open now",
    })  # fmt: skip
    draw_error(request)
    ready = typed_for_live(screen, found.symbol) and screen.read_only_because is None
    if draw_choice(f"Protect {found.symbol}", ready=ready, key="protect"):
        send(
            screen,
            request,
            lambda: screen.service.protect_trade(
                screen.account, trade_id, intent_id=intent_id(request)
            ),
            f"{found.symbol}: exits placed again.",
        )
