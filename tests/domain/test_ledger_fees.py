"""Day fees and fees taken in the coin (design rule 11)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.domain.make import (
    activity,
    bought,
    execution,
    instrument,
    only,
    order,
    records,
    sold,
    trades_by_order,
)
from tradesync.domain.day_fees import fee_day, sales_by_day
from tradesync.domain.ledger import conclude

CALL = "AAPL260320C00150000"


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
        *bought(100, 10, "a"),
        *bought(100, 10, "c", t=5),
        *sold(100, 10, "s1", t=50),
        *sold(100, 30, "s2", t=60),
        activity("f", "FEE", symbol=None, net="-0.04", sub_type="TAF", day="2026-03-02"),
    ]
    trades = trades_by_order(conclude(records(*rows)))
    assert (trades["a"].fees, trades["c"].fees) == (Decimal("0.01"), Decimal("0.03"))
    assert trades["a"].flags == ("fee_allocated",)


def test_f24_fee_row_of_the_next_day_goes_to_the_day_it_speaks_of() -> None:
    said = "TAF fee for proceed of 100 shares (1 trades) on 2026-03-02 by 1234"
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-03", description=said)
    trade = only(conclude(records(*bought(), *sold(100, 210), fee)).trades)
    assert trade.fees == Decimal("0.04")


def test_f24_a_day_without_sells_keeps_its_fee_unallocated() -> None:
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-05")
    assert only(conclude(records(*bought(), *sold(100, 210), fee)).trades).fees == 0


def test_f24_part_of_an_account_bears_its_part_of_the_fee() -> None:
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-02")
    rows = records(*bought(), *sold(100, 210), fee, sales_by_day={date(2026, 3, 2): Decimal(84000)})
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


def test_f24_a_day_whose_sales_are_not_known_keeps_its_fee() -> None:
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-02")
    rows = records(*bought(), *sold(100, 210), fee, sales_by_day=None)
    assert only(conclude(rows).trades).fees == 0
    assert fee_day(fee) == date(2026, 3, 2)


def test_f24_option_sales_count_their_multiplier() -> None:
    sold = execution("x", "s", "sell", 1, 2, symbol=CALL)
    coin = execution("y", "t", "sell", 1, 2, symbol="BTC/USD")
    assert sales_by_day([sold, coin, execution("z")]) == {date(2026, 3, 2): 200}


def test_f24_day_fees_of_stocks_are_not_borne_by_coins() -> None:
    rows = [
        *bought(100, 10),
        *sold(100, 10),
        order("c", qty=1, filled=1, avg=1000, symbol="BTC/USD"),
        execution("ce", "c", qty=1, price=1000, symbol="BTC/USD"),
        order("d", "sell", 1, filled=1, avg=1000, symbol="BTC/USD", t=50),
        execution("de", "d", "sell", 1, 1000, symbol="BTC/USD", t=51),
        activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-02"),
    ]
    trades = trades_by_order(conclude(records(*rows)))
    assert (trades["b"].fees, trades["c"].fees) == (Decimal("0.04"), 0)
