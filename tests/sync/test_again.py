"""Sending again: only what never reached the broker, and once however often it is pressed."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.sync.world import NAME, World
from tradesync.domain.ours import Intent, IntentState
from tradesync.domain.times import SECOND, Instant
from tradesync.store import intents
from tradesync.sync.outcomes import CommandRefusedError, OrderTicket
from tradesync.views.attention import read_attention
from tradesync.views.orders import read_order_questions


def questions(world: World, later: int = 0) -> list[tuple[str, str]]:
    """The commands that wait for a person, so many seconds later: kind and state."""
    account_id = world.account_id
    with world.service.database.read() as tx:
        found = read_attention(tx, account_id, time.time_ns() + later * SECOND)
    return [(row.kind, row.state) for row in found.intents]


def listed(world: World, later: int = 0) -> list[tuple[str, str]]:
    """The commands that became no order, so many seconds later: kind and state."""
    now = time.time_ns() + later * SECOND
    with world.service.database.read() as tx:
        found = read_order_questions(tx, world.account_id, now, now)
    return [(row.kind, row.state) for row in found.never_made]


def told_until(world: World, now: Instant) -> Instant | None:
    """Until when what waits for a person is told rightly, as of an instant."""
    with world.service.database.read() as tx:
        return read_attention(tx, world.account_id, now).until


def stored(world: World, intent_id: str) -> Intent:
    """A command as it stands on record."""
    with world.service.database.read() as tx:
        found = intents.intent(tx, world.account_id, intent_id)
    assert found is not None
    return found


def never_arrived(world: World, intent_id: str) -> None:
    """Let three look-ups have found nothing."""
    stands(world, intent_id, IntentState.NEVER_ARRIVED)


def stands(world: World, intent_id: str, state: IntentState) -> None:
    """Let a command have come to a state."""
    lost = stored(world, intent_id)
    with world.service.database.write() as tx:
        intents.save_intent(tx, world.account_id, replace(lost, state=state))


@pytest.mark.parametrize("state", [IntentState.WRITTEN, IntentState.SENT])
def test_a_click_whose_sender_died_is_told_once_an_answer_would_have_come(
    world: World, state: IntentState
) -> None:
    world.broker.pause()
    world.broker.fault("drop_after", path="/v2/orders", method="POST", times=1)
    intent_id = str(uuid4())
    ticket = OrderTicket("AAPL", "buy", "market", qty="3")
    assert world.service.place_order(NAME, ticket, intent_id=intent_id).state == "unknown"
    stands(world, intent_id, state)  # as kill -9 leaves it
    asked_at = stored(world, intent_id).created_at
    for seconds, ends in ((0, 10), (9, 10), (11, None)):
        until = told_until(world, asked_at + seconds * SECOND)
        assert until == (ends and asked_at + ends * SECOND + 1)
    assert questions(world) == listed(world) == []
    assert questions(world, later=11) == listed(world, later=11) == [("open", state.value)]


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
