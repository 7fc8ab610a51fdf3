"""What an order would leave behind, before it is sent: cost, buying power, position, exits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradesync.broker.port import Quote
from tradesync.domain.instruments import canonical_symbol
from tradesync.domain.money import ZERO, divided, times
from tradesync.domain.tickets import OrderTicket, closes
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import account_figures, instrument_quote
from tradesync.store.queries_orders import FamilyOrderRow
from tradesync.store.queries_ticket import alive_orders_of, held_of

MOVED = Decimal("0.01")
"""The share by which an estimate may move between the last look and the sending."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What the record knows where an order would land; quantities signed, money in USD."""

    held: Decimal = ZERO
    free: Decimal = ZERO
    """How much of what is held no order has reserved."""
    working: tuple[FamilyOrderRow, ...] = ()
    buying_power: Decimal | None = None
    cash: Decimal | None = None
    mark: Decimal | None = None
    mark_at: Instant | None = None


NO_BASIS = Basis()


def read_basis(tx: Tx, account_id: str, symbol: str) -> Basis:
    """What is held of a symbol, what works on it, and what the account can spend."""
    names = tuple({symbol, canonical_symbol(symbol, "crypto")})
    position = held_of(tx, account_id, names)
    figures = account_figures(tx, account_id)
    known = instrument_quote(tx, account_id, names)
    held = position.qty if position else ZERO
    free = held if position is None or position.qty_available is None else position.qty_available
    return Basis(
        held=held,
        free=free,
        working=alive_orders_of(tx, account_id, names),
        buying_power=figures.buying_power if figures else None,
        cash=figures.cash if figures else None,
        mark=known.price if known else None,
        mark_at=known.price_at if known else None,
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an order comes to; None where a figure cannot be told."""

    price: Decimal | None
    price_word: str
    """Where that price is from: its limit, the ask, the last trade …"""
    qty: Decimal | None
    amount: Decimal | None
    held: Decimal
    after: Decimal | None
    """The position it leaves."""
    power: Decimal | None
    """What can be spent now: buying power, for coins cash."""
    power_after: Decimal | None
    closing: bool
    """Whether it closes some of what is held."""
    flips: bool
    """Whether it would go through zero, which the broker refuses."""
    held_back: Decimal
    """How much of what it would close other orders have reserved."""


def outlook(
    ticket: OrderTicket, basis: Basis, quote: Quote | None, asset_class: str
) -> Outlook:
    """The outlook of a ticket whose numbers are numbers."""
    price, word = _price(ticket, basis, quote)
    multiplier = 100 if asset_class == "us_option" else 1
    qty = _number(ticket.qty)
    notional = _number(ticket.notional)
    if qty is None and notional is not None and price:
        qty = divided(notional, price * multiplier)
    amount = notional
    if amount is None and qty is not None and price is not None:
        amount = times(qty, price) * multiplier
    after = None if qty is None else basis.held + (-qty if ticket.side == "sell" else qty)
    closing = closes(ticket.side, basis.held)
    power = basis.cash if asset_class == "crypto" else basis.buying_power
    short_of = ZERO
    if closing and qty is not None:
        short_of = max(ZERO, min(qty, abs(basis.held)) - abs(basis.free))
    return Outlook(
        price=price,
        price_word=word,
        qty=qty,
        amount=amount,
        held=basis.held,
        after=after,
        power=power,
        power_after=None if closing or power is None or amount is None else power - amount,
        closing=closing,
        flips=closing and after is not None and after * basis.held < ZERO,
        held_back=short_of,
    )


def _price(
    ticket: OrderTicket, basis: Basis, quote: Quote | None
) -> tuple[Decimal | None, str]:
    """What a unit would trade at, about: its own price, else the market's other side."""
    stated = ((ticket.limit_price, "limit"), (ticket.stop_price, "stop"))
    if ticket.order_class == "oco":
        stated = ((ticket.take_profit, "take profit"), (None, ""))
    for text, word in stated:
        if (own := _number(text)) is not None:
            return own, word
    if quote is not None:
        other = quote.ask if ticket.side == "buy" else quote.bid
        if other is not None:
            return other, "ask" if ticket.side == "buy" else "bid"
        if quote.price is not None:
            return quote.price, "last trade"
    return basis.mark, "last price read"


def amount_moved(shown: Outlook, now: Outlook) -> bool:
    """Whether an estimate differs by so much that a person should see it again."""
    if shown.amount is None or now.amount is None:
        return False
    return abs(now.amount - shown.amount) > times(abs(shown.amount), MOVED)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
