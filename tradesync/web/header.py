"""The header of every page: whose account, how real its money is, the market, the last sync."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tradesync.config import Environment
from tradesync.sync import registry
from tradesync.web import formatting as f
from tradesync.web.places import ACCOUNT_PARAM, ALL_ACCOUNTS
from tradesync.web.pulse_words import short_service_words
from tradesync.web.screen import Screen
from tradesync.web.sentences import freshness, market_line
from tradesync.web.session import open_dialog, open_dialog_request
from tradesync.web.together import TogetherScreen, request_all
from tradesync.web.tools import draw_tools
from tradesync.web.viewport import is_narrow, shortcut
from tradesync.web.watch import TROUBLES, request_manual_sync, watched_sync_line

BADGES = {
    Environment.SIMULATED: ("SIMULATED", ":material/science:", "violet"),
    Environment.PAPER: ("PAPER", ":material/description:", "blue"),
    Environment.LIVE: ("LIVE", ":material/bolt:", "red"),
}
_PAPER_BROKER = (
    ":violet-background[**Paper broker:** simulated on this machine, money and prices are "
    "invented. Keys in .env show your own account.]"
)
_LIVE = "**LIVE account.** Orders sent from here use real money."
_SHORT_LIVE = ":red-background[**real money**]"


def environment_words(environment: Environment) -> str:
    """The word for an environment as the badge shows it: SIMULATED, PAPER, LIVE."""
    return BADGES[environment][0]


def header_row() -> DeltaGenerator:
    """The row the header is drawn into."""
    return st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="left", key="header",
        gap="xsmall" if is_narrow() else "small",
    )  # fmt: skip


def chosen_account(row: DeltaGenerator) -> str:
    """The account this tab shows, or all of them: the one of `?account=`, or the first."""
    names = registry.service().account_names()
    if len(names) == 1:
        return names[0]
    return row.selectbox(
        "Account", [*names, ALL_ACCOUNTS], key=ACCOUNT_PARAM, bind="query-params",
        label_visibility="collapsed", width=120 if is_narrow() else 200,
    )  # fmt: skip


def draw_header(row: DeltaGenerator, screen: Screen) -> None:
    """Draw the header; the sync line below it keeps itself current."""
    narrow = is_narrow()
    with row:
        if len(screen.service.account_names()) == 1:
            st.markdown(f"**{screen.account}**", width="content")
        label, icon, colour = BADGES[screen.environment]
        st.badge(label, icon=icon, color=colour)  # type: ignore[arg-type]
        if not narrow:
            _draw_market(screen)
        st.space("stretch")
        if narrow:
            _draw_menu(screen)
        else:
            _draw_buttons(screen)
    with st.container(
        horizontal=True, vertical_alignment="center", key="status_row",
        gap="xsmall" if narrow else "small",
    ):  # fmt: skip
        watched_sync_line(screen)
        if narrow:
            _draw_market(screen, short=True)
        else:
            st.caption(short_service_words(screen.service.pulse()), width="content")
            if screen.environment is Environment.SIMULATED:
                st.markdown(_PAPER_BROKER, width="content")
        if screen.read_only_because:
            words = "Read-only" if narrow else f.plain(screen.read_only_because)
            st.caption(f":material/lock: {words}", width="content")
        if narrow and screen.environment is Environment.LIVE:
            st.markdown(_SHORT_LIVE, width="content")
    if screen.environment is Environment.LIVE and not narrow:
        st.error(_LIVE, icon=":material/bolt:")


def _draw_menu(screen: Screen) -> None:
    """On a phone: sync at hand, the rest behind one button."""
    _draw_sync_button(screen, short=True)
    if open_dialog_request() is not None:  # an open menu would stay above the dialog it opened
        st.button("More", key="menu_closed", disabled=True)
        return
    with st.popover("More", key="menu"):
        _draw_import_button(screen)
        draw_tools(screen.service, with_keys=False)
        _, words = market_line(
            screen.service.market_clock(screen.account), screen.zone, screen.now
        )
        line = freshness(screen.state, screen.zone, screen.now, waiting=False)
        if line.tone in TROUBLES and line.reason:
            st.markdown(f"**{f.plain(line.text)}.** {f.plain(line.reason)}")
        told = [words, short_service_words(screen.service.pulse()).capitalize()]
        told += [f.plain(screen.read_only_because)] if screen.read_only_because else []
        st.caption("  \n".join(told))
        if screen.environment is Environment.SIMULATED:
            st.caption(_PAPER_BROKER)


def draw_together_header(row: DeltaGenerator, screen: TogetherScreen) -> None:
    """The header of all accounts seen as one."""
    with row:
        for word in dict.fromkeys(each.environment for each in screen.members):
            label, icon, colour = BADGES[Environment(word)]
            st.badge(label, icon=icon, color=colour)  # type: ignore[arg-type]
        narrow = is_narrow()
        if not narrow:
            st.caption("Only to be read: choose one account to act.", width="content")
        st.space("stretch")
        with st.container(horizontal=True, width="content"):
            if not narrow:
                draw_tools(screen.service)
            st.button(
                "Sync" if narrow else "Sync with Broker", icon=":material/sync:", key="sync",
                shortcut=shortcut("ctrl+shift+s"), on_click=request_all, args=(screen,),
                help="Read every account now.",
            )  # fmt: skip


def _draw_market(screen: Screen, *, short: bool = False) -> None:
    clock = screen.service.market_clock(screen.account)
    is_open, words = market_line(clock, screen.zone, screen.now)
    if short:
        words = f.UNKNOWN if is_open is None else "Open" if is_open else "Closed"
    if is_open:
        st.badge(words, icon=":material/circle:", color="green")
    else:
        st.badge(words, icon=":material/dark_mode:" if clock else None, color="gray")


def _draw_buttons(screen: Screen) -> None:
    with st.container(horizontal=True, width="content"):
        draw_tools(screen.service)
        _draw_sync_button(screen)
        _draw_import_button(screen)


def _draw_sync_button(screen: Screen, *, short: bool = False) -> None:
    st.button(
        "Sync" if short else "Sync with Broker",
        icon=":material/sync:",
        shortcut=shortcut("ctrl+shift+s"),
        key="sync",
        on_click=request_manual_sync,
        args=(screen,),
        help="Read the account now. Pages refresh by themselves; nothing is sent but questions.",
    )


def _draw_import_button(screen: Screen) -> None:
    st.button(
        "Import from Broker",
        icon=":material/download:",
        key="import",
        on_click=open_dialog,
        args=("import",),
        disabled=screen.account_id is None or not screen.state.history_complete,
        help="Take over positions that no execution explains. The plan is shown first.",
    )
