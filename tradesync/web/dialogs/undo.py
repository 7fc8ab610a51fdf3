"""Taking a decision about a difference back."""

from __future__ import annotations

import streamlit as st

from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError, Trigger
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import account_words, draw_choice, draw_error, redraw
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog, flash

KIND = "undo"
_ERROR = "error"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Take a decision back"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Confirm and take back; `decision_id` and `words` come with the request."""
    words = str(request.args["words"])
    st.markdown(f"**{f.plain(words)}**")
    st.caption(
        f"{f.plain(account_words(screen))} · Trades will be as if it had never been decided; the "
        "difference is asked about again. The decision stays on record as taken back."
    )
    draw_error(request)
    if draw_choice("Take back", ready=True, key="undo"):
        _undo(screen, request)


def _undo(screen: Screen, request: DialogRequest) -> None:
    request.args.pop(_ERROR, None)
    try:
        with st.spinner("Taking it back…"):
            taken_back = screen.service.undo_resolution(
                screen.account, str(request.args["decision_id"])
            )
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)
        redraw()
    screen.service.request_sync(screen.account, trigger=Trigger.COMMAND)
    flash(f"{taken_back.symbol}: taken back.")
    close_dialog()
    st.rerun()
