"""What an order does to a position: closes it, adds to it, or would turn it around."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradesync.broker.port import OrderRequest
from tradesync.domain.money import ZERO, plain, to_decimal
from tradesync.domain.ours import close_client_order_id
from tradesync.domain.tickets import OrderTicket, closes
from tradesync.sync.outcomes import CommandRefusedError


def check_position(ticket: OrderTicket, request: OrderRequest, held: Decimal) -> None:
    """CommandRefusedError when an order does not fit what the broker holds now (signed)."""
    if ticket.position_seen is not None and to_decimal(ticket.position_seen) != held:
        raise CommandRefusedError(
            f"The position has changed: {words_of(held, request.symbol)} now. Nothing was sent; "
            "look at the figures again."
        )
    closing = closes(request.side, held)
    if request.order_class == "oco" and not closing:
        raise CommandRefusedError(
            f"An OCO closes a position, and {words_of(held, request.symbol)}. "
            "To open one with its exits, place a bracket."
        )
    if request.order_class in {"bracket", "oto"} and closing:
        raise CommandRefusedError(
            f"A {request.order_class} opens a position, but {words_of(held, request.symbol)}: "
            "this order would close it. Place an OCO instead."
        )
    if closing and request.qty is not None and request.qty > abs(held):
        raise CommandRefusedError(
            f"{_capital(words_of(held, request.symbol))}, and no position is turned around in one "
            f"order. {request.side.capitalize()} {plain(abs(held))} first, then "
            "the rest in a second order."
        )


def words_of(held: Decimal, symbol: str) -> str:
    """A position in a clause: the broker holds 10 AAPL; holds no AAPL; is short 5 AAPL."""
    if held == ZERO:
        return f"the broker holds no {symbol}"
    if held < ZERO:
        return f"the broker is short {plain(-held)} {symbol}"
    return f"the broker holds {plain(held)} {symbol}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def closing_request(request: OrderRequest, intent_id: str, trade_id: str | None) -> OrderRequest:
    """An order said to be an exit, and of which trade where one is named."""
    client_order_id = request.client_order_id
    if trade_id is not None:
        client_order_id = close_client_order_id(intent_id, trade_id)
    return replace(
        request,
        client_order_id=client_order_id,
        position_intent=f"{request.side}_to_close",
    )
