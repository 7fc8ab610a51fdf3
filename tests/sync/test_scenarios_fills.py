"""Reconciliation scenarios F: executions, provisional ones and their ends, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from unittest.mock import patch

from tests.sync.world import World
from tradesync.domain.conclusions import Conclusions, Records
from tradesync.domain.continuation import Base
from tradesync.domain.ledger import conclude
from tradesync.sync import commit


def test_f01_three_fills_cost_exactly_what_they_cost(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_market("AAPL", 100)
    for qty, price in ((40, "150"), (30, "152.33"), (30, "154.33")):
        world.broker.fill(order["id"], qty, price)
    world.sync()
    trade = world.trade()
    assert (trade.open_qty, trade.cost) == (100, Decimal("15199.8"))
    assert len(world.rows("SELECT 1 FROM executions")) == 3
    world.assert_quiet()


def test_f02_missing_executions_are_provisional_until_they_come(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_market("AAPL", 100)
    world.broker.fill(order["id"], 40, 150)
    world.sync()
    world.broker.delay_activities(until_released=True)
    world.broker.fill(order["id"], 20, 152)
    world.broker.fill(order["id"], 10, 153)
    world.sync()
    trade = world.trade()
    assert (trade.qty, trade.cost) == (70, 40 * 150 + 20 * 152 + 10 * 153)
    assert "provisional" in trade.flags
    assert len(world.rows("SELECT 1 FROM provisional_executions")) == 1
    world.assert_quiet()
    world.broker.release_activities()
    world.sync()
    trade = world.trade()
    assert (trade.qty, trade.cost) == (70, 40 * 150 + 20 * 152 + 10 * 153)
    assert "provisional" not in trade.flags
    assert not world.rows("SELECT 1 FROM provisional_executions")
    world.assert_quiet()


def test_f03_late_execution_replaces_the_inferred_one(world: World) -> None:
    world.broker.pause()
    world.broker.delay_activities(until_released=True)
    order = world.broker.submit_market("AAPL", 10)
    world.broker.fill(order["id"], 10, 150)
    world.sync()
    assert "provisional" in world.trade().flags
    world.broker.step(3600)
    world.broker.release_activities()
    world.sync()
    assert (world.trade().qty, world.trade().flags) == (10, ())
    world.assert_quiet()


def test_f04_the_same_execution_again_changes_nothing(world: World) -> None:
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    world.sync()
    world.assert_quiet()
    reopened = world.reopened()
    reopened.assert_quiet()
    reopened.service.close()
    assert len(world.rows("SELECT 1 FROM executions")) == 1


def test_f09_an_execution_a_page_left_out_is_found_by_reading_over_it_again(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_market("AAPL", 30)
    for price in (150, 151, 152):
        world.broker.fill(order["id"], 10, price)
    world.broker.fault("short", "/v2/account/activities.*", method="GET", rows=1)
    world.sync()
    trade = world.trade()
    assert (trade.open_qty, trade.cost, "provisional" in trade.flags) == (30, 4530, True)
    world.broker.clear_faults()
    world.sync()
    assert (world.trade().cost, world.trade().flags) == (4530, ())
    assert len(world.rows("SELECT 1 FROM executions")) == 3
    world.assert_quiet()


def test_f21_notional_buy_keeps_nine_places(world: World) -> None:
    world.broker.set_price("AAPL", 300)
    world.broker.raw(
        "POST",
        "/v2/orders",
        json={"symbol": "AAPL", "notional": "1000", "side": "buy", "type": "market",
              "time_in_force": "day"},
    )  # fmt: skip
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert trade.open_qty == Decimal("3.333333333")
    assert abs(trade.cost - 1000) < Decimal("0.000001")
    world.assert_equals_broker()
    world.assert_quiet()


def test_f22_a_coin_sold_before_its_fee_was_seen_leaves_no_dust(world: World) -> None:
    world.broker.set_price("ETH/USD", 2000)
    world.broker.submit_market("ETH/USD", "1")
    world.broker.step()
    world.broker.submit_market("ETH/USD", "0.9975", "sell")
    world.broker.step()
    world.sync()
    world.sync()
    assert (world.trade().status, world.trade().fees) == ("closed", 5)
    assert world.drift() == []
    world.assert_equals_broker()
    world.assert_quiet()


def test_f22_coin_fee_is_no_drift(world: World) -> None:
    world.broker.set_price("BTC/USD", 50000)
    world.broker.submit_market("BTC/USD", "0.1")
    world.broker.step()
    world.sync()
    world.sync()
    trade = world.trade()
    assert trade.open_qty == Decimal("0.09975")
    assert trade.fees == Decimal("12.5")
    assert world.drift() == []
    world.assert_equals_broker()
    world.assert_quiet()


def test_f22_a_coin_fee_whose_conclusion_was_cut_short_is_concluded_by_the_next_sync(
    world: World,
) -> None:
    def cut_short(records: Records, base: Base | None = None) -> Conclusions:
        if records.coin_shortfalls:
            raise RuntimeError("the program ends here")
        return conclude(records, base)

    world.broker.set_price("BTC/USD", 50000)
    world.broker.submit_market("BTC/USD", "0.1")
    world.broker.step()
    with patch.object(commit, "conclude", cut_short):
        assert not world.try_sync().ok
    world.sync()
    world.sync()
    assert world.trade().open_qty == Decimal("0.09975")
    assert world.drift() == []
    world.assert_quiet()
