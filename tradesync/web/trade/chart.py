"""The price of a trade's instrument while it was open, with its entries and exits.

Bars are read beside the page (sync/price_bars.py): until they are there a skeleton stands in
their place, and a small fragment looks whether they have come.
"""

from __future__ import annotations

import streamlit as st

from tradesync.store.queries_trades import TradeRow
from tradesync.sync.outcomes import SyncError
from tradesync.sync.price_bars import BarsAnswer, BarsWanted
from tradesync.views.trade_marks import exit_levels, trade_marks
from tradesync.views.trades import TradeDetail
from tradesync.web import formatting as f
from tradesync.web.drawing import empty_state
from tradesync.web.screen import Screen
from tradesync.web.session import open_dialog_request
from tradesync.web.trade_charts import price_option

_HEIGHT = 300
_LOOK_EVERY = 0.5
_SIZES = {"5Min": "five-minute bars", "1Hour": "hourly bars", "1Day": "daily bars"}


def draw_price_chart(screen: Screen, detail: TradeDetail) -> None:
    """Draw the chart, its skeleton, or why there is none."""
    trade = detail.trade
    st.markdown("**Price**")
    if trade.opened_at is None:
        empty_state(
            "Not filled",
            "The price is drawn from the first fill on.",
            icon=":material/candlestick_chart:",
        )
        return
    wanted = _wanted(trade)
    answer = _ask(screen, wanted)
    if answer.reading:
        _draw_waiting(screen, wanted)
    elif not answer.bars:
        empty_state(
            "No price history",
            f.plain(answer.problem or f"The market data has no bars of {trade.symbol} then."),
            icon=":material/candlestick_chart:",
        )
    else:
        _draw_chart(screen, detail, answer)


def _wanted(trade: TradeRow) -> BarsWanted:
    until = trade.closed_at if trade.status == "closed" else None
    return BarsWanted(trade.symbol, trade.asset_class, trade.opened_at or trade.ordered_at, until)


def _ask(screen: Screen, wanted: BarsWanted) -> BarsAnswer:
    try:
        return screen.service.price_bars(screen.account, wanted)
    except SyncError as error:
        return BarsAnswer(problem=str(error))


@st.fragment(run_every=_LOOK_EVERY, key="price-bars")
def _draw_waiting(screen: Screen, wanted: BarsWanted) -> None:
    st.skeleton(height=_HEIGHT)
    if not _ask(screen, wanted).reading and open_dialog_request() is None:
        st.rerun()


def _draw_chart(screen: Screen, detail: TradeDetail, answer: BarsAnswer) -> None:
    trade, marks = detail.trade, trade_marks(detail)
    last = None
    if trade.price_at is not None and trade.current_price is not None:
        last = (trade.price_at, float(trade.current_price))
    levels = exit_levels(detail.working_orders)
    words = ", ".join(
        f"{'entry' if mark.is_entry else 'exit'} at {f.price(mark.price)}" for mark in marks[:20]
    )
    st.echarts_chart(
        price_option(answer.bars, marks, levels, last, dark=screen.dark),
        key="trade_price",
        height=_HEIGHT,
        alt=f"Price of {trade.symbol}: {words}",
    )
    size = _SIZES.get(str(answer.size), str(answer.size))
    note = "" if answer.problem is None else f" · as last read: {answer.problem}"
    st.caption(f.plain(
        f"Closes of {size}, split-adjusted · times in {screen.zone} · entries and exits from the "
        f"lots{' · dashed: working exits' if levels else ''}{note}"
    ))  # fmt: skip
