"""Dialogs: drawn from this tab's state at the end of a run, so that no refresh closes them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tradesync.web.dialogs import (
    cancel_order,
    close_trade,
    edit_note,
    import_positions,
    new_order,
    protect,
    rebind,
    resolve,
    undo,
)
from tradesync.web.preferences import revealed
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog

_Body = Callable[[Screen, DialogRequest], None]

_DIALOGS: dict[str, tuple[Callable[[Screen], str], _Body]] = {
    import_positions.KIND: (import_positions.title, import_positions.draw),
    new_order.KIND: (new_order.title, new_order.draw),
    close_trade.KIND: (close_trade.title, close_trade.draw),
    cancel_order.KIND: (cancel_order.title, cancel_order.draw),
    edit_note.KIND: (edit_note.title, edit_note.draw),
    resolve.KIND: (resolve.title, resolve.draw),
    undo.KIND: (undo.title, undo.draw),
    protect.KIND: (protect.title, protect.draw),
    rebind.KIND: (rebind.title, rebind.draw),
}


def draw_dialog(screen: Screen, request: DialogRequest) -> None:
    """Draw the dialog this tab has open."""
    title, body = _DIALOGS[request.kind]

    def draw_body(screen: Screen, request: DialogRequest) -> None:
        with revealed():
            body(screen, request)

    wide = request.kind == import_positions.KIND
    st.dialog(title(screen), width="large" if wide else "small", on_dismiss=close_dialog)(
        draw_body
    )(screen, request)
