"""Going to another page from a callback, also when the run that goes there is cut short.

A click's run goes to the other page; the browser hears of it when that page begins to be drawn.
An autorefresh tick sent before then asks for the old page, and Streamlit (1.67,
AppSession.request_rerun) stops the run that was on its way: the click would do nothing. So where
a click wants to go is kept until that page was drawn whole, and the old page goes on to it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

HELD = 2.0
"""Seconds a click is followed: much longer than a page takes to be drawn."""
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
    going = Going(st.session_state.get(_HERE), path, query or {}, time.monotonic())
    st.session_state[GOING] = going
    _switch(going)


def go_on(here: Path) -> None:
    """Follow a click of this page whose run was cut short; before anything is drawn."""
    going = st.session_state.get(GOING)
    if isinstance(going, Going) and here != going.path:
        if here == going.origin and time.monotonic() - going.clicked < HELD:
            _switch(going)
        del st.session_state[GOING]  # the reader went elsewhere meanwhile
    st.session_state[_HERE] = here


def arrived(here: Path) -> None:
    """This page was drawn whole: whoever wanted to come here has come."""
    going = st.session_state.get(GOING)
    if isinstance(going, Going) and here == going.path:
        del st.session_state[GOING]


def _switch(going: Going) -> NoReturn:
    st.switch_page(str(going.path), query_params=going.query)
