"""Closing all or part of an open trade, with everything about it said before it is sent."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from tradesync.store.queries_trades import TradeRow
from tradesync.views.estimates import Estimate, estimate, read_quote
from tradesync.views.trades import read_trade_detail
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import (
    account_words,
    draw_choice,
    draw_error,
    intent_id,
    number,
    send,
    summary,
    typed_for_live,
)
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "close"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Close trade"


def current_trade(screen: Screen, trade_id: str) -> TradeRow | None:
    """The trade as the record has it now."""
    account_id = screen.account_id or ""
    detail = screen.reader.read(
        ("trade", account_id, trade_id),
        lambda tx: read_trade_detail(tx, account_id, trade_id, screen.now),
    ).model
    return detail.trade if detail else None


def draw(screen: Screen, request: DialogRequest) -> None:
    """Ask how much and at what price, show what it comes to, and send it."""
    trade = current_trade(screen, str(request.args["trade_id"]))
    if trade is None or trade.status != "open":
        st.info("This trade is not open any more; there is nothing to close.")
        return
    shown = request.args.setdefault("open_qty", trade.open_qty)
    qty, limit = _draw_fields(trade)
    side = "sell" if trade.side == "long" else "buy"
    wanted = _estimate(screen, trade, side, qty, limit)
    _draw_summary(screen, trade, side, wanted, limit)
    changed = shown != trade.open_qty
    if changed:
        st.warning(
            f"The trade has changed meanwhile: {f.quantity(trade.open_qty)} are open now. "
            "Look at the figures again.",
            icon=":material/warning:",
        )
        request.args["open_qty"] = trade.open_qty
    draw_error(request)
    ready = qty is not None and qty <= trade.open_qty and not changed
    ready = typed_for_live(screen, trade.symbol) and ready
    verb = f"{side.capitalize()} {f.quantity(qty)} {trade.symbol}"
    if draw_choice(verb, ready=ready, key="close"):
        send(
            screen,
            request,
            lambda: screen.service.close_trade(
                screen.account,
                trade.trade_id,
                intent_id=intent_id(request),
                qty=None if qty == trade.open_qty else str(qty),
                limit_price=None if limit is None else str(limit),
            ),
            f"Order sent: {verb}.",
        )


def _draw_fields(trade: TradeRow) -> tuple[Decimal | None, Decimal | None]:
    """How much to close and at what limit; None for a quantity that is no number."""
    left, right = st.columns(2)
    open_qty = f.quantity(trade.open_qty)
    typed = left.text_input(f"Quantity (of {open_qty} open)", open_qty, key="close_qty")
    limit = right.text_input("Limit price", placeholder="market", key="close_limit")
    qty = trade.open_qty if typed == open_qty else number(typed)  # exact beyond nine places
    if qty is None or qty > trade.open_qty:
        left.caption(f":red[Enter a quantity up to {open_qty}.]")
    if limit and number(limit) is None:
        right.caption(":red[Enter a price, or leave it empty for a market order.]")
        return None, None
    return qty, number(limit)


def _estimate(
    screen: Screen, trade: TradeRow, side: str, qty: Decimal | None, limit: Decimal | None
) -> Estimate:
    account_id = screen.account_id or ""
    quote = screen.reader.read(
        ("quote", account_id, trade.symbol), lambda tx: read_quote(tx, account_id, trade.symbol)
    ).model
    return estimate(side, qty=qty, notional=None, limit_price=limit, quote=quote)


def _draw_summary(
    screen: Screen, trade: TradeRow, side: str, wanted: Estimate, limit: Decimal | None
) -> None:
    at = f"limit {f.price(limit)}" if limit else f"market, last {f.price(wanted.price)}"
    summary(
        {
            "Account": account_words(screen),
            "Order": f"{side.capitalize()} {f.quantity(wanted.qty)} {trade.symbol}, {at}",
            "Estimated amount": f.money(wanted.amount),
            "Position now": f.quantity(wanted.position_before),
            "Position after": f.quantity(wanted.position_after),
        }
    )
