"""Commands over HTTP: placed, cancelled, closed; refused, repeated, and with lost answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from tests.domain.make import intent
from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World
from tradesync.config import Environment
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.ours import IntentKind, IntentState
from tradesync.store.intents import save_intent
from tradesync.sync.outcomes import CommandRefusedError, OrderTicket, Replacement


def limit(qty: str = "10", price: str = "100") -> OrderTicket:
    return OrderTicket("AAPL", "buy", "limit", qty=qty, limit_price=price)


def test_an_order_of_ours_is_pending_then_open_under_one_id(world: World) -> None:
    world.broker.pause()
    result = world.service.place_order(NAME, limit(), intent_id=str(uuid4()))
    assert (result.ok, result.message) == (True, "")
    pending = world.trade()
    assert (pending.status, pending.source) == (TradeStatus.PENDING, "app")
    assert (pending.trade_id, pending.broker_order_id) == (result.trade_id, result.order_id)
    assert result.order_id is not None
    world.broker.fill(result.order_id, 10, 100)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.trade_id) == (TradeStatus.OPEN, pending.trade_id)
    found_by = "SELECT DISTINCT r.trigger FROM trade_events e LEFT JOIN sync_runs r USING (run_id)"
    assert {trigger for (trigger,) in world.rows(found_by)} == {"command", "cli"}
    world.assert_equals_broker()
    world.assert_quiet()


def test_s26_the_same_click_twice_is_one_order(world: World) -> None:
    intent_id = str(uuid4())
    first = world.service.place_order(NAME, limit(), intent_id=intent_id)
    second = world.service.place_order(NAME, limit(), intent_id=intent_id)
    assert first.order_id == second.order_id
    assert len(world.broker.get("/orders", status="all")) == 1


def test_closing_part_names_its_trade_not_the_oldest(world: World) -> None:
    world.broker.set_price("AAPL", 100)
    for _ in range(2):
        world.place("AAPL", "buy", "10")
        world.broker.step()
    world.sync()
    older, newer = world.trades()
    world.broker.set_price("AAPL", 110)
    closed = world.service.close_trade(NAME, newer.trade_id, intent_id=str(uuid4()), qty="4")
    assert closed.ok
    world.broker.step()
    world.sync()
    assert [trade.open_qty for trade in world.trades()] == [10, 6]
    assert world.trades()[1].realized_pnl == 40
    world.service.close_trade(NAME, newer.trade_id, intent_id=str(uuid4()))
    world.broker.step()
    world.sync()
    still, gone = world.trades()
    assert (still.trade_id, still.status) == (older.trade_id, TradeStatus.OPEN)
    assert (gone.status, gone.realized_pnl) == (TradeStatus.CLOSED, 100)
    world.assert_equals_broker()
    world.assert_quiet()


def test_closing_a_short_buys_it_back(world: World) -> None:
    world.broker.set_price("AAPL", 100)
    world.place("AAPL", "sell", "5")
    world.broker.step()
    world.sync()
    assert world.trade().side == "short"
    world.broker.set_price("AAPL", 90)
    world.service.close_trade(NAME, world.trade().trade_id, intent_id=str(uuid4()))
    world.broker.step()
    world.sync()
    assert (world.trade().status, world.trade().realized_pnl) == (TradeStatus.CLOSED, 50)


def test_a_coin_is_closed_whole_in_spite_of_its_fee(world: World) -> None:
    world.broker.set_price("ETH/USD", 2000)
    world.place("ETH/USD", "buy", "1")
    world.broker.step()
    world.sync()
    result = world.service.close_trade(NAME, world.trade().trade_id, intent_id=str(uuid4()))
    assert result.ok, result.message
    world.broker.step()
    world.sync()
    assert world.trade().status == TradeStatus.CLOSED
    world.assert_equals_broker()


def test_more_than_is_open_is_refused_and_nothing_is_sent(world: World) -> None:
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    with pytest.raises(CommandRefusedError, match="Only 10"):
        world.service.close_trade(NAME, world.trade().trade_id, intent_id=str(uuid4()), qty="11")
    assert len(world.broker.get("/orders", status="all")) == 1


def test_shares_held_by_a_working_exit_are_named(world: World) -> None:
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    trade_id = world.trade().trade_id
    exit_ = world.service.close_trade(NAME, trade_id, intent_id=str(uuid4()), limit_price="9999")
    assert exit_.ok
    assert world.rows("SELECT trade_id, qty FROM working_exits") == [(trade_id, 10)]
    with pytest.raises(CommandRefusedError, match="held by open orders"):
        world.service.close_trade(NAME, trade_id, intent_id=str(uuid4()))


def test_cancelling_ends_the_pending_trade(world: World) -> None:
    placed = world.service.place_order(NAME, limit(), intent_id=str(uuid4()))
    assert placed.order_id is not None
    cancelled = world.service.cancel_order(NAME, placed.order_id, intent_id=str(uuid4()))
    assert cancelled.ok
    world.broker.step()
    world.sync()
    assert (world.trade().status, world.trade().close_reason) == ("cancelled", "canceled")
    world.assert_quiet()


def test_s22_cancelling_a_filled_order_says_so(world: World) -> None:
    world.broker.pause()
    placed = world.service.place_order(NAME, limit(), intent_id=str(uuid4()))
    assert placed.order_id is not None
    world.broker.fill(placed.order_id, 10, 100)
    answer = world.service.cancel_order(NAME, placed.order_id, intent_id=str(uuid4()))
    assert not answer.ok
    assert "filled" in answer.message
    assert world.trade().status == TradeStatus.OPEN


def test_the_broker_s_refusal_is_told_and_kept(world: World) -> None:
    result = world.service.place_order(NAME, limit("100000", "500"), intent_id=str(uuid4()))
    assert result.state == "refused"
    assert "buying power" in result.message
    trade = world.trade()
    assert trade.status == TradeStatus.CANCELLED
    world.assert_quiet()


@pytest.mark.parametrize(
    ("ticket", "words"),
    [
        (OrderTicket("AAPL", "buy", "market", qty="ten"), "not a number"),
        (OrderTicket("AAPL", "buy", "market", qty="-1"), "more than zero"),
        (OrderTicket("AAPL", "buy", "market"), "either a quantity or an amount"),
        (OrderTicket("AAPL", "buy", "limit", qty="1"), "needs a limit price"),
        (OrderTicket("AAPL", "hold", "market", qty="1"), "buy or sell"),
        (OrderTicket("NOSUCH", "buy", "market", qty="1"), "no symbol"),
    ],
)
def test_bad_input_is_refused_in_plain_words(world: World, ticket: OrderTicket, words: str) -> None:
    with pytest.raises(CommandRefusedError, match=words):
        world.service.place_order(NAME, ticket, intent_id=str(uuid4()))
    assert world.broker.get("/orders", status="all") == []
    assert world.rows("SELECT 1 FROM intents") == []


def assert_nothing_is_sent(world: World, why: str) -> None:
    """Every way to the broker is refused, one that is to be sent again with them."""
    account_id = world.account_id
    placed = intent("never-sent", state=IntentState.NOT_SENT)
    cancel = replace(placed, intent_id=str(uuid4()), kind=IntentKind.CANCEL, order_id="order")
    close = replace(placed, intent_id=str(uuid4()), kind=IntentKind.CLOSE, trade_id="trade")
    with world.database.write() as tx:
        for lost in (placed, cancel, close):
            save_intent(tx, account_id, lost)
    order = world.broker.submit_limit("AAPL", 10, 1)
    service, ways = world.service, list[Callable[[str], object]]()
    ways += [
        lambda click: service.place_order(NAME, limit(), intent_id=click),
        lambda click: service.replace_order(
            NAME, order["id"], Replacement(qty="7"), intent_id=click
        ),
        lambda click: service.cancel_order(NAME, order["id"], intent_id=click),
        lambda click: service.cancel_all(NAME, intent_id=click),
        lambda click: service.close_trade(NAME, "trade", intent_id=click),
        lambda click: service.close_all(NAME, intent_id=click),
        lambda click: service.protect_trade(NAME, "trade", intent_id=click),
        lambda _: service.send_again(NAME, placed.intent_id),
        lambda _: service.send_again(NAME, cancel.intent_id),
        lambda _: service.send_again(NAME, close.intent_id),
    ]
    for way in ways:
        with pytest.raises(CommandRefusedError, match=why):
            way(str(uuid4()))
    (untouched,) = world.broker.get("/orders", status="all")
    assert (untouched["id"], untouched["qty"]) == (order["id"], "10")
    assert untouched["status"] in {"pending_new", "new"}
    assert world.rows("SELECT count(*) FROM intents") == [(3,)]
    world.broker.cancel(order["id"])


def test_a_live_account_is_read_only_until_its_owner_allows_it(
    broker: PaperBroker, tmp_path: Path
) -> None:
    world = World.begin(broker, tmp_path)
    (account,) = world.settings.accounts
    world.service.close()
    live = replace(account, environment=Environment.LIVE)
    world = World.begin(broker, tmp_path, accounts=(live,))
    world.sync()
    assert_nothing_is_sent(world, "ALLOW_LIVE_TRADING")
    world.service.close()
    world = World.begin(broker, tmp_path, accounts=(live,), allow_live_trading=True)
    assert world.service.place_order(NAME, limit(), intent_id=str(uuid4())).ok
    world.service.close()


def test_read_only_sends_nothing(broker: PaperBroker, tmp_path: Path) -> None:
    world = World.begin(broker, tmp_path, read_only=True)
    world.sync()
    assert_nothing_is_sent(world, "READ_ONLY")
    world.service.close()
