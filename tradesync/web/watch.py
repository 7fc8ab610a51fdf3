"""Keeping an open page true: the autorefresh tick, the watcher, and the sync line it draws.

Both timers live in the browser; neither waits for the broker nor opens the database unless the
file moved, and neither disturbs an open dialog.
"""

from __future__ import annotations

import time

import streamlit as st

from tradesync.sync.cadence import FRESH_SHARE
from tradesync.sync.outcomes import RunResult, SyncError, Trigger
from tradesync.web import formatting as f
from tradesync.web.downloads import FAILURES, this_tab
from tradesync.web.screen import Screen
from tradesync.web.sentences import Line, Tone, freshness, run_in_words
from tradesync.web.session import (
    drop_ticket,
    flash,
    keep_ticket,
    open_dialog_request,
    sync_ticket,
)
from tradesync.web.viewport import is_narrow

_STAMP = "_seen_stamp"
_TICK = "_seen_tick"

TONE_ICONS = {
    Tone.GOOD: ":material/check_circle:",
    Tone.BUSY: ":material/sync:",
    Tone.WARNING: ":material/warning:",
    Tone.PROBLEM: ":material/error:",
}
TROUBLES = frozenset({Tone.WARNING, Tone.PROBLEM})


def request_manual_sync(screen: Screen) -> None:
    """Ask for a sync and remember to say how it went; for `on_click`."""
    try:
        ticket = screen.service.request_sync(screen.account, trigger=Trigger.MANUAL)
    except SyncError as error:
        flash(str(error), icon=":material/error:", long=True)
    else:
        keep_ticket(screen.account, ticket)


def begin_watch(screen: Screen) -> None:
    """Note what the record looks like before this run reads it."""
    st.session_state[_STAMP] = screen.service.database.stamp()


def autorefresh(screen: Screen) -> None:
    """Tick every interval: ask for a sync if the record is old by then. Never waits."""
    # A component is served only when its first import happens in a page run.
    from streamlit_autorefresh import st_autorefresh

    interval = screen.service.sync_interval
    tick = st_autorefresh(interval=int(interval * 1000), debounce=False, key="autorefresh")
    if st.session_state.get(_TICK) != (screen.account, tick):
        st.session_state[_TICK] = (screen.account, tick)
        screen.service.request_sync(
            screen.account, trigger=Trigger.AUTOREFRESH, max_age=FRESH_SHARE * interval
        )


@st.fragment(run_every=1.0, key="sync-line")
def watched_sync_line(screen: Screen) -> None:
    """The header's *Last sync* line; reruns the page when the record changed."""
    state = screen.service.state(screen.account)
    ticket = sync_ticket(screen.account)
    result = None
    if ticket is not None and screen.service.done(screen.account, ticket):
        result = _result(screen, ticket)
    waiting = ticket is not None and result is None
    _draw_line(freshness(state, screen.zone, time.time_ns(), waiting=waiting))
    if open_dialog_request() is not None:
        return  # a rerun would close it under the user's hands
    if result is not None:
        drop_ticket()
        icon = ":material/check_circle:" if result.ok else ":material/error:"
        flash(run_in_words(result), icon=icon, long=not result.ok)
        st.rerun()
    if failure := FAILURES.untold(this_tab()):
        flash(failure, icon=":material/error:", long=True)
        st.rerun()
    if _record_moved(screen):
        st.rerun()


def _result(screen: Screen, ticket: int) -> RunResult | None:
    """How a finished sync went; None when the account was switched off meanwhile."""
    try:
        return screen.service.wait(screen.account, ticket, 0.0)
    except SyncError:
        drop_ticket()
        return None


def _draw_line(line: Line) -> None:
    icon, is_short = TONE_ICONS[line.tone], bool(line.short) and is_narrow()
    if line.tone in TROUBLES and is_short:  # the reason is in the menu; the figures have the room
        st.markdown(
            f":orange-background[{icon} **{f.plain(line.short)}**]", width="content",
            help=f.plain(line.reason),
        )  # fmt: skip
    elif line.tone in TROUBLES:
        st.warning(f"**{f.plain(line.text)}.** {f.plain(line.reason)}", icon=icon)
    else:
        colour = "blue" if line.tone is Tone.BUSY else "gray"
        text = line.short if is_short else line.text
        st.markdown(f":{colour}[{icon} {f.plain(text)}]", width="content")


def _record_moved(screen: Screen) -> bool:
    """Whether anything was committed since this page began to read."""
    return screen.service.database.stamp() != st.session_state.get(_STAMP)
