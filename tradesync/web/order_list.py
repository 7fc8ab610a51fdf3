"""The list of orders: kinds, questions, the table, and what of them waits for a person."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tradesync.store.queries_orders import OrderFilter, OrdersShown
from tradesync.views.attention import RECENT
from tradesync.views.orders import (
    OrderPage,
    OrderQuestions,
    read_order_page,
    read_order_questions,
)
from tradesync.views.records import orders_frame
from tradesync.web import formatting as f
from tradesync.web.downloads import draw_export
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_reading_problem,
    draw_table,
    empty_state,
    leave_room_for_tools,
)
from tradesync.web.order_columns import families_columns, intents_columns, unmatched_columns
from tradesync.web.order_filter import (
    PAGE_ROWS,
    SHOWN,
    WORKING,
    draw_filter,
    first_page,
    is_narrowed,
)
from tradesync.web.places import show_order_here
from tradesync.web.screen import Screen
from tradesync.web.session import open_dialog
from tradesync.web.tables import build_table
from tradesync.web.viewport import shortcut

_EMPTY = {
    OrdersShown.WORKING: (
        "No order is at work",
        "**New order** places one; orders made elsewhere appear by sync.",
    ),
    OrdersShown.DONE: ("No order has ended", "Filled, cancelled and expired orders stand here."),
    OrdersShown.REJECTED: (
        "No rejected orders",
        "Orders the broker took and then rejected stand here with their reason.",
    ),
    OrdersShown.ALL: ("No orders yet", "**New order** places the first one."),
}


def draw_order_list(screen: Screen) -> None:
    """Draw the list; under the rejected orders every refusal, else those of the last day."""
    account_id = screen.account_id or ""
    shown, counts = _draw_kinds(screen)
    wanted = draw_filter(shown)
    since = 0 if shown is OrdersShown.REJECTED else screen.now - RECENT
    reading = screen.reader.read(  # in one transaction: opening the file costs most
        ("orders", account_id, wanted),
        lambda tx: (
            read_order_page(tx, account_id, wanted),
            read_order_questions(tx, account_id, since, screen.now),
        ),
        now=screen.now,
        until=lambda found: found[1].until,
    )
    page, questions = reading.model
    counts.caption(_counts_words(page))
    draw_reading_problem(reading.problem)
    _draw_table(screen, page, wanted)
    if shown is not OrdersShown.DONE:
        draw_questions(screen, questions)


def _draw_kinds(screen: Screen) -> tuple[OrdersShown, DeltaGenerator]:
    """The row of kinds: the one chosen, and the place for the counts."""
    with st.container(horizontal=True, vertical_alignment="center", key="order_kinds"):
        label = st.segmented_control(
            "Orders", list(SHOWN), default=WORKING, required=True, key="orders",
            bind="query-params", label_visibility="collapsed", on_change=first_page,
        )  # fmt: skip
        counts = st.container(width="content")
        st.space("stretch")
        _draw_commands(screen)
    return SHOWN.get(label or WORKING, OrdersShown.WORKING), counts


def _draw_commands(screen: Screen) -> None:
    """The buttons that send something; none of them where nothing may be sent."""
    if screen.read_only_because is not None:
        return
    for label, icon, kind in (
        ("Cancel all…", ":material/cancel:", "cancel_all"),
        ("Close all…", ":material/logout:", "close_all"),
    ):
        st.button(label, icon=icon, key=kind, on_click=open_dialog, args=(kind,))
    st.button(
        "New order", icon=":material/add:", type="primary", key="new_order",
        shortcut=shortcut("ctrl+shift+o"), on_click=open_dialog, args=("order",),
    )  # fmt: skip


def _counts_words(page: OrderPage) -> str:
    words = (OrdersShown.WORKING, OrdersShown.DONE, OrdersShown.REJECTED)
    return " · ".join(f"{page.counts.get(shown, 0):,} {shown.value}" for shown in words)


def _draw_table(screen: Screen, page: OrderPage, wanted: OrderFilter) -> None:
    if not page.families:
        _draw_empty(wanted)
        return
    table = build_table(
        page.families,
        families_columns(with_reason=wanted.shown is OrdersShown.REJECTED),
        identity=lambda family: family.head_id, zone_name=str(screen.zone), dark=screen.dark,
    )  # fmt: skip
    leave_room_for_tools()
    draw_choosable_table(
        table, alt="Orders", key=f"orders-{wanted.shown.value}", chosen=show_order_here
    )
    total = page.counts.get(wanted.shown, 0)
    pages = -(-total // PAGE_ROWS)
    if pages > 1:
        st.pagination(pages, key="orders_page", bind="query-params")
    first = wanted.offset + 1
    st.caption(
        f"{first:,}–{first + len(page.families) - 1:,} of {total:,} · an order, its replacements "
        f"and its exits are one row · press a symbol for all of it · times in "
        f"{f.plain(str(screen.zone))}"
    )
    draw_export(
        "orders",
        lambda tx: orders_frame(tx, screen.account_id or "", wanted),
        whose=screen.account,
    )


def _draw_empty(wanted: OrderFilter) -> None:
    if is_narrowed(wanted):
        empty_state(
            "Nothing matches",
            "No order fits these filters. **Clear all** shows every order of this kind; "
            "**All** looks in every kind.",
            icon=":material/filter_alt_off:",
        )
    else:
        title, body = _EMPTY[wanted.shown]
        empty_state(title, body, icon=":material/list_alt:")


def draw_questions(screen: Screen, questions: OrderQuestions) -> None:
    """What about orders waits for a person, each with its next step; nothing when nothing does."""
    zone, dark = str(screen.zone), screen.dark
    if questions.unknown:
        st.markdown("#### Unknown at broker")
        st.caption(
            "The broker answered “not found” three times. Look the order up in the broker's own "
            "app by its id; until it is known there, nothing is concluded from it."
        )
        table = build_table(
            questions.unknown, families_columns(with_reason=False),
            identity=lambda family: family.head_id, zone_name=zone, dark=dark,
        )  # fmt: skip
        draw_choosable_table(
            table, alt="Orders unknown at the broker", key="orders-unknown", chosen=show_order_here
        )
    if questions.unmatched:
        st.markdown("#### Unmatched exits")
        st.caption(
            "They closed something no trade of ours holds. Set HISTORY_START before the position "
            "was opened, or take it over with **Import from Broker**."
        )
        unmatched = build_table(
            questions.unmatched, unmatched_columns(),
            identity=lambda row: row.source_id, zone_name=zone, dark=dark,
        )  # fmt: skip
        draw_table(unmatched, alt="Unmatched exits", key="orders-unmatched")
    if questions.never_made:
        st.markdown("#### Refused, not sent or unanswered")
        st.caption(
            "Asked for in this app, and no order at the broker. Correct it and place it again; "
            "one without an answer is being looked up, so do not send that again."
        )
        intents = build_table(
            questions.never_made, intents_columns(),
            identity=lambda row: row.intent_id, zone_name=zone, dark=dark,
        )  # fmt: skip
        draw_table(intents, alt="Orders refused, not sent or unanswered", key="orders-never-made")
