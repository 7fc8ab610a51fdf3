"""Small tools at the end of the header: hide amounts, keyboard shortcuts."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError
from tradesync.sync.service import SyncService
from tradesync.web.places import PAGES
from tradesync.web.preferences import Preferences, choose, current
from tradesync.web.session import flash
from tradesync.web.viewport import shortcut

SHORTCUTS = (
    ("Ctrl+Shift+S", "Sync with Broker"),
    ("Ctrl+Shift+O", "New order (on Trades and Orders)"),
    ("Alt+Shift+1 … 7", f"{', '.join(place.title for place in PAGES[:-1])}, {PAGES[-1].title}"),
    ("Alt+Shift+H", "Hide or show amounts"),
    ("Alt+Shift+← / →", "Previous / next trade (on a trade's page)"),
    ("Esc", "Close a dialog; nothing is sent"),
    ("↑ ↓ ← →, Enter", "Move in a table, open the row"),
    ("Ctrl+F, Ctrl+C", "Search in a table, copy its cells"),
)
"""On a Mac, Cmd stands for Ctrl."""


def draw_tools(service: SyncService, *, with_keys: bool = True) -> None:
    """The eye that hides amounts, and the list of shortcuts where there is a keyboard."""
    wanted = current()
    st.button(
        "Show amounts" if wanted.private else "Hide amounts",
        icon=":material/visibility_off:" if wanted.private else ":material/visibility:",
        type="tertiary",
        key="privacy_toggle",
        shortcut=shortcut("alt+shift+h"),
        on_click=_choose,
        args=(service, replace(wanted, private=not wanted.private)),
        help="Amounts and quantities become dots on every page; percentages stay. "
        "Alt+Shift+H. Dialogs that send something show what they send.",
    )
    if not with_keys:
        return
    with st.popover("Keys", icon=":material/keyboard:", type="tertiary", key="shortcuts"):
        st.markdown("**Keyboard shortcuts**")
        st.markdown("  \n".join(f"`{keys}` {action}" for keys, action in SHORTCUTS))


def _choose(service: SyncService, wanted: Preferences) -> None:
    try:
        choose(service, wanted)
    except (SyncError, StoreError) as error:
        flash(str(error), icon=":material/error:", long=True)
