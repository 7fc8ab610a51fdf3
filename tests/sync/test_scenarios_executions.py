"""Reconciliation scenarios F: executions late, doubled, odd or of options and coins."""

from __future__ import annotations

from decimal import Decimal

from tests.sync.proving import (
    assert_settled,
    bought,
    contract,
    open_quantities,
    sold,
)
from tests.sync.world import World
from tradesync.domain.conclusions import TradeStatus


def test_f05_a_fill_that_comes_again_with_another_price_keeps_the_first(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.fault("fields", "/v2/account/activities.*", method="GET", fields={"price": "99"})
    world.sync()
    assert world.trade().cost == 1500
    details = dict(world.rows("SELECT kind, detail FROM reviews"))
    assert details["execution_conflict"] == (
        "the same execution came again as 10 at 99; what came first, 10 at 150, is kept"
    )
    assert "at 99 for 100000 USD" in details["activity_conflict"]  # the deposit's row
    assert_settled(world)
    world.broker.clear_faults()
    assert_settled(world)
    reopened = world.reopened()
    world.broker.fault("fields", "/v2/account/activities.*", method="GET", fields={"price": "99"})
    assert_settled(reopened)
    reopened.service.close()
    assert len(world.rows("SELECT 1 FROM fact_conflicts")) == 2


def test_f05_new_fields_of_a_known_fill_are_no_conflict(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.fault("fields", "/v2/account/activities.*", method="GET", fields={"swap": "1"})
    assert_settled(world)
    assert world.rows("SELECT 1 FROM fact_conflicts") == []


def test_f08_fills_of_one_order_stand_in_cum_qty_order(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_market("AAPL", 100)
    for qty in (10, 20, 30, 40):
        world.broker.fill(order["id"], qty, 100 + qty)
    world.sync()
    rows = world.rows('SELECT cum_qty FROM executions ORDER BY "at", cum_qty')
    assert [row[0] for row in rows] == [10, 30, 60, 100]
    assert_settled(world)


def test_f10_order_totals_count_until_executions_arrive(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_market("AAPL", 100)
    world.broker.fill(order["id"], 60, 150)
    world.broker.delay_activities(until_released=True)
    world.broker.fill(order["id"], 40, 160)
    world.sync()
    assert (world.trade().open_qty, world.trade().cost) == (100, 60 * 150 + 40 * 160)
    world.broker.release_activities()
    world.sync()
    assert (world.trade().cost, world.trade().flags) == (60 * 150 + 40 * 160, ())
    assert_settled(world)


def test_f11_a_fill_before_its_order_counts_and_keeps_its_trade(world: World) -> None:
    world.broker.freeze("orders")
    bought(world, "AAPL", 10, 150)
    assert open_quantities(world) == {"AAPL": 10}
    before = {trade.trade_id for trade in world.trades()}
    world.broker.thaw("orders")
    world.sync()
    assert {trade.trade_id for trade in world.trades()} == before
    assert world.trade().flags == ()
    assert_settled(world)


def test_f12_a_fill_after_the_cancel_is_recorded(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 10, 150)
    world.broker.control("orders/cancel", order_id=order["id"])
    world.sync()
    assert world.trade().status == TradeStatus.CANCELLED
    world.broker.control("orders/status", order_id=order["id"], status="new")
    world.broker.fill(order["id"], 10, 150)
    world.sync()
    assert (world.trade().status, world.trade().open_qty) == (TradeStatus.OPEN, 10)
    world.assert_equals_broker()
    assert_settled(world)


def test_f13_an_overfill_is_the_brokers_truth_and_flagged(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 100, 150)
    world.broker.fill(order["id"], 100, 150)
    world.sync()
    world.broker.fill(order["id"], 10, 150, overfill=True)
    world.sync()
    assert world.trade().open_qty == 110
    assert "overfill" in world.trade().flags
    world.assert_equals_broker()
    assert_settled(world)


def test_f14_a_total_below_the_fills_deletes_nothing(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", -40, 150)
    world.sync()
    assert world.trade().open_qty == 100
    assert world.drift() == [("AAPL", "quantity", Decimal(100), Decimal(60))]
    assert_settled(world)


def test_f23_a_coin_sales_fee_row_joins_its_trade(world: World) -> None:
    bought(world, "BTC/USD", "0.1", 50000)
    sold(world, "BTC/USD", "0.05", 60000)
    world.broker.overnight()
    world.sync()
    world.sync()
    trade = world.trade()
    assert trade.open_qty == Decimal("0.04975")
    assert trade.fees == Decimal("12.5") + Decimal("7.5")
    world.assert_equals_broker()
    assert_settled(world)


def test_f24_day_fees_of_sales_are_borne_by_that_days_sales(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    sold(world, "AAPL", 10, 160)
    world.broker.book("FEE", net_amount="-0.05", activity_sub_type="REG")
    world.sync()
    trade = world.trade()
    assert (trade.realized_pnl, trade.fees) == (100, Decimal("0.05"))
    assert_settled(world)


def test_f25_a_multi_leg_order_has_only_the_effect_of_its_legs(world: World) -> None:
    names = (contract(world, "C"), contract(world, "P"))
    for name in names:
        world.broker.set_price(name, 5)
    legs = [
        {"symbol": name, "ratio_qty": "1", "side": "buy", "position_intent": "buy_to_open"}
        for name in names
    ]
    body = {"order_class": "mleg", "qty": "2", "type": "market", "time_in_force": "day"}
    assert world.broker.raw("POST", "/v2/orders", json={**body, "legs": legs}).is_success
    world.broker.step()
    world.sync()
    assert open_quantities(world) == {name: Decimal(2) for name in names}
    assert sum(trade.cost for trade in world.trades()) == 2 * 2 * 5 * 100
    world.assert_equals_broker()
    assert_settled(world)


def test_f26_options_count_a_hundred(world: World) -> None:
    name = contract(world, "C")
    bought(world, name, 2, 1)
    sold(world, name, 2, "1.5")
    assert world.trade().realized_pnl == 100
    assert_settled(world)
