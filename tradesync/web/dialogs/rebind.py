"""The answer to *another account answers under this name*: a new record, the old one kept."""

from __future__ import annotations

import streamlit as st

from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError, Trigger
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import draw_choice, draw_error, redraw
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog, flash

KIND = "rebind"
_ERROR = "error"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Start a new record"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Confirm and bind the name anew; `account`: its name."""
    name = str(request.args["account"])
    st.markdown(
        f"From now on **{f.plain(name)}** means the account its keys open. Its history is read "
        "from the start; the record of the former account is kept as an archive."
    )
    st.caption(
        "If the account was not reset and you did not change its keys on purpose, cancel and "
        "put the former keys back."
    )
    draw_error(request)
    typed = st.text_input(f"Type {name} to confirm.", key="rebind_word")
    if draw_choice("Start a new record", ready=(typed or "").strip() == name, key="rebind"):
        _rebind(screen, request, name)


def _rebind(screen: Screen, request: DialogRequest, name: str) -> None:
    request.args.pop(_ERROR, None)
    try:
        with st.spinner("Asking the broker whose keys these are…"):
            number = screen.service.rebind(name)
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)
        redraw()
    screen.service.request_sync(name, trigger=Trigger.MANUAL)
    flash(f"{name} now means account {number}; its history is being read.")
    close_dialog()
    st.rerun()
