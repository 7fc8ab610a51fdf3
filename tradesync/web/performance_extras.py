"""Below the figures of the Performance page: other lot methods, and tables to take away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import streamlit as st

from tradesync.domain.times import Instant, new_york_date
from tradesync.store.database import Tx
from tradesync.store.queries_exports import Period
from tradesync.store.queries_what_if import fill_tables
from tradesync.views.equity import EquityRange, range_start
from tradesync.views.exports import Frame
from tradesync.views.lots import read_lots, year_period
from tradesync.views.performance import read_days
from tradesync.views.records import ALWAYS, activities_frame, executions_frame
from tradesync.views.what_if import MethodLine, method_lines
from tradesync.web import formatting as f
from tradesync.web.downloads import draw_export
from tradesync.web.drawing import draw_table
from tradesync.web.performance_words import unknown_words
from tradesync.web.screen import Screen
from tradesync.web.tables import Column, Kind, build_table

_THIS_RANGE = "Range above"
_COMPARED = "_lot_methods"


@dataclass(frozen=True, slots=True)
class _Compared:
    """Lines reckoned at a moment, and for which account and range."""

    account_id: str
    since: Instant
    at: Instant
    lines: tuple[MethodLine, ...]


def draw_what_if(screen: Screen, wanted: EquityRange) -> None:
    """What the range would have realized had exits closed other lots; reckoned when asked."""
    if not st.toggle("Compare lot methods", key="methods", bind="query-params"):
        st.session_state.pop(_COMPARED, None)
        return
    since = range_start(wanted, new_york_date(screen.now))
    found = _compared(screen, screen.account_id or "", since)
    table = build_table(
        found.lines, method_columns(), identity=lambda line: line.method, zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="Realized P&L by lot method", key="lot-methods")
    st.caption(
        "A figure to look at: the trades stay as booked, first in, first out. Here every exit "
        "takes lots by the method, also those that name their trade. Before fees. Reckoned at "
        f"{f.moment(found.at, screen.zone, screen.now, seconds=True)}; switch off and on to "
        "reckon again."
    )


def _compared(screen: Screen, account_id: str, since: Instant) -> _Compared:
    """The lines reckoned before for this account and range, else reckoned now.

    Matching takes seconds in a large account, so a new fill does not start it again.
    """
    kept = st.session_state.get(_COMPARED)
    if isinstance(kept, _Compared) and (kept.account_id, kept.since) == (account_id, since):
        return kept
    with st.spinner("Matching every exit anew"):
        reading = screen.reader.read(
            ("lot-methods", account_id), lambda tx: fill_tables(tx, account_id)
        )
        lines = method_lines(reading.model.fills(), since)
    found = _Compared(account_id, since, screen.now, lines)
    st.session_state[_COMPARED] = found
    return found


def method_columns() -> tuple[Column[MethodLine], ...]:
    """What each lot method would have realized."""
    return (
        Column("Method", Kind.TEXT, lambda line: line.method.capitalize(), pinned=True),
        Column("Method", Kind.TEXT, lambda line: line.method.capitalize(), phone=True, wide=False,
               wraps=True),
        Column("Would have realized", Kind.CHANGE, lambda line: line.realized),
        Column("Realized", Kind.CHANGE, lambda line: line.realized, phone=True, wide=False),
        Column("Against first in, first out", Kind.CHANGE, lambda line: line.difference),
        Column("Difference", Kind.CHANGE, lambda line: line.difference, phone=True, wide=False),
        Column("Unknown", Kind.TEXT, lambda line: unknown_words(line.unknown), optional=True,
               phone=True),
    )  # fmt: skip


def draw_exports(screen: Screen, wanted: EquityRange, first_year: int | None) -> None:
    """Realized lots, daily P&L, executions and activities of a year or of the range shown."""
    account_id = screen.account_id or ""
    today = new_york_date(screen.now)
    years = [str(year) for year in range(today.year, (first_year or today.year) - 1, -1)]
    st.markdown("**Take away**")
    chosen = st.pills(
        "Period", [_THIS_RANGE, *years], default=_THIS_RANGE, required=True, key="export_period",
        label_visibility="collapsed",
    )  # fmt: skip
    period, name = _period(chosen, wanted, today)
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, table, load in _tables(account_id, period):
            draw_export(table, load, whose=screen.account, label=label, period=name)
    st.caption(
        f.plain(
            "Realized lots are not a tax document: no wash sales. A year is New York's; the term "
            "is long after more than one year."
        )
    )


def _period(chosen: str, wanted: EquityRange, today: date) -> tuple[Period, str]:
    """The chosen period and what it is called."""
    if chosen == _THIS_RANGE:
        return Period(range_start(wanted, today), ALWAYS), wanted
    return year_period(int(chosen)), chosen


def _tables(
    account_id: str, period: Period
) -> tuple[tuple[str, str, Callable[[Tx], Frame]], ...]:
    """What can be taken away: its label, the name of its file, how it is read."""
    return (
        ("Realized lots", "realized-lots", lambda tx: read_lots(tx, account_id, period)),
        ("Daily P&L", "daily-pnl", lambda tx: read_days(tx, account_id, period)),
        ("Executions", "executions", lambda tx: executions_frame(tx, account_id, period)),
        ("Activities", "activities", lambda tx: activities_frame(tx, account_id, period)),
    )  # fmt: skip
