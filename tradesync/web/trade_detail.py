"""One trade: its figures, what can be done with it, and everything it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import streamlit as st

from tradesync.store.queries_trades import OrderRow, TradeRow
from tradesync.sync.outcomes import SyncError
from tradesync.views.trades import TradeDetail, held_seconds, read_trade_detail, realized_ratio
from tradesync.web import formatting as f
from tradesync.web.columns import (
    closings_columns,
    events_columns,
    executions_columns,
    exit_words,
    flag_words,
    lots_columns,
    orders_columns,
    source_words,
)
from tradesync.web.drawing import draw_reading_problem, draw_table, empty_state, figure
from tradesync.web.places import show_list_here
from tradesync.web.screen import Screen
from tradesync.web.session import flash, open_dialog
from tradesync.web.tables import Column, build_table

T = TypeVar("T")

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
        ("trade", account_id, trade_id), lambda tx: read_trade_detail(tx, account_id, trade_id)
    )
    st.button(
        "All trades", icon=":material/arrow_back:", type="tertiary", key="back",
        on_click=show_list_here,
    )  # fmt: skip
    draw_reading_problem(reading.problem)
    detail = reading.model
    if detail is None:
        empty_state(
            "No such trade",
            "This account has no trade of that id. It may belong to another account.",
            icon=":material/search_off:",
        )
        return
    _draw_title(screen, detail)
    _draw_figures(screen, detail.trade)
    _draw_doubts(detail.trade)
    _draw_books(screen, detail)


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
        parts.append(f"opened {f.moment(trade.opened_at, screen.zone, screen.now)}")
    else:
        parts.append(f"ordered {f.moment(trade.ordered_at, screen.zone, screen.now)}")
    if trade.closed_at is not None:
        parts.append(f"ended {f.moment(trade.closed_at, screen.zone, screen.now)}")
    if trade.close_reason:
        parts.append(trade.close_reason.replace("_", " "))
    held = held_seconds(trade, screen.now)
    if held is not None:
        parts.append(f"held {f.span(held)}")
    return " · ".join(parts) + f" · times in {screen.zone}"


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


def _draw_figures(screen: Screen, trade: TradeRow) -> None:
    with st.grid(6, min_column_width=140):
        if trade.status == "open":
            _draw_open_figures(screen, trade)
        else:
            ordered = f.quantity(trade.ordered_qty)
            figure("Quantity", f.quantity(trade.qty), change_text=ordered, description="ordered")
            _draw_entry(trade)
            figure("Exit price", f.price(trade.exit_price))
        realized = trade.realized_pnl
        figure(
            "Realized P&L",
            f.money(realized, plus=True),
            change=realized,
            tone=realized,
            change_text=f.percent(realized_ratio(trade)),
            description=f"fees {f.plain(f.money(trade.fees))}",
            help_text="Before fees, first in, first out. The percentage is of what it cost.",
        )


def _draw_entry(trade: TradeRow) -> None:
    figure(
        "Entry price",
        f.price(trade.entry_price),
        change_text=f.price(trade.broker_fill_price),
        description="by the broker",
        help_text="Lot cost ÷ lot quantity, in today's (split-adjusted) units.",
    )


def _draw_open_figures(screen: Screen, trade: TradeRow) -> None:
    figure(
        "Open quantity",
        f.quantity(trade.open_qty),
        change_text=f.quantity(trade.qty),
        description="filled",
    )
    _draw_entry(trade)
    read = f.moment(trade.price_at, screen.zone, screen.now, seconds=True)
    figure(
        "Last price",
        f.price(trade.current_price),
        change_text=trade.price_session or f.UNKNOWN,
        description=f"read {read}",
    )
    figure("Market value", f.money(trade.market_value))
    ratio = None if trade.floating_pnl_pct is None else Decimal(str(trade.floating_pnl_pct))
    figure(
        "Floating P&L",
        f.money(trade.floating_pnl, plus=True),
        change=trade.floating_pnl,
        tone=trade.floating_pnl,
        change_text=f.percent(ratio) if ratio is not None else None,
        description="of cost",
    )


def _draw_doubts(trade: TradeRow) -> None:
    """What is not certain about the trade, in words."""
    if trade.not_at_broker:
        st.warning(
            "**Not at broker.** The broker holds none of it and no execution says why. It stays "
            "open and out of the floating total until an execution, an activity or you close it.",
            icon=":material/warning:",
        )
    for flag in trade.flags:
        st.caption(f":material/info: {f.plain(flag_words(flag).capitalize())}.")
    if trade.tags:
        st.caption(f":material/sell: {f.plain(', '.join(trade.tags))}")
    if trade.notes:
        st.caption(f":material/notes: {f.plain(trade.notes)}")


def _draw_books(screen: Screen, detail: TradeDetail) -> None:
    books = _Books(str(screen.zone), screen.dark)
    books.draw(
        "Orders", detail.orders, orders_columns(), lambda order: order.order_id,
        "No order: this trade comes from a transfer or an import.",
    )  # fmt: skip
    books.draw(
        "Executions", detail.executions, executions_columns(), lambda each: each.execution_id,
        "Nothing has been filled.",
    )  # fmt: skip
    left, right = st.columns(2)
    with left:
        books.draw(
            "Lots", detail.lots, lots_columns(), lambda lot: lot.lot_id, "Nothing has been opened."
        )
    with right:
        books.draw(
            "Closings", detail.allocations, closings_columns(), lambda each: each.allocation_id,
            "Nothing has been closed.",
        )  # fmt: skip
    books.draw(
        "History of changes", detail.events, events_columns(), lambda each: str(each.event_id),
        "No change has been seen since this trade was first read.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Books:
    """Draws what a trade rests on, each kind as a table under its title."""

    zone_name: str
    dark: bool

    def draw(
        self,
        title: str,
        records: Sequence[T],
        columns: Sequence[Column[T]],
        identity: Callable[[T], str],
        empty: str,
    ) -> None:
        """One table, or the reason why there is none."""
        st.markdown(f"**{title}**")
        if not records:
            st.caption(empty)
            return
        table = build_table(
            records, columns, identity=identity, zone_name=self.zone_name, dark=self.dark
        )
        draw_table(table, alt=title, key=f"detail-{title}")
