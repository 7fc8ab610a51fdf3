"""One trade: its figures, what can be done with it, and everything it rests on."""

from __future__ import annotations

import streamlit as st

from tradesync.store.queries_trades import OrderRow, TradeRow
from tradesync.sync.outcomes import SyncError
from tradesync.views.trades import TradeDetail, held_seconds, read_trade_detail
from tradesync.web import formatting as f
from tradesync.web.columns import exit_words, flag_words, source_words
from tradesync.web.drawing import draw_reading_problem, empty_state
from tradesync.web.places import show_list_here, show_trade_here
from tradesync.web.screen import Screen
from tradesync.web.session import flash, open_dialog
from tradesync.web.trade.books import draw_books
from tradesync.web.trade.chart import draw_price_chart
from tradesync.web.trade.figures import draw_figures
from tradesync.web.trade.notes import draw_notes
from tradesync.web.trade.why import draw_why
from tradesync.web.viewport import shortcut

_STATUS_BADGES = {
    "open": (":material/radio_button_checked:", "blue"),
    "pending": (":material/schedule:", "orange"),
    "closed": (":material/check_circle:", "gray"),
    "cancelled": (":material/cancel:", "gray"),
}


def draw_trade(screen: Screen, trade_id: str) -> None:
    """Draw one trade's page."""
    account_id = screen.account_id or ""
    reading = screen.reader.read(
        ("trade", account_id, trade_id),
        lambda tx: read_trade_detail(tx, account_id, trade_id, screen.now),
    )
    detail = reading.model
    _draw_way(detail)
    draw_reading_problem(reading.problem)
    if detail is None:
        empty_state(
            "No such trade",
            "This account has no trade of that id. It may belong to another account.",
            icon=":material/search_off:",
        )
        return
    _draw_title(screen, detail)
    draw_figures(screen, detail.trade)
    _draw_doubts(screen, detail)
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        draw_price_chart(screen, detail)
    with right.container(border=True, height="stretch"):
        draw_notes(screen, detail)
    draw_why(screen, detail.trade)
    draw_books(screen, detail)


def _draw_way(detail: TradeDetail | None) -> None:
    """Back to the list, and the trades before and after this one."""
    with st.container(horizontal=True, vertical_alignment="center", key="trade_way"):
        st.button(
            "All trades", icon=":material/arrow_back:", type="tertiary", key="back",
            on_click=show_list_here,
        )  # fmt: skip
        st.space("stretch")
        if detail is None:
            return
        for label, key, keys, trade_id in (
            ("Previous", "previous_trade", "alt+shift+left", detail.before),
            ("Next", "next_trade", "alt+shift+right", detail.after),
        ):
            st.button(
                label, key=key, type="tertiary", disabled=trade_id is None, shortcut=shortcut(keys),
                on_click=show_trade_here, args=(trade_id,),
                help="By the time of its order; cancelled trades are left out.",
            )  # fmt: skip


def _draw_title(screen: Screen, detail: TradeDetail) -> None:
    trade = detail.trade
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {f.plain(trade.symbol)}", width="content")
        long = trade.side == "long"
        st.badge(
            trade.side.capitalize(),
            icon=":material/trending_up:" if long else ":material/trending_down:",
            color="blue" if long else "violet",
        )
        icon, colour = _STATUS_BADGES.get(trade.status, (":material/help:", "gray"))
        st.badge(trade.status.capitalize(), icon=icon, color=colour)  # type: ignore[arg-type]
        st.space("stretch")
        _draw_actions(screen, detail)
    st.caption(f.plain(_story(screen, trade)))


def _story(screen: Screen, trade: TradeRow) -> str:
    parts = [f"From {source_words(trade)}"]
    if trade.opened_at is not None:
        parts.append(f"opened {f.market_moment(trade.opened_at, screen.zone, screen.now)}")
    else:
        parts.append(f"ordered {f.market_moment(trade.ordered_at, screen.zone, screen.now)}")
    if trade.closed_at is not None:
        parts.append(f"ended {f.market_moment(trade.closed_at, screen.zone, screen.now)}")
    if trade.close_reason:
        parts.append(trade.close_reason.replace("_", " "))
    held = held_seconds(trade, screen.now)
    if held is not None:
        parts.append(f"held {f.span(held)}")
    return " · ".join(parts)


def _draw_actions(screen: Screen, detail: TradeDetail) -> None:
    trade, locked = detail.trade, screen.read_only_because
    if trade.status == "open":
        if st.button("Update Price", icon=":material/price_check:", key="update_price"):
            _update_price(screen, trade)
        st.button(
            "Close…", icon=":material/logout:", key="close_trade", type="primary",
            on_click=open_dialog, args=("close",), kwargs={"trade_id": trade.trade_id},
            disabled=locked is not None, help=locked,
        )  # fmt: skip
    for order in detail.working_orders:
        words = _order_words(order)
        st.button(
            "Cancel order" if order.role == "entry" else f"Cancel {exit_words(order)}",
            icon=":material/cancel:", key=f"cancel-{order.order_id}", on_click=open_dialog,
            args=("cancel",), kwargs={"order_id": order.order_id, "order": words},
            disabled=locked is not None, help=locked or words,
        )  # fmt: skip


def _order_words(order: OrderRow) -> str:
    size = f.quantity(order.qty) if order.qty is not None else f.money(order.notional)
    return f"{order.side} {size} {order.symbol}, {exit_words(order)}"


def _update_price(screen: Screen, trade: TradeRow) -> None:
    """Read this instrument's price now; the one place a page waits for the broker, on request."""
    try:
        with st.spinner("Asking the broker for the price…"):
            price = screen.service.update_price(screen.account, trade.trade_id)
    except SyncError as error:
        flash(str(error), icon=":material/error:", long=True)
    else:
        if price is None:
            flash(f"The broker has no price of {trade.symbol} now.", icon=":material/help:")
        else:
            flash(f"{trade.symbol} is at {f.price(price)}.")
    st.rerun()


def _draw_doubts(screen: Screen, detail: TradeDetail) -> None:
    """What is not certain or not safe about the trade, in words, with the next step."""
    trade = detail.trade
    if detail.is_unprotected:
        with st.container(horizontal=True, vertical_alignment="center", key="unprotected"):
            st.error(
                "**Unprotected.** Its stop was cancelled for a close that was not sent.",
                icon=":material/gpp_maybe:",
            )
            st.button(
                "Place exits again…", key="protect", type="primary", icon=":material/shield:",
                on_click=open_dialog, args=("protect",), kwargs={"trade_id": trade.trade_id},
                disabled=screen.read_only_because is not None, help=screen.read_only_because,
            )  # fmt: skip
    if trade.not_at_broker:
        st.warning(
            "**Not at broker.** The broker holds none of it and no execution says why. It stays "
            "open and out of the floating total until an execution, an activity or you close it.",
            icon=":material/warning:",
        )
    if trade.flags:
        words = " · ".join(flag_words(flag).capitalize() for flag in trade.flags)
        st.caption(f":material/info: {f.plain(words)}.")
