"""A position of the broker for tests, of the same instruments as make.py's orders."""

from __future__ import annotations

from decimal import Decimal

from tests.domain.make import asset_class_of, instrument
from tradesync.domain.facts import Position
from tradesync.domain.money import to_decimal


def position(
    qty: str | int | Decimal, price: str | int | Decimal = 10, *, symbol: str = "AAPL"
) -> Position:
    """A holding of so much (signed) at an average price."""
    known = instrument(symbol)
    return Position(
        instrument=known.key,
        symbol=known.symbol,
        asset_id=known.asset_id or "",
        asset_class=asset_class_of(symbol),
        qty=to_decimal(qty),
        qty_available=to_decimal(qty),
        avg_entry_price=to_decimal(price),
        cost_basis=None,
        market_value=None,
        current_price=None,
        lastday_price=None,
        change_today=None,
        unrealized_pl=None,
        unrealized_plpc=None,
        unrealized_intraday_pl=None,
        unrealized_intraday_plpc=None,
        raw="{}",
    )
