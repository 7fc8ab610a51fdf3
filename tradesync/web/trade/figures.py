"""The figures in the head of a trade's page."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from tradesync.store.queries_trades import TradeRow
from tradesync.views.trades import realized_ratio
from tradesync.web import formatting as f
from tradesync.web.drawing import figure
from tradesync.web.screen import Screen


def draw_figures(screen: Screen, trade: TradeRow) -> None:
    """Quantity, prices, worth and P&L, as cards."""
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
