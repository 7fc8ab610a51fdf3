"""Splits, corporate actions, option events, fees, busts (design rule 11)."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.make import (
    activity,
    at,
    balance,
    execution,
    instrument,
    only,
    order,
    records,
    trades_by_order,
    trades_of,
)
from tradesync.domain.conclusions import TradeSide, TradeStatus
from tradesync.domain.day_fees import fee_day, sales_by_day
from tradesync.domain.ledger import conclude
from tradesync.domain.options import OptionLink, option_links
from tradesync.domain.times import parse_instant

CALL = "AAPL260320C00150000"
PUT = "AAPL260320P00140000"
DAY = 86_400


def _long(qty: int = 100, price: int = 200, name: str = "b", t: float = 0) -> list[object]:
    return [
        order(name, qty=qty, filled=qty, avg=price, t=t),
        execution(f"e-{name}", name, qty=qty, price=price, t=t + 1),
    ]


def _sold(qty: int, price: int, name: str = "s", t: float = 50) -> list[object]:
    return [
        order(name, "sell", qty, filled=qty, avg=price, t=t),
        execution(f"x-{name}", name, "sell", qty, price, t=t + 1),
    ]


def _split(removed: str, added: str, day: str = "2026-03-03", symbol: str = "AAPL") -> list[object]:
    return [
        activity("sp-1", "SPLIT", qty=removed, day=day, symbol=symbol, sub_type="FSPLIT"),
        activity("sp-2", "SPLIT", qty=added, day=day, symbol=symbol, sub_type="FSPLIT"),
    ]


def test_p23_split_multiplies_lots_and_keeps_cost() -> None:
    trade = only(conclude(records(*_long(), *_split("-100", "400"))).trades)
    assert (trade.qty, trade.open_qty, trade.cost) == (400, 400, 20000)
    assert (trade.entry_price, trade.broker_fill_price, trade.ordered_qty) == (50, 200, 400)


def test_p23_realized_pnl_is_unchanged_and_closed_parts_are_restated() -> None:
    rows = [*_long(), *_sold(40, 210), *_split("-60", "240")]
    concluded = conclude(records(*rows))
    trade = only(concluded.trades)
    assert (trade.qty, trade.open_qty, trade.realized_pnl) == (400, 240, 400)
    assert only(concluded.allocations).qty == 160
    assert trade.exit_price == Decimal("52.5")


def test_p24_a_split_row_without_its_other_half_changes_nothing() -> None:
    concluded = conclude(records(*_long(), _split("-100", "400")[0]))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "split_incomplete"


def test_reverse_split_spreads_the_remainder_to_the_last_lot() -> None:
    rows = [*_long(10, name="a"), *_long(10, name="b", t=5), *_long(13, name="c", t=9)]
    concluded = conclude(records(*rows, *_split("-33", "1.65")))
    lots = {lot.source_id: lot.open_qty for lot in concluded.lots}
    assert sum(lots.values()) == Decimal("1.65")
    assert lots == {"e-a": Decimal("0.5"), "e-b": Decimal("0.5"), "e-c": Decimal("0.65")}


def test_split_takes_effect_where_the_quantity_fits_not_at_its_date() -> None:
    rows = [*_long(100), *_long(400, 50, name="n", t=2 * DAY)]
    late_row = conclude(records(*rows, *_split("-100", "400", day="2026-03-06")))
    assert {row.open_qty for row in trades_of(late_row)} == {400}
    early_row = conclude(records(*rows, *_split("-500", "2000", day="2026-03-03")))
    assert sum(lot.open_qty for lot in early_row.lots) == 2000


def test_split_that_fits_nowhere_is_for_a_person() -> None:
    concluded = conclude(records(*_long(), *_split("-90", "360")))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "split_unplaced"


def test_split_far_from_its_date_is_not_believed() -> None:
    concluded = conclude(records(*_long(), *_sold(100, 210), *_split("-100", "400", "2026-04-20")))
    assert only(concluded.reviews).kind == "split_unplaced"


def test_split_of_a_short() -> None:
    rows = [
        order("s", "sell", filled=100, avg=200, intent="sell_to_open"),
        execution("x", "s", "sell", price=200),
    ]
    trade = only(conclude(records(*rows, *_split("100", "-400"))).trades)
    assert (trade.side, trade.open_qty, trade.cost) == (TradeSide.SHORT, 400, 20000)


def test_two_splits_one_after_the_other() -> None:
    second = [
        activity("sq-1", "SPLIT", qty=-200, day="2026-03-20"),
        activity("sq-2", "SPLIT", qty=600, day="2026-03-20"),
    ]
    rows = [*_long(), *_split("-100", "200"), *second]
    assert only(conclude(records(*rows)).trades).open_qty == 600


def test_two_splits_of_the_same_quantities_stand_where_both_fit() -> None:
    again = [
        activity("sq-1", "SPLIT", qty=-10, group_id="g"),
        activity("sq-2", "SPLIT", qty=20, group_id="g"),
    ]
    rows = [*_long(10, t=DAY), *_split("-10", "20"), *_sold(10, 110, t=DAY + 100), *again]
    concluded = conclude(records(*rows))
    assert concluded.reviews == ()
    assert only(concluded.trades).open_qty == 20


def test_sales_after_a_split_close_in_new_units() -> None:
    rows = [*_long(), *_split("-100", "400"), *_sold(400, 60, t=5 * DAY)]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, 4000)


def test_opening_balance_is_derived_in_units_of_its_time() -> None:
    seen = balance("d", 440, 50, t=4 * DAY)
    rows = [*_long(100), *_split("-110", "440"), seen]
    concluded = conclude(records(*rows))
    assert concluded.reviews == ()
    opening = only(lot for lot in concluded.lots if lot.source_kind == "opening_balance")
    assert (opening.open_qty, opening.opened_at) == (40, at(1) - 1)
    assert sum(lot.open_cost for lot in concluded.lots) == 440 * 50


def test_opening_balance_seen_before_a_split_scales_with_it() -> None:
    seen = balance("d", 110, 200, t=100)
    concluded = conclude(records(*_long(100), *_split("-110", "440"), seen))
    opening = only(lot for lot in concluded.lots if lot.source_kind == "opening_balance")
    assert (opening.open_qty, opening.cost) == (40, 2000)


def test_opening_balance_and_a_split_that_cannot_be_told_apart_still_match_the_broker() -> None:
    seen = balance("d", 460, 50, t=4 * DAY)
    rows = [*_long(100), *_long(20, 50, name="n", t=2 * DAY), seen]
    concluded = conclude(records(*rows, *_split("-110", "440", day="2026-03-06")))
    assert sum(lot.open_qty for lot in concluded.lots) == 460
    assert only(concluded.reviews).kind == "split_unplaced"


def test_p26_symbol_change_in_place_moves_nothing() -> None:
    key = instrument("META").key
    rows = records(
        instrument("META"),
        order(filled=100, avg=10, symbol="FB", instrument=key),
        execution("e1", symbol="FB"),
        activity("n1", "NC", symbol="FB", qty=-100, sub_type="SNC"),
        activity("n2", "NC", symbol="META", qty=100, sub_type="SNC"),
    )
    concluded = conclude(rows)
    assert only(concluded.trades).open_qty == 100
    assert concluded.reviews == ()


def test_cash_merger_closes_at_its_cash() -> None:
    rows = [
        *_long(),
        activity("m1", "MA", qty=-100, sub_type="CMA"),
        activity("m2", "MA", net=21000, sub_type="CMA"),
    ]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.close_reason, trade.realized_pnl) == ("merger", 1000)


def test_cash_merger_whose_cash_is_not_known_has_no_realized_pnl() -> None:
    trade = only(conclude(records(*_long(), activity("m", "MA", qty=-100, sub_type="CMA"))).trades)
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, None)


def test_worthless_removal_loses_the_cost() -> None:
    rows = [*_long(), activity("w", "REORG", qty=-100, sub_type="WRM")]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.close_reason, trade.realized_pnl) == ("worthless", -20000)


def test_p33_cash_dividends_and_their_reversal_change_no_trade() -> None:
    paid = activity("d1", "DIV", qty=100, net="51", sub_type="CDIV")
    taken = activity("d2", "DIV", qty=100, net="-51", sub_type="CDIV")
    plain = conclude(records(*_long()))
    assert conclude(records(*_long(), paid, taken)) == plain


def test_stock_dividend_grows_what_is_held_at_no_cost() -> None:
    rows = [*_long(), activity("d1", "DIV", qty=5, sub_type="SDIV", net=0)]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.open_qty, trade.cost) == (105, 20000)


def test_unknown_kind_of_row_is_listed_and_does_nothing() -> None:
    concluded = conclude(records(*_long(), activity("u", "WARP", qty=5)))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "unknown_activity"


def _option(side: str, symbol: str, price: int = 2) -> list[object]:
    opens = f"{side}_to_open"
    return [
        order("o", side, 1, filled=1, avg=price, symbol=symbol, intent=opens),
        execution("e-o", "o", side, 1, price, symbol=symbol),
    ]


def _delivered(kind: str, symbol: str, contracts: int, shares: int, strike: int) -> list[Any]:
    net = -shares * strike
    return [
        activity("c1", kind, symbol=symbol, qty=contracts, net=0, day="2026-03-20"),
        activity("c2", "OPTRD", qty=shares, price=strike, net=net, day="2026-03-20"),
    ]


def test_p30_assigned_put_opens_stock_at_the_strike() -> None:
    rows = _delivered("OPASN", PUT, 1, 100, 140)
    concluded = conclude(records(instrument(), *_option("sell", PUT), *rows))
    trades = {row.symbol: row for row in trades_of(concluded)}
    assert (trades[PUT].close_reason, trades[PUT].realized_pnl) == ("assigned", 200)
    assert (trades["AAPL"].open_qty, trades["AAPL"].entry_price) == (100, 140)
    assert option_links(rows) == (OptionLink("c1", "c2"),)


def test_p31_exercised_call_opens_stock_at_the_strike() -> None:
    rows = _delivered("OPEXC", CALL, -1, 100, 150)
    concluded = conclude(records(instrument(), *_option("buy", CALL), *rows))
    trades = {row.symbol: row for row in trades_of(concluded)}
    assert (trades[CALL].close_reason, trades[CALL].realized_pnl) == ("exercised", -200)
    assert trades["AAPL"].entry_price == 150


def test_assigned_covered_call_delivers_the_shares_held() -> None:
    rows = _delivered("OPASN", CALL, 1, -100, 150)
    concluded = conclude(records(*_long(), *_option("sell", CALL), *rows))
    trades = {row.symbol: row for row in trades_of(concluded)}
    assert trades["AAPL"].close_reason == "delivered for an option"
    assert trades["AAPL"].realized_pnl == -5000


def test_delivery_with_a_wrong_price_goes_by_its_money() -> None:
    delivered = activity("c2", "OPTRD", qty=200, price=90, net=-30000, day="2026-03-20")
    trade = only(conclude(records(instrument(), delivered)).trades)
    assert trade.entry_price == 150


def test_early_assignment_stands_when_it_was_booked() -> None:
    booked = parse_instant("2026-03-03T11:00:00Z")
    row = activity("c2", "OPTRD", qty=100, price=140, day="2026-03-03", created_at=booked)
    concluded = conclude(records(instrument(), row, *_sold(100, 150, t=DAY)))
    assert only(concluded.trades).realized_pnl == 1000
    assert concluded.unmatched_exits == ()


def test_options_of_other_strikes_are_not_linked() -> None:
    rows = _delivered("OPASN", PUT, 1, 100, 141)
    assert option_links(rows) == ()


def test_f19_busted_fill_no_longer_counts_but_is_listed() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="b", description="uuid-2", qty=-40, symbol="AAPL")
    rows = [
        order("b", filled=100, avg=10),
        execution("20260302::uuid-1", "b", qty=60, cum=60),
        execution("20260302::uuid-2", "b", qty=40, cum=100, t=2),
    ]
    concluded = conclude(records(*rows, bust))
    assert only(concluded.trades).open_qty == 60
    assert concluded.provisional == ()
    assert only(concluded.reviews).kind == "busted"


def test_f19_a_trade_busted_whole_is_cancelled() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="b", description="e-b", qty=-100)
    trade = only(conclude(records(*_long(), bust)).trades)
    assert (trade.status, trade.close_reason, trade.qty) == (TradeStatus.CANCELLED, "busted", 0)


def test_f20_corrected_fill_shows_both_values() -> None:
    note = activity("tc", "TRADE_CORRECT", order_id="b", description="e-b", qty=100, price="10.5")
    concluded = conclude(records(*_long(price=10), note))
    assert only(concluded.trades).cost == 1050
    assert only(concluded.reviews).detail == "corrected from buy 100 at 10 to buy 100 at 10.5"


def test_bust_that_names_nothing_known_is_for_a_person() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="else", description="gone", qty=-100)
    concluded = conclude(records(*_long(), bust))
    assert only(concluded.trades).open_qty == 100
    assert only(concluded.reviews).kind == "unnamed_amendment"


def test_bust_without_an_id_fits_the_only_fill_of_its_order_and_quantity() -> None:
    bust = activity("tb", "TRADE_BUST", order_id="b", description="other", qty=-100)
    assert only(conclude(records(*_long(), bust)).trades).qty == 0


@pytest.mark.parametrize(("status", "held"), [("canceled", 100), ("correct", 130)])
def test_amended_row_gives_way_to_the_one_that_names_it(status: str, held: int) -> None:
    first = activity("20260303::u1", "ACATS", qty=50)
    raw = json.dumps({"previous_id": "u1"})
    later = activity("20260304::u2", "ACATS", qty=30, status=status, raw=raw)
    lots = conclude(records(*_long(), first, later)).lots
    assert sum(lot.open_qty for lot in lots) == held


def test_f23_money_fee_of_a_coin_sale_joins_its_trade() -> None:
    rows = [
        order("b", qty=1, filled=1, avg=100, symbol="BTC/USD"),
        execution("e", "b", qty=1, price=100, symbol="BTC/USD"),
        order("s", "sell", 1, filled=1, avg=120, symbol="BTC/USD", t=50),
        execution("x", "s", "sell", 1, 120, symbol="BTC/USD", t=51),
        activity("f", "CFEE", symbol="BTCUSD", net="-0.31", day="2026-03-02"),
    ]
    trade = only(conclude(records(*rows)).trades)
    assert (trade.realized_pnl, trade.fees) == (20, Decimal("0.31"))


def test_f24_day_fees_go_to_that_days_sells_by_value_and_are_marked() -> None:
    rows = [
        *_long(100, 10, "a"),
        *_long(100, 10, "c", t=5),
        *_sold(100, 10, "s1", t=50),
        *_sold(100, 30, "s2", t=60),
        activity("f", "FEE", symbol=None, net="-0.04", sub_type="TAF", day="2026-03-02"),
    ]
    trades = trades_by_order(conclude(records(*rows)))
    assert (trades["a"].fees, trades["c"].fees) == (Decimal("0.01"), Decimal("0.03"))
    assert trades["a"].flags == ("fee_allocated",)


def test_f24_fee_row_of_the_next_day_goes_to_the_day_it_speaks_of() -> None:
    said = "TAF fee for proceed of 100 shares (1 trades) on 2026-03-02 by 1234"
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-03", description=said)
    trade = only(conclude(records(*_long(), *_sold(100, 210), fee)).trades)
    assert trade.fees == Decimal("0.04")


def test_f24_a_day_without_sells_keeps_its_fee_unallocated() -> None:
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-05")
    assert only(conclude(records(*_long(), *_sold(100, 210), fee)).trades).fees == 0


def test_f24_part_of_an_account_bears_its_part_of_the_fee() -> None:
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-02")
    rows = records(*_long(), *_sold(100, 210), fee, sales_by_day={date(2026, 3, 2): Decimal(84000)})
    assert only(conclude(rows).trades).fees == Decimal("0.01")


def test_f22_coin_fee_row_replaces_the_provisional_one() -> None:
    rows = [
        order("b", qty="0.1", filled="0.1", avg=50000, symbol="BTC/USD"),
        execution("e", "b", qty="0.1", price=50000, symbol="BTC/USD"),
        activity("f", "CFEE", symbol="BTCUSD", qty="-0.00025", day="2026-03-02"),
    ]
    concluded = conclude(records(*rows))
    assert only(concluded.trades).open_qty == Decimal("0.09975")
    assert only(concluded.allocations).source_kind == "crypto_fee"
    assert only(concluded.trades).flags == ()


def test_coin_fee_beyond_the_coin_held_is_unmatched() -> None:
    rows = [
        instrument("BTC/USD", asset_id="btc"),
        activity("f", "CFEE", symbol="BTCUSD", qty="-0.00025", day="2026-03-02"),
    ]
    assert only(conclude(records(*rows)).unmatched_exits).qty == Decimal("0.00025")


def test_of_two_places_a_split_takes_the_one_nearest_its_date() -> None:
    rows = [
        *_long(100, 10, "a"),
        *_long(50, 10, "c", t=2 * DAY),
        *_sold(50, 12, t=3 * DAY),
        *_split("-100", "400"),
    ]
    trades = trades_by_order(conclude(records(*rows)))
    assert (trades["a"].open_qty, trades["c"].open_qty) == (350, 50)


def test_second_import_after_a_split_is_in_units_of_where_its_lot_stands() -> None:
    rows = [
        *_long(100),
        *_split("-100", "200"),
        balance("d", 200, 100, t=2 * DAY),
        balance("e", 230, 100, t=4 * DAY),
    ]
    lots = conclude(records(*rows)).lots
    assert sorted(lot.open_qty for lot in lots) == [30, 200]


def test_unit_that_falls_apart_leaves_and_its_parts_arrive() -> None:
    rows = [
        *_long(),
        instrument("PART"),
        activity("u1", "SPLIT", qty=-100, sub_type="USPLIT"),
        activity("u2", "SPLIT", symbol="PART", qty=100, sub_type="USPLIT"),
    ]
    trades = {row.symbol: row for row in trades_of(conclude(records(*rows)))}
    assert (trades["AAPL"].status, trades["PART"].open_qty) == (TradeStatus.CLOSED, 100)


def test_f20_correction_to_less_leaves_no_provisional_rest() -> None:
    note = activity("tc", "TRADE_CORRECT", order_id="b", description="e-b", qty=90, price=10)
    concluded = conclude(records(*_long(price=10), note))
    assert only(concluded.trades).open_qty == 90
    assert concluded.provisional == ()


def test_f24_a_day_whose_sales_are_not_known_keeps_its_fee() -> None:
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-02")
    rows = records(*_long(), *_sold(100, 210), fee, sales_by_day=None)
    assert only(conclude(rows).trades).fees == 0
    assert fee_day(fee) == date(2026, 3, 2)


def test_f24_option_sales_count_their_multiplier() -> None:
    sold = execution("x", "s", "sell", 1, 2, symbol=CALL)
    coin = execution("y", "t", "sell", 1, 2, symbol="BTC/USD")
    assert sales_by_day([sold, coin, execution("z")]) == {date(2026, 3, 2): 200}


def test_f20_correction_to_more_leaves_no_provisional_rest() -> None:
    note = activity("tc", "TRADE_CORRECT", order_id="b", description="e-b", qty=110, price=10)
    rows = [order("b", qty=110, filled=110, avg=10), execution("e-b", "b")]
    concluded = conclude(records(*rows, note))
    assert only(concluded.trades).open_qty == 110
    assert concluded.provisional == ()


def test_f24_day_fees_of_stocks_are_not_borne_by_coins() -> None:
    rows = [
        *_long(100, 10),
        *_sold(100, 10),
        order("c", qty=1, filled=1, avg=1000, symbol="BTC/USD"),
        execution("ce", "c", qty=1, price=1000, symbol="BTC/USD"),
        order("d", "sell", 1, filled=1, avg=1000, symbol="BTC/USD", t=50),
        execution("de", "d", "sell", 1, 1000, symbol="BTC/USD", t=51),
        activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-02"),
    ]
    trades = trades_by_order(conclude(records(*rows)))
    assert (trades["b"].fees, trades["c"].fees) == (Decimal("0.04"), 0)
