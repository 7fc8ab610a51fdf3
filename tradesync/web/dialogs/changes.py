"""What a decision, or taking it back, would change about trades."""

from __future__ import annotations

import streamlit as st

from tradesync.domain.changes import Change
from tradesync.web import formatting as f
from tradesync.web.drawing import draw_table
from tradesync.web.screen import Screen
from tradesync.web.tables import Column, Kind, build_table


def change_columns(symbols: dict[str, str]) -> tuple[Column[Change], ...]:
    """What a decision changes about trades; `symbols`: trade id → symbol."""
    return (
        Column("Trade", Kind.TEXT, lambda row: row.trade_id[:8], pinned=True, phone=True),
        Column("Symbol", Kind.TEXT, lambda row: symbols.get(row.trade_id)),
        Column("What", Kind.TEXT, _field_words, phone=True),
        Column("Before", Kind.TEXT, lambda row: f.recorded(row.old), phone=True, wraps=True),
        Column("After", Kind.TEXT, lambda row: f.recorded(row.new), phone=True, wraps=True),
    )


def _field_words(row: Change) -> str:
    return row.field.replace("_", " ").replace("pnl", "P&L")


def draw_changes(screen: Screen, changes: tuple[Change, ...], symbol: str) -> None:
    """The changes as a table; a sentence when there are none."""
    if not changes:
        st.caption("No trade changes.")
        return
    table = build_table(
        changes, change_columns({row.trade_id: symbol for row in changes}),
        identity=lambda row: f"{row.trade_id}-{row.field}", zone_name=None, dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="What would change", key="decision_changes", most_rows=8)
