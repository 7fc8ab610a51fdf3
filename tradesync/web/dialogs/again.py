"""Sending a command again that is known never to have reached the broker."""

from __future__ import annotations

import streamlit as st

from tradesync.store.queries_activity import IntentRow
from tradesync.views.attention import read_attention
from tradesync.views.estimates import estimate, read_quote
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import (
    account_words,
    draw_choice,
    draw_error,
    send,
    summary,
    typed_for_live,
)
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "again"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Send again"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Confirm and send; `intent_id` of the command comes with the request."""
    command_id = str(request.args["intent_id"])
    row = _command(screen, command_id)
    if row is None:
        st.success("This command was sent again, or is settled otherwise by now.")
        if draw_choice("Look again", ready=True, key="again"):
            st.rerun()
        return
    summary(_rows(screen, row))
    draw_error(request)
    ready = typed_for_live(screen, row.symbol) and screen.read_only_because is None
    if draw_choice(f"Send again: {command_words(row)}", ready=ready, key="again"):
        send(
            screen, request, lambda: screen.service.send_again(screen.account, command_id),
            f"Sent again: {command_words(row)}.",
        )  # fmt: skip


def command_words(row: IntentRow) -> str:
    """What a command asks for: buy 10 AAPL @ $187.25; cancel AAPL."""
    if row.kind == "cancel":
        return f"cancel {row.symbol}"
    size = f.quantity(row.qty) if row.qty is not None else f.money(row.notional)
    price = f" @ {f.price(row.limit_price)}" if row.limit_price is not None else ""
    return f"{row.side} {size} {row.symbol}{price}"


def _command(screen: Screen, command_id: str) -> IntentRow | None:
    account_id = screen.account_id or ""
    attention = screen.reader.read(
        ("again", account_id), lambda tx: read_attention(tx, account_id, screen.now),
        now=screen.now, until=lambda attention: attention.until,
    ).model  # fmt: skip
    return next((row for row in attention.intents if row.intent_id == command_id), None)


def _rows(screen: Screen, row: IntentRow) -> dict[str, str]:
    """What is about to be sent, and what it comes to at the latest price."""
    shown = {
        "Account": account_words(screen),
        "Command": command_words(row),
        "First asked": f.moment(row.created_at, screen.zone, screen.now, seconds=True),
        "What happened": row.message or "It never reached the broker.",
    }
    if row.kind == "cancel":
        return shown
    account_id = screen.account_id or ""
    quote = screen.reader.read(
        ("quote", account_id, row.symbol), lambda tx: read_quote(tx, account_id, row.symbol)
    ).model
    comes_to = estimate(
        row.side, qty=row.qty, notional=row.notional, limit_price=row.limit_price, quote=quote
    )
    return {
        **shown,
        "Order": f"{row.order_type.replace('_', ' ')}, {row.time_in_force}",
        "Estimated amount": f.money(comes_to.amount),
        "Position": f"{f.quantity(comes_to.position_before)} → "
        f"{f.quantity(comes_to.position_after)}",
    }
