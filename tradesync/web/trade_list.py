"""The list of trades: statuses, questions, the table, and what all of it comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tradesync.domain.times import Instant
from tradesync.store.queries_trades import Accounts, TradeFilter
from tradesync.views.reading import Reader
from tradesync.views.records import trades_frame
from tradesync.views.trades import ListTotals, TradeLine, TradePage, read_trade_page
from tradesync.web import formatting as f
from tradesync.web.columns import trades_columns
from tradesync.web.downloads import draw_export
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_reading_problem,
    empty_state,
    leave_room_for_tools,
)
from tradesync.web.tables import Column, Kind, build_table
from tradesync.web.trade_filter import (
    OPEN,
    PAGE_ROWS,
    STATUSES,
    draw_filter,
    first_page,
    is_narrowed,
    remember_tags,
)

_EMPTY = {
    "open": ("No open trades", "**New order** opens one; positions made elsewhere appear by sync."),
    "pending": ("No pending trades", "Orders that wait for their fill stand here."),
    "closed": ("No closed trades", "Trades whose quantity is gone stand here with their P&L."),
    "cancelled": ("No cancelled trades", "Orders that ended without a fill stand here."),
    None: ("No trades yet", "**New order** opens the first one."),
}


@dataclass(frozen=True, slots=True)
class ListScope:
    """Whose trades are listed, for whom, and what choosing one does."""

    accounts: Accounts
    reader: Reader
    zone: tzinfo
    dark: bool
    now: Instant
    chosen: Callable[[str, str | None], None]
    """Gets the trade's id, and its account's where several are listed as one."""
    names: Mapping[str, str] | None = None
    """Account id → name where several accounts are listed as one."""


def draw_trade_list(scope: ListScope, draw_actions: Callable[[], None]) -> None:
    """Draw the list; `draw_actions` puts buttons at the end of the row of statuses."""
    status, counts = _draw_statuses(draw_actions)
    wanted = draw_filter(status)
    reading = scope.reader.read(
        ("trades", scope.accounts, wanted),
        lambda tx: read_trade_page(tx, scope.accounts, wanted),
    )
    remember_tags(reading.model.tags)
    counts.caption(_counts_words(reading.model))
    draw_reading_problem(reading.problem)
    _draw_table(scope, reading.model, wanted)


def _draw_statuses(draw_actions: Callable[[], None]) -> tuple[str | None, DeltaGenerator]:
    """The row of statuses: the one chosen (None for all) and the place for their counts."""
    with st.container(horizontal=True, vertical_alignment="center"):
        label = st.segmented_control(
            "Status",
            list(STATUSES),
            default=OPEN,
            required=True,
            key="status",
            bind="query-params",
            label_visibility="collapsed",
            on_change=first_page,
        )
        counts = st.container(width="content")
        st.space("stretch")
        draw_actions()
    return STATUSES.get(label or OPEN), counts


def _counts_words(page: TradePage) -> str:
    return " · ".join(f"{page.count(status):,} {status}" for status in STATUSES.values() if status)


def _with_account(
    scope: ListScope, status: str | None
) -> tuple[Column[TradeLine], ...]:
    columns = trades_columns(status, scope.now)
    if scope.names is None:
        return columns
    names = scope.names
    account: Column[TradeLine] = Column(
        "Account", Kind.TEXT, lambda line: names.get(line.account_id or "", line.account_id)
    )
    return (columns[0], account, *columns[1:])


def _draw_table(scope: ListScope, page: TradePage, wanted: TradeFilter) -> None:
    if not page.lines:
        _draw_empty(wanted)
        return
    table = build_table(
        page.lines, _with_account(scope, wanted.status),
        identity=lambda line: line.trade.trade_id, zone_name=str(scope.zone), dark=scope.dark,
    )  # fmt: skip
    whose = {line.trade.trade_id: line.account_id for line in page.lines}
    leave_room_for_tools()
    draw_choosable_table(
        table, alt="Trades", key=f"trades-{wanted.status}",
        chosen=lambda trade_id: scope.chosen(trade_id, whose[trade_id]),
    )  # fmt: skip
    totals = page.totals(wanted.status)
    st.markdown(f.plain(totals_words(totals, wanted.status)))
    pages = -(-totals.trades // PAGE_ROWS)
    if pages > 1:
        st.pagination(pages, key="page", bind="query-params")
    first = wanted.offset + 1
    st.caption(
        f"{first:,}–{first + len(page.lines) - 1:,} of {totals.trades:,} · first in, first out · "
        f"press a symbol to open the trade · times in {f.plain(str(scope.zone))}"
    )
    draw_export("trades", lambda tx: trades_frame(tx, scope.accounts, wanted))


def totals_words(totals: ListTotals, status: str | None) -> str:
    """What the whole filtered list comes to; what is unknown is counted, not added as zero."""
    word = "trade" if totals.trades == 1 else "trades"
    parts = [f"{totals.trades:,} {word}"]
    if status in {"closed", "open", None}:
        parts.append(
            f"realized {f.change(totals.realized)}{_unknown(totals.realized_unknown)}"
        )
        parts.append(f"fees {f.money(totals.fees)}")
    if status in {"open", None}:
        unknown = _unknown(totals.open_unknown)
        parts.append(f"open value {f.money(totals.open_value)}{unknown}")
        parts.append(f"floating {f.change(totals.floating)}{unknown}")
    return "Together: " + " · ".join(parts)


def _unknown(count: int) -> str:
    return f" ({count:,} unknown)" if count else ""


def _draw_empty(wanted: TradeFilter) -> None:
    if is_narrowed(wanted):
        empty_state(
            "Nothing matches",
            "No trade fits these filters. **Clear all** shows every trade of this status; "
            "**All** looks in every status.",
            icon=":material/filter_alt_off:",
        )
    else:
        title, body = _EMPTY[wanted.status]
        empty_state(title, body, icon=":material/receipt_long:")
