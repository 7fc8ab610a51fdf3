"""One order with its replacements and exits: what it rests on and what can be done with it."""

from __future__ import annotations

import streamlit as st

from tradesync.store.queries_orders import FamilyOrderRow
from tradesync.sync.replacing import irreplaceable
from tradesync.views.orders import OrderDetail, OrderFamily, is_unknown, read_order_detail
from tradesync.web import formatting as f
from tradesync.web.drawing import draw_reading_problem, draw_table, empty_state, figure
from tradesync.web.order_columns import (
    chain_columns,
    fills_columns,
    intents_columns,
    reason_words,
)
from tradesync.web.order_words import (
    TIF_WORDS,
    family_status,
    filled_words,
    order_words,
    price_words,
    size_words,
    source_words,
    type_words,
)
from tradesync.web.places import go_to_trade, show_orders_here
from tradesync.web.screen import Screen
from tradesync.web.session import open_dialog
from tradesync.web.tables import build_table


def draw_order(screen: Screen, order_id: str) -> None:
    """Draw one order's page; any order of a family shows the whole family."""
    account_id = screen.account_id or ""
    reading = screen.reader.read(
        ("order", account_id, order_id), lambda tx: read_order_detail(tx, account_id, order_id)
    )
    st.button(
        "All orders", icon=":material/arrow_back:", type="tertiary", key="back",
        on_click=show_orders_here,
    )  # fmt: skip
    draw_reading_problem(reading.problem)
    detail = reading.model
    if detail is None:
        empty_state(
            "No such order",
            "This account has no order of that id. It may belong to another account.",
            icon=":material/search_off:",
        )
        return
    _draw_title(screen, detail.family)
    _draw_doubts(detail.family)
    _draw_figures(screen, detail.family)
    _draw_books(screen, detail)


def _draw_title(screen: Screen, family: OrderFamily) -> None:
    order = family.main.current
    with st.container(horizontal=True, vertical_alignment="center"):
        size = size_words(order.qty, order.notional)
        title = f"{order.side.capitalize()} {size} {order.symbol}".strip()
        st.markdown(f"### {f.plain(title)}", width="content")
        st.badge(family_status(family), color=_colour(family))  # type: ignore[arg-type]
        st.space("stretch")
        if family.trade_id is not None and st.button(
            "Open trade", icon=":material/receipt_long:", key="open_trade"
        ):
            go_to_trade(family.trade_id)
        if screen.read_only_because is None:
            _draw_actions(family)
    head = family.main.head
    parts = [
        type_words(order),
        f"from {source_words(family)}",
        f"submitted {f.moment(head.submitted_at, screen.zone, screen.now)}",
        f"times in {screen.zone}",
    ]
    st.caption(f.plain(" · ".join(parts)))


def _colour(family: OrderFamily) -> str:
    if family.main.current.status == "rejected" or is_unknown(family.main.current):
        return "red"
    return "blue" if family.working else "gray"


def _draw_actions(family: OrderFamily) -> None:
    """Replace and Cancel for every order of the family that can still fill."""
    alone = len(family.working) == 1
    for order in family.working:
        words = order_words(order)
        about = "" if alone else f" {price_words(order)}"
        if irreplaceable(order.qty, order.asset_class) is None and order.symbol:
            st.button(
                f.plain(f"Replace{about}…"), icon=":material/edit:",
                key=f"replace-{order.order_id}", on_click=open_dialog, args=("replace",),
                kwargs={"order_id": order.order_id}, help=f.plain(words),
            )  # fmt: skip
        st.button(
            f.plain(f"Cancel{about}…"), icon=":material/cancel:", key=f"cancel-{order.order_id}",
            on_click=open_dialog, args=("cancel",),
            kwargs={"order_id": order.order_id, "order": words}, help=f.plain(words),
        )  # fmt: skip


def _draw_doubts(family: OrderFamily) -> None:
    current = family.main.current
    if current.status == "rejected":
        st.error(
            f"**Rejected:** {f.plain(reason_words(family))}. Correct it and place it again.",
            icon=":material/error:",
        )
    if any(is_unknown(chain.current) for chain in family.chains):
        st.warning(
            "**Unknown at broker.** It answered “not found” three times. Look the order up in "
            "the broker's own app by its id below.",
            icon=":material/warning:",
        )


def _draw_figures(screen: Screen, family: OrderFamily) -> None:
    main = family.main
    with st.grid(5, min_column_width=140):
        figure("Filled / total", filled_words(main))
        figure("Average fill", f.price(main.average))
        figure("Price", price_words(main.current))
        figure(
            "Time in force",
            TIF_WORDS.get(main.current.time_in_force, main.current.time_in_force),
            description="extended hours too" if main.current.extended_hours else None,
        )
        figure("Last change", f.moment(main.current.updated_at, screen.zone, screen.now))


def _part(family: OrderFamily, order: FamilyOrderRow, place: int, *, leg: bool) -> str:
    """What an order is in its family."""
    named = {"take_profit": "Take profit", "stop_loss": "Stop loss", "entry": "Entry"}
    plain = "Exit" if leg else ("Entry" if family.legs else "Order")
    word = named.get(order.group_role or "", plain)
    if leg and order.group_role is None:
        word = "Stop loss" if order.stop_price is not None else "Take profit"
    return word if not place else f"{word}, replacement {place}"


def _draw_books(screen: Screen, detail: OrderDetail) -> None:
    family = detail.family
    rows = [
        (_part(family, order, place, leg=number > 0), chain, place)
        for number, chain in enumerate(family.chains)
        for place, order in enumerate(chain.orders)
    ]
    zone, dark = str(screen.zone), screen.dark
    st.markdown("**The order, its replacements and its exits**")
    chain_table = build_table(
        rows, chain_columns(), identity=lambda row: row[1].orders[row[2]].order_id,
        zone_name=zone, dark=dark,
    )  # fmt: skip
    draw_table(chain_table, alt="All orders of it", key="order-chain")
    st.markdown("**Executions**")
    if detail.fills:
        fills = build_table(
            detail.fills, fills_columns(), identity=lambda row: row.execution_id,
            zone_name=zone, dark=dark,
        )  # fmt: skip
        draw_table(fills, alt="Executions", key="order-fills")
    else:
        st.caption("Nothing has been filled.")
    st.markdown("**What was asked for in this app**")
    if detail.intents:
        intents = build_table(
            detail.intents, intents_columns(), identity=lambda row: row.intent_id,
            zone_name=zone, dark=dark,
        )  # fmt: skip
        draw_table(intents, alt="What was asked for in this app", key="order-intents")
    else:
        st.caption("Nothing: the order was placed elsewhere.")
