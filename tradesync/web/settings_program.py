"""Settings of the program itself: the interval, how figures are shown, the record, versions."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

from tradesync.config import LONGEST_INTERVAL, SHORTEST_INTERVAL
from tradesync.store.errors import StoreError
from tradesync.sync.choices import INTERVAL
from tradesync.sync.outcomes import SyncError
from tradesync.web import formatting as f
from tradesync.web.preferences import Palette, Preferences, choose, current
from tradesync.web.screen import Screen
from tradesync.web.session import flash

_PALETTES = {
    Palette.GREEN_RED: "Green and red",
    Palette.BLUE_ORANGE: "Blue and orange (easier for colour-blind eyes)",
}
_PALETTE, _PRIVATE, _INTERVAL = "palette_choice", "privacy_choice", "interval_choice"
_SHOWN_VERSIONS = ("streamlit", "duckdb", "alpaca-py", "pandas")


def draw_syncing(screen: Screen) -> None:
    """How often accounts are synced."""
    settings = screen.service.settings
    with st.container(border=True, gap="small"):
        st.markdown("**Syncing**")
        now = screen.service.sync_interval
        if settings.interval_is_set:
            st.markdown(
                f"Every **{now:g} seconds**, set by SYNC_INTERVAL in the environment or .env; "
                "change it there."
            )
            return
        with st.form("interval_form", border=False), st.container(
            horizontal=True, vertical_alignment="bottom"
        ):
            st.number_input(
                "Seconds between syncs", float(SHORTEST_INTERVAL), float(LONGEST_INTERVAL),
                value=float(now), step=5.0, format="%g", key=_INTERVAL, width=220,
            )  # fmt: skip
            st.form_submit_button("Save", on_click=_store_interval, args=(screen,))
        st.caption(
            "Fills arrive at once by the broker's stream; this is how often everything is read "
            "besides. The running service follows within seconds."
        )


def draw_figures(screen: Screen) -> None:
    """The cost-basis method, the palette and privacy."""
    chosen = current()
    with st.container(border=True, gap="small"):
        st.markdown("**Figures**")
        st.markdown(
            "Cost basis: **first in, first out**, and an exit that names its trade closes that "
            "trade."
        )
        st.caption(
            "It is the default rule of US tax law and what lets every exit be traced to what it "
            "closed. The broker's average price stands beside it; Performance shows what other "
            "methods would have realized."
        )
        st.session_state.update({_PALETTE: chosen.palette, _PRIVATE: chosen.private})
        st.radio(
            "Colours of gains and losses", list(Palette), key=_PALETTE,
            format_func=_PALETTES.__getitem__, horizontal=True, on_change=_choose, args=(screen,),
        )  # fmt: skip
        st.toggle(
            "Hide amounts", key=_PRIVATE, on_change=_choose, args=(screen,),
            help="Money and quantities become dots on every page; percentages stay.",
        )  # fmt: skip


def _choose(screen: Screen) -> None:
    if not {_PALETTE, _PRIVATE} <= set(st.session_state):
        return  # a run that left the page was cut short: nobody chose anything
    wanted = Preferences(
        palette=Palette(st.session_state[_PALETTE]), private=bool(st.session_state[_PRIVATE])
    )
    try:
        choose(screen.service, wanted)
    except (SyncError, StoreError) as error:
        flash(str(error), icon=":material/error:", long=True)


def _store_interval(screen: Screen) -> None:
    seconds = float(st.session_state[_INTERVAL])
    try:
        screen.service.set_preference(INTERVAL, f"{seconds:g}")
    except (SyncError, StoreError) as error:
        flash(str(error), icon=":material/error:", long=True)
    else:
        flash(f"Synced every {seconds:g} seconds.")


def draw_record(screen: Screen) -> None:
    """Where the record is, how to keep it, and what runs here."""
    path = screen.service.database.path
    with st.container(border=True, gap="small"):
        st.markdown("**Record**")
        size = path.stat().st_size / 1_000_000 if path.exists() else 0.0
        st.markdown(f"`{path}` · {size:,.1f} MB")
        st.markdown("Back it up while everything runs: `python -m tradesync backup FILE`.")
        st.caption(
            "Do not copy the file by other means while a program of ours runs. Keys are not in it."
        )
        st.caption(f.plain(" · ".join(versions())))


def versions() -> tuple[str, ...]:
    """What runs here: Python and the libraries figures depend on."""
    return (f"Python {platform.python_version()}", *map(_version, _SHOWN_VERSIONS))


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} unknown"
