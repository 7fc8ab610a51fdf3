"""Small pieces every page is drawn from: figures, tables, titled empty states."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

import streamlit as st

from tradesync.web import formatting as f
from tradesync.web.palette import Word, gain_word
from tradesync.web.screen import Screen
from tradesync.web.tables import Table
from tradesync.web.viewport import is_narrow


def figure(
    label: str,
    value: str,
    *,
    change: Decimal | None = None,
    change_text: str | None = None,
    tone: Decimal | None = None,
    description: str | None = None,
    help_text: str | None = None,
) -> None:
    """One figure in a card; `change` gives arrow and colour to the words of `change_text`.

    `tone`: the gain or loss the figure itself is, by whose sign it has colour and arrow.
    """
    up_or_down: Literal["up", "down", "off"] = "off"
    colour: Word | Literal["off"] = "off"
    if change:
        up_or_down, colour = ("up" if change > 0 else "down"), gain_word(gain=change > 0)
    st.metric(
        label,
        _toned(f.plain(value), tone),
        delta=None if change_text is None else f.plain(change_text),
        delta_color=colour,
        delta_arrow=up_or_down,
        delta_description=description,
        help=None if help_text is None else f.plain(help_text),
        border=True,
        height="stretch",
    )


def _toned(text: str, tone: Decimal | None) -> str:
    if not tone:
        return text
    return f":{gain_word(gain=tone > 0)}[:small[{f.arrow(tone)}] {text}]"


_ROW_HEIGHT, _LINE_HEIGHT, _WRAPPING_FROM = 31, 18, 60
"""Pixels of a row and of the header at the theme's base font size; of each further line; of the
lowest row in which Streamlit lets text go on in a second line (more than 4 rem)."""
_TOOLS = 16
"""Pixels, and the gap between elements twice, are as high as the tools of a table."""


def row_height(table: Table) -> int | None:
    """Pixels of a row of several lines; None for the usual row of one."""
    if table.lines == 1:
        return None
    return max(_WRAPPING_FROM, _ROW_HEIGHT + _LINE_HEIGHT * (table.lines - 1))


def table_height(table: Table, most_rows: int) -> int | Literal["content"]:
    """As high as its rows, or as `most_rows` of one line would be (twice that, of more lines)."""
    rows, row = len(table.ids), row_height(table) or _ROW_HEIGHT
    most = _ROW_HEIGHT * (most_rows * min(2, table.lines) + 1) + 2
    return "content" if _ROW_HEIGHT + rows * row + 2 <= most else most


def leave_room_for_tools() -> None:
    """On a phone a table's own tools always stand above its right end: keep controls clear."""
    if is_narrow():
        st.space(_TOOLS)


def draw_table(table: Table, *, alt: str, key: str, most_rows: int = 12) -> None:
    """A table that is only read."""
    st.dataframe(
        table.shown,
        column_config=table.config,
        hide_index=True,
        placeholder=f.UNKNOWN,
        key=key,
        alt=alt,
        height=table_height(table, most_rows),
        row_height=row_height(table),
    )


def draw_choosable_table(
    table: Table, *, alt: str, key: str, chosen: Callable[[str], None], most_rows: int = 16
) -> None:
    """A table whose rows can be chosen, by their first cell or their box (on a phone by any of
    their cells); `chosen` gets the identity of the row.

    Streamlit reports positions. The keys name the rows and their order, so a position can only
    mean the row that was on the screen when it was clicked.
    """
    widget_key = f"{key}-{table.order_key}"
    first = str(table.frame.columns[0])
    button = st.column_config.ButtonColumn(
        first,
        pinned=True,
        width=table.config[first].get("width"),
        type="tertiary",
        alignment="left",
        key=f"{widget_key}-open",
        on_click=lambda: _on_click(f"{widget_key}-open", table.ids, chosen),
    )
    narrow = is_narrow()  # there neither boxes nor buttons: a cell anywhere in the row is pressed
    st.dataframe(
        table.shown,
        column_config=table.config if narrow else {**table.config, first: button},
        hide_index=True,
        placeholder=f.UNKNOWN,
        key=widget_key,
        alt=alt,
        height=table_height(table, most_rows),
        row_height=row_height(table),
        on_select=lambda: _on_select(widget_key, table.ids, chosen),
        selection_mode="single-cell" if narrow else "single-row",
    )


def chosen_row(selection: object, ids: tuple[str, ...]) -> str | None:
    """The identity of the row a selection points at; None for none or a row that is gone."""
    rows = list(getattr(selection, "rows", ()))
    rows += [cell[0] for cell in getattr(selection, "cells", ())]
    return ids[rows[0]] if rows and 0 <= rows[0] < len(ids) else None


def _on_click(button_key: str, ids: tuple[str, ...], chosen: Callable[[str], None]) -> None:
    click = st.session_state.get(button_key)  # gone when a run that left the page was cut short
    if click is not None and 0 <= click.row < len(ids):
        chosen(ids[click.row])


def _on_select(widget_key: str, ids: tuple[str, ...], chosen: Callable[[str], None]) -> None:
    selection = getattr(st.session_state.get(widget_key), "selection", None)
    identity = chosen_row(selection, ids)
    if identity is not None:
        chosen(identity)


def empty_state(title: str, body: str, *, icon: str) -> None:
    """Why there is nothing here, and the next step."""
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f"#### :gray[{icon}] {title}", text_alignment="center")
        st.caption(body, text_alignment="center")


def draw_not_ready(screen: Screen) -> bool:
    """Say why there is nothing to show before the first sync is through; whether that is so.

    The place is there on every run: what follows must not move, or half-typed text is lost.
    """
    with st.container(key="readiness"):
        return _draw_not_ready(screen)


def _draw_not_ready(screen: Screen) -> bool:
    state = screen.state
    if screen.account_id is not None and state.history_complete:
        return False
    if screen.account_id is None and not state.running:
        if state.error is None:
            empty_state(
                "Nothing read yet",
                "Press **Sync with Broker** to read the account's whole history. "
                "It takes a few seconds, once.",
                icon=":material/cloud_sync:",
            )
        else:
            empty_state(
                "The account could not be read",
                "The reason stands above. It is tried again by itself, with growing waits.",
                icon=":material/cloud_off:",
            )
        return True
    st.progress(
        min(100, state.history_progress) / 100,
        text=f"Reading the account's history: {state.history_progress} %. "
        "Trades and P&L appear when it is complete.",
    )
    return screen.account_id is None


def draw_reading_problem(problem: str | None) -> None:
    """Why the figures on this page may be old, when the record could not be read just now."""
    with st.container(key="reading_problem"):
        if problem:
            st.warning(f.plain(f"Shown as last read: {problem}"), icon=":material/warning:")
