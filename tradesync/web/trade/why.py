"""Why a number of a trade is what it is: its parts, adding up under the rule they follow."""

from __future__ import annotations

import streamlit as st

from tradesync.domain.why import Figure, Why
from tradesync.store.queries_trades import TradeRow
from tradesync.sync.asking_why import why_of
from tradesync.sync.outcomes import SyncError
from tradesync.web import formatting as f
from tradesync.web.drawing import draw_table
from tradesync.web.screen import Screen
from tradesync.web.tables import build_table
from tradesync.web.trade.columns import figure_words, parts_columns, sum_words, value_words

_KEPT = "_why"


def draw_why(screen: Screen, trade: TradeRow) -> None:
    """Choose a figure; see the records it came from."""
    with st.container(horizontal=True, vertical_alignment="center", key="why_row"):
        st.markdown("**Why this number?**", width="content")
        words = {figure_words(figure): figure for figure in figures_of(trade)}
        label = st.pills(
            "Figure", list(words), key="why", bind="query-params", wrap=True,
            label_visibility="collapsed",
        )  # fmt: skip
    chosen = words.get(label or "")
    if chosen is None:
        return
    try:
        found = _found(screen, trade, chosen)
    except SyncError as error:
        st.info(f.plain(str(error)), icon=":material/help:")
        return
    _draw_parts(screen, found)


def figures_of(trade: TradeRow) -> tuple[Figure, ...]:
    """The figures that can be asked about: nothing floats but an open trade."""
    return tuple(
        figure
        for figure in Figure
        if figure is not Figure.FLOATING_PNL or trade.status == "open"
    )


def _found(screen: Screen, trade: TradeRow, figure: Figure) -> Why:
    """The parts, worked out once for each state of the trade."""
    key = (trade.trade_id, trade.updated_at, trade.current_price, trade.price_at, figure)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != key:
        with st.spinner("Looking through the records…"):
            found = why_of(
                screen.service.database, screen.account_id or "", trade.instrument,
                trade.trade_id, figure,
            )  # fmt: skip
        kept = (key, found)
        st.session_state[_KEPT] = kept
    found = kept[1]
    assert isinstance(found, Why)
    return found


def _draw_parts(screen: Screen, found: Why) -> None:
    name = figure_words(found.figure)
    value = value_words(found.figure, found.value)
    st.markdown(f"**{name}: {f.plain(value)}** · {f.plain(found.rule)}")
    if not found.parts:
        st.caption("No record adds to it.")
        return
    table = build_table(
        found.parts, parts_columns(found.figure), identity=lambda part: part.source_id,
        zone_name=str(screen.zone), dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt=f"What {name} came from", key=f"why-{found.figure.value}")
    st.caption(f.plain(_sum(found)))


def _sum(found: Why) -> str:
    word = "record adds" if len(found.parts) == 1 else "records add"
    line = f"{len(found.parts)} {word} up to {sum_words(found.figure, found.total)}"
    unknown = sum(part.amount is None for part in found.parts)
    return f"{line}; {unknown} of unknown amount." if unknown else f"{line}."
