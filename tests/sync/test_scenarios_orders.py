"""Reconciliation scenarios R: the status of orders, end to end over HTTP."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.simulator.broker import PaperBroker
from tests.sync.world import World
from tradesync.domain.conclusions import TradeStatus


def test_r01_rejected_order_makes_no_open_trade(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.broker.control("orders/reject", order_id=order["id"], reason="no")
    world.sync()
    assert world.order_row(order["id"])["status"] == "rejected"
    trade = world.trade()
    assert (trade.status, trade.qty) == (TradeStatus.CANCELLED, 0)
    assert trade.close_reason is not None
    assert "rejected" in trade.close_reason
    world.assert_quiet()


def test_r02_open_external_order_is_a_pending_trade_of_the_broker(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.source) == (TradeStatus.PENDING, "broker")
    assert (trade.broker_order_id, trade.ordered_qty) == (order["id"], 10)
    world.assert_quiet()


def test_r03_canceled_unfilled_order_is_a_cancelled_trade(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.broker.cancel(order["id"])
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.close_reason) == (TradeStatus.CANCELLED, "canceled")
    world.assert_quiet()


def test_r04_expired_day_order_is_expired_not_canceled(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.sync()
    world.broker.control("orders/expire", order_id=order["id"])
    world.sync()
    assert world.order_row(order["id"])["status"] == "expired"
    assert world.trade().close_reason == "expired"
    world.assert_quiet()


def test_r05_cancel_by_the_user_elsewhere_is_found(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.sync()
    world.broker.cancel(order["id"])
    world.broker.step()
    world.sync()
    assert world.trade().status == TradeStatus.CANCELLED
    (canceled_at,) = world.rows("SELECT canceled_at FROM orders WHERE order_id = ?", order["id"])[0]
    assert canceled_at is not None
    world.assert_quiet()


def test_r06_partial_fill_then_cancel_keeps_the_filled_part(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 100, 150)
    world.broker.fill(order["id"], 50, 150)
    world.sync()
    assert (world.trade().status, world.trade().qty) == (TradeStatus.OPEN, 50)
    world.broker.cancel(order["id"])
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.open_qty, trade.order_status) == (TradeStatus.OPEN, 50, "canceled")
    assert trade.cost == 7500
    world.assert_equals_broker()
    world.assert_quiet()


def test_r07_expiry_applies_the_unseen_fill_first(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 100, 150)
    world.broker.fill(order["id"], 50, 150)
    world.sync()
    world.broker.fill(order["id"], 20, 149)
    world.broker.control("orders/expire", order_id=order["id"])
    world.sync()
    trade = world.trade()
    assert (trade.open_qty, trade.order_status) == (70, "expired")
    assert trade.cost == 50 * 150 + 20 * 149
    world.assert_quiet()


def test_r09_pending_cancel_is_not_the_end(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 100, 150)
    world.broker.control("orders/status", order_id=order["id"], status="pending_cancel")
    world.sync()
    assert world.trade().status == TradeStatus.PENDING
    world.broker.fill(order["id"], 100, 150)
    world.sync()
    assert (world.trade().status, world.trade().open_qty) == (TradeStatus.OPEN, 100)
    world.assert_quiet()


def test_r12_replaced_order_is_one_chain_and_one_trade(world: World) -> None:
    world.broker.pause()
    first = world.broker.submit_limit("AAPL", 100, 150)
    world.broker.step()
    world.sync()
    second = world.broker.replace(first["id"], limit_price="151")
    world.broker.step()
    world.broker.fill(second["id"], 100, 151)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.open_qty, trade.cost) == (TradeStatus.OPEN, 100, 15100)
    assert trade.broker_order_id == second["id"]  # the one that works now
    assert world.order_row(first["id"])["replaced_by"] == second["id"]
    world.assert_equals_broker()
    world.assert_quiet()


def test_r29_all_of_120_open_orders_are_seen(world: World) -> None:
    for step in range(120):
        world.broker.submit_limit("AAPL", 1, 50 + step % 40)
    world.sync()
    assert len(world.trades("pending")) == 120
    world.assert_quiet()


def test_s06c_old_order_that_fills_today_is_found(broker: PaperBroker, tmp_path: Path) -> None:
    broker.pause()
    old = broker.submit_limit("AAPL", 10, 100, time_in_force="gtc")
    broker.step(60 * 86_400)
    broker.submit_limit("MSFT", 1, 100, time_in_force="gtc")
    world = World.begin(broker, tmp_path)
    world.sync()
    broker.fill(old["id"], 10, 100)
    world.sync()
    assert world.trade("AAPL").open_qty == Decimal(10)
    world.assert_quiet()
    world.service.close()


def test_r03_an_order_that_came_and_went_before_ours_is_read_all_the_same(world: World) -> None:
    world.sync()
    other = world.broker.submit_limit("AAPL", 10, 100)
    world.broker.cancel(other["id"])
    world.broker.step(3600)  # far beyond the overlap of two reads
    world.place("MSFT", "buy", "1")
    world.sync()
    assert world.order_row(other["id"])["status"] == "canceled"
    world.sync()
    world.assert_quiet()
