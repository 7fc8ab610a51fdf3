"""What a person asks for as an order request: checked here, so that nothing wrong is written."""

from __future__ import annotations

from decimal import Decimal

from tradesync.broker.port import Asset, OrderRequest
from tradesync.domain.money import ZERO, to_decimal
from tradesync.sync.outcomes import CommandRefusedError, OrderTicket

_SIDES = ("buy", "sell")
_TYPES = ("market", "limit")
_TIMES_IN_FORCE = ("day", "gtc", "ioc", "fok", "opg", "cls")


def opening_request(ticket: OrderTicket, asset: Asset, client_order_id: str) -> OrderRequest:
    """The order a ticket asks for; CommandRefusedError names the field that is wrong."""
    if ticket.side not in _SIDES:
        raise CommandRefusedError("The side must be buy or sell.")
    if ticket.order_type not in _TYPES:
        raise CommandRefusedError("The order type must be market or limit.")
    if ticket.time_in_force not in _TIMES_IN_FORCE:
        raise CommandRefusedError(f"Time in force must be one of {', '.join(_TIMES_IN_FORCE)}.")
    if (ticket.qty is None) == (ticket.notional is None):
        raise CommandRefusedError("Give either a quantity or an amount in dollars.")
    if (ticket.order_type == "limit") != (ticket.limit_price is not None):
        raise CommandRefusedError("A limit order needs a limit price, a market order has none.")
    qty = optional_positive(ticket.qty, "quantity")
    if qty is not None and qty % 1 != 0 and not asset.fractionable:
        raise CommandRefusedError(f"{asset.symbol} trades in whole units only.")
    crypto = asset.asset_class == "crypto"
    return OrderRequest(
        client_order_id=client_order_id,
        symbol=asset.symbol,
        side=ticket.side,
        qty=qty,
        notional=optional_positive(ticket.notional, "amount"),
        order_type=ticket.order_type,
        time_in_force="gtc" if crypto and ticket.time_in_force == "day" else ticket.time_in_force,
        limit_price=optional_positive(ticket.limit_price, "limit price"),
        extended_hours=ticket.extended_hours,
    )


def optional_positive(text: str | None, name: str) -> Decimal | None:
    """A number above zero, None when nothing was given."""
    return None if text is None else positive(text, name)


def positive(text: str, name: str) -> Decimal:
    """A number above zero; CommandRefusedError when it is none."""
    try:
        number = to_decimal(text.strip())
    except ValueError:
        raise CommandRefusedError(f"The {name} {text!r} is not a number.") from None
    if number <= ZERO:
        raise CommandRefusedError(f"The {name} must be more than zero.")
    return number
