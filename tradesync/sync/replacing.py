"""What of a working order is to change, checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from tradesync.domain.facts import Order
from tradesync.sync.outcomes import CommandRefusedError, Replacement
from tradesync.sync.tickets import check_price_decimals, optional_positive, times_in_force

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to differ from the order as it stands; None stays. `qty` is the chain's total."""

    qty: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail: Decimal | None
    time_in_force: str | None


def irreplaceable(qty: Decimal | None, asset_class: str) -> str | None:
    """Why the broker never replaces such an order, in a sentence; None when it does."""
    if qty is None or (qty % 1 != 0 and asset_class != "crypto"):
        return "An order for an amount or for part of a share cannot be changed; cancel it instead."
    return None


def changes_of(change: Replacement, order: Order) -> Changes:
    """What differs; CommandRefusedError when it does not fit the order or nothing does."""
    reason = irreplaceable(order.qty, order.asset_class)
    if reason is not None:
        raise CommandRefusedError(reason)
    trail = optional_positive(change.trail, "trail")
    stands = order.trail_price if order.trail_price is not None else order.trail_percent
    wanted = Changes(
        qty=_differing(optional_positive(change.qty, "quantity"), order.qty),
        limit_price=_differing(
            optional_positive(change.limit_price, "limit price"), order.limit_price
        ),
        stop_price=_differing(optional_positive(change.stop_price, "stop price"), order.stop_price),
        trail=_differing(trail, stands),
        time_in_force=_differing(change.time_in_force or None, order.time_in_force),
    )
    _check(wanted, order)
    return wanted


def _differing(value: Value | None, stands: Value | None) -> Value | None:
    return None if value == stands else value


def _check(wanted: Changes, order: Order) -> None:
    if wanted == Changes(None, None, None, None, None):
        raise CommandRefusedError(
            "Say what to change: quantity, limit price, stop price, trail or time in force."
        )
    name = order.order_type.replace("_", " ")
    if wanted.limit_price is not None and order.limit_price is None:
        raise CommandRefusedError(f"A {name} order has no limit price.")
    if wanted.stop_price is not None and order.order_type not in {"stop", "stop_limit"}:
        raise CommandRefusedError(f"The stop price of a {name} order cannot be set.")
    if wanted.trail is not None and order.order_type != "trailing_stop":
        raise CommandRefusedError(f"A {name} order has no trail.")
    if wanted.qty is not None and wanted.qty <= order.filled_qty:
        raise CommandRefusedError(
            f"{order.filled_qty:f} are filled already, and the quantity counts them: "
            "ask for more, or cancel the order."
        )
    if wanted.qty is not None and wanted.qty % 1 != 0 and order.asset_class != "crypto":
        raise CommandRefusedError("The broker changes orders to whole units only.")
    allowed = times_in_force(
        order.asset_class, order.order_type, order_class=order.order_class.replace("simple", "")
    )
    if wanted.time_in_force is not None and wanted.time_in_force not in allowed:
        raise CommandRefusedError(
            f"The time in force of this order must be {' or '.join(allowed)}."
        )
    for price, what in ((wanted.limit_price, "limit price"), (wanted.stop_price, "stop price")):
        if price is not None:
            check_price_decimals(order.asset_class, price, what)
