"""Commands whose answer is lost, whose program dies, and orders that seem to vanish."""

from __future__ import annotations

from dataclasses import replace
from time import time_ns
from uuid import uuid4

import pytest

from tests.sync.world import NAME, World
from tradesync.broker.alpaca import AlpacaBroker
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.ours import IntentKind, open_client_order_id
from tradesync.domain.times import SECOND
from tradesync.sync.outcomes import OrderTicket
from tradesync.sync.sending import CommandContext, Sender
from tradesync.sync.tickets import opening_request
from tradesync.sync.written import order_intent

TICKET = OrderTicket("AAPL", "buy", "limit", qty="10", limit_price="100")


def placed(world: World) -> str:
    """The state in which an order's command ends."""
    return world.service.place_order(NAME, TICKET, intent_id=str(uuid4())).state


def later(world: World, seconds: int) -> World:
    """The program started again, so much later by its own clock."""
    world.service.close()
    path = world.settings.database.parent
    return World.begin(world.broker, path, now=lambda: time_ns() + seconds * SECOND)


def orders(world: World) -> int:
    return len(world.broker.get("/orders", status="all"))


@pytest.mark.parametrize("how", ["drop_after", "truncated"])
def test_r16_an_order_whose_answer_was_lost_is_found_and_never_sent_again(
    world: World, how: str
) -> None:
    world.broker.fault(how, path="/v2/orders", method="POST", times=1)
    assert placed(world) == "unknown"
    assert world.trade().status == TradeStatus.PENDING
    pending = world.trade().trade_id
    world.sync()
    assert world.rows("SELECT state FROM intents") == [("accepted",)]
    assert world.trade().trade_id == pending
    assert orders(world) == 1
    world.assert_quiet()


def test_r17_three_not_founds_and_age_mean_it_never_arrived(world: World) -> None:
    world.broker.fault("drop_before", path="/v2/orders", method="POST", times=1)
    assert placed(world) == "unknown"
    for _ in range(4):
        world.sync()
    assert world.rows("SELECT state FROM intents") == [("unknown",)], "too young to be given up"
    after = later(world, 30)
    for _ in range(2):
        after.sync()
    assert after.rows("SELECT state, not_found_count FROM intents") == [("unknown", 2)]
    after.sync()
    assert after.rows("SELECT state FROM intents") == [("never_arrived",)]
    assert after.trade().status == TradeStatus.CANCELLED
    assert orders(after) == 0
    after.service.close()


def test_r21_failed_look_ups_count_for_nothing(world: World) -> None:
    world.broker.fault("drop_before", path="/v2/orders", method="POST", times=1)
    assert placed(world) == "unknown"
    after = later(world, 30)
    after.broker.fault("status", path=".*by_client_order_id", status=500)
    for _ in range(4):
        after.try_sync()
    assert after.rows("SELECT state, not_found_count FROM intents") == [("unknown", 0)]
    after.broker.clear_faults()
    for _ in range(3):
        after.sync()
    assert after.rows("SELECT state FROM intents") == [("never_arrived",)]
    after.service.close()


def test_r18_a_duplicate_client_id_means_it_arrived_and_is_adopted(world: World) -> None:
    world.broker.fault(
        "status", path="/v2/orders", method="POST", status=422, times=1, work=True,
        body={"code": 40010001, "message": "client_order_id must be unique"},
    )  # fmt: skip
    assert placed(world) == "accepted"
    assert orders(world) == 1
    assert world.trade().broker_order_id is not None


@pytest.mark.parametrize("sent", [False, True], ids=["s01", "s02"])
def test_s01_s02_a_crash_before_or_after_the_call_is_told_apart_by_looking_it_up(
    world: World, *, sent: bool
) -> None:
    intent_id = str(uuid4())
    broker = AlpacaBroker(world.settings.accounts[0])
    request = opening_request(TICKET, broker.asset("AAPL"), open_client_order_id(intent_id))
    asset = broker.asset("AAPL")
    context = CommandContext(
        world.settings.accounts[0], world.settings, world.account_id, world.database, broker,
        "test", time_ns,
    )  # fmt: skip
    assert Sender(context).write(
        order_intent(intent_id, IntentKind.OPEN, request, asset, time_ns())
    )
    if sent:
        broker.submit(request)
    broker.close()
    after = later(world, 30)
    for _ in range(3):
        after.sync()
    state = "accepted" if sent else "never_arrived"
    assert after.rows("SELECT state FROM intents") == [(state,)]
    assert orders(after) == (1 if sent else 0)
    again = after.service.place_order(NAME, TICKET, intent_id=intent_id)
    assert again.state == state, "the same click asks for nothing new"
    assert orders(after) == (1 if sent else 0)
    after.service.close()


def test_a_cancel_whose_answer_was_lost_is_told_by_its_order(world: World) -> None:
    order_id = world.broker.submit_limit("AAPL", 10, 50)["id"]
    world.sync()
    world.broker.fault("drop_after", path="/v2/orders/.*", method="DELETE", times=1)
    world.broker.fault("status", path="/v2/orders/.*", method="GET", status=500)
    result = world.service.cancel_order(NAME, order_id, intent_id=str(uuid4()))
    assert result.state == "unknown"
    world.broker.clear_faults()
    world.sync()
    assert world.rows("SELECT state FROM intents") == [("accepted",)]
    world.assert_quiet()


def test_r20_an_order_nobody_knows_is_for_a_person_only_after_three_answers(world: World) -> None:
    order_id = world.broker.submit_limit("AAPL", 10, 50)["id"]
    world.sync()
    body = {"code": 40410000, "message": f"order not found for {order_id}"}
    world.broker.fault("empty", path="/v2/orders", method="GET")
    world.broker.fault("status", path=f"/v2/orders/{order_id}", status=404, body=body)
    for count in (1, 2, 3):
        world.try_sync()
        assert world.order_row(order_id)["not_found_count"] == count
        assert world.trade().status == TradeStatus.PENDING, "nothing is concluded from absence"
    world.broker.clear_faults()
    world.sync()
    assert world.trade().status == TradeStatus.PENDING


def test_a_refused_connection_sends_nothing_and_says_so(world: World) -> None:
    world.broker.kill()
    with pytest.raises(Exception, match="Nothing was sent"):
        world.service.place_order(NAME, replace(TICKET, qty="1"), intent_id=str(uuid4()))
    world.broker.start()
    assert orders(world) == 0
