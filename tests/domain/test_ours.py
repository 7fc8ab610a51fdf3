"""Client order ids say whose an order is and which trade it closes."""

from __future__ import annotations

import pytest

from tradesync.domain.ours import (
    again_id,
    close_client_order_id,
    derived_id,
    is_ours,
    open_client_order_id,
    opens_for_us,
    trade_named_by,
)

INTENT = "11111111-1111-4111-8111-111111111111"
TRADE = "abcdef01-2345-5678-8abc-def012345678"
OPENS = "ts1-o-11111111111141118111111111111111"
CLOSES = "ts1-c-abcdef01234556788abcdef012345678-11111111111141118111111111111111"


def test_ids_are_made_of_the_intents_id_and_the_trades() -> None:
    """Changing these would lose what stands in orders at the broker."""
    assert open_client_order_id(INTENT) == OPENS
    assert close_client_order_id(INTENT, TRADE) == CLOSES


@pytest.mark.parametrize(
    ("name", "ours", "opens", "trade"),
    [
        (OPENS, True, True, None), (CLOSES, True, False, TRADE), ("client-1", False, False, None),
        (f"x{OPENS}", False, False, None), ("ts1-c-no-uuid", True, False, None),
        (CLOSES.replace("-c-", "-x-"), False, False, None), ("", False, False, None),
        (f"{CLOSES}-2", True, False, TRADE),
    ],
)  # fmt: skip
def test_an_id_tells_whose_it_is_and_what_it_closes(
    name: str, ours: bool, opens: bool, trade: str | None
) -> None:
    assert (is_ours(name), opens_for_us(name), trade_named_by(name)) == (ours, opens, trade)


def test_the_same_click_always_makes_the_same_ids_for_its_items() -> None:
    """They are what keeps a repeated click from sending anything twice."""
    assert derived_id(INTENT, "o1") == "aac5f341-b600-5eec-9dba-ea69967965ee"
    assert derived_id(INTENT, "o2") != derived_id(INTENT, "o1") != derived_id(TRADE, "o1")
    assert again_id(INTENT) == derived_id(INTENT, "again")
