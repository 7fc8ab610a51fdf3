"""Reconciliation scenarios P and S: drift, splits, transfers, option ends, crashes, restarts."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from tests.simulator.broker import PaperBroker
from tests.sync.proving import (
    assert_settled,
    bought,
    contract,
    expire,
    open_quantities,
    review_kinds,
    sold,
)
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.times import SECOND, parse_instant
from tradesync.views.option_pairs import OptionPair
from tradesync.views.trades import read_trade_detail


def test_p02_more_short_than_known_is_drift_until_imported(world: World) -> None:
    world.broker.set_price("AAPL", 150)
    world.broker.submit_market("AAPL", 100, "sell")
    world.broker.step()
    world.broker.add_position("AAPL", -50, 180)
    world.sync()
    assert world.drift() == [("AAPL", "quantity", Decimal(-100), Decimal(-150))]
    world.service.apply_import(NAME, world.service.plan_import(NAME))
    world.sync()
    assert open_quantities(world) == {"AAPL": -150}
    assert sum(trade.cost for trade in world.trades()) == 100 * 150 + 50 * 180
    assert world.drift() == []
    assert_settled(world)


def test_p10_positions_that_fail_change_nothing(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    before = world.contents()
    world.broker.fault("status", "/v2/positions", method="GET", status=500)
    assert not world.try_sync().ok
    assert world.contents() == before
    world.broker.clear_faults()
    assert_settled(world)


def test_p12_what_the_broker_omits_is_flagged_beside_the_others(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    bought(world, "MSFT", 5, 400)
    world.broker.add_position("AAPL", -10, 150)
    world.sync()
    assert world.drift() == [("AAPL", "not_at_broker", Decimal(10), Decimal(0))]
    assert open_quantities(world) == {"AAPL": 10, "MSFT": 5}
    assert_settled(world)


def test_p13_an_old_positions_list_is_no_drift(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.freeze("positions", reads=1)
    world.broker.submit_market("AAPL", 5)
    world.broker.step()
    world.sync()
    assert world.drift() == []
    assert open_quantities(world) == {"AAPL": 15}
    assert_settled(world)


def test_p14_the_same_drift_stays_one_record(world: World) -> None:
    world.broker.add_position("MSFT", 100, 400)
    for _ in range(3):
        world.sync()
    assert len(world.rows("SELECT 1 FROM drift")) == 1
    assert_settled(world)


def test_p18_p19_trades_keep_their_parts_and_an_outside_sale_goes_fifo(world: World) -> None:
    bought(world, "AAPL", 60, 150)
    bought(world, "AAPL", 40, 160)
    assert world.drift() == []
    sold(world, "AAPL", 70, 170)
    first, second = world.trades()
    assert (first.status, first.realized_pnl) == (TradeStatus.CLOSED, 60 * 20)
    assert (second.open_qty, second.realized_pnl) == (30, 10 * 10)
    world.assert_equals_broker()
    assert_settled(world)


def test_p22_a_small_shortfall_shrinks_no_trade(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", -3, 150)
    world.sync()
    assert world.trade().open_qty == 100
    assert world.drift() == [("AAPL", "quantity", Decimal(100), Decimal(97))]
    assert_settled(world)


def test_p23_a_split_multiplies_lots_and_keeps_cost(world: World) -> None:
    bought(world, "AAPL", 100, 200)
    world.broker.control("split", symbol="AAPL", ratio=4)
    world.sync()
    trade = world.trade()
    assert (trade.open_qty, trade.entry_price, trade.cost) == (400, 50, 20000)
    assert world.drift() == []
    world.assert_equals_broker()
    assert_settled(world)


def test_p24_a_split_before_its_rows_waits_for_them(world: World) -> None:
    bought(world, "AAPL", 100, 200)
    world.broker.delay_activities(until_released=True)
    world.broker.control("split", symbol="AAPL", ratio=4)
    world.sync()
    assert open_quantities(world) == {"AAPL": 100}
    assert world.drift() == [("AAPL", "quantity", Decimal(100), Decimal(400))]
    world.broker.release_activities()
    world.sync()
    assert open_quantities(world) == {"AAPL": 400}
    assert world.drift() == []
    assert_settled(world)


def test_p26_a_renamed_stock_stays_one_trade(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.control("assets/change", symbol="AAPL", new_symbol="APPL")
    world.sync()
    assert world.drift() == []
    assert world.trade().symbol == "APPL"
    sold(world, "APPL", 10, 160)
    assert (world.trade().status, world.trade().realized_pnl) == (TradeStatus.CLOSED, 100)
    assert_settled(world)


def test_p26_a_renamed_stock_is_closed_under_its_new_name(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.control("assets/change", symbol="AAPL", new_symbol="APPL")
    world.sync()
    result = world.service.close_trade(NAME, world.trade().trade_id, intent_id=str(uuid4()))
    assert result.state == "accepted", result.message
    world.broker.step()
    world.sync()
    assert world.trade().status is TradeStatus.CLOSED


def test_p26_an_order_looked_up_late_does_not_take_the_old_name_back(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 50)
    world.broker.set_price("AAPL", 150)
    bought(world, "AAPL", 10, 150)
    world.broker.cancel(order["id"])
    world.broker.control("assets/change", symbol="AAPL", new_symbol="APPL")
    world.sync()
    assert {trade.symbol for trade in world.trades()} == {"APPL"}
    assert_settled(world)


def test_p34_a_coin_keeps_the_asset_id_of_its_orders(world: World) -> None:
    order = world.broker.submit_market("BTC/USD", "0.5")
    world.broker.step()
    world.sync()
    world.sync()
    assert world.trade().asset_id == order["asset_id"]


def test_p27_a_spin_off_is_a_lot_for_review(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.book("SPIN", symbol="MSFT", qty="4")
    world.sync()
    assert open_quantities(world) == {"AAPL": 10, "MSFT": 4}
    assert review_kinds(world) == {"exchange_basis"}
    assert (world.trade("AAPL").cost, world.trade("MSFT").entry_price) == (1500, None)
    assert world.drift() == []
    assert_settled(world)


def test_p27_a_merger_carries_its_cost_on_as_its_rows_and_late_facts_come(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.overnight()
    rows = {"activity_type": "MA", "activity_sub_type": "SCMA", "group_id": "merger"}
    world.broker.control("activities", symbol="AAPL", qty="-10", **rows)
    world.sync()
    assert (world.trade("AAPL").close_reason, review_kinds(world)) == ("exchanged", {"exchange"})
    world.broker.control("activities", symbol="MSFT", qty="4", **rows)
    world.sync()
    assert (world.trade("MSFT").cost, review_kinds(world)) == (1500, {"exchange_basis"})
    world.broker.control("activities", symbol="AAPL", net_amount="300", **rows)
    world.sync()
    assert (world.trade("AAPL").realized_pnl, world.trade("MSFT").cost) == (0, 1200)
    sold(world, "MSFT", 4, 400)
    assert world.trade("MSFT").realized_pnl == 400
    assert world.drift() == []
    world.assert_equals_broker()
    assert_settled(world)


def test_p28_a_transfer_explains_itself(world: World) -> None:
    world.broker.control("transfer", symbol="AAPL", qty="50", price="150", kind="ACATS")
    world.sync()
    assert open_quantities(world) == {"AAPL": 50}
    assert "transfer_basis" in review_kinds(world)
    assert world.drift() == []
    assert_settled(world)


def test_p29_a_worthless_call_closes_at_zero(world: World) -> None:
    name = contract(world, "C")
    world.broker.set_price("AAPL", 200)
    bought(world, name, 1, 6)
    expire(world, name)
    trade = world.trade()
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, -600)
    assert trade.close_reason == "expired"
    world.assert_equals_broker()
    assert_settled(world)


def test_p30_an_assigned_put_opens_stock_at_the_strike(world: World) -> None:
    name = contract(world, "P")
    world.broker.set_price("AAPL", 200)
    world.broker.set_price(name, 5)
    world.broker.submit_market(name, 1, "sell")
    world.broker.step()
    world.sync()
    expire(world, name)
    put, stock = world.trades(symbol=name)[0], world.trades(symbol="AAPL")[0]
    assert (put.status, put.realized_pnl) == (TradeStatus.CLOSED, 500)
    assert (stock.open_qty, stock.cost) == (100, 100 * int(name[-8:]) // 1000)
    world.assert_equals_broker()
    assert_settled(world)
    for trade_id in (put.trade_id, stock.trade_id):
        pair = only_pair(world, trade_id)
        assert [trade.trade_id for trade in pair.trades] == [put.trade_id, stock.trade_id]
        floating = pair.trades[1].floating_pnl
        assert floating is not None
        assert pair.combined_pnl == 500 + floating


def only_pair(world: World, trade_id: str) -> OptionPair:
    """The one exercise or assignment behind a trade, as its page shows it."""
    account_id = world.account_id
    with world.database.read() as tx:
        detail = read_trade_detail(tx, account_id, trade_id, time.time_ns())
    assert detail is not None
    (pair,) = detail.pairs
    return pair


def test_p31_an_exercised_call_opens_stock_at_the_strike(world: World) -> None:
    name = contract(world, "C")
    world.broker.set_price("AAPL", 300)
    bought(world, name, 1, 6)
    expire(world, name)
    call, stock = world.trades(symbol=name)[0], world.trades(symbol="AAPL")[0]
    assert (call.status, call.realized_pnl) == (TradeStatus.CLOSED, -600)
    assert (stock.open_qty, stock.cost) == (100, 100 * int(name[-8:]) // 1000)
    world.assert_equals_broker()
    assert_settled(world)


def test_p32_a_contract_sold_before_its_end_needs_no_row(world: World) -> None:
    name = contract(world, "C")
    world.broker.set_price("AAPL", 200)
    bought(world, name, 1, 6)
    sold(world, name, 1, 7)
    before = world.trade()
    expire(world, name)
    assert world.trade() == before
    assert not review_kinds(world)
    assert_settled(world)


def test_p33_a_dividend_and_its_reversal_change_no_trade(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    before = world.trade()
    for amount in ("2.5", "-2.5"):
        world.broker.book("DIV", symbol="AAPL", net_amount=amount, qty="10")
        world.sync()
    assert world.trade() == before
    kinds = "SELECT count(*), sum(net_amount) FROM activities WHERE activity_type = 'DIV'"
    assert world.rows(kinds) == [(2, Decimal(0))]
    assert_settled(world)


def test_p36_a_price_after_hours_says_when_it_is_of_and_of_which_session(
    tmp_path: Path,
) -> None:
    with PaperBroker(hours="real", as_of="2026-11-18") as broker:
        broker.control("step", to="2026-11-18T10:00:00-05:00")
        ahead = parse_instant("2026-11-18T15:00:00Z") - time.time_ns()
        offset = [ahead]
        world = World.begin(broker, tmp_path, now=lambda: time.time_ns() + offset[0])
        bought(world, "AAPL", 10, 150)
        price = "SELECT current_price, price_session, floating_pnl FROM trades"
        assert world.rows(price) == [(150, "regular", 0)]
        broker.control("step", to="2026-11-18T18:00:00-05:00")
        offset[0] += 8 * 3600 * SECOND
        world.broker.set_price("AAPL", 155)
        world.sync()
        assert world.rows(price) == [(155, "after", 50)]
        ((price_at,),) = world.rows("SELECT price_at FROM trades")
        assert price_at > parse_instant("2026-11-18T22:59:00Z")
        assert_settled(world)
        world.service.close()


def test_s21_what_a_person_writes_lies_over_the_facts_and_changes_none(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    before = world.trade()
    written = world.service.note_trade(NAME, before.trade_id, "too early", ["gap"], seen=None)
    assert (world.trade(), written.tags) == (before, ("gap",))
    sold(world, "AAPL", 10, 160)
    assert world.rows("SELECT notes, tags, status FROM trades") == [
        ("too early", ["gap"], "closed")
    ]
    assert_settled(world)


def test_s03_a_reply_that_breaks_off_writes_nothing(world: World) -> None:
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    before = world.contents()
    world.broker.fault("truncated", "/v2/account/activities.*", method="GET")
    assert not world.try_sync().ok
    assert world.rows("SELECT 1 FROM executions") == []
    world.broker.clear_faults()
    world.sync()
    assert world.contents() != before
    assert_settled(world)


def test_s07_a_fill_before_a_restart_counts_once(world: World) -> None:
    world.broker.set_price("AAPL", 150)
    world.place("AAPL", "buy", "10")
    world.broker.step()
    reopened = world.reopened()
    reopened.sync()
    assert (reopened.trade().open_qty, len(reopened.rows("SELECT 1 FROM executions"))) == (10, 1)
    assert_settled(reopened)
    reopened.service.close()


def test_s18_a_clock_off_by_minutes_orders_by_the_brokers_times(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.step(300)
    sold(world, "AAPL", 10, 160)
    trade = world.trade()
    assert trade.opened_at is not None
    assert trade.closed_at is not None
    assert trade.closed_at > trade.opened_at >= trade.ordered_at
    assert_settled(world)
