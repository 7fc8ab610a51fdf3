"""Day fees: which rows are one, and which trade of the day's sells bears how much (rule 11)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.domain.make import activity, execution, instrument
from tests.domain.test_booking_rules import booked, buy, sell, short
from tradesync.domain.day_fees import day_fees, fee_day, sales_by_day
from tradesync.domain.events import Event, Kind
from tradesync.domain.facts import Activity
from tradesync.domain.symbols import SymbolIndex

DAY = date(2026, 3, 2)
COIN = "BTC/USD"


def fee(
    net: str = "-6", *, symbol: str | None = None, kind: str = "FEE", **fields: str
) -> Activity:
    return activity("f1", kind, symbol=symbol, net=net, day="2026-03-02", **fields)


def borne(
    rows: list[Activity], *events: Event, symbol: str = "AAPL", total: int = 600
) -> dict[str, Decimal]:
    """Trade id → its fees, where the account sold for `total` that day."""
    known = instrument(symbol)
    return day_fees(
        {known.key: booked(*events, symbol=symbol)}, {known.key: events}, rows,
        SymbolIndex([known], []), {DAY: Decimal(total)},
    )  # fmt: skip


THREE = (buy(1, 1, 1), buy(2, 1, 2), buy(3, 1, 3), sell(6, 600, 4))


def test_one_sells_fee_is_split_over_the_trades_it_closed_by_quantity() -> None:
    assert borne([fee()], *THREE) == {"t1": 1, "t2": 2, "t3": 3}


def test_fees_that_do_not_divide_lose_no_digit() -> None:
    found = borne([fee("-0.000000000005")], *THREE)
    assert sum(found.values()) == Decimal("0.000000000005")


def test_several_rows_and_sells_add_up() -> None:
    events = (buy(4, 40, 1), sell(1, 150, 2), sell(3, 450, 3))
    rows = [fee(), activity("f2", "FEE", symbol=None, net="-0.6", day="2026-03-02")]
    assert borne(rows, *events) == {"t1": Decimal("6.6")}


def test_a_short_sale_bears_its_fee_and_a_cover_none() -> None:
    assert borne([fee()], short(5, 600, 1), buy(5, 500, 2)) == {"t1": 6}


def test_a_fee_is_shared_with_sells_of_other_instruments() -> None:
    assert borne([fee()], *THREE, total=1200) == {
        "t1": Decimal("0.5"), "t2": 1, "t3": Decimal("1.5"),
    }  # fmt: skip


def test_a_sell_nothing_explains_bears_no_fee_and_hides_none_of_the_others() -> None:
    unexplained = (sell(2, 200, 1), buy(4, 40, 2), sell(4, 400, 3))
    assert borne([fee()], *unexplained) == {"t2": 4}


def test_a_provisional_sell_bears_no_fee_yet() -> None:
    assert borne([fee()], buy(1, 1, 1), sell(1, 600, 2, kind=Kind.PROVISIONAL)) == {}


def test_a_day_without_known_sales_keeps_its_fee() -> None:
    assert borne([fee()], *THREE, total=0) == {}
    assert borne([fee(description="TAF fee on 2026-03-01 by x")], *THREE) == {}


def test_a_named_fee_belongs_to_the_sells_of_that_symbol_alone() -> None:
    assert borne([fee(symbol="AAPL")], *THREE, total=9999) == {"t1": 1, "t2": 2, "t3": 3}
    assert borne([fee(symbol="BTCUSD", kind="CFEE")], *THREE, symbol=COIN) == {
        "t1": 1, "t2": 2, "t3": 3,
    }  # fmt: skip
    assert borne([fee()], *THREE, symbol=COIN) == {}


def test_other_rows_of_money_are_no_fee() -> None:
    assert borne([fee(symbol="AAPL", kind="DIV")], *THREE) == {}


@pytest.mark.parametrize(
    ("row", "day"),
    [
        (fee(), DAY),
        (fee(description="REG fee on 2026-02-27 by x"), date(2026, 2, 27)),
        (fee("0"), None),
        (fee(qty="5"), None),
        (fee(symbol="AAPL"), None),
        (fee(kind="CFEE"), None),
        (fee(kind="CFEE", symbol=COIN), None),
        (fee(kind="DIV"), None),
    ],
)
def test_only_an_unnamed_fee_in_money_is_about_a_whole_day(row: Activity, day: date | None) -> None:
    assert fee_day(row) == day


def test_sales_of_a_day_are_stock_and_option_sells_in_usd() -> None:
    found = sales_by_day(
        [
            execution("e1", side="sell", qty=2, price=10),
            execution("e2", side="sell_short", qty=1, price=5),
            execution("e3", side="buy", qty=9, price=10),
            execution("e4", side="sell", qty=1, price=100, symbol=COIN),
            execution("e5", side="sell", qty=1, price=2, symbol="AAPL260320C00150000"),
            execution("e6", side="sell", qty=1, price=7, t=24 * 3600),
        ]
    )
    assert found == {DAY: 225, date(2026, 3, 3): 7}
