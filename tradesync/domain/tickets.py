"""What a person asks for: an order or a change of one, as typed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class OrderTicket:
    """What a person asks for when placing an order; numbers as exact decimal strings."""

    symbol: str
    side: str
    order_type: str
    qty: str | None = None
    notional: str | None = None
    limit_price: str | None = None
    time_in_force: str = "day"
    extended_hours: bool = False
    stop_price: str | None = None
    trail_price: str | None = None
    trail_percent: str | None = None
    order_class: str = ""
    """"", bracket, oto (opening, with exits) or oco (the two exits of a position)."""
    take_profit: str | None = None
    """The limit price of the exit that takes the profit."""
    stop_loss: str | None = None
    """The stop price of the exit that limits the loss."""
    stop_loss_limit: str | None = None
    trade_id: str | None = None
    """The trade an exit is meant for."""
    position_seen: str | None = None
    """The signed quantity the person was shown as held; the broker is asked whether it is so."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What of a working order is to change, as exact decimal strings; None stays."""

    qty: str | None = None
    limit_price: str | None = None
    stop_price: str | None = None
    trail: str | None = None
    """Of a trailing stop: dollars or percent, as the order has it."""
    time_in_force: str | None = None


def closes(side: str, held: Decimal) -> bool:
    """Whether an order of this side closes some of a position (signed)."""
    return held != ZERO and (side == "sell") is (held > ZERO)
