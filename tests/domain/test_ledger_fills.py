"""Scenario rows 3.2: executions, provisional ones, order, money (design rules 1, 2, 10, 11)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.domain.make import (
    ACCOUNT,
    activity,
    at,
    execution,
    instrument,
    only,
    order,
    records,
    trades_by_order,
    trades_of,
)
from tradesync.domain.conclusions import TradeSide, TradeStatus
from tradesync.domain.facts import CoinShortfall
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude

CALL = "AAPL260320C00150000"
PUT = "AAPL260320P00140000"


def test_f01_three_fills_cost_their_own_prices() -> None:
    rows = records(
        order(filled=100, avg=152),
        execution("e1", qty=40, price=150, cum=40),
        execution("e2", qty=30, price="152.33", t=2, cum=70),
        execution("e3", qty=30, price="154.33", t=3, cum=100),
    )
    trade = only(conclude(rows).trades)
    assert trade.cost == Decimal("15199.80")
    assert trade.entry_price == Decimal("151.998")
    assert trade.broker_fill_price == 152


def test_f01_the_brokers_average_costs_exactly_what_was_paid() -> None:
    trade = only(conclude(records(order(filled=100, avg=152))).trades)
    assert (trade.cost, trade.open_qty) == (15200, 100)


def test_f02_missing_fills_are_provisional_at_the_price_that_telescopes() -> None:
    known = execution("e1", qty=40, price=150, cum=40)
    concluded = conclude(records(order(status="partially_filled", filled=70, avg=151), known))
    missing = only(concluded.provisional)
    assert (missing.qty, missing.provisional, missing.price_is_average) == (30, True, False)
    assert round(missing.price, 3) == Decimal("152.333")
    trade = only(concluded.trades)
    assert (trade.open_qty, trade.cost) == (70, 10570)
    assert "provisional" in trade.flags


def test_f02_real_executions_take_the_provisional_ones_place() -> None:
    rows = records(
        order(status="partially_filled", filled=70, avg=151),
        execution("e1", qty=40, price=150, cum=40),
        execution("e2", qty=20, price=152, t=2, cum=60),
        execution("e3", qty=10, price=153, t=3, cum=70),
    )
    concluded = conclude(rows)
    assert concluded.provisional == ()
    assert only(concluded.trades).open_qty == 70


def test_f03_late_execution_with_an_earlier_time_is_absorbed() -> None:
    late = execution("e0", qty=30, price=149, t=0.5, cum=30)
    rows = records(order(filled=70, avg=150), execution("e1", qty=40, price=150, cum=70), late)
    assert only(conclude(rows).trades).open_qty == 70


def test_f04_same_fill_twice_counts_once() -> None:
    fill = execution("e1")
    concluded = conclude(records(order(filled=100, avg=10), fill, replace(fill, raw="again")))
    assert only(concluded.trades).open_qty == 100
    assert concluded.reviews == ()


def test_f05_same_fill_with_another_price_is_listed() -> None:
    fill = execution("e1")
    other = replace(fill, price=Decimal(11))
    concluded = conclude(records(order(filled=100, avg=10), fill, other))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "execution_conflict"
    assert concluded == conclude(records(order(filled=100, avg=10), other, fill))


def test_f08_fills_of_one_moment_stand_in_cum_qty_order() -> None:
    rows = records(
        order(qty=970, filled=970, avg=10),
        execution("zz", qty=869, price=10, cum=869),
        execution("aa", qty=101, price=11, cum=970),
        order("s", "sell", 869, filled=869, avg=12, t=5),
        execution("x", "s", "sell", 869, 12, t=6),
    )
    assert only(conclude(rows).trades).realized_pnl == 2 * 869


def test_f08_times_are_dealt_out_again_by_cum_qty() -> None:
    rows = records(
        order(qty=3, filled=3, avg=10),
        execution("first", qty=1, cum=1, t=2),
        execution("second", qty=2, cum=3, t=1),
    )
    lots = {lot.source_id: lot.opened_at for lot in conclude(rows).lots}
    assert lots == {"first": at(1), "second": at(2)}


def test_f10_order_totals_count_until_executions_arrive() -> None:
    rows = records(order(filled=100, avg=10), execution("e1", qty=60))
    concluded = conclude(rows)
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.provisional).qty == 40


def test_provisional_falls_back_to_the_average_for_a_tiny_part() -> None:
    rows = records(order(qty=10000, filled=10000, avg="10.01"), execution("e1", qty=9999, price=10))
    concluded = conclude(rows)
    missing = only(concluded.provisional)
    assert (missing.price, missing.price_is_average) == (Decimal("10.01"), True)
    assert "average_price" in only(concluded.trades).flags


def test_provisional_price_far_from_the_average_is_not_believed() -> None:
    rows = records(order(filled=100, avg=10), execution("e1", qty=90, price="10.5"))
    missing = only(conclude(rows).provisional)
    assert (missing.price, missing.price_is_average) == (10, True)


def test_orders_older_than_the_activities_read_are_exempt() -> None:
    rows = records(order(filled=100, avg=10, t=-100), activities_from=at(-50))
    concluded = conclude(rows)
    assert concluded.provisional == ()
    assert concluded.trades == ()


def test_two_executions_equal_but_for_their_id_are_two() -> None:
    rows = records(
        order(qty=20, filled=20, avg=10), execution("e1", qty=10), execution("e2", qty=10)
    )
    assert only(conclude(rows).trades).open_qty == 20


def test_f11_fill_before_its_order_is_applied_and_keeps_its_trade() -> None:
    fill = execution("e1", "late")
    alone = conclude(records(instrument(), fill))
    trade = only(alone.trades)
    assert (trade.trade_id, trade.open_qty) == (trade_id(ACCOUNT, "late"), 100)
    assert "order_unknown" in trade.flags
    assert only(alone.reviews).kind == "order_unknown"
    known = only(conclude(records(fill, order("late", filled=100, avg=10))).trades)
    assert (known.trade_id, known.flags) == (trade.trade_id, ())


def test_f12_fill_after_the_cancel_is_recorded_and_flagged() -> None:
    concluded = conclude(records(order(status="canceled"), execution("e1", qty=10)))
    trade = only(concluded.trades)
    assert (trade.status, trade.open_qty) == (TradeStatus.OPEN, 10)
    assert trade.flags == ("fills_beyond_order",)
    assert only(concluded.reviews).kind == "fills_beyond_order"


def test_f13_overfill_is_the_brokers_truth_and_flagged() -> None:
    rows = records(
        order(filled=110, avg=10), execution("e1", cum=100), execution("e2", qty=10, cum=110)
    )
    concluded = conclude(rows)
    assert only(concluded.trades).open_qty == 110
    assert only(concluded.trades).flags == ("overfill",)
    assert only(concluded.reviews).kind == "overfill"


def test_f14_broker_total_below_the_fills_deletes_nothing() -> None:
    concluded = conclude(records(order(status="canceled", filled=60, avg=10), execution("e1")))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "fills_beyond_order"


def test_f17_increments_telescope_to_the_orders_total() -> None:
    rows = records(
        order(qty=None, notional=Decimal(1000), filled="86.878", avg="11.5104"),
        execution("e1", qty="86.878", price="11.5104"),
    )
    assert conclude(rows).provisional == ()


def test_f21_fractional_notional_buy_keeps_nine_places() -> None:
    price = "300.00000003"
    rows = records(
        order(qty=None, notional=Decimal(1000), filled="3.333333333", avg=price),
        execution("e1", qty="3.333333333", price=price),
    )
    trade = only(conclude(rows).trades)
    assert trade.open_qty == Decimal("3.333333333")
    assert round(trade.cost, 2) == Decimal("1000.00")
    assert trade.ordered_qty is None


def _coin(qty: str = "0.1", price: int = 50000, t: float = 1, name: str = "b") -> list[object]:
    return [
        order(name, qty=qty, filled=qty, avg=price, symbol="BTC/USD", t=t, intent=""),
        execution(f"e-{name}", name, qty=qty, price=price, symbol="BTC/USD", t=t + 0.5),
    ]


def _shortfall(qty: str, t: float = 100) -> tuple[CoinShortfall, ...]:
    return (CoinShortfall("BTC/USD", Decimal(qty), at(t)),)


def test_f22_shortfall_of_a_coin_is_a_provisional_fee_at_cost() -> None:
    concluded = conclude(records(*_coin(), coin_shortfalls=_shortfall("0.00025")))
    trade = only(concluded.trades)
    assert (trade.qty, trade.open_qty) == (Decimal("0.1"), Decimal("0.09975"))
    assert (trade.fees, trade.realized_pnl) == (Decimal("12.5"), 0)
    assert trade.entry_price == 50000
    assert only(concluded.allocations).is_fee
    assert "provisional" in trade.flags


def test_f22_larger_shortfall_is_no_fee() -> None:
    concluded = conclude(records(*_coin(), coin_shortfalls=_shortfall("0.00031")))
    assert only(concluded.trades).open_qty == Decimal("0.1")


def test_f22_buys_after_the_read_bear_no_part_of_it() -> None:
    rows = [*_coin(), *_coin(t=200, name="c")]
    trades = trades_by_order(conclude(records(*rows, coin_shortfalls=_shortfall("0.00025"))))
    assert trades["b"].open_qty == Decimal("0.09975")
    assert trades["c"].open_qty == Decimal("0.1")


def test_f22_selling_all_that_is_left_closes_the_trade() -> None:
    rows = [
        *_coin(),
        order("s", "sell", "0.09975", filled="0.09975", avg=60000, symbol="BTC/USD", t=9),
        execution("x", "s", "sell", "0.09975", 60000, symbol="BTC/USD", t=10),
    ]
    trade = only(conclude(records(*rows, coin_shortfalls=_shortfall("0.00025"))).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CLOSED, "outside app")
    assert trade.realized_pnl == Decimal("997.5")
    assert trade.fees == Decimal("12.5")


@pytest.mark.parametrize("side", ["sell", "sell_short"])
def test_short_sale_then_cover(side: str) -> None:
    rows = records(
        order("s", "sell", filled=100, avg=20, intent="sell_to_open"),
        execution("x", "s", side, price=20),
        order("c", "buy", 60, filled=60, avg=15, intent="buy_to_close", t=9),
        execution("y", "c", qty=60, price=15, t=10),
    )
    trade = only(conclude(rows).trades)
    assert (trade.side, trade.open_qty) == (TradeSide.SHORT, 40)
    assert (trade.cost, trade.realized_pnl) == (2000, 300)


def _multi_leg(fills_on: tuple[str, str]) -> list[object]:
    return [
        order("M", "buy", 1, symbol="", instrument="", order_class="mleg", filled=1, avg="0.5",
              intent=""),
        order("L1", "buy", 1, symbol=CALL, order_class="mleg", filled=1, avg=2, parent_id="M"),
        order("L2", "sell", 1, symbol=PUT, order_class="mleg", filled=1, avg="1.5",
              parent_id="M", intent="sell_to_open"),
        execution("e1", fills_on[0], qty=1, price=2, symbol=CALL),
        execution("e2", fills_on[1], "sell", 1, "1.5", symbol=PUT),
    ]  # fmt: skip


@pytest.mark.parametrize("fills_on", [("L1", "L2"), ("M", "M")])
def test_f25_multi_leg_parent_has_no_position_effect(fills_on: tuple[str, str]) -> None:
    concluded = conclude(records(*_multi_leg(fills_on)))
    assert {(row.symbol, row.side, row.cost) for row in trades_of(concluded)} == {
        (CALL, TradeSide.LONG, 200),
        (PUT, TradeSide.SHORT, 150),
    }
    assert concluded.provisional == ()


def test_f26_options_count_their_multiplier_in_money() -> None:
    rows = records(
        order(qty=2, filled=2, avg=1, symbol=CALL),
        execution("e1", qty=2, price=1, symbol=CALL),
        order("s", "sell", 2, filled=2, avg="1.5", symbol=CALL, t=9),
        execution("x", "s", "sell", 2, "1.5", symbol=CALL, t=10),
    )
    trade = only(conclude(rows).trades)
    assert (trade.realized_pnl, trade.cost) == (100, 200)
    assert (trade.entry_price, trade.exit_price) == (1, Decimal("1.5"))


def test_f25_fills_of_a_multi_leg_order_not_read_make_a_trade_for_each_leg() -> None:
    rows = records(
        execution("e1", "M", qty=1, price=2, symbol=CALL),
        execution("e2", "M", "sell_short", 1, "1.5", symbol=PUT),
    )
    trades = trades_of(conclude(rows))
    assert {(row.symbol, row.side) for row in trades} == {
        (CALL, TradeSide.LONG),
        (PUT, TradeSide.SHORT),
    }
    assert len({row.trade_id for row in trades}) == 2


def test_tiny_missing_part_takes_the_average_even_if_its_price_is_plausible() -> None:
    rows = records(
        order(qty=10000, filled=10000, avg="10.0001"), execution("e1", qty=9999, price=10)
    )
    assert only(conclude(rows).provisional).price == Decimal("10.0001")


def test_provisional_stands_at_the_time_of_the_last_fill() -> None:
    rows = records(order(filled=100, avg=10, filled_at=at(7)))
    assert only(conclude(rows).provisional).at == at(7)


def test_provisional_part_of_a_short_sale_is_a_short_sale() -> None:
    rows = records(
        order("s", "sell", filled=100, avg=20, intent=""),
        execution("x", "s", "sell_short", 60, 20),
    )
    concluded = conclude(rows)
    assert only(concluded.provisional).side == "sell_short"
    assert (only(concluded.trades).side, only(concluded.trades).open_qty) == (TradeSide.SHORT, 100)


def test_a_coin_is_never_sold_short() -> None:
    rows = records(
        order("s", "sell", 1, filled=1, avg=100, symbol="BTC/USD", intent=""),
        execution("x", "s", "sell", 1, 100, symbol="BTC/USD"),
    )
    concluded = conclude(rows)
    assert concluded.trades == ()
    assert only(concluded.unmatched_exits).qty == 1


def test_f22_each_days_fee_row_covers_the_buys_since_the_row_before() -> None:
    rows = [
        *_coin(),
        *_coin("0.2", t=86_400, name="c"),
        activity("f1", "CFEE", symbol="BTCUSD", qty="-0.0001", day="2026-03-02"),
        activity("f2", "CFEE", symbol="BTCUSD", qty="-0.0004", day="2026-03-03"),
    ]
    trades = trades_by_order(conclude(records(*rows)))
    assert trades["b"].open_qty == Decimal("0.0999")
    assert trades["c"].open_qty == Decimal("0.1996")


def test_f22_a_fee_that_takes_the_rest_is_not_why_the_trade_closed() -> None:
    rows = [
        *_coin(),
        activity("f1", "CFEE", symbol="BTCUSD", qty="-0.0001", day="2026-03-02"),
        order("s", "sell", "0.0998", filled="0.0998", avg=60000, symbol="BTC/USD", t=86_400),
        execution("x", "s", "sell", "0.0998", 60000, symbol="BTC/USD", t=86_401),
        activity("f2", "CFEE", symbol="BTCUSD", qty="-0.0001", day="2026-03-04"),
    ]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CLOSED, "outside app")
    assert trade.closed_at == at(86_401)
