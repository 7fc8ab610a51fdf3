"""Dialogs: drawn from this tab's state at the end of a run, so that no refresh closes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError
from tradesync.web.dialogs import (
    again,
    cancel_all,
    cancel_order,
    close_all,
    close_trade,
    edit_note,
    import_positions,
    new_order,
    protect,
    rebind,
    replace_order,
    resolve,
    undo,
)
from tradesync.web.formatting import plain
from tradesync.web.preferences import revealed
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog
from tradesync.web.viewport import is_narrow

_Body = Callable[[Screen, DialogRequest], None]

_DIALOGS: dict[str, tuple[Callable[[Screen], str], _Body]] = {
    import_positions.KIND: (import_positions.title, import_positions.draw),
    new_order.KIND: (new_order.title, new_order.draw),
    close_trade.KIND: (close_trade.title, close_trade.draw),
    cancel_order.KIND: (cancel_order.title, cancel_order.draw),
    cancel_all.KIND: (cancel_all.title, cancel_all.draw),
    close_all.KIND: (close_all.title, close_all.draw),
    replace_order.KIND: (replace_order.title, replace_order.draw),
    edit_note.KIND: (edit_note.title, edit_note.draw),
    resolve.KIND: (resolve.title, resolve.draw),
    undo.KIND: (undo.title, undo.draw),
    again.KIND: (again.title, again.draw),
    protect.KIND: (protect.title, protect.draw),
    rebind.KIND: (rebind.title, rebind.draw),
}

_WIDTHS: dict[str, Literal["medium", "large"]] = {
    import_positions.KIND: "large",
    new_order.KIND: "medium",
    cancel_all.KIND: "large",
    close_all.KIND: "large",
}


def draw_dialog(screen: Screen, request: DialogRequest) -> None:
    """Draw the dialog this tab has open; what is known to go wrong is one sentence in it."""
    title, body = _DIALOGS[request.kind]

    def draw_body(screen: Screen, request: DialogRequest) -> None:
        try:
            with revealed():
                body(screen, request)
        except (StoreError, SyncError) as error:
            st.error(plain(str(error)), icon=":material/error:")

    st.dialog(
        title(screen),
        width=_WIDTHS.get(request.kind, "small"),
        position="right" if is_narrow() else "center",  # on a phone a drawer as high as it
        on_dismiss=close_dialog,
    )(draw_body)(screen, request)
