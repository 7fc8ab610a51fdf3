"""Reconciliation scenarios R: groups, chains, odd statuses and orders that cannot be found."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sync.proving import assert_settled, bought
from tests.sync.world import World
from tradesync.domain.conclusions import TradeStatus


def bracket(world: World, qty: int = 100) -> dict[str, str]:
    """A filled AAPL bracket at 150 with a profit at 160 and a stop at 140: role → order id."""
    world.broker.set_price("AAPL", 150)
    order = world.broker.submit(
        "AAPL", qty, order_class="bracket", time_in_force="gtc",
        take_profit={"limit_price": "160"}, stop_loss={"stop_price": "140"},
    )  # fmt: skip
    world.broker.step()
    world.sync()
    legs = {leg["type"]: leg["id"] for leg in world.broker.order(order["id"], nested=True)["legs"]}
    return {"entry": order["id"], "profit": legs["limit"], "stop": legs["stop"]}


def test_r08_an_order_rejected_after_it_was_accepted_is_rejected(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.sync()
    assert (world.trade().status, world.trade().order_status) == (TradeStatus.PENDING, "new")
    world.broker.control("orders/reject", order_id=order["id"], reason="halted")
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.order_status) == (TradeStatus.CANCELLED, "rejected")
    assert (trade.close_reason or "").startswith("rejected")
    assert_settled(world)


def test_r24_a_list_read_before_an_order_was_touched_concludes_nothing(world: World) -> None:
    world.broker.pause()
    world.broker.freeze("orders")
    placed = world.place("AAPL", "buy", "10")
    for _ in range(2):
        world.sync()
    assert world.trade().status == TradeStatus.PENDING
    world.broker.thaw("orders")
    world.sync()
    row = world.order_row(placed.order_id)
    assert (row["status"], row["not_found_count"]) == ("new", 0)
    assert world.trade().status == TradeStatus.PENDING
    assert_settled(world)


@pytest.mark.parametrize(
    "status", ["held", "accepted_for_bidding", "calculated", "stopped", "suspended", "done_for_day"]
)
def test_r10_alive_words_end_nothing(world: World, status: str) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.broker.control("orders/status", order_id=order["id"], status=status)
    world.sync()
    assert (world.trade().status, world.trade().order_status) == (TradeStatus.PENDING, status)
    world.broker.control("orders/status", order_id=order["id"], status="new")
    world.broker.fill(order["id"], 10, 100)
    world.sync()
    assert (world.trade().status, world.trade().open_qty) == (TradeStatus.OPEN, 10)
    assert_settled(world)


def test_r11_a_word_never_seen_is_kept_and_listed(world: World) -> None:
    world.broker.pause()
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.broker.control("orders/status", order_id=order["id"], status="foo")
    world.sync()
    trade = world.trade()
    assert (trade.order_status, trade.status) == ("foo", TradeStatus.PENDING)
    assert "unknown_status" in trade.flags
    assert_settled(world)


def test_r14_a_replaced_half_that_is_cancelled_cancels_nothing(world: World) -> None:
    world.broker.pause()
    first = world.broker.submit_limit("AAPL", 100, 150)
    world.broker.step()
    second = world.broker.replace(first["id"], limit_price="151")
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.broker_order_id) == (TradeStatus.PENDING, second["id"])
    assert_settled(world)


@pytest.mark.parametrize("carries", [True, False])
def test_r15_fills_before_and_after_a_replacement_count_once(world: World, carries: bool) -> None:
    world.broker.control("switches", carry_filled_qty=carries)
    world.broker.pause()
    first = world.broker.submit_limit("AAPL", 100, 150)
    world.broker.fill(first["id"], 40, 150)
    second = world.broker.replace(first["id"], limit_price="151")
    world.broker.step()
    world.broker.fill(second["id"], 60, 151)
    world.sync()
    trade = world.trade()
    assert (trade.open_qty, trade.cost) == (100, 40 * 150 + 60 * 151)
    world.assert_equals_broker()
    assert_settled(world)


def test_r19_a_list_without_an_order_concludes_nothing(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.sync()
    world.broker.fault("empty", "/v2/orders", method="GET")
    world.sync()
    assert world.trade().status == TradeStatus.PENDING
    assert world.order_row(order["id"])["not_found_count"] == 0
    world.broker.clear_faults()
    assert_settled(world)


def test_r20_three_not_founds_are_unknown_and_not_rejected(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.sync()
    world.broker.fault("empty", "/v2/orders", method="GET")
    body = {"code": 40410000, "message": f"order not found for {order['id']}"}
    path = f"/v2/orders/{order['id']}"
    world.broker.fault("status", path, method="GET", status=404, body=body)
    for _ in range(4):
        world.sync()
    assert world.order_row(order["id"])["not_found_count"] >= 3
    assert world.trade().status == TradeStatus.PENDING
    world.broker.clear_faults()
    world.sync()
    assert world.order_row(order["id"])["not_found_count"] == 0
    assert_settled(world)


def test_r21_failed_look_ups_are_no_not_founds(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 100)
    world.sync()
    world.broker.fault("empty", "/v2/orders", method="GET")
    world.broker.fault("status", f"/v2/orders/{order['id']}", method="GET", status=500)
    for _ in range(3):
        world.try_sync()
    assert world.order_row(order["id"])["not_found_count"] == 0
    assert world.trade().status == TradeStatus.PENDING
    world.broker.clear_faults()
    assert_settled(world)


def test_r23_a_filled_order_that_leaves_every_list_stays(world: World) -> None:
    order = bought(world, "AAPL", 10, 150)
    world.broker.fault("empty", "/v2/orders", method="GET")
    world.broker.fault("status", f"/v2/orders/{order['id']}", method="GET", status=404)
    before = world.trade()
    world.sync()
    assert world.trade() == before
    assert_settled(world)


def test_r26_another_client_id_under_a_known_id_is_set_aside(world: World) -> None:
    order = bought(world, "AAPL", 10, 150)
    before = world.trade()
    world.broker.fault("fields", "/v2/orders", method="GET", fields={"client_order_id": "other"})
    world.sync()
    assert world.order_row(order["id"])["client_order_id"] == order["client_order_id"]
    assert world.trade() == before
    aside = world.rows("SELECT kind, identity, reason FROM unreadable_rows")
    assert [row[:2] for row in aside] == [("order", order["id"])]
    assert "other" in aside[0][2]
    world.assert_quiet()
    world.broker.clear_faults()
    assert_settled(world)


def test_r27_an_order_changed_elsewhere_shows_price_and_quantity(world: World) -> None:
    first = world.broker.submit_limit("AAPL", 100, 100)
    world.sync()
    second = world.broker.replace(first["id"], qty="80", limit_price="101")
    world.broker.step()
    world.sync()
    trade = world.trade()
    assert (trade.ordered_qty, trade.broker_order_id) == (80, second["id"])
    limits = "SELECT limit_price FROM orders ORDER BY created_at"
    assert world.rows(limits) == [(Decimal(100),), (Decimal(101),)]
    events = "SELECT old, new FROM trade_events WHERE field = 'ordered_qty' AND old IS NOT NULL"
    assert [tuple(map(Decimal, row)) for row in world.rows(events)] == [(100, 80)]
    assert_settled(world)


def test_r31_a_bracket_counts_its_entry_once(world: World) -> None:
    ids = bracket(world)
    trade = world.trade()
    assert (trade.side, trade.open_qty, trade.cost) == ("long", 100, 15000)
    exits = world.rows("SELECT order_id, trade_id FROM working_exits")
    assert set(exits) == {(ids["profit"], trade.trade_id), (ids["stop"], trade.trade_id)}
    world.assert_equals_broker()
    assert_settled(world)


def test_r32_the_profit_closes_the_trade_at_its_own_price(world: World) -> None:
    ids = bracket(world)
    world.broker.set_price("AAPL", 160)
    world.broker.step()
    world.broker.set_price("AAPL", 120)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.realized_pnl, trade.exit_price) == (TradeStatus.CLOSED, 1000, 160)
    assert world.order_row(ids["stop"])["status"] == "canceled"
    world.assert_equals_broker()
    assert_settled(world)


def test_r33_a_partly_filled_profit_leaves_the_rest_open(world: World) -> None:
    ids = bracket(world)
    world.broker.pause()
    world.broker.fill(ids["profit"], 60, 160)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.open_qty, trade.realized_pnl) == (TradeStatus.OPEN, 40, 600)
    left = world.rows("SELECT order_id, qty FROM working_exits")
    assert set(left) == {(ids["profit"], Decimal(40)), (ids["stop"], Decimal(40))}
    world.assert_equals_broker()
    assert_settled(world)
