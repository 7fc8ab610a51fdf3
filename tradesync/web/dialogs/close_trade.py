"""Closing all or part of an open trade, with everything about it said before it is sent."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from tradesync.store.queries_trades import OrderRow, TradeRow
from tradesync.sync.outcomes import CommandResult, PlanChangedError, Trigger
from tradesync.views.estimates import Estimate, estimate, part_of, read_quote
from tradesync.views.trades import TradeDetail, read_trade_detail
from tradesync.web import formatting as f
from tradesync.web.columns import exit_words
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
from tradesync.web.preferences import revealed
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "close"
_LOOK_AGAIN = 8.0
"""Seconds the account is given to be read again before a close is sent."""
_SHARES = {
    "25 %": Decimal("0.25"), "50 %": Decimal("0.5"), "75 %": Decimal("0.75"), "All": Decimal(1),
}  # fmt: skip


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Close trade"


def current_trade(screen: Screen, trade_id: str) -> TradeDetail | None:
    """The trade as the record has it now."""
    account_id = screen.account_id or ""
    return screen.reader.read(
        ("trade", account_id, trade_id),
        lambda tx: read_trade_detail(tx, account_id, trade_id, screen.now),
    ).model


def draw(screen: Screen, request: DialogRequest) -> None:
    """Ask how much and at what price, show what it comes to, and send it."""
    detail = current_trade(screen, str(request.args["trade_id"]))
    if detail is None or detail.trade.status != "open":
        st.info("This trade is not open any more; there is nothing to close.")
        return
    trade = detail.trade
    shown = request.args.setdefault("open_qty", trade.open_qty)
    qty, limit = _draw_fields(trade)
    side = "sell" if trade.side == "long" else "buy"
    wanted = _estimate(screen, trade, side, qty, limit)
    _draw_summary(screen, detail, side, wanted, limit)
    changed = shown != trade.open_qty
    if changed:
        st.warning(
            f"The trade has changed meanwhile: {f.quantity(trade.open_qty)} are open now. "
            "Look at the figures again.",
            icon=":material/warning:",
        )
        request.args["open_qty"] = trade.open_qty
    draw_error(request)
    ready = qty is not None and qty <= trade.open_qty
    ready = typed_for_live(screen, trade.symbol) and ready
    verb = f"{side.capitalize()} {f.quantity(qty)} {trade.symbol}"
    if limit is not None:
        verb += f" @ {f.price(limit)}"
    pressed = draw_choice(verb, ready=ready, key="close")
    if pressed and ready and not changed and qty is not None:  # what changed is looked at first
        send(
            screen, request, lambda: _close(screen, request, trade, qty, limit),
            f"Order sent: {verb}.",
        )  # fmt: skip


def _close(
    screen: Screen, request: DialogRequest, trade: TradeRow, qty: Decimal, limit: Decimal | None
) -> CommandResult:
    """Read the account once more and send only what was confirmed. PlanChangedError."""
    screen.service.sync_now(screen.account, trigger=Trigger.COMMAND, timeout=_LOOK_AGAIN)
    detail = current_trade(screen, trade.trade_id)
    if detail is None or detail.trade.open_qty != trade.open_qty:
        left = f.UNKNOWN if detail is None else f.quantity(detail.trade.open_qty)
        raise PlanChangedError(
            f"The trade has changed since this was shown: {left} open now. Nothing was sent; "
            "look at the figures again."
        )
    return screen.service.close_trade(
        screen.account,
        trade.trade_id,
        intent_id=intent_id(request),
        qty=None if qty == trade.open_qty else str(qty),
        limit_price=None if limit is None else str(limit),
    )


def _take_share(open_qty: Decimal) -> None:
    share = _SHARES.get(str(st.session_state.get("close_share") or ""))
    if share is not None:
        with revealed():  # a callback runs before the dialog is drawn
            st.session_state["close_qty"] = f.quantity(part_of(open_qty, share))


def _draw_fields(trade: TradeRow) -> tuple[Decimal | None, Decimal | None]:
    """How much to close and at what limit; None for a quantity that is no number."""
    open_qty = f.quantity(trade.open_qty)
    st.session_state.setdefault("close_qty", open_qty)
    st.pills(
        "How much", list(_SHARES), key="close_share", label_visibility="collapsed",
        on_change=_take_share, args=(trade.open_qty,),
    )  # fmt: skip
    left, right = st.columns(2)
    typed = left.text_input(f"Quantity (of {open_qty} open)", key="close_qty")
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
    screen: Screen, detail: TradeDetail, side: str, wanted: Estimate, limit: Decimal | None
) -> None:
    at = f"limit {f.price(limit)}" if limit else f"market, last {f.price(wanted.price)}"
    rows = {
        "Account": account_words(screen),
        "Order": f"{side.capitalize()} {f.quantity(wanted.qty)} {detail.trade.symbol}, {at}",
        "Estimated amount": f.money(wanted.amount),
        "Position now": f.quantity(wanted.position_before),
        "Position after": f.quantity(wanted.position_after),
    }
    exits = [order for order in detail.working_orders if order.role == "exit"]
    if exits:
        rows["Its exits"] = _exits_words(exits)
    summary(rows)


def _exits_words(exits: list[OrderRow]) -> str:
    words = ", ".join(exit_words(order) for order in exits)
    return f"{words}: cancelled first where they hold what is closed"
