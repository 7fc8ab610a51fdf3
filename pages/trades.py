"""Trades: open, pending, closed; filtered and sorted; and one trade when the address names it."""

from __future__ import annotations

import streamlit as st

from tradesync.web.drawing import draw_not_ready
from tradesync.web.places import asked_trade, show_trade_here
from tradesync.web.screen import Screen, current_screen
from tradesync.web.session import open_dialog
from tradesync.web.trade.page import draw_trade
from tradesync.web.trade_list import ListScope, draw_trade_list
from tradesync.web.viewport import shortcut


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    trade_id = asked_trade()
    if trade_id is not None:
        draw_trade(screen, trade_id)
        return
    scope = ListScope(
        accounts=screen.account_id or "",
        reader=screen.reader,
        zone=screen.zone,
        dark=screen.dark,
        now=screen.now,
        chosen=lambda trade_id, _account_id: show_trade_here(trade_id),
    )
    draw_trade_list(scope, lambda: _draw_new_order(screen))


def _draw_new_order(screen: Screen) -> None:
    st.button(
        "New order",
        icon=":material/add:",
        type="primary",
        key="new_order",
        shortcut=shortcut("ctrl+shift+o"),
        on_click=open_dialog,
        args=("order",),
        disabled=screen.read_only_because is not None,
        help=screen.read_only_because,
    )


draw(current_screen())
