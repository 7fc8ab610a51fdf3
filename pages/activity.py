"""Activity: what the syncs did, and what they changed."""

from __future__ import annotations

import streamlit as st

from tradesync.views.activity import ActivityFilter, ActivityPage, read_activity
from tradesync.views.records import runs_frame
from tradesync.web import formatting as f
from tradesync.web.columns import changes_columns, runs_columns
from tradesync.web.downloads import draw_export
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_not_ready,
    draw_reading_problem,
    empty_state,
)
from tradesync.web.places import go_to_trade
from tradesync.web.screen import Screen, current_screen
from tradesync.web.sync_state import draw_run, draw_sync_state
from tradesync.web.tables import build_table

_PAGE = 50
_CHANGES_SHOWN = 50
_ROWS_HIGH = 10
_RUN = "run"


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    account_id = screen.account_id or ""
    draw_sync_state(screen)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Sync runs**", width="content")
        only_failed = st.toggle("Only failed", key="failed", bind="query-params")
        draw_export(
            "sync-runs",
            lambda tx: runs_frame(tx, account_id, only_failed=bool(only_failed)),
            whose=screen.account,
        )
    run_id = st.query_params.get(_RUN) or None
    page = int(st.session_state.get("runs_page") or 1)
    wanted = ActivityFilter(bool(only_failed), run_id, _PAGE, (page - 1) * _PAGE)
    reading = screen.reader.read(
        ("activity", account_id, wanted), lambda tx: read_activity(tx, account_id, wanted)
    )
    draw_reading_problem(reading.problem)
    _draw_runs(screen, reading.model)
    if reading.model.chosen is not None:
        draw_run(screen, reading.model.chosen)
    _draw_changes(screen, reading.model, run_id)


def _zone_name(screen: Screen) -> str:
    return str(screen.zone)


def _draw_runs(screen: Screen, activity: ActivityPage) -> None:
    if not activity.runs:
        empty_state(
            "No recorded runs",
            "A scheduled run is recorded when it changed something or failed.",
            icon=":material/history:",
        )
        return
    table = build_table(
        activity.runs, runs_columns(), identity=lambda run: run.run_id,
        zone_name=_zone_name(screen), dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(
        table, alt="Sync runs", key="runs", chosen=_choose_run, most_rows=_ROWS_HIGH
    )
    pages = -(-activity.runs_total // _PAGE)
    if pages > 1:
        st.pagination(pages, key="runs_page")
    st.caption(
        "Scheduled runs that changed nothing are not recorded. Press a run to see what it changed. "
        f"Times in {screen.zone}."
    )


def _choose_run(run_id: str) -> None:
    st.query_params[_RUN] = run_id


def _forget_run() -> None:
    st.query_params.pop(_RUN, None)


def _draw_changes(screen: Screen, activity: ActivityPage, run_id: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        words = f"of run {f.plain(run_id[:8])}" if run_id else "latest first"
        st.markdown(f"**Changes of trades** · {words}", width="content")
        if run_id:
            st.button(
                "All runs",
                key="all_runs",
                type="tertiary",
                icon=":material/close:",
                on_click=_forget_run,
            )
    if not activity.changes:
        empty_state(
            "No changes",
            "This run changed no trade." if run_id else "No trade has changed yet.",
            icon=":material/difference:",
        )
        return
    table = build_table(
        activity.changes[:_CHANGES_SHOWN], changes_columns(),
        identity=lambda change: change.trade_id, zone_name=_zone_name(screen), dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(
        table,
        alt="Changes of trades",
        key="changes",
        chosen=go_to_trade,
        most_rows=_ROWS_HIGH,
    )


draw(current_screen())
