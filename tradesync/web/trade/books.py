"""What a trade rests on: orders, executions, lots, closings, fees, and every change seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from tradesync.views.activity import grouped
from tradesync.views.option_pairs import OptionPair
from tradesync.views.order_chains import order_chains
from tradesync.views.trades import TradeDetail
from tradesync.web import formatting as f
from tradesync.web.columns import (
    closings_columns,
    executions_columns,
    lots_columns,
    orders_columns,
)
from tradesync.web.drawing import draw_choosable_table, draw_table
from tradesync.web.places import go_to_run, show_trade_here
from tradesync.web.screen import Screen
from tradesync.web.tables import Column, kept_table
from tradesync.web.trade.columns import chains_columns, history_columns

T = TypeVar("T")


def draw_books(screen: Screen, detail: TradeDetail) -> None:
    """All tables of a trade's page."""
    books = _Books(str(screen.zone), screen.dark)
    books.draw(
        "Orders", order_chains(detail.orders), chains_columns, "current.order_id",
        "No order: this trade comes from a transfer or an import.",
    )  # fmt: skip
    if detail.orders:
        with st.expander("Every version of them, with the broker's ids", key="order_versions"):
            books.draw("", detail.orders, orders_columns, "order_id", "")
    books.draw(
        "Executions", detail.executions, executions_columns, "execution_id",
        "Nothing has been filled.",
    )  # fmt: skip
    left, right = st.columns(2)
    with left:
        books.draw("Lots", detail.lots, lots_columns, "lot_id", "Nothing has been opened.")
    with right:
        books.draw(
            "Closings", detail.allocations, closings_columns, "allocation_id",
            "Nothing has been closed.",
        )  # fmt: skip
    st.markdown(f"**Fees** · {f.plain(fees_words(detail))}")
    _draw_pairs(detail)
    _draw_history(screen, detail)


def fees_words(detail: TradeDetail) -> str:
    """What the fees of a trade are made of; what was allocated says so."""
    trade = detail.trade
    if not trade.fees:
        return "none booked"
    coin = sum(row.is_fee for row in detail.allocations)
    parts = [f.money(trade.fees)]
    if "fee_allocated" in trade.flags:
        parts.append("with its share of the day's fees (allocated, not the broker's own figure)")
    if coin:
        parts.append(f"{coin} taken in the coin, at cost")
    return " · ".join(parts)


def _draw_pairs(detail: TradeDetail) -> None:
    """The other trades of an exercise or assignment, a button each, and what all come to."""
    for place, pair in enumerate(detail.pairs):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f.plain(pair_words(pair)), width="content")
            for other in pair.trades:
                if other.trade_id != detail.trade.trade_id:
                    st.button(
                        other.symbol, key=f"pair-{place}-{other.trade_id}", type="tertiary",
                        icon=":material/arrow_forward:", on_click=show_trade_here,
                        args=(other.trade_id,),
                    )  # fmt: skip


def pair_words(pair: OptionPair) -> str:
    """What the trades of an exercise or assignment come to together."""
    symbols = " and ".join(dict.fromkeys(trade.symbol for trade in pair.trades))
    return f"Option and delivery · {symbols} together: {f.change(pair.combined_pnl)}"


def _draw_history(screen: Screen, detail: TradeDetail) -> None:
    st.markdown("**History of changes**")
    changes = grouped(detail.events)
    if not changes:
        st.caption("No change has been seen since this trade was first read.")
        return
    table = kept_table(
        changes, history_columns, "run_id", zone_name=str(screen.zone), dark=screen.dark
    )
    draw_choosable_table(
        table, alt="History of changes", key="detail-history", chosen=go_to_run, most_rows=10
    )
    st.caption("Press a run for all that it changed.")


@dataclass(frozen=True, slots=True)
class _Books:
    """Draws each kind as a table under its title."""

    zone_name: str
    dark: bool

    def draw(
        self,
        title: str,
        records: tuple[T, ...],
        columns: Callable[[], Sequence[Column[T]]],
        identity: str,
        empty: str,
    ) -> None:
        """One table, or the reason why there is none."""
        if title:
            st.markdown(f"**{title}**")
        if not records:
            st.caption(empty)
            return
        table = kept_table(
            records, columns, identity, zone_name=self.zone_name, dark=self.dark
        )
        draw_table(table, alt=title or "Every version", key=f"detail-{title or 'versions'}")
