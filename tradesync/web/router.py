"""Navigation: whichever page is asked for, it is drawn whole, header and dialogs included."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tradesync.config import SettingsError
from tradesync.paper import PaperBrokerError
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError
from tradesync.web.contrast import draw_contrast
from tradesync.web.dialogs import draw_dialog
from tradesync.web.formatting import plain
from tradesync.web.going import go_on
from tradesync.web.header import (
    chosen_account,
    draw_header,
    draw_together_header,
    header_row,
)
from tradesync.web.places import ALL_ACCOUNTS, PAGES
from tradesync.web.screen import Screen, begin_screen
from tradesync.web.session import open_dialog_request, show_flash
from tradesync.web.together import TogetherScreen, begin_together, draw_together
from tradesync.web.viewport import watch_viewport
from tradesync.web.watch import autorefresh, begin_watch

_EXPECTED = (SettingsError, PaperBrokerError, StoreError, SyncError)


def run() -> None:
    """Draw the page the address asks for."""
    st.set_page_config(page_title="tradesync", page_icon="📈", layout="wide")
    pages = {
        st.Page(each.path, title=each.title, icon=each.icon, default=each is PAGES[0]): each.path
        for each in PAGES
    }
    page = st.navigation(list(pages), position="top")
    go_on(pages[page], page.url_path)
    draw_contrast(dark=st.context.theme.type == "dark")
    watch_viewport()
    header = header_row()
    try:
        account = chosen_account(header)
        screen = begin_together() if account == ALL_ACCOUNTS else begin_screen(account)
    except _EXPECTED as error:
        st.error(plain(str(error)), icon=":material/error:", title="The program cannot start")
        return
    if isinstance(screen, TogetherScreen):
        draw_together_header(header, screen)
        _draw_part(lambda: draw_together(screen, page.title))
        show_flash()
        return
    begin_watch(screen)
    draw_header(header, screen)
    _draw_part(page.run)
    show_flash()
    _draw_part(lambda: _draw_ending(screen))


def _draw_part(draw: Callable[[], None]) -> None:
    """Draw a part of the page; what is known to go wrong is one sentence in its place."""
    try:
        draw()
    except _EXPECTED as error:
        st.error(plain(str(error)), icon=":material/error:")


def _draw_ending(screen: Screen) -> None:
    """An open dialog, or the autorefresh that would close it: never both, always last."""
    request = open_dialog_request()
    if request is not None:
        draw_dialog(screen, request)
    else:
        autorefresh(screen)
