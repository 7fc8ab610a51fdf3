"""Whether a positions reply can be believed beside the account it belongs to (design rule 3)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradesync.domain.facts import AccountState, Position
from tradesync.domain.money import ZERO

TOLERANCE = Decimal("0.02")
"""Share of the gross value by which prices may move between the two reads."""


def contradicts_account(positions: Iterable[Position], state: AccountState) -> bool:
    """Whether the list holds clearly less than the account says: empty or cut short.

    Positions without a price cannot be weighed; with one among them nothing is concluded.
    """
    long_value = short_value = ZERO
    for position in positions:
        if position.market_value is None:
            return False
        if position.market_value >= 0:
            long_value += position.market_value
        else:
            short_value -= position.market_value
    gross = state.long_market_value + abs(state.short_market_value)
    missing = max(state.long_market_value - long_value, ZERO) + max(
        abs(state.short_market_value) - short_value, ZERO
    )
    return missing > gross * TOLERANCE
