"""The panel of how syncing stands, on the Activity page; it keeps itself current."""

from __future__ import annotations

import time

import streamlit as st

from tradesync.domain.times import SECOND
from tradesync.store.queries_activity import RunRow
from tradesync.sync.outcomes import SyncState
from tradesync.web import formatting as f
from tradesync.web.columns import TRIGGER_WORDS
from tradesync.web.drawing import draw_table
from tradesync.web.pulse_words import gap_words, state_lines
from tradesync.web.screen import Screen
from tradesync.web.sentences import Line, Tone
from tradesync.web.tables import Column, Kind, build_table

_EVERY = 2.0
_MARKS = {
    Tone.GOOD: ":green[:material/check_circle:]",
    Tone.BUSY: ":blue[:material/sync:]",
    Tone.WARNING: ":orange[:material/warning:]",
    Tone.PROBLEM: ":red[:material/error:]",
}


@st.fragment(run_every=_EVERY, key="sync-state")
def draw_sync_state(screen: Screen) -> None:
    """Service, stream and clock in sentences, and every account in a row where there are more."""
    now = time.time_ns()
    state = screen.service.state(screen.account)
    pulse = screen.service.pulse()
    with st.container(border=True, key="sync_state", gap="small"):
        lines = state_lines(state, pulse, screen.zone, now)
        st.markdown("  \n".join(line_words(line) for line in lines))
        gap = gap_words(state.stream, screen.zone, now)
        connects = state.stream.connects
        facts = [gap, f"{connects} connections of the stream" if connects > 1 else None]
        if told := [fact for fact in facts if fact]:
            st.caption(f.plain(" · ".join(told)))
        names = screen.service.account_names()
        if len(names) > 1:
            _draw_accounts(screen, [screen.service.state(name) for name in names])


def line_words(line: Line) -> str:
    """A line with its mark, as Markdown."""
    reason = f" :gray[{f.plain(line.reason)}]" if line.reason else ""
    return f"{_MARKS[line.tone]} **{f.plain(line.text)}.**{reason}"


def account_columns() -> tuple[Column[SyncState], ...]:
    """How each account's syncing stands."""
    return (
        Column("Account", Kind.TEXT, lambda s: s.account, pinned=True, phone=True),
        Column("Last sync", Kind.TIME, lambda s: s.last_success_at),
        Column("Result", Kind.TEXT, _result, phone=True),
        Column("Stream", Kind.TEXT, lambda s: str(s.stream.word), phone=True),
        Column("Since", Kind.TIME, lambda s: s.stream.since),
        Column("Clock skew, s", Kind.NUMBERS, _skew),
        Column(
            "Error", Kind.TEXT, lambda s: s.question or s.error, optional=True, phone=True,
            wraps=True,
        ),
    )


def _result(state: SyncState) -> str:
    if state.question:
        return "⚠ needs an answer"
    if state.error:
        return "⚠ failing"
    return "… syncing" if state.running else "✓ done" if state.last_success_at else f.UNKNOWN


def _skew(state: SyncState) -> str | None:
    return None if state.clock_skew is None else f"{state.clock_skew:+.1f}".replace("-", f.MINUS)


def _draw_accounts(screen: Screen, states: list[SyncState]) -> None:
    table = build_table(
        states, account_columns(), identity=lambda s: s.account, zone_name=str(screen.zone),
        dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="Accounts and how their syncing stands", key="account_states")


def draw_run(screen: Screen, run: RunRow) -> None:
    """One recorded run in full: who asked, what it cost and found, why it failed."""
    took = f"{(run.ended_at - run.started_at) / SECOND:.1f} s"
    asked = TRIGGER_WORDS.get(run.trigger, run.trigger)
    started = f.moment(run.started_at, screen.zone, screen.now, seconds=True)
    with st.container(border=True, key="run_detail", gap="small"):
        st.markdown(
            f"**Run {f.plain(run.run_id[:8])}** · {started}, took {took} · asked by "
            f"{f.plain(asked)}, run by the {f.plain(run.program)}  \n"
            f":gray[{run.calls} calls to the broker · {run.facts_added} new facts · "
            f"{run.trades_added} new trades · {run.trades_changed} changed]"
        )
        if run.error:
            st.error(f.plain(run.error), icon=":material/error:")
        if run.request_id:
            st.caption("The broker's request id, for its support:")
            st.code(run.request_id, language=None)
