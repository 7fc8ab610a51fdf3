"""Closing every open trade at market."""

from __future__ import annotations

import streamlit as st

from tradesync.store.queries_trades import TradeFilter, TradeRow, TradeSort, trade_rows
from tradesync.web import formatting as f
from tradesync.web.dialogs.many import Bulk, Item, draw_bulk
from tradesync.web.dialogs.shared import intent_id
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "close_all"
_MOST = 10_000


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Close all trades"


def draw(screen: Screen, request: DialogRequest) -> None:
    """List every open trade and send the exit of each."""
    account_id = screen.account_id or ""
    wanted = TradeFilter(status="open", sort=TradeSort.SYMBOL, limit=_MOST)
    trades = screen.reader.read(
        ("close_all", account_id), lambda tx: trade_rows(tx, account_id, wanted)
    ).model
    if not trades and "results" not in request.args:
        st.info("No trade is open; there is nothing to close.")
        return
    count = f"{len(trades)} {'trade' if len(trades) == 1 else 'trades'}"
    bulk = Bulk(
        key="close_all",
        verb=f"Close {count} at market",
        typed="CLOSE ALL",
        waiting=f"Closing {count}; exits that hold shares are cancelled first…",
        send=lambda: screen.service.close_all(screen.account, intent_id=intent_id(request)),
    )
    draw_bulk(screen, request, [item_of(trade) for trade in trades], bulk)


def item_of(trade: TradeRow) -> Item:
    """A trade as an item of the list."""
    side = "sell" if trade.side == "long" else "buy"
    before = f.quantity(trade.open_qty if trade.side == "long" else -trade.open_qty)
    return Item(
        identity=trade.trade_id,
        symbol=trade.symbol,
        words=f"{side.capitalize()} {f.quantity(trade.open_qty)} {trade.symbol} at market",
        detail=f"about {f.money(trade.market_value)}, {before} → 0",
        state=str(trade.open_qty),
    )
