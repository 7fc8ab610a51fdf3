"""Going to another page from a callback, also when the run that goes there is cut short.

A click's run goes to the other page; the browser hears of it when that page begins to be drawn.
An autorefresh tick sent before then asks for the old page, and Streamlit (1.67,
AppSession.request_rerun) stops the run that was on its way: the click would do nothing. So where
a click wants to go is kept until the browser knows of it, and the old page goes on to it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

HELD = 5.0
"""Seconds a click is followed: much longer than a browser takes to hear of a page."""
_HERE, GOING = "_here", "_going"


@dataclass(frozen=True, slots=True)
class Going:
    """Where a click wants to go, from which page, and when it was made (monotonic seconds)."""

    origin: Path | None
    path: Path
    query: dict[str, str]
    clicked: float


def go(path: Path, query: dict[str, str] | None = None) -> NoReturn:
    """Go to a page with these query parameters and no others; for callbacks."""
    follow(intend(path, query))


def intend(path: Path, query: dict[str, str] | None = None) -> Going:
    """Keep where to go: from here on a run that is cut short is followed by one that goes."""
    going = Going(st.session_state.get(_HERE), path, query or {}, time.monotonic())
    st.session_state[GOING] = going
    return going


def go_on(here: Path, name: str) -> None:
    """Follow a click of this page whose run was cut short; before anything is drawn.

    `name`: what the address calls the page. While the browser's address still has the old
    page's, it has not heard of the new one.
    """
    going = st.session_state.get(GOING)
    if isinstance(going, Going):
        is_fresh = time.monotonic() - going.clicked < HELD
        is_there = _browser_is_on(name) and not _by_history()
        if here == going.origin != going.path and is_fresh and is_there:
            follow(going)
        if here != going.path or is_there:
            del st.session_state[GOING]  # it has come, or the reader went elsewhere
    st.session_state[_HERE] = here


def follow(going: Going) -> NoReturn:
    """Go there now."""
    st.switch_page(str(going.path), query_params=going.query)


def _browser_is_on(name: str) -> bool:
    """Whether the browser's address names a page; True where it tells none (in tests)."""
    context = get_script_run_ctx(suppress_warning=True)
    told = None if context is None else context.context_info
    if told is None or not told.url:
        return True
    return urlsplit(told.url).path.rpartition("/")[2] == name


def _by_history() -> bool:
    """Whether Back or Forward asked for this run: they change the address before they ask."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation
