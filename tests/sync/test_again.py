"""Sending again: only what never reached the broker, and once however often it is pressed."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.sync.world import NAME, World
from tradesync.domain.ours import IntentState
from tradesync.store import intents
from tradesync.sync.outcomes import CommandRefusedError, OrderTicket
from tradesync.views.attention import read_attention


def questions(world: World) -> list[tuple[str, str]]:
    """The commands that wait for a person: kind and state."""
    account_id = world.account_id
    with world.service.database.read() as tx:
        found = read_attention(tx, account_id, time.time_ns())
    return [(row.kind, row.state) for row in found.intents]


def never_arrived(world: World, intent_id: str) -> None:
    """Let three look-ups have found nothing."""
    account_id = world.account_id
    with world.service.database.write() as tx:
        lost = intents.intent(tx, account_id, intent_id)
        assert lost is not None
        intents.save_intent(tx, account_id, replace(lost, state=IntentState.NEVER_ARRIVED))


def test_a_lost_order_is_sent_again_once_and_only_when_it_never_arrived(world: World) -> None:
    world.broker.pause()
    world.broker.fault("drop_before", path="/v2/orders", method="POST", times=1)
    ticket = OrderTicket(
        "AAPL", "buy", "limit", qty="10", limit_price="100", order_class="bracket",
        take_profit="120", stop_loss="90", time_in_force="gtc",
    )  # fmt: skip
    intent_id = str(uuid4())
    assert world.service.place_order(NAME, ticket, intent_id=intent_id).state == "unknown"
    assert questions(world) == [("open", "unknown")]
    with pytest.raises(CommandRefusedError, match="may have reached"):
        world.service.send_again(NAME, intent_id)
    never_arrived(world, intent_id)
    assert questions(world) == [("open", "never_arrived")]
    first = world.service.send_again(NAME, intent_id)
    second = world.service.send_again(NAME, intent_id)
    assert (first.ok, second.order_id) == (True, first.order_id)
    (order,) = world.broker.get("/orders", status="all", nested="true")
    assert (order["order_class"], Decimal(order["limit_price"]), len(order["legs"])) == (
        "bracket", 100, 2,
    )  # fmt: skip
    assert questions(world) == []
