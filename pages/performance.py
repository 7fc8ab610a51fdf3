"""Performance: what was realized and by what, how trades went, returns without deposits."""

from __future__ import annotations

import streamlit as st

from tradesync.domain.times import new_york_date
from tradesync.views.equity import EquityRange
from tradesync.views.performance import By, Performance, read_performance
from tradesync.web.drawing import draw_not_ready, draw_reading_problem
from tradesync.web.performance import (
    draw_breakdown,
    draw_equity,
    draw_figures,
    draw_method,
    draw_statistics,
)
from tradesync.web.performance_extras import draw_exports, draw_what_if
from tradesync.web.screen import Screen, current_screen
from tradesync.web.session import bound_value


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    wanted = _draw_range()
    chosen = bound_value("by")
    by = By(chosen) if chosen in set(By) else By.DAY
    account_id = screen.account_id or ""
    reading = screen.reader.read(
        ("performance", account_id, wanted, by, new_york_date(screen.now)),
        lambda tx: read_performance(tx, account_id, wanted, by, screen.now),
    )
    draw_reading_problem(reading.problem)
    draw_figures(reading.model)
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        draw_equity(screen, reading.model.equity)
    with right.container(border=True, height="stretch"):
        draw_statistics(reading.model)
    with st.container(border=True):
        _draw_realized(screen, by, reading.model)
    with st.container(border=True):
        draw_what_if(screen, wanted)
        draw_exports(screen, wanted, reading.model.first_year)
    draw_method(reading.model)


def _draw_range() -> EquityRange:
    return EquityRange(
        st.pills(
            "Range",
            list(EquityRange),
            default=EquityRange.QUARTER,
            required=True,
            key="range",
            bind="query-params",
            label_visibility="collapsed",
            on_change=_first_page,
        )
    )


def _first_page() -> None:
    st.session_state["groups_page"] = 1


def _draw_realized(screen: Screen, by: By, found: Performance) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Realized P&L by**", width="content")
        st.segmented_control(
            "By",
            list(By),
            default=By.DAY,
            required=True,
            key="by",
            bind="query-params",
            wrap=True,
            label_visibility="collapsed",
            on_change=_first_page,
        )
    draw_breakdown(screen, by, found.realized)


draw(current_screen())
