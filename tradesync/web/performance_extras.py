"""Below the figures of the Performance page: other lot methods, and tables to take away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from tradesync.domain.times import Instant, new_york_date
from tradesync.store.database import Tx
from tradesync.store.queries_exports import Period
from tradesync.views.equity import EquityRange, range_start
from tradesync.views.exports import Frame
from tradesync.views.lots import read_lots, year_period
from tradesync.views.performance import read_days
from tradesync.views.records import ALWAYS, activities_frame, executions_frame
from tradesync.views.what_if import MethodLine, method_lines, read_fills
from tradesync.web import formatting as f
from tradesync.web.downloads import draw_export
from tradesync.web.drawing import draw_table
from tradesync.web.performance_words import unknown_words
from tradesync.web.screen import Screen
from tradesync.web.tables import Column, Kind, build_table

_THIS_RANGE = "Range above"


def draw_what_if(screen: Screen, wanted: EquityRange) -> None:
    """What the range would have realized had exits closed other lots; reckoned when asked."""
    shown = st.toggle("Compare lot methods", key="methods", bind="query-params")
    if not shown:
        return
    since = range_start(wanted, new_york_date(screen.now))
    with st.spinner("Matching every exit anew"):
        lines = _lines(screen, screen.account_id or "", since)
    table = build_table(
        lines, method_columns(), identity=lambda line: line.method, zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="Realized P&L by lot method", key="lot-methods")
    st.caption(
        "A figure to look at: the trades stay as booked, first in, first out. Here every exit "
        "takes lots by the method, also those that name their trade. Before fees."
    )


def method_columns() -> tuple[Column[MethodLine], ...]:
    """What each lot method would have realized."""
    return (
        Column("Method", Kind.TEXT, lambda line: line.method.capitalize(), pinned=True),
        Column("Would have realized", Kind.CHANGE, lambda line: line.realized),
        Column("Against first in, first out", Kind.CHANGE, lambda line: line.difference),
        Column("Unknown", Kind.TEXT, lambda line: unknown_words(line.unknown), optional=True),
    )


def _lines(screen: Screen, account_id: str, since: Instant) -> tuple[MethodLine, ...]:
    fills = screen.reader.read(
        ("lot-methods", account_id), lambda tx: read_fills(tx, account_id)
    )
    kept = st.session_state.get("_lot_methods")
    key = (account_id, fills.version, since)
    if kept is None or kept[0] != key:
        kept = (key, method_lines(fills.model, since))
        st.session_state["_lot_methods"] = kept
    lines: tuple[MethodLine, ...] = kept[1]
    return lines


def draw_exports(screen: Screen, wanted: EquityRange, first_year: int | None) -> None:
    """Realized lots, daily P&L, executions and activities of a year or of the range shown."""
    account_id = screen.account_id or ""
    today = new_york_date(screen.now)
    years = [str(year) for year in range(today.year, (first_year or today.year) - 1, -1)]
    st.markdown("**Take away**")
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.selectbox(
            "Period", [_THIS_RANGE, *years], key="export_period", label_visibility="collapsed",
            width=150,
        )  # fmt: skip
        period, name = _period(chosen or _THIS_RANGE, wanted, today)
        for label, table, load in _tables(account_id, period):
            draw_export(f"{table}-{name}", load, whose=screen.account, label=label)
    st.caption(
        f.plain(
            "Realized lots are not a tax document: no wash sales. A year is New York's; the term "
            "is long after more than one year."
        )
    )


def _period(chosen: str, wanted: EquityRange, today: date) -> tuple[Period, str]:
    """The chosen period and what files call it."""
    if chosen == _THIS_RANGE:
        return Period(range_start(wanted, today), ALWAYS), wanted.lower()
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
