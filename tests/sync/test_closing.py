"""Closing what legs hold, close all, cancel all, replacing: recorded steps, one order each."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

import pytest

from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import TradeStatus
from tradesync.sync import closing
from tradesync.sync.outcomes import CommandRefusedError, OrderTicket, Replacement


def new_id() -> str:
    return str(uuid4())


def bracket(world: World, qty: int = 10) -> Any:
    """A filled bracket of AAPL at 100 with a target at 120 and a stop at 90, synced."""
    world.broker.set_price("AAPL", 100)
    order = world.broker.submit_market(
        "AAPL", qty, time_in_force="gtc", order_class="bracket",
        take_profit={"limit_price": "120"}, stop_loss={"stop_price": "90"},
    )  # fmt: skip
    world.broker.step()
    world.sync()
    assert world.trade().open_qty == qty
    return order


def working(world: World) -> list[tuple[str, str]]:
    rows = world.broker.get("/orders", status="open")
    return sorted((row["type"], row["side"]) for row in rows)


def test_s24_legs_are_cancelled_first_and_the_steps_are_on_record(world: World) -> None:
    bracket(world)
    result = world.service.close_trade(NAME, world.trade().trade_id, intent_id=new_id())
    assert result.ok, result.message
    world.broker.step()
    world.sync()
    assert world.trade().status == TradeStatus.CLOSED
    assert working(world) == []
    kinds = world.rows("SELECT kind, state FROM intents ORDER BY created_at, kind DESC")
    assert kinds[0] == ("close", "accepted")
    assert {kind for kind, _ in kinds[1:]} == {"cancel"}
    assert world.service.unprotected(NAME) == ()
    world.assert_equals_broker()
    world.assert_quiet()


@pytest.mark.parametrize("ours", [True, False])
def test_s24_a_stop_moved_since_the_last_sync_is_cancelled_where_it_is_now(
    world: World, *, ours: bool
) -> None:
    bracket(world)
    stop = next(row for row in world.broker.get("/orders", status="all", nested=True)[0]["legs"]
                if row["type"] == "stop")  # fmt: skip
    if ours:
        change = Replacement(stop_price="91")
        assert world.service.replace_order(NAME, stop["id"], change, intent_id=new_id()).ok
    else:
        world.broker.replace(stop["id"], stop_price=91)
    result = world.service.close_trade(NAME, world.trade().trade_id, intent_id=new_id())
    assert result.ok, result.message
    world.broker.step()
    world.sync()
    assert (world.trade().status, working(world)) == (TradeStatus.CLOSED, [])
    assert world.service.unprotected(NAME) == ()
    world.assert_equals_broker()
    world.assert_quiet()


def test_s24_a_close_whose_cancels_took_too_long_is_not_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bracket(world)
    monkeypatch.setattr(closing, "READY_WITHIN", 0.0)
    result = world.service.close_trade(NAME, world.trade().trade_id, intent_id=new_id())
    assert (result.ok, result.state) == (False, "not_sent")
    assert result.message.startswith("Unprotected: stop cancelled, close not sent.")
    assert world.broker.get("/orders", status="open") == []
    assert len(world.broker.get("/orders", status="all")) == 3, "entry, two exits, no close"
    assert world.service.unprotected(NAME) != ()


def test_s26_a_close_of_several_steps_clicked_twice_is_one_order(world: World) -> None:
    bracket(world)
    click = new_id()
    first = world.service.close_trade(NAME, world.trade().trade_id, intent_id=click)
    second = world.service.close_trade(NAME, world.trade().trade_id, intent_id=click)
    assert first.order_id == second.order_id
    world.broker.step()
    sells = [row for row in world.broker.get("/orders", status="all") if row["side"] == "sell"]
    assert [row["status"] for row in sells].count("filled") == 1


def test_s24_a_close_refused_after_the_cancel_shows_unprotected_and_can_be_protected_again(
    world: World,
) -> None:
    bracket(world)
    trade_id = world.trade().trade_id
    world.broker.fault(
        "status", path="/v2/orders", method="POST", status=403, times=1,
        body={"code": 40310000, "message": "trading is halted"},
    )  # fmt: skip
    result = world.service.close_trade(NAME, trade_id, intent_id=new_id())
    assert not result.ok
    assert result.message.startswith("Unprotected: stop cancelled, close not sent.")
    assert "halted" in result.message
    world.sync()
    (bare,) = world.service.unprotected(NAME)
    assert (bare.trade_id, bare.open_qty, bare.message) == (trade_id, 10, result.message)
    again = world.service.protect_trade(NAME, trade_id, intent_id=new_id())
    assert again.ok, again.message
    world.sync()
    assert world.service.unprotected(NAME) == ()
    world.broker.set_price("AAPL", 89)
    world.broker.step()
    world.sync()
    assert world.trade().status == TradeStatus.CLOSED
    world.assert_equals_broker()


def test_s24_a_leg_filled_before_its_cancel_leaves_nothing_to_send(world: World) -> None:
    bracket(world)
    world.broker.freeze("positions", reads=1)
    world.broker.set_price("AAPL", 121)
    world.broker.step()
    result = world.service.close_trade(NAME, world.trade().trade_id, intent_id=new_id())
    assert result.state == "not_sent"
    assert "Unprotected" not in result.message
    world.sync()
    assert world.trade().status == TradeStatus.CLOSED
    assert world.service.unprotected(NAME) == ()
    world.assert_equals_broker()


def test_s24_a_cancel_the_broker_sits_on_leaves_the_legs_as_they_are(world: World) -> None:
    bracket(world)
    world.broker.control("switches", cancels_wait=True)
    result = world.service.close_trade(NAME, world.trade().trade_id, intent_id=new_id())
    assert result.state == "not_sent"
    assert "left as they are" in result.message
    assert not [row for row in world.broker.get("/orders", status="all")
                if row["type"] == "market" and row["side"] == "sell"]  # fmt: skip


def test_s24_outside_market_hours_legs_are_left_alone(tmp_path: Path) -> None:
    with PaperBroker(hours="real") as broker:
        broker.control("step", next_open=True)
        world = World.begin(broker, tmp_path)
        world.sync()
        bracket(world)
        before = working(world)
        broker.step(12 * 3600)
        with pytest.raises(CommandRefusedError, match="left in place"):
            world.service.close_trade(NAME, world.trade().trade_id, intent_id=new_id())
        assert working(world) == before
        assert world.rows("SELECT 1 FROM intents") == []
        world.service.close()


def test_a_crash_between_the_cancels_and_the_close_shows_as_unprotected(world: World) -> None:
    bracket(world)
    trade_id = world.trade().trade_id
    world.broker.fault("drop_before", path="/v2/orders", method="POST", times=1)
    result = world.service.close_trade(NAME, trade_id, intent_id=new_id())
    assert result.state == "unknown"
    ahead = 30 * 1_000_000_000
    world.service.close()
    later = World.begin(
        world.broker, world.settings.database.parent, now=lambda: time_ns() + ahead
    )
    for _ in range(3):
        later.sync()
    (bare,) = later.service.unprotected(NAME)
    assert bare.trade_id == trade_id
    assert later.rows("SELECT state FROM intents WHERE kind = 'close'") == [("never_arrived",)]
    later.service.close()


def test_close_all_answers_for_each_trade_and_twice_is_once(world: World) -> None:
    for symbol, price in (("AAPL", 100), ("KO", 60), ("XOM", 110)):
        world.broker.set_price(symbol, price)
        world.place(symbol, "buy", "4")
    world.broker.step()
    world.broker.submit_limit("KO", 4, 900, "sell", time_in_force="gtc")
    world.sync()
    click = new_id()
    results = world.service.close_all(NAME, intent_id=click)
    assert [(item.symbol, item.ok) for item in results] == [
        ("AAPL", True), ("KO", False), ("XOM", True),
    ]  # fmt: skip
    assert "held by open orders" in results[1].message
    again = world.service.close_all(NAME, intent_id=click)
    assert [item.order_id for item in again if item.ok] == [
        item.order_id for item in results if item.ok
    ]
    world.broker.step()
    world.sync()
    assert {row["symbol"] for row in world.broker.get("/positions")} == {"KO"}
    world.assert_equals_broker()


def test_cancel_all_ends_every_working_order(world: World) -> None:
    for symbol in ("AAPL", "KO"):
        ticket = OrderTicket(symbol, "buy", "limit", qty="1", limit_price="1")
        world.service.place_order(NAME, ticket, intent_id=new_id())
    world.broker.submit_limit("XOM", 1, 1)
    world.sync()
    results = world.service.cancel_all(NAME, intent_id=new_id())
    assert [item.ok for item in results] == [True] * 3
    world.broker.step()
    world.sync()
    assert {trade.status for trade in world.trades()} == {TradeStatus.CANCELLED}
    assert working(world) == []


@pytest.mark.parametrize("ours", [True, False])
def test_cancel_all_cancels_what_has_replaced_an_order_since_the_last_sync(
    world: World, *, ours: bool
) -> None:
    old = world.broker.submit_limit("AAPL", 10, 50)["id"]
    world.broker.step()
    world.sync()
    if ours:
        change = Replacement(qty="7")
        replaced = world.service.replace_order(NAME, old, change, intent_id=new_id())
        assert replaced.ok, replaced.message
    else:
        new = world.broker.replace(old, qty=7)["id"]
        world.broker.replace(new, qty=8)
    (last,) = world.broker.get("/orders", status="open")
    click = new_id()
    results = world.service.cancel_all(NAME, intent_id=click)
    assert [(item.ok, item.order_id) for item in results] == [(True, last["id"])]
    world.broker.step()
    assert world.broker.get("/orders", status="open") == []
    world.sync()
    assert (world.trade().status, working(world)) == (TradeStatus.CANCELLED, [])
    assert world.service.cancel_all(NAME, intent_id=click) == ()
    world.assert_quiet()


@pytest.mark.parametrize("ours", [True, False])
def test_a_replaced_order_is_one_trade_whoever_placed_it(world: World, *, ours: bool) -> None:
    if ours:
        ticket = OrderTicket("AAPL", "buy", "limit", qty="10", limit_price="50")
        order_id = world.service.place_order(NAME, ticket, intent_id=new_id()).order_id or ""
    else:
        order_id = world.broker.submit_limit("AAPL", 10, 50)["id"]
    world.broker.step()
    world.sync()
    trade_id = world.trade().trade_id
    click = new_id()
    change = Replacement(qty="6", limit_price="51.5")
    result = world.service.replace_order(NAME, order_id, change, intent_id=click)
    assert result.ok, result.message
    assert world.service.replace_order(NAME, order_id, change, intent_id=click) == result
    world.broker.set_price("AAPL", 51)
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert (trade.trade_id, trade.status, trade.open_qty) == (trade_id, TradeStatus.OPEN, 6)
    assert trade.source == ("app" if ours else "broker")
    world.assert_equals_broker()
    world.assert_quiet()


def test_a_replacement_whose_answer_is_lost_is_found_by_its_client_id(world: World) -> None:
    order_id = world.broker.submit_limit("AAPL", 10, 50)["id"]
    world.sync()
    world.broker.fault("drop_after", path="/v2/orders/.*", method="PATCH", times=1)
    change = Replacement(limit_price="51")
    result = world.service.replace_order(NAME, order_id, change, intent_id=new_id())
    assert result.state == "unknown"
    world.sync()
    assert world.rows("SELECT state FROM intents") == [("accepted",)]
    assert len(world.broker.get("/orders", status="all")) == 2


def test_nothing_to_change_and_ended_orders_are_refused(world: World) -> None:
    order_id = world.broker.submit_limit("AAPL", 10, 50)["id"]
    world.sync()
    for change, words in (
        (Replacement(), "what to change"), (Replacement(qty="-1"), "more than zero")
    ):  # fmt: skip
        with pytest.raises(CommandRefusedError, match=words):
            world.service.replace_order(NAME, order_id, change, intent_id=new_id())
    world.broker.cancel(order_id)
    world.sync()
    with pytest.raises(CommandRefusedError, match="already ended"):
        world.service.replace_order(NAME, order_id, Replacement("5"), intent_id=new_id())


def test_part_of_a_bracket_can_be_closed_and_the_rest_is_named(world: World) -> None:
    bracket(world)
    trade_id = world.trade().trade_id
    result = world.service.close_trade(NAME, trade_id, intent_id=new_id(), qty="4")
    assert result.ok, result.message
    world.broker.step()
    world.sync()
    assert world.trade().open_qty == Decimal(6)
    (bare,) = world.service.unprotected(NAME)
    assert bare.open_qty == 6
