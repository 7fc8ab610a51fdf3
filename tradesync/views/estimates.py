"""What an order would cost and leave behind, before it is sent: an estimate, marked as one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from tradesync.domain.instruments import canonical_symbol
from tradesync.domain.money import ZERO, divided, times
from tradesync.store.database import Tx
from tradesync.store.queries import InstrumentQuote, instrument_quote

_NINE_PLACES = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order comes to at `price`; None where a figure cannot be told."""

    qty: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    position_before: Decimal
    position_after: Decimal | None


def read_quote(tx: Tx, account_id: str, symbol: str) -> InstrumentQuote | None:
    """The latest price we know of a symbol and what is held of it; None for a new symbol."""
    asked = symbol.strip().upper()
    return instrument_quote(tx, account_id, (asked, canonical_symbol(asked, "crypto")))


def estimate(
    side: str,
    *,
    qty: Decimal | None,
    notional: Decimal | None,
    limit_price: Decimal | None,
    quote: InstrumentQuote | None,
) -> Estimate:
    """The order's size, amount in USD and the position it leaves, at its limit or the mark."""
    held = quote.qty if quote else ZERO
    multiplier = quote.multiplier if quote else 1
    price = limit_price or (quote.price if quote else None)
    if qty is None and notional is not None and price:
        qty = divided(notional, price * multiplier)
    amount = notional
    if amount is None and qty is not None and price is not None:
        amount = times(qty, price) * multiplier
    signed = None if qty is None else -qty if side == "sell" else qty
    return Estimate(
        qty=qty,
        price=price,
        amount=amount,
        position_before=held,
        position_after=None if signed is None else held + signed,
    )


def part_of(open_qty: Decimal, share: Decimal) -> Decimal:
    """A share of a quantity as people trade it: whole units where it is whole, else nine places."""
    if share == 1:
        return open_qty
    part = times(open_qty, share)
    whole = part.to_integral_value(ROUND_DOWN)
    if open_qty == open_qty.to_integral_value() and whole >= 1:
        return whole
    return part.quantize(_NINE_PLACES, ROUND_DOWN)
