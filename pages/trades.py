"""Trades: open, pending, closed; filtered and sorted; and one trade when the address names it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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
from tradesync.web.tables import build_table
from tradesync.web.trade_detail import draw_trade

_PAGE = 30
_MOST_ROWS_HIGH = 16
_OPEN = "Open"
_STATUSES = {
    _OPEN: "open",
    "Pending": "pending",
    "Closed": "closed",
    "Cancelled": "cancelled",
    "All": None,
}
# Labels are what the address carries (?sort=Worst+first), so they stay as they are.
_SIDES = {"Any side": None, "Long": "long", "Short": "short"}
_SOURCES = {"Any source": None, "This app": "app", "Broker": "broker", "Import": "import"}
_SORTS = {
    "Newest first": TradeSort.NEWEST,
    "Oldest first": TradeSort.OLDEST,
    "By symbol": TradeSort.SYMBOL,
    "Largest first": TradeSort.LARGEST,
    "Best first": TradeSort.BEST,
    "Worst first": TradeSort.WORST,
    "Last changed first": TradeSort.CHANGED,
}
_EMPTY = {
    "open": ("No open trades", "**New order** opens one; positions made elsewhere appear by sync."),
    "pending": ("No pending trades", "Orders that wait for their fill stand here."),
    "closed": ("No closed trades", "Trades whose quantity is gone stand here with their P&L."),
    "cancelled": ("No cancelled trades", "Orders that ended without a fill stand here."),
    None: ("No trades yet", "**New order** opens the first one."),
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
    status, counts = _draw_statuses(screen)
    wanted = _draw_filter(status)
    reading = screen.reader.read(
        ("trades", account_id, wanted), lambda tx: read_trade_page(tx, account_id, wanted)
    )
    counts.caption(_counts_words(reading.model))
    draw_reading_problem(reading.problem)
    _draw_table(screen, reading.model, wanted)


def _draw_statuses(screen: Screen) -> tuple[str | None, DeltaGenerator]:
    """The row of statuses: the one chosen (None for all) and the place for their counts."""
    with st.container(horizontal=True, vertical_alignment="center"):
        label = st.segmented_control(
            "Status",
            list(_STATUSES),
            default=_OPEN,
            required=True,
            key="status",
            bind="query-params",
            label_visibility="collapsed",
            on_change=_first_page,
        )
        counts = st.container(width="content")
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
    return _STATUSES.get(label or _OPEN), counts


def _counts_words(page: TradePage) -> str:
    return " · ".join(
        f"{page.counts.get(status, 0):,} {status}" for status in _STATUSES.values() if status
    )


def _first_page() -> None:
    st.session_state["page"] = 1


def _draw_filter(status: str | None) -> TradeFilter:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", type="search", placeholder="Symbol, id, note or tag", key="q",
            bind="query-params", on_change=_first_page, width=240, label_visibility="collapsed",
            live="400ms",
        )  # fmt: skip
        symbol = st.text_input(
            "Symbol", placeholder="Symbol", key="symbol", bind="query-params",
            on_change=_first_page, width=110, label_visibility="collapsed",
        )  # fmt: skip
        side = _draw_choice("Side", list(_SIDES), key="side", width=120)
        source = _draw_choice("Source", list(_SOURCES), key="source", width=140)
        sort = _draw_choice("Sort", list(_SORTS), key="sort", width=180)
    return TradeFilter(
        status=status,
        symbol=(symbol or "").strip().upper() or None,
        side=_SIDES.get(side),
        source=_SOURCES.get(source),
        search=search or "",
        sort=_SORTS.get(sort, TradeSort.NEWEST),
        limit=_PAGE,
        offset=(_page() - 1) * _PAGE,
    )


def _draw_choice(label: str, options: list[str], *, key: str, width: int) -> str:
    chosen = st.selectbox(
        label, options, key=key, bind="query-params", on_change=_first_page, width=width,
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or options[0]


def _page() -> int:
    page = bound_value("page") or "1"
    return max(1, int(page)) if page.isdecimal() else 1


def _draw_table(screen: Screen, page: TradePage, wanted: TradeFilter) -> None:
    if not page.lines:
        _draw_empty(wanted)
        return
    table = build_table(
        page.lines, trades_columns(wanted.status, screen.now),
        identity=lambda line: line.trade.trade_id, zone_name=str(screen.zone), dark=screen.dark,
    )  # fmt: skip
    draw_choosable_table(table, alt="Trades", key=f"trades-{wanted.status}", chosen=show_trade_here)
    total = page.total(wanted.status)
    pages = -(-total // _PAGE)
    if pages > 1:
        st.pagination(pages, key="page", bind="query-params")
    first = wanted.offset + 1
    st.caption(
        f"{first:,}–{first + len(page.lines) - 1:,} of {total:,} · first in, first out · press a "
        f"symbol to open the trade · times in {f.plain(str(screen.zone))}"
    )


def _draw_empty(wanted: TradeFilter) -> None:
    if wanted.symbol or wanted.side or wanted.source or wanted.search:
        empty_state(
            "Nothing matches",
            "No trade fits these filters. Clear the search or choose another status.",
            icon=":material/filter_alt_off:",
        )
    else:
        title, body = _EMPTY[wanted.status]
        empty_state(title, body, icon=":material/receipt_long:")


draw(current_screen())
