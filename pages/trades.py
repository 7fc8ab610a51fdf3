"""Trades: open, pending, closed; filtered and sorted; and one trade when the address names it."""

from __future__ import annotations

import streamlit as st

from tradesync.store.queries_trades import TradeFilter, TradeSort
from tradesync.views.trades import TradePage, read_trade_page
from tradesync.web import formatting as f
from tradesync.web.columns import trades_columns
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_not_ready,
    draw_reading_problem,
    empty_state,
)
from tradesync.web.places import asked_trade, show_trade_here
from tradesync.web.screen import Screen, current_screen
from tradesync.web.session import bound_value, open_dialog
from tradesync.web.tables import STYLED_ROWS, build_table
from tradesync.web.trade_detail import draw_trade

_PAGE = STYLED_ROWS
_MOST_ROWS_HIGH = 16
_ALL = "all"
_STATUSES = ("open", "pending", "closed", "cancelled", _ALL)
_SORTS = {
    TradeSort.NEWEST: "Newest first",
    TradeSort.OLDEST: "Oldest first",
    TradeSort.SYMBOL: "Symbol",
    TradeSort.LARGEST: "Largest first",
    TradeSort.BEST: "Best P&L first",
    TradeSort.WORST: "Worst P&L first",
    TradeSort.CHANGED: "Last changed first",
}
_EMPTY = {
    "open": ("No open trades", "**New order** opens one; positions made elsewhere appear by sync."),
    "pending": ("No pending trades", "Orders that wait for their fill stand here."),
    "closed": ("No closed trades", "Trades whose quantity is gone stand here with their P&L."),
    "cancelled": ("No cancelled trades", "Orders that ended without a fill stand here."),
    _ALL: ("No trades yet", "**New order** opens the first one."),
}


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    trade_id = asked_trade()
    if trade_id is not None:
        draw_trade(screen, trade_id)
    else:
        _draw_list(screen)


def _draw_list(screen: Screen) -> None:
    account_id = screen.account_id or ""
    status_row = st.container(horizontal=True, vertical_alignment="center")
    wanted = _draw_filter()
    reading = screen.reader.read(
        ("trades", account_id, wanted), lambda tx: read_trade_page(tx, account_id, wanted)
    )
    page = reading.model
    with status_row:
        _draw_statuses(screen, page)
    draw_reading_problem(reading.problem)
    _draw_table(screen, page, wanted)


def _status() -> str:
    status = bound_value("status")
    return status if status in _STATUSES else "open"


def _page() -> int:
    page = bound_value("page") or "1"
    return max(1, int(page)) if page.isdecimal() else 1


def _draw_statuses(screen: Screen, page: TradePage) -> None:
    counts = {**page.counts, _ALL: sum(page.counts.values())}
    st.segmented_control(
        "Status",
        _STATUSES,
        default="open",
        required=True,
        format_func=lambda status: f"{status.capitalize()} {counts.get(status, 0):,}",
        key="status",
        bind="query-params",
        label_visibility="collapsed",
        on_change=_first_page,
    )
    st.space("stretch")
    st.button(
        "New order",
        icon=":material/add:",
        type="primary",
        key="new_order",
        shortcut="ctrl+shift+o",
        on_click=open_dialog,
        args=("order",),
        disabled=screen.read_only_because is not None,
        help=screen.read_only_because,
    )


def _first_page() -> None:
    st.session_state["page"] = 1


def _draw_filter() -> TradeFilter:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", type="search", placeholder="Symbol, id, note or tag", key="q",
            bind="query-params", on_change=_first_page, width=260, label_visibility="collapsed",
        )  # fmt: skip
        symbol = st.text_input(
            "Symbol", placeholder="Symbol", key="symbol", bind="query-params",
            on_change=_first_page, width=120, label_visibility="collapsed",
        )  # fmt: skip
        side = st.selectbox(
            "Side", ("", "long", "short"), key="side", bind="query-params",
            format_func=lambda value: value.capitalize() or "Any side", on_change=_first_page,
            width=130, label_visibility="collapsed",
        )  # fmt: skip
        source = st.selectbox(
            "Source", ("", "app", "broker", "import"), key="source", bind="query-params",
            format_func=lambda value: value.capitalize() or "Any source", on_change=_first_page,
            width=140, label_visibility="collapsed",
        )  # fmt: skip
        sort = st.selectbox(
            "Sort", list(TradeSort), key="sort", bind="query-params",
            format_func=_SORTS.__getitem__, on_change=_first_page, width=190,
            label_visibility="collapsed",
        )  # fmt: skip
    status = _status()
    return TradeFilter(
        status=None if status == _ALL else status,
        symbol=(symbol or "").strip().upper() or None,
        side=side or None,
        source=source or None,
        search=search or "",
        sort=TradeSort(sort or TradeSort.NEWEST),
        limit=_PAGE,
        offset=(_page() - 1) * _PAGE,
    )


def _draw_table(screen: Screen, page: TradePage, wanted: TradeFilter) -> None:
    status = wanted.status or _ALL
    if not page.lines:
        _draw_empty(status, wanted)
        return
    table = build_table(
        page.lines, trades_columns(status, screen.now), identity=lambda line: line.trade.trade_id,
        zone_name=str(screen.zone), dark=screen.dark,
    )  # fmt: skip
    rows = min(len(table.ids), _MOST_ROWS_HIGH)
    draw_choosable_table(
        table, alt=f"Trades: {status}", key=f"trades-{status}", chosen=show_trade_here,
        height=35 * rows + 38,
    )  # fmt: skip
    total = sum(page.counts.values()) if wanted.status is None else page.counts.get(status, 0)
    pages = -(-total // _PAGE)
    if pages > 1:
        st.pagination(pages, key="page", bind="query-params")
    first = wanted.offset + 1
    st.caption(
        f"{first:,}–{first + len(page.lines) - 1:,} of {total:,} · first in, first out · choose a "
        f"row to open the trade · times in {f.plain(str(screen.zone))}"
    )


def _draw_empty(status: str, wanted: TradeFilter) -> None:
    filtered = bool(wanted.symbol or wanted.side or wanted.source or wanted.search)
    if filtered:
        empty_state(
            "Nothing matches",
            "No trade fits these filters. Clear the search or choose another status.",
            icon=":material/filter_alt_off:",
        )
    else:
        title, body = _EMPTY[status]
        empty_state(title, body, icon=":material/receipt_long:")


draw(current_screen())
