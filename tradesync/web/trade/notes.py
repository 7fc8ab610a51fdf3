"""A trade's notes and tags: shown here, written in a dialog that no refresh closes."""

from __future__ import annotations

import streamlit as st

from tradesync.views.trades import TradeDetail
from tradesync.web import formatting as f
from tradesync.web.dialogs import edit_note
from tradesync.web.screen import Screen
from tradesync.web.session import open_dialog


def draw_notes(_screen: Screen, detail: TradeDetail) -> None:
    """What a person wrote about the trade, and the way to write more."""
    trade, note = detail.trade, detail.note
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Notes and tags**", width="content")
        st.space("stretch")
        st.button(
            "Edit", icon=":material/edit_note:", type="tertiary", key="edit_note",
            on_click=open_dialog, args=(edit_note.KIND,),
            kwargs={
                "trade_id": trade.trade_id, "symbol": trade.symbol, "notes": trade.notes,
                "tags": tuple(trade.tags), "seen": note.noted_at if note else None,
                "known": detail.known_tags,
            },
        )  # fmt: skip
    if trade.tags:
        with st.container(horizontal=True):
            for tag in trade.tags:
                st.badge(f.plain(tag), icon=":material/sell:", color="gray")
    if trade.notes:
        st.markdown(f.plain(trade.notes).replace("\n", "  \n"))
    if not trade.tags and not trade.notes:
        st.caption("Nothing yet. Why this trade, what went well, what did not: it is kept with it.")
