"""What the broker says it holds, for tests; of the same instruments as make.py's orders."""

from __future__ import annotations

from decimal import Decimal

from tests.domain.make import ACCOUNT, asset_class_of, instrument
from tradesync.domain.facts import AccountState, Position
from tradesync.domain.money import to_decimal
from tradesync.domain.times import Instant


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


def account_state(
    cash: str | int = 0, equity: str | int = 0, *, created_at: Instant | None = None
) -> AccountState:
    """An account with so much cash and equity in USD, opened at an instant."""
    return AccountState(
        account_id=ACCOUNT,
        account_number="1",
        status="ACTIVE",
        currency="USD",
        cash=to_decimal(cash),
        equity=to_decimal(equity),
        last_equity=to_decimal(equity),
        buying_power=None,
        long_market_value=to_decimal(0),
        short_market_value=to_decimal(0),
        trading_blocked=False,
        created_at=created_at,
        balance_asof=None,
        raw="{}",
    )
