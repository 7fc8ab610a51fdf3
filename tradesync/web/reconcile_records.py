"""Reconcile, *Records* and *Verify*: rows for a person, and that a rebuild gives the same rows."""

from __future__ import annotations

import streamlit as st

from tradesync.store.queries_activity import ReviewRow, SetAsideRow, UnmatchedRow
from tradesync.sync.rebuild import RowDifference, Verification, verify
from tradesync.views.reconcile import RecordsToLookAt, read_records
from tradesync.web import formatting as f
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_reading_problem,
    draw_table,
    empty_state,
)
from tradesync.web.later import LATER, Answer, watch_later
from tradesync.web.places import go_to_symbol
from tradesync.web.screen import Screen
from tradesync.web.session import open_dialog
from tradesync.web.tables import Column, Kind, build_table


def draw_records(screen: Screen) -> None:
    """What the broker says that does not fit together; it blocks nothing."""
    account_id = screen.account_id or ""
    reading = screen.reader.read(
        ("records", account_id), lambda tx: read_records(tx, account_id)
    )
    draw_reading_problem(reading.problem)
    found = reading.model
    if not (found.reviews or found.unmatched or found.set_aside):
        empty_state(
            "Nothing to look at",
            "Unknown words, contradicting rows, unmatched exits and unreadable rows appear here. "
            "None of them ever blocks anything else.",
            icon=":material/check_circle:",
        )
        return
    _draw_reviews(screen, found)
    _draw_unmatched(screen, found)
    _draw_set_aside(screen, found)


def review_columns() -> tuple[Column[ReviewRow], ...]:
    """Things a person should look at."""
    return (
        Column("Symbol", Kind.TEXT, lambda row: row.symbol or f.UNKNOWN, pinned=True, phone=True),
        Column("What", Kind.TEXT, lambda row: row.kind.replace("_", " "), phone=True),
        Column("Detail", Kind.TEXT, lambda row: row.detail, phone=True, wraps=True),
        Column("Broker's id", Kind.TEXT, lambda row: row.subject),
    )


def unmatched_columns() -> tuple[Column[UnmatchedRow], ...]:
    """Exits that no lot explains."""
    return (
        Column("Symbol", Kind.TEXT, lambda row: row.symbol, pinned=True, phone=True),
        Column("Time", Kind.TIME, lambda row: row.at),
        Column("Side", Kind.TEXT, lambda row: row.side.replace("_", " ")),
        Column("Qty", Kind.QUANTITY, lambda row: row.qty, phone=True),
        Column("Price", Kind.PRICE, lambda row: row.price),
        Column("Why", Kind.TEXT, lambda row: row.reason, phone=True, wraps=True),
        Column("Broker's id", Kind.TEXT, lambda row: row.source_id),
    )


def set_aside_columns() -> tuple[Column[SetAsideRow], ...]:
    """Rows that could not be read."""
    return (
        Column("Kind", Kind.TEXT, lambda row: row.kind, pinned=True, phone=True),
        Column("Broker's id", Kind.TEXT, lambda row: row.identity),
        Column("Why", Kind.TEXT, lambda row: row.reason, phone=True, wraps=True),
        Column("Seen", Kind.TIME, lambda row: row.seen_at),
    )


def _draw_reviews(screen: Screen, found: RecordsToLookAt) -> None:
    if not found.reviews:
        return
    st.markdown(f"**To look at** · {len(found.reviews)}")
    symbols = {row.review_id: row.symbol for row in found.reviews}
    table = build_table(
        found.reviews, review_columns(), identity=lambda row: row.review_id, zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(
        table, alt="Things to look at", key="reviews", most_rows=10,
        chosen=lambda review_id: _show_symbol(symbols[review_id]),
    )  # fmt: skip
    st.caption("Known facts and words go on as they are; nothing here blocks a sync.")


def _show_symbol(symbol: str | None) -> None:
    if symbol:
        go_to_symbol(symbol)


def _draw_unmatched(screen: Screen, found: RecordsToLookAt) -> None:
    if not found.unmatched:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Unmatched exits** · {len(found.unmatched)}", width="content")
        st.button(
            "Import from Broker", key="unmatched_import", type="tertiary",
            icon=":material/download:", on_click=open_dialog, args=("import",),
        )  # fmt: skip
    table = build_table(
        found.unmatched, unmatched_columns(), identity=lambda row: row.source_id,
        zone_name=str(screen.zone), dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(
        table, alt="Unmatched exits", key="unmatched", most_rows=8,
        chosen=lambda source_id: go_to_symbol(
            next(row.symbol for row in found.unmatched if row.source_id == source_id)
        ),
    )  # fmt: skip
    st.caption(
        "Sales no purchase on record explains: read further back with HISTORY_START, or import "
        "what was held. They never make a phantom short."
    )


def _draw_set_aside(screen: Screen, found: RecordsToLookAt) -> None:
    if not found.set_aside:
        return
    st.markdown(f"**Rows set aside** · {len(found.set_aside)}")
    table = build_table(
        found.set_aside, set_aside_columns(), identity=lambda row: f"{row.kind}-{row.identity}",
        zone_name=str(screen.zone), dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="Rows set aside", key="set_aside", most_rows=8)
    st.caption("They could not be read and are kept as they came; newer versions try them again.")


def draw_verification(screen: Screen) -> None:
    """Conclude everything anew beside what is stored, on demand; writes nothing."""
    account_id, database = screen.account_id or "", screen.service.database
    st.markdown("**Verify the record**")
    st.caption(
        "Every trade, lot and closing is concluded anew from the broker's facts and your "
        "decisions, and compared with what is stored. Nothing is written."
    )
    key = ("verify", database.path, account_id)
    known = LATER.known(key)
    pressed = st.button(
        "Verify now", key="verify", icon=":material/fact_check:",
        disabled=known.running is not None,
    )  # fmt: skip
    if pressed:
        known = LATER.ask(key, screen.now, lambda: verify(database, account_id))
    with st.container(key="verifying"):
        if known.running is not None:
            watch_later(key, "Concluding everything anew")
    if known.ready is not None and known.running is None:
        _draw_verified(screen, known.ready)


def difference_columns() -> tuple[Column[RowDifference], ...]:
    """Rows stored otherwise than concluded."""
    return (
        Column("Kind", Kind.TEXT, lambda row: row.kind.replace("_", " "), pinned=True, phone=True),
        Column("Id", Kind.TEXT, lambda row: row.identity),
        Column("Stored", Kind.TEXT, lambda row: row.stored or f.UNKNOWN, phone=True, wraps=True),
        Column(
            "Concluded", Kind.TEXT, lambda row: row.concluded or f.UNKNOWN, phone=True, wraps=True
        ),
    )


def _draw_verified(screen: Screen, answer: Answer) -> None:
    if answer.error is not None:
        st.error(f.plain(answer.error), icon=":material/error:")
        return
    found: Verification = answer.value
    at = f.moment(answer.asked_at, screen.zone, screen.now)
    took = f"{answer.took or 0.0:.1f} s, at {at}"
    if found.is_identical:
        st.success(
            f"A rebuild gives the same {found.rows:,} rows. ({took})",
            icon=":material/verified:",
        )
        return
    st.error(
        f"{len(found.differences):,} of {found.rows:,} rows differ ({took}). Run "
        "`python -m tradesync rebuild` to store what follows from the records.",
        icon=":material/error:",
    )
    table = build_table(
        found.differences[:200], difference_columns(),
        identity=lambda row: f"{row.kind}-{row.identity}", zone_name=None, dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="Rows that differ", key="verify_differences", most_rows=10)
