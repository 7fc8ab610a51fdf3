"""Whether a positions reply can be believed beside its account (design rule 3)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.domain.holding import account_state, position
from tradesync.domain.facts import Position
from tradesync.domain.plausibility import contradicts_account


def worth(*values: int | str | None) -> list[Position]:
    """Holdings of these market values."""
    return [
        replace(position(1), market_value=None if value is None else Decimal(value))
        for value in values
    ]


@pytest.mark.parametrize(
    ("long", "short", "held", "contradicts"),
    [
        (1000, 0, [1000], False), (1000, 0, [980], False), (1000, 0, [979], True),
        (1000, 0, [], True), (1000, 0, [400, 600], False), (1000, 0, [1500], False),
        (0, -1000, [-980], False), (0, -1000, [-979], True), (0, -1000, [-400, -600], False),
        (1000, -1000, [1000, -960], False), (1000, -1000, [1000, -959], True),
        (1000, -1000, [980, -980], False), (1000, -1000, [980, -979], True),
        (1000, -1000, [2000], True), (1000, -1000, [0, -2000], True), (0, 0, [], False),
        (1000, 0, [None], False), (1000, 0, [10, None], False),
        ("0.5", 0, ["0.5"], False),
    ],
)  # fmt: skip
def test_clearly_less_than_the_account_says_is_not_believed(
    long: int | str, short: int, held: list[int | str | None], contradicts: bool
) -> None:
    """Up to a fiftieth of all that is held, prices may have moved between the reads."""
    state = replace(
        account_state(), long_market_value=Decimal(long), short_market_value=Decimal(short)
    )
    assert contradicts_account(worth(*held), state) == contradicts
