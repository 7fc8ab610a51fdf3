"""Scenario rows 3.3: exits, shorts, imports, transfers, expiry (design rules 8, 9, Import)."""

from __future__ import annotations

from decimal import Decimal

from tests.domain.make import (
    ACCOUNT,
    activity,
    at,
    balance,
    execution,
    imported_trade,
    instrument,
    only,
    order,
    records,
    trades_by_order,
    trades_of,
)
from tradesync.domain.conclusions import TradeSide, TradeSource, TradeStatus
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.times import new_york_midnight

CALL = "AAPL260320C00150000"


def _long(qty: int = 100, price: int = 10, name: str = "b", t: float = 0) -> list[object]:
    return [
        order(name, qty=qty, filled=qty, avg=price, t=t),
        execution(f"e-{name}", name, qty=qty, price=price, t=t + 1),
    ]


def _sold(
    qty: int, price: int = 12, name: str = "s", t: float = 50, intent: str = ""
) -> list[object]:
    return [
        order(name, "sell", qty, filled=qty, avg=price, t=t, intent=intent),
        execution(f"x-{name}", name, "sell", qty, price, t=t + 1),
    ]


def test_p01_observed_surplus_becomes_a_lot_at_the_matching_price() -> None:
    concluded = conclude(records(*_long(), balance("d", 150, 12)))
    trade = imported_trade(concluded)
    assert trade.trade_id == trade_id(ACCOUNT, "d")
    assert (trade.open_qty, trade.cost) == (50, 800)
    assert sum(lot.open_cost for lot in concluded.lots) == 150 * 12


def test_p02_observed_short_surplus() -> None:
    rows = [
        order("s", "sell", filled=100, avg=20, intent="sell_to_open"),
        execution("x", "s", "sell", price=20),
    ]
    concluded = conclude(records(*rows, balance("d", -150, 18)))
    trade = imported_trade(concluded)
    assert (trade.side, trade.open_qty, trade.cost) == (TradeSide.SHORT, 50, 700)


def test_p03_outside_sale_is_booked_at_its_real_price() -> None:
    trade = only(conclude(records(*_long(150), *_sold(50))).trades)
    assert (trade.open_qty, trade.realized_pnl) == (100, 100)


def test_p04_outside_exit_is_visible() -> None:
    trade = only(conclude(records(*_long(), *_sold(100))).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CLOSED, "outside app")
    assert (trade.exit_price, trade.closed_at) == (12, at(51))


def test_p05_nothing_closes_without_a_fact() -> None:
    assert only(conclude(records(*_long())).trades).status is TradeStatus.OPEN


def test_p06_import_without_any_fact_opens_at_the_observed_average() -> None:
    trade = only(conclude(records(balance("d", 100, 15))).trades)
    assert (trade.open_qty, trade.entry_price) == (100, 15)
    assert (trade.source, trade.opened_at) == (TradeSource.IMPORT, at(1000))
    assert trade.broker_order_id is None


def test_p07_import_of_a_short_option_has_the_right_sign() -> None:
    trade = only(conclude(records(balance("d", -1, 2, symbol=CALL))).trades)
    assert (trade.side, trade.open_qty, trade.cost) == (TradeSide.SHORT, 1, 200)


def test_p08_crossing_zero_makes_two_trades() -> None:
    trades = trades_of(conclude(records(*_long(), *_sold(150))))
    assert {(row.side, row.status, row.open_qty) for row in trades} == {
        (TradeSide.LONG, TradeStatus.CLOSED, 0),
        (TradeSide.SHORT, TradeStatus.OPEN, 50),
    }
    short = next(row for row in trades if row.side is TradeSide.SHORT)
    assert (short.cost, short.ordered_qty) == (600, 50)


def test_p08_an_order_that_sells_and_then_sells_short_closes_first() -> None:
    flip = [
        order("s", "sell", 150, filled=150, avg=12, intent="", t=50),
        execution("x1", "s", "sell", 100, 12, t=51, cum=100),
        execution("x2", "s", "sell_short", 50, 12, t=52, cum=150),
    ]
    trades = trades_of(conclude(records(*_long(), *flip, history_complete=False)))
    assert {(row.side, row.open_qty) for row in trades} == {
        (TradeSide.LONG, 0),
        (TradeSide.SHORT, 50),
    }


def test_p09_closing_order_never_opens_a_phantom_short() -> None:
    concluded = conclude(records(*_long(), *_sold(150, intent="sell_to_close")))
    assert only(concluded.trades).status is TradeStatus.CLOSED
    left = only(concluded.unmatched_exits)
    assert (left.qty, left.side, left.price) == (50, "sell", 12)


def test_silent_sale_in_an_incomplete_history_is_unmatched() -> None:
    concluded = conclude(records(*_sold(100), history_complete=False))
    assert concluded.trades == ()
    assert only(concluded.unmatched_exits).qty == 100


def test_silent_sale_when_flat_in_a_complete_history_is_a_short() -> None:
    trade = only(conclude(records(*_sold(100))).trades)
    assert (trade.side, trade.open_qty) == (TradeSide.SHORT, 100)


def test_silent_buy_covers_the_short_that_runs() -> None:
    cover = [
        order("c", qty=100, filled=100, avg=9, intent="", t=90),
        execution("y", "c", price=9, t=91),
    ]
    trade = only(conclude(records(*_sold(100), *cover)).trades)
    assert (trade.side, trade.status, trade.realized_pnl) == (
        TradeSide.SHORT,
        TradeStatus.CLOSED,
        300,
    )


def test_silent_order_without_fills_is_judged_by_the_quantity_at_its_creation() -> None:
    resting = order("r", "sell", 100, status="new", intent="", t=60)
    held = conclude(records(*_long(), resting))
    assert len(held.trades) == 1
    assert only(held.working_exits).order_id == "r"
    flat = conclude(records(resting))
    assert only(flat.trades).side is TradeSide.SHORT
    assert flat.working_exits == ()


def test_p18_two_trades_keep_their_parts() -> None:
    trades = trades_by_order(conclude(records(*_long(60, name="a"), *_long(40, name="b", t=5))))
    assert (trades["a"].open_qty, trades["b"].open_qty) == (60, 40)


def test_p19_outside_sale_goes_first_in_first_out() -> None:
    rows = [*_long(60, 10, "a"), *_long(40, 11, "b", t=5), *_sold(70)]
    trades = trades_by_order(conclude(records(*rows)))
    assert (trades["a"].open_qty, trades["b"].open_qty) == (0, 30)
    assert (trades["a"].realized_pnl, trades["b"].realized_pnl) == (120, 10)


def test_import_shrinks_to_nothing_as_late_facts_arrive() -> None:
    observed = balance("d", 100, 15, t=1000)
    assert conclude(records(observed)).trades[0].open_qty == 100
    some = conclude(records(observed, *_long(60)))
    assert sum(lot.open_qty for lot in some.lots) == 100
    all_known = conclude(records(observed, *_long(100)))
    assert [row.source for row in all_known.trades] == [TradeSource.BROKER]


def test_import_is_never_touched_by_later_facts() -> None:
    observed = balance("d", 100, 15, t=1000)
    before = only(conclude(records(observed)).lots)
    later = conclude(records(observed, *_long(60, t=2000), *_sold(30, t=3000)))
    lot = next(row for row in later.lots if row.source_kind == "opening_balance")
    assert (lot.qty, lot.cost) == (before.qty, before.cost)
    assert lot.open_qty == 70


def test_import_twice_changes_nothing() -> None:
    first, second = balance("d", 100, 15, t=1000), balance("f", 100, 15, t=2000)
    assert conclude(records(first)).trades == conclude(records(first, second)).trades


def test_second_import_adds_what_came_between() -> None:
    first, second = balance("d", 100, 15, t=1000), balance("f", 130, 15, t=2000)
    lots = conclude(records(first, second)).lots
    assert sorted(lot.qty for lot in lots) == [30, 100]
    assert max(lot.opened_at for lot in lots) == at(1000) + 1


def test_import_of_a_partly_closed_position() -> None:
    concluded = conclude(records(*_sold(30, intent="sell_to_close"), balance("d", 70, 15)))
    trade = only(concluded.trades)
    assert (trade.qty, trade.open_qty) == (100, 70)
    assert trade.entry_price == 15
    assert concluded.unmatched_exits == ()


def test_import_takes_the_price_a_person_gave() -> None:
    imported = imported_trade(conclude(records(*_long(), balance("d", 150, 12, override=7))))
    assert (imported.open_qty, imported.entry_price) == (50, 7)


def test_import_of_too_much_closes_nothing() -> None:
    concluded = conclude(records(*_long(100), balance("d", 40, 12)))
    assert only(concluded.trades).open_qty == 100


def test_p28_transfer_in_makes_a_lot_of_unknown_basis() -> None:
    rows = records(instrument(), activity("t1", "ACATS", qty=50, price=9, day="2026-03-03"))
    concluded = conclude(rows)
    trade = only(concluded.trades)
    assert trade.trade_id == trade_id(ACCOUNT, "t1")
    assert (trade.open_qty, trade.entry_price) == (50, None)
    assert trade.opened_at == new_york_midnight(activity("", "").day)
    assert "unknown_basis" in trade.flags
    assert only(concluded.reviews).kind == "transfer_basis"


def test_sale_of_a_transferred_lot_has_no_realized_pnl() -> None:
    rows = [instrument(), activity("t1", "JNLS", qty=50, day="2026-03-01"), *_sold(50)]
    trade = only(conclude(records(*rows)).trades)
    assert trade.status is TradeStatus.CLOSED
    assert (trade.realized_pnl, trade.exit_value) == (None, 600)


def test_transfer_out_realizes_nothing_and_leaves_what_was_sold_alone() -> None:
    out = activity("t1", "ACATS", qty=-60, price=30, day="2026-03-03")
    trade = only(conclude(records(*_long(), *_sold(40), out)).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CLOSED, "transferred out")
    assert (trade.realized_pnl, trade.exit_value) == (80, 480)
    gone = only(conclude(records(*_long(60), out)).trades)
    assert (gone.realized_pnl, gone.exit_value, gone.exit_price) == (None, None, None)


def test_transfer_beyond_our_lots_is_unmatched() -> None:
    out = activity("t1", "ACATS", qty=-60, day="2026-03-03")
    assert only(conclude(records(*_long(50), out)).unmatched_exits).qty == 10


def test_p29_expiry_closes_at_zero() -> None:
    rows = records(
        order(qty=1, filled=1, avg=2, symbol=CALL),
        execution("e1", qty=1, price=2, symbol=CALL),
        activity("x", "OPEXP", symbol=CALL, qty=-1, day="2026-03-20"),
    )
    trade = only(conclude(rows).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CLOSED, "expired")
    assert (trade.realized_pnl, trade.exit_price) == (-200, 0)


def test_expiry_of_a_short_option_keeps_the_premium() -> None:
    rows = records(
        order("s", "sell", 1, filled=1, avg=2, symbol=CALL, intent="sell_to_open"),
        execution("e1", "s", "sell", 1, 2, symbol=CALL),
        activity("x", "OPEXP", symbol=CALL, qty=1, day="2026-03-20"),
    )
    assert only(conclude(rows).trades).realized_pnl == 200


def test_option_bought_and_expired_on_one_day_is_matched() -> None:
    rows = records(
        order(qty=1, filled=1, avg=2, symbol=CALL),
        execution("e1", qty=1, price=2, symbol=CALL),
        activity("x", "OPEXP", symbol=CALL, qty=-1, day="2026-03-02"),
    )
    concluded = conclude(rows)
    assert concluded.unmatched_exits == ()
    assert only(concluded.trades).status is TradeStatus.CLOSED


def test_p32_sold_before_expiry_needs_no_row() -> None:
    rows = records(
        order(qty=1, filled=1, avg=2, symbol=CALL),
        execution("e1", qty=1, price=2, symbol=CALL),
        order("s", "sell", 1, filled=1, avg=3, symbol=CALL, t=9),
        execution("x", "s", "sell", 1, 3, symbol=CALL, t=10),
    )
    assert only(conclude(rows).trades).status is TradeStatus.CLOSED


def test_p34_coin_names_of_both_forms_are_one_instrument() -> None:
    rows = records(
        order(qty=1, filled=1, avg=100, symbol="BTC/USD"),
        execution("e1", qty=1, price=100, symbol="BTC/USD"),
        activity("f", "CFEE", symbol="BTCUSD", qty="-0.0025", day="2026-03-02"),
    )
    trade = only(conclude(rows).trades)
    assert (trade.open_qty, trade.fees) == (Decimal("0.9975"), Decimal("0.25"))


def test_p26_renamed_stock_joins_by_asset_id() -> None:
    key = instrument("META").key
    rows = records(
        instrument("META"),
        order(filled=100, avg=10, symbol="FB", instrument=key),
        execution("e1", symbol="FB"),
        order("s", "sell", filled=100, avg=12, symbol="META", t=50),
        execution("x", "s", "sell", price=12, symbol="META", t=51),
        activity("t", "ACATS", symbol="FB", qty=5, day="2026-03-03"),
    )
    concluded = conclude(rows)
    assert {row.symbol for row in concluded.trades} == {"META"}
    assert sorted(row.status for row in concluded.trades) == ["closed", "open"]


def test_s31_imported_trade_closes_when_it_is_sold_later() -> None:
    rows = [balance("d", 100, 10, t=10), *_sold(100, t=50)]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, 200)
    assert trade.trade_id == only(conclude(records(rows[0])).trades).trade_id


def test_s32_sale_in_a_window_closes_the_known_lot() -> None:
    rows = [balance("d", 100, 10, t=10), *_sold(100, t=50)]
    concluded = conclude(records(*rows, history_complete=False))
    assert only(concluded.trades).side is TradeSide.LONG
    assert concluded.unmatched_exits == ()


def test_import_falls_back_to_the_average_when_no_price_could_match() -> None:
    imported = imported_trade(conclude(records(*_long(100, 10), balance("d", 150, 5))))
    assert imported.entry_price == 5


def test_silent_unfilled_sale_in_an_incomplete_history_is_no_trade() -> None:
    resting = order("r", "sell", 100, status="new", intent="")
    concluded = conclude(records(resting, history_complete=False))
    assert concluded.trades == ()
    assert only(concluded.working_exits).trade_id is None
