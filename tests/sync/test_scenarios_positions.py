"""Reconciliation scenarios P and S: positions, drift, import, restarts, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.times import parse_instant


def bought(world: World, symbol: str, qty: int, price: int) -> None:
    """A long position, synced."""
    world.broker.set_price(symbol, price)
    world.broker.submit_market(symbol, qty)
    world.broker.step()
    world.sync()


def test_p01_unexplained_shares_are_drift_until_imported(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", 50, 180)
    world.sync()
    assert world.drift() == [("AAPL", "quantity", Decimal(100), Decimal(150))]
    world.assert_quiet()
    plan = world.service.plan_import(NAME)
    (line,) = [line for line in plan.lines if line.importable]
    assert (line.symbol, line.lot_qty, line.lot_price) == ("AAPL", 50, 180)
    world.service.apply_import(NAME, plan)
    world.sync()
    assert world.drift() == []
    assert sum(trade.open_qty for trade in world.trades()) == 150
    assert sum(trade.cost for trade in world.trades()) == 100 * 150 + 50 * 180
    world.assert_equals_broker()
    world.assert_quiet()


def test_p03_sale_outside_the_app_closes_part_at_its_real_price(world: World) -> None:
    bought(world, "AAPL", 150, 150)
    world.broker.set_price("AAPL", 160)
    world.broker.submit_market("AAPL", 50, "sell")
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.open_qty, trade.realized_pnl) == (TradeStatus.OPEN, 100, 500)
    world.assert_quiet()


def test_p04_closed_outside_the_app_at_the_real_price(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.set_price("AAPL", 140)
    world.broker.submit_market("AAPL", 100, "sell")
    world.broker.step()
    world.broker.set_price("AAPL", 90)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, -1000)
    assert (trade.exit_price, trade.close_reason) == (140, "outside app")
    world.assert_quiet()


def test_p05_vanished_position_stays_open_marked_not_at_broker(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", -100, 150)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.open_qty) == (TradeStatus.OPEN, 100)
    assert world.drift() == [("AAPL", "not_at_broker", Decimal(100), Decimal(0))]
    marked = world.rows("SELECT not_at_broker, floating_pnl, market_value FROM trades")
    assert marked == [(True, None, None)]
    world.assert_quiet()


def test_p06_unexplained_position_imports_once(world: World) -> None:
    world.broker.add_position("MSFT", 100, 400)
    world.sync()
    assert world.drift() == [("MSFT", "untracked", Decimal(0), Decimal(100))]
    plan = world.service.plan_import(NAME)
    assert world.service.apply_import(NAME, plan).imported == 1
    world.sync()
    trade = world.trade()
    assert (trade.source, trade.open_qty, trade.entry_price) == ("import", 100, 400)
    assert world.service.apply_import(NAME, world.service.plan_import(NAME)).imported == 0
    assert len(world.trades()) == 1
    world.assert_quiet()


def test_p07_short_position_imports_as_short(world: World) -> None:
    world.broker.add_position("MSFT", -50, 400)
    world.sync()
    world.service.apply_import(NAME, world.service.plan_import(NAME))
    world.sync()
    trade = world.trade()
    assert (trade.side, trade.open_qty, trade.cost) == ("short", 50, 20000)
    world.broker.set_price("MSFT", 390)
    world.sync()
    ((floating,),) = world.rows("SELECT floating_pnl FROM trades")
    assert floating == 500
    world.assert_equals_broker()
    world.assert_quiet()


def test_p08_from_long_to_short_is_two_trades(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.submit_market("AAPL", 100, "sell")
    world.broker.step()
    world.broker.submit_market("AAPL", 50, "sell")
    world.broker.step()
    world.sync()
    closed, short = world.trades()
    assert (closed.status, closed.side) == (TradeStatus.CLOSED, "long")
    assert (short.status, short.side, short.open_qty) == (TradeStatus.OPEN, "short", 50)
    world.assert_equals_broker()
    world.assert_quiet()


def test_p34_both_spellings_of_a_coin_are_one_instrument(world: World) -> None:
    world.broker.set_price("ETH/USD", 2000)
    world.broker.submit_market("ETH/USD", "1")
    world.broker.step()
    world.sync()
    world.sync()
    assert [trade.symbol for trade in world.trades()] == ["ETH/USD"]
    assert world.drift() == []
    ((instrument,),) = world.rows("SELECT instrument FROM positions")
    assert instrument == world.trade().instrument
    world.assert_quiet()


def test_s04_restarts_with_an_unchanged_broker_write_nothing(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    before = world.contents()
    for _ in range(3):
        world = world.reopened()
        world.sync()
        assert world.contents() == before
    world.service.close()


def test_s06_r30_catches_up_after_many_orders_and_keeps_the_oldest_open(world: World) -> None:
    resting = world.broker.submit_limit("MSFT", 1, 50, time_in_force="gtc")
    for _ in range(5):
        for _ in range(140):
            world.broker.submit_market("AAPL", 1)
            world.broker.step(2)
        world.broker.step(80_000)
    world.sync()
    assert len(world.trades("open")) == 700
    assert world.trade("MSFT").status == TradeStatus.PENDING
    world.assert_equals_broker()
    world.assert_quiet()
    world.broker.fill(resting["id"], 1, 50)
    world.sync()
    assert world.trade("MSFT").open_qty == 1


def test_s31_trade_open_at_import_closes_when_the_broker_closes_it(world: World) -> None:
    world.broker.add_position("MSFT", 100, 400)
    world.sync()
    world.service.apply_import(NAME, world.service.plan_import(NAME))
    world.broker.set_price("MSFT", 402)
    world.broker.submit_market("MSFT", 100, "sell")
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, 200)
    world.assert_quiet()


def test_s32_a_window_that_sees_only_the_sell_makes_no_short(
    broker: PaperBroker, tmp_path: Path
) -> None:
    broker.set_price("AAPL", 150)
    broker.submit_market("AAPL", 100)
    broker.overnight()
    window = broker.get("/clock")["timestamp"]
    broker.submit_market("AAPL", 40, "sell")
    broker.step()
    world = World.begin(broker, tmp_path, history_start=parse_instant(window))
    world.sync()
    assert world.trades("open") == []
    assert [item.qty for item in world.unmatched()] == [40]
    assert world.drift() == [("AAPL", "untracked", Decimal(0), Decimal(60))]
    world.service.apply_import(NAME, world.service.plan_import(NAME))
    world.sync()
    trade = world.trade()
    assert (trade.side, trade.qty, trade.open_qty) == ("long", 100, 60)
    assert world.unmatched() == ()
    world.assert_quiet()
    world.service.close()


def test_f22_the_fee_of_coin_bought_and_sold_again_is_no_drift(world: World) -> None:
    for side in ("buy", "buy", "buy", "sell", "buy", "sell"):
        world.broker.submit_market("BTC/USD", "0.01", side)
        world.broker.step()
        world.sync()
    world.sync()
    assert world.drift() == []
    world.assert_equals_broker()
    world.assert_quiet()
