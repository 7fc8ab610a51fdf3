"""Proof of the books: what facts add up to by day, and the name of every difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.holding import account_state, position
from tests.domain.make import activity, bought, execution, instrument, order, records, sold
from tradesync.domain.conclusions import Records
from tradesync.domain.facts import Execution, Position
from tradesync.domain.proof import Day, Difference, Line, Proof, Statement, prove

AAPL, MSFT, COIN = (instrument(symbol).key for symbol in ("AAPL", "MSFT", "BTC/USD"))
CALL = "AAPL260320C00150000"
DAY = 86_400
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (2, 3, 4))


def proved(
    known: Records,
    *held: Position,
    cash: str | int = 0,
    equity: str | int = 0,
    waiting: tuple[Execution, ...] = (),
    ledger: Mapping[str, Any] | None = None,
    by_day: Mapping[date, Any] | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> Proof:
    """The proof against what the broker states; `ledger`: what our trades hold.

    `elsewhere`: order id → instrument, of orders that are not among the records.
    """
    of_order = {row.order_id: row.instrument for row in known.orders} | dict(elsewhere or {})
    statement = Statement(account_state(cash, equity), held, dict(by_day or {}))
    return prove(known, of_order, waiting, dict(ledger or {}), statement)


def line(found: Proof, subject: str) -> Line:
    """The line about cash, equity or a symbol."""
    return next(row for row in found.lines if row.subject == subject)


def told(day: Day) -> tuple[object, ...]:
    """A day's figures side by side, to be compared with plain numbers."""
    return day.day, day.flows, day.moved, day.cash, day.held, day.equity, day.market_value


def deposit(net: str | int = 10_000, day: str = "2026-03-02") -> object:
    return activity(f"csd-{day}", "CSD", symbol=None, net=net, day=day)


def test_each_day_tells_what_moved_and_what_it_left() -> None:
    rows = [
        *sold(60, 13, "last", t=2 * DAY), deposit(), *sold(40, 12, t=DAY),
        order("b", filled=100, avg=10), execution("e1", "b", qty=60, cum=60),
        execution("e2", "b", qty=40, cum=100, t=2),
        activity("d", "DIV", qty=60, net=5, day="2026-03-03"), deposit(-1000, "2026-03-04"),
    ]  # fmt: skip
    found = proved(records(*rows), by_day={TUESDAY: Decimal(10_205)})
    assert found.fills == 4
    assert [told(day) for day in found.days] == [
        (MONDAY, {"deposits": 10_000, "trades": -1000}, {AAPL: 100}, 9000, {AAPL: 100}, None, None),
        (TUESDAY, {"trades": 480, "dividends": 5}, {AAPL: -40}, 9485, {AAPL: 60}, 10_205, 720),
        (WEDNESDAY, {"trades": 780, "deposits": -1000}, {AAPL: -60}, 9265, {}, None, None),
    ]


def test_a_fill_late_in_the_evening_belongs_to_the_day_in_new_york() -> None:
    late = bought(100, 10, t=13 * 3600)  # 23:00 in New York, the next day in London
    assert [day.day for day in proved(records(*late)).days] == [MONDAY]


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("CSW", "deposits"), ("JNLC", "deposits"), ("DIVNRA", "dividends"), ("INT", "interest"),
        ("CFEE", "fees"), ("PTC", "fees"), ("WARP", "warp"),
    ],
)  # fmt: skip
def test_rows_of_money_go_by_their_kind_and_unknown_ones_by_their_type(
    kind: str, named: str
) -> None:
    paid = activity("a", kind, symbol=None, net="-1.5")
    (day,) = proved(records(paid)).days
    assert (day.flows, day.moved, day.cash) == ({named: Decimal("-1.5")}, {}, Decimal("-1.5"))


def test_dated_rows_move_the_quantity_they_state() -> None:
    rows = [
        activity("a", "ACATS", qty=5),
        activity("b", "DIV", qty=2, sub_type="SDIV"),
        activity("c", "DIV", qty=7, net=1),
        activity("d", "JNLS", symbol=None, qty=9),
        activity("e", "ACATS", symbol="MSFT", qty=-3),
    ]
    (day,) = proved(records(instrument(), instrument("MSFT"), *rows)).days
    assert day.moved == {AAPL: 7, MSFT: -3}
    assert day.held == {AAPL: 7, MSFT: -3}
    assert day.flows == {"acats": 0, "jnls": 0, "dividends": 1}


def test_busted_and_corrected_fills_count_as_they_stand_and_repeated_ones_once() -> None:
    rows = [
        order("b", filled=100, avg=10),
        execution("e1", "b", qty=60, cum=60), execution("e1", "b", qty=60, cum=60),
        execution("e2", "b", qty=40, cum=100, t=2),
        activity("t1", "TRADE_BUST", order_id="b", description="e2", qty=-40),
        activity("t2", "TRADE_CORRECT", order_id="b", description="e1", qty=60, price=11, net=3),
        activity("u", "INT", symbol=None, net=1, day="2026-03-02"),
    ]  # fmt: skip
    (day,) = proved(records(*rows)).days
    assert (day.flows, day.moved) == ({"trades": -660, "interest": 1}, {AAPL: 60})


def test_a_contract_counts_its_multiplier_even_where_its_order_is_not_known() -> None:
    found = proved(records(execution("e", "gone", qty=2, price=3, symbol=CALL)))
    assert found.days[0].flows == {"trades": -600}
    assert found.days[0].moved == {CALL: 2}


def test_an_orders_instrument_counts_not_the_symbol_its_fill_was_sent_under() -> None:
    known = records(instrument("META"), execution("e", "o1", symbol="FB"))
    found = proved(known, elsewhere={"o1": instrument("META").key})
    assert found.days[0].moved == {instrument("META").key: 100}


def test_without_any_fact_the_broker_is_compared_with_nothing() -> None:
    found = proved(records(), cash=7, equity=7)
    assert found.days == ()
    assert [(row.subject, row.ours, row.theirs, row.difference) for row in found.lines] == [
        ("cash", 0, 7, 7), ("equity", 0, 7, 7),
    ]  # fmt: skip
    assert not found.is_proved
    assert proved(records()).is_proved


@pytest.mark.parametrize(
    ("cash", "parts"),
    [
        ("9000", {}),
        ("9000.0049", {Difference.ROUNDING: Decimal("0.0049")}),
        ("8999.9951", {Difference.ROUNDING: Decimal("-0.0049")}),
        ("9000.005", {Difference.ROUNDING: Decimal("0.005")}),
        ("8999.995", {Difference.ROUNDING: Decimal("-0.005")}),
        ("9000.0051", {Difference.UNEXPLAINED: Decimal("0.0051")}),
        ("8999.9949", {Difference.UNEXPLAINED: Decimal("-0.0051")}),
    ],
)
def test_up_to_half_a_cent_a_fill_is_rounding(cash: str, parts: dict[Difference, Decimal]) -> None:
    found = proved(records(deposit(), *bought(100, 10)), cash=cash)
    assert line(found, "cash") == Line("cash", Decimal(9000), Decimal(cash), parts)
    assert line(found, "cash").is_proved == (Difference.UNEXPLAINED not in parts)


def test_before_the_history_read_anything_may_have_been_paid() -> None:
    known = replace(records(deposit(), *bought(100, 10)), history_complete=False)
    assert line(proved(known, cash=500), "cash").parts == {Difference.BEFORE_HISTORY: -8500}
    assert line(proved(known, cash=9000), "cash").parts == {}


def test_fills_to_come_have_their_part_of_cash_and_quantity() -> None:
    known = records(deposit(), *bought(100, 10), instrument("MSFT"))
    waiting = (
        execution("p1", "b", qty=5, price=10), execution("p2", "b", "sell", 2, 11),
        execution("p3", "o9", symbol="MSFT", qty=1, price=50),
    )  # fmt: skip
    found = proved(
        known, position(103), position(1, symbol="MSFT"), cash=8922, equity=8922, waiting=waiting,
        ledger={AAPL: 103, MSFT: 1},
    )  # fmt: skip
    assert line(found, "cash").parts == {Difference.PROVISIONAL: -78}
    assert line(found, "equity").parts == {Difference.PROVISIONAL: -78}
    assert line(found, "AAPL") == Line(
        "AAPL", Decimal(100), Decimal(103), {Difference.PROVISIONAL: Decimal(3)}
    )
    assert line(found, "MSFT").parts == {Difference.PROVISIONAL: 1}


def coin_sale(*more: object) -> Records:
    """1000 USD of coin bought, a tenth of them sold at the price, and 50 shares bought and sold."""
    return records(
        instrument("BTC/USD"),
        order("c", qty=10, filled=10, avg=100, symbol="BTC/USD"),
        execution("e-c", "c", qty=10, price=100, symbol="BTC/USD"),
        order("d", "sell", qty=1, filled=1, avg=100, symbol="BTC/USD", t=DAY),
        execution("x-d", "d", "sell", 1, 100, symbol="BTC/USD", t=DAY),
        *bought(50, 10), *sold(50, 10, t=DAY), *more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lacks", "why"),
    [
        ("-0.3", Difference.COIN_FEE), ("-0.32", Difference.COIN_FEE),
        ("-0.0001", Difference.COIN_FEE), ("-0.3201", Difference.UNEXPLAINED),
        ("0.0201", Difference.UNEXPLAINED), ("0.02", Difference.ROUNDING),
    ],
)  # fmt: skip
def test_a_little_cash_that_lacks_after_a_coin_sale_is_its_fee(lacks: str, why: Difference) -> None:
    cash = Decimal(-900) + Decimal(lacks)
    assert line(proved(coin_sale(), cash=str(cash)), "cash").parts == {why: Decimal(lacks)}


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-03-02", Difference.COIN_FEE), ("2026-03-03", Difference.UNEXPLAINED),
        ("2026-03-04", Difference.UNEXPLAINED),
    ],
)  # fmt: skip
def test_a_fee_row_of_the_sales_day_ends_the_wait(day: str, why: Difference) -> None:
    booked = activity("f", "CFEE", symbol="BTCUSD", net="-0.1", day=day)
    early = activity("g", "CFEE", symbol="BTCUSD", net="-0.1", day="2026-03-01")
    found = proved(coin_sale(early, booked), cash="-900.4")
    assert line(found, "cash").parts == {why: Decimal("-0.2")}


def test_the_smallest_coin_sale_awaits_its_fee() -> None:
    sale = execution("x", "s", "sell", "0.01", 50, symbol="BTC/USD")
    known = records(instrument("BTC/USD"), sale)
    found = proved(known, cash="0.4940", elsewhere={"s": COIN})
    assert line(found, "cash").parts == {Difference.COIN_FEE: Decimal("-0.006")}


def test_another_fee_does_not_end_the_wait_for_the_coins() -> None:
    booked = activity("f", "FEE", symbol=None, net="-0.1", day="2026-03-04")
    found = proved(coin_sale(booked), cash="-900.3")
    assert line(found, "cash").parts == {Difference.COIN_FEE: Decimal("-0.2")}


def test_stock_sales_await_no_fee() -> None:
    found = proved(records(*bought(50, 10), *sold(50, 10)), cash="-0.3")
    assert line(found, "cash").parts == {Difference.UNEXPLAINED: Decimal("-0.3")}


def test_every_difference_of_quantity_has_a_line_and_a_name() -> None:
    known = records(
        *bought(100, 10), instrument("MSFT"), instrument("GONE"), instrument("BTC/USD"),
        order("c", qty=10, filled=10, avg=100, symbol="BTC/USD"),
        execution("e-c", "c", qty=10, price=100, symbol="BTC/USD"),
    )  # fmt: skip
    gone = instrument("GONE").key
    found = proved(
        known, position(100), position("9.97", symbol="BTC/USD"), position(12, symbol="MSFT"),
        ledger={AAPL: 100, COIN: Decimal("9.975"), MSFT: 10, gone: 3},
    )  # fmt: skip
    assert found.lines[1:-1] == (
        Line("BTC/USD", Decimal(10), Decimal("9.97"), {
            Difference.COIN_FEE: Decimal("-0.025"), Difference.UNEXPLAINED: Decimal("-0.005"),
        }),
        Line("AAPL", Decimal(100), Decimal(100), {}),
        Line("GONE", Decimal(0), Decimal(0), {
            Difference.OBSERVED: Decimal(3), Difference.UNEXPLAINED: Decimal(-3),
        }),
        Line("MSFT", Decimal(0), Decimal(12), {
            Difference.OBSERVED: Decimal(10), Difference.UNEXPLAINED: Decimal(2),
        }),
    )  # fmt: skip


def test_more_coin_than_facts_or_fewer_shares_are_no_fee() -> None:
    known = records(*bought(100, 10), instrument("BTC/USD"))
    found = proved(
        known, position(99), position("0.5", symbol="BTC/USD"),
        ledger={AAPL: 99, COIN: Decimal("0.5")},
    )  # fmt: skip
    assert line(found, "AAPL").parts == {Difference.OBSERVED: -1}
    assert line(found, "BTC/USD").parts == {Difference.OBSERVED: Decimal("0.5")}


def test_what_nobody_holds_any_more_has_no_line() -> None:
    known = records(*bought(100, 10), *sold(100, 10), instrument("MSFT"))
    held = position(0), position(5, symbol="MSFT")
    found = proved(known, *held, ledger={MSFT: Decimal(0), AAPL: Decimal(0)})
    assert [row.subject for row in found.lines] == ["cash", "MSFT", "equity"]


def test_a_coin_the_broker_lists_twice_is_added_up() -> None:
    held = (position(qty, symbol="BTC/USD") for qty in (1, 2))
    assert line(proved(records(instrument("BTC/USD")), *held), "BTC/USD").theirs == 3


def worth(value: int, symbol: str = "AAPL") -> Position:
    """A holding with its market value."""
    return replace(position(10, symbol=symbol), market_value=Decimal(value))


def test_equity_is_cash_and_what_is_held_and_lacks_what_cash_lacks() -> None:
    held = worth(1200), worth(-300, "MSFT"), position(5, symbol="GONE")
    known = records(deposit(), instrument("MSFT"), instrument("GONE"))
    found = proved(known, *held, cash=9000, equity=9900)
    assert line(found, "equity") == Line(
        "equity", Decimal(10_900), Decimal(9900), {Difference.UNEXPLAINED: Decimal(-1000)}
    )


@pytest.mark.parametrize(
    ("equity", "parts"),
    [
        ("11200.02", {Difference.ROUNDING: Decimal("0.02")}),
        ("11200.0201", {Difference.UNEXPLAINED: Decimal("0.0201")}),
    ],
)
def test_equity_is_rounded_with_each_holding_with_cash_and_once_itself(
    equity: str, parts: dict[Difference, Decimal]
) -> None:
    known = records(deposit(), instrument("MSFT"))
    found = proved(known, worth(900), worth(300, "MSFT"), cash=10_000, equity=equity)
    assert line(found, "equity").parts == parts


def test_cash_that_was_rounded_leaves_equity_its_own_rounding() -> None:
    known = records(deposit(), *bought(100, 10))
    found = proved(known, worth(1000), cash="9000.004", equity="10000.004")
    assert line(found, "cash").parts == {Difference.ROUNDING: Decimal("0.004")}
    assert line(found, "equity").parts == {Difference.ROUNDING: Decimal("0.004")}


def test_equity_lacks_what_the_rounding_of_many_fills_took_from_cash() -> None:
    fills = [row for n in range(10) for row in bought(100, 1, f"b{n}", t=n)]
    found = proved(records(deposit(), *fills), worth(1000), cash="9000.05", equity="10000.05")
    assert line(found, "equity").parts == {Difference.ROUNDING: Decimal("0.05")}


def test_half_a_cent_of_cash_is_rounded_away_in_equity() -> None:
    found = proved(records(deposit()), cash=10_000, equity="10000.005")
    assert line(found, "equity").parts == {Difference.ROUNDING: Decimal("0.005")}


def test_what_equity_lacks_beyond_cash_adds_to_what_cash_lacks() -> None:
    found = proved(records(deposit()), worth(1000), cash=9000, equity=9500)
    assert line(found, "equity").parts == {Difference.UNEXPLAINED: -1500}
