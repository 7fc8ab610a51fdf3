"""Why a figure is what it is: every part of it, in words and to the last digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from tests.domain.histories import History, histories
from tests.domain.make import (
    ACCOUNT,
    activity,
    at,
    balance,
    bought,
    execution,
    instrument,
    only,
    order,
    records,
    sold,
    trades_by_order,
)
from tests.domain.test_resolutions import CLOSE, decision
from tradesync.domain.conclusions import Records
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.times import parse_instant
from tradesync.domain.why import Figure, Part, Price, Why, why

COIN, CALL = "BTC/USD", "AAPL260320C00150000"
QUOTIENTS = {Figure.ENTRY_PRICE, Figure.EXIT_PRICE}


def told(known: Records, figure: Figure, order_id: str | None = "b") -> Why:
    """Why a figure of the trade an order opened is what it is."""
    found = conclude(known)
    return why(figure, trades_by_order(found)[order_id], known, found)


def words(found: Why) -> list[tuple[str, str, str, Decimal | None]]:
    """(kind, source, what it is, amount) of each part."""
    return [(part.kind, part.source_id, part.what, part.amount) for part in found.parts]


ROUND = (
    order("b", filled=100, avg=10),
    execution("e1", "b", qty=60, price=9, cum=60),
    execution("e2", "b", qty=40, price=12, cum=100, t=2),
    *sold(70, 15),
)
BUY_60 = Part("execution", "e1", "b", at(1), "buy 60 at 9", Decimal(60))
BUY_40 = Part("execution", "e2", "b", at(2), "buy 40 at 12", Decimal(40))
SELL_70 = "sell 70 at 15"


def test_a_quantity_comes_from_what_opened_it_and_what_closed_it() -> None:
    known = records(*ROUND, *bought(5, 10, "other", t=10))
    assert told(known, Figure.QTY) == Why(
        Figure.QTY, Decimal(100), "what was opened, in today's units", (BUY_60, BUY_40)
    )
    exits = [Part("execution", "x-s", "s", at(51), SELL_70, Decimal(-qty)) for qty in (60, 10)]
    assert told(known, Figure.OPEN_QTY) == Why(
        Figure.OPEN_QTY, Decimal(30), "what was opened, less what was closed, in today's units",
        (BUY_60, BUY_40, *exits),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "value", "amounts"),
    [
        (Figure.COST, 1020, [540, 480]),
        (Figure.OPEN_COST, 360, [540, 480, -540, -120]),
        (Figure.EXIT_VALUE, 1050, [900, 150]),
        (Figure.REALIZED_PNL, 390, [360, 30]),
        (Figure.FEES, 0, []),
        (Figure.ENTRY_PRICE, Decimal("10.2"), [540, 480]),
        (Figure.EXIT_PRICE, 15, [900, 150]),
    ],
)
def test_money_comes_from_what_each_fill_cost_or_brought(
    figure: Figure, value: Decimal, amounts: list[Decimal]
) -> None:
    found = told(records(*ROUND), figure)
    assert found.value == value
    assert [part.amount for part in found.parts] == amounts


LATEST = Price(Decimal("16.0"), at(500), "regular")


def floating(known: Records, price: Price | None = LATEST) -> Why:
    found = conclude(known)
    return why(Figure.FLOATING_PNL, trades_by_order(found)["b"], known, found, price)


def test_what_floats_is_the_worth_of_what_is_open_less_what_its_lots_cost() -> None:
    found = floating(records(*ROUND, *bought(5, 10, "other", t=10)))
    assert (found.value, found.total) == (120, 120)
    assert found.parts == (
        Part("execution", "e2", "b", at(2), "30 open of 40: buy 40 at 12", Decimal(-360)),
        Part("price", instrument().key, None, at(500), "regular price 16 × 30 open", Decimal(480)),
    )


def test_a_short_contract_floats_the_other_way_with_its_multiplier() -> None:
    known = records(
        order("b", "sell", 2, filled=2, avg=3, symbol=CALL, intent="sell_to_open"),
        execution("e", "b", "sell", 2, 3, symbol=CALL),
    )
    found = floating(known)
    assert found.value == -2600
    assert [(part.what, part.amount) for part in found.parts] == [
        ("2 open of 2: sell 2 at 3", 600), ("regular price 16 × 2 open × 100", -3200),
    ]  # fmt: skip


def test_nothing_floats_without_a_price_or_of_a_trade_not_open() -> None:
    assert floating(records(*ROUND), None).value is None
    closed = floating(records(*ROUND, *sold(30, 15, "s2", t=60)))
    assert (closed.value, closed.parts) == (None, ())


def test_parts_stand_in_order_of_time() -> None:
    rows = [
        order("b", filled=100, avg=10),
        execution("z", "b", qty=60, cum=60), execution("a", "b", qty=40, cum=100),
        *sold(10, 15),
    ]  # fmt: skip
    found = told(records(*rows), Figure.OPEN_QTY)
    assert [part.source_id for part in found.parts] == ["a", "z", "x-s"]


def test_what_was_filled_beyond_its_executions_is_told_in_its_words() -> None:
    partly = records(order("b", filled=100, avg=10), execution("e1", "b", qty=60, cum=60))
    part = told(partly, Figure.QTY).parts[-1]
    assert (part.kind, part.order_id, part.what) == ("provisional", "b", "buy 40 at 10")


def test_dated_rows_are_told_by_type_day_and_quantity() -> None:
    known = records(
        order("b", qty=1, filled=1, avg=2, symbol=CALL),
        execution("e", "b", qty=1, price=2, symbol=CALL),
        activity("x", "OPEXP", symbol=CALL, qty="-1.0", day="2026-03-20", order_id="o7"),
    )
    gone = told(known, Figure.EXIT_VALUE).parts
    assert gone == (
        Part("expiry", "x", "o7", parse_instant("2026-03-21T03:59:59.999999999Z"),
             f"OPEXP of 2026-03-20, -1 {CALL}", Decimal(0)),
    )  # fmt: skip


def test_decisions_are_told_as_such() -> None:
    seen = balance("d", 100, "10.50")
    known = records(instrument(), seen)
    assert words(told(known, Figure.COST, None)) == [
        ("opening_balance", "d", "imported: the broker held 100 at 10.5", 1050)
    ]
    closed = replace(known, resolutions=(decision(CLOSE, 100, 60, price="12.0", t=2000),))
    found = told(closed, Figure.REALIZED_PNL, None)
    assert [(part.kind, part.what, part.amount) for part in found.parts] == [
        ("decision", "decided: close at 12", 60)
    ]
    assert found.parts[0].order_id is None


def test_an_unknown_price_makes_the_sum_unknown() -> None:
    unknown = records(*ROUND, resolutions=(decision(CLOSE, 30, 10, price=None),))
    found = told(unknown, Figure.REALIZED_PNL)
    assert (found.value, found.total) == (None, None)
    assert words(found)[-1][2:] == ("decided: close at an unknown price", None)
    assert told(unknown, Figure.OPEN_QTY).total == 10


def coin(*more: object) -> Records:
    """10 coins bought at 100 on a day with a small fee, and what follows."""
    return records(
        instrument(COIN),
        order("b", qty=10, filled=10, avg=100, symbol=COIN),
        execution("e", "b", qty=10, price=100, symbol=COIN),
        *more,
    )


def test_a_fee_in_the_coin_is_told_with_the_row_it_comes_from() -> None:
    row = activity("f", "CFEE", symbol="BTCUSD", qty="-0.025", day="2026-03-02")
    found = told(coin(row), Figure.FEES)
    part = only(found.parts)
    assert (part.kind, part.source_id) == ("crypto_fee", "f@e")
    assert (part.what, part.amount) == ("CFEE of 2026-03-02, -0.025 BTCUSD", Decimal("2.5"))
    left = told(coin(row), Figure.OPEN_QTY)
    assert (left.total, left.value) == (Decimal("9.975"), Decimal("9.975"))
    assert told(coin(row), Figure.OPEN_COST).total == Decimal("997.5")
    assert told(coin(row), Figure.EXIT_VALUE).parts == ()
    assert told(coin(row), Figure.REALIZED_PNL).parts == ()


def test_a_source_nothing_tells_of_is_told_by_its_kind() -> None:
    row = activity("f", "CFEE", symbol="BTCUSD", qty="-0.025", day="2026-03-02")
    whole = coin(row)
    found = conclude(whole)
    trade = only(found.trades)
    part = only(why(Figure.FEES, trade, replace(whole, activities=()), found).parts)
    assert (part.what, part.order_id) == ("crypto fee", None)


def fee(name: str, net: str, day: str, symbol: str | None = None, kind: str = "FEE") -> object:
    return activity(name, kind, symbol=symbol, net=net, day=day)


def test_a_day_fee_is_told_with_the_rows_it_is_a_part_of() -> None:
    rows = [
        *ROUND, *sold(30, 15, "s2", t=86_400),
        fee("f1", "-0.040", "2026-03-02"), fee("f2", "-0.03", "2026-03-03"),
        fee("f3", "-9", "2026-03-04"), fee("f4", "-8", "2026-03-02", symbol="MSFT"),
    ]  # fmt: skip
    found = told(records(instrument("MSFT"), *rows), Figure.FEES)
    own_id = trade_id(ACCOUNT, "b")
    assert only(found.parts) == Part(
        "day_fee", f"{own_id}:2026-03-03", None, parse_instant("2026-03-03T05:00:00Z"),
        "its part of: FEE 0.04 of 2026-03-02, FEE 0.03 of 2026-03-03", Decimal("0.07"),
    )  # fmt: skip


def test_a_short_sale_bears_the_fee_of_the_day_it_opened() -> None:
    known = records(
        order("b", "sell", filled=100, avg=20, intent="sell_to_open"),
        execution("x", "b", "sell", price=20),
        *bought(5, 10, "other", t=86_400),
        fee("f1", "-0.04", "2026-03-02"), fee("f2", "-0.03", "2026-03-03"),
    )  # fmt: skip
    part = only(told(known, Figure.FEES).parts)
    assert (part.what, part.amount) == ("its part of: FEE 0.04 of 2026-03-02", Decimal("0.04"))


def test_the_fee_of_a_coins_sale_is_told_beside_the_coin_taken() -> None:
    rows = [
        order("s", "sell", 5, filled=5, avg=120, symbol=COIN, t=50),
        execution("x", "s", "sell", 5, 120, symbol=COIN, t=51),
        fee("f1", "-0.5", "2026-03-02", symbol=COIN, kind="CFEE"),
        activity("f2", "CFEE", symbol="BTCUSD", qty="-0.01", day="2026-03-02"),
    ]
    found = told(coin(*rows), Figure.FEES)
    assert [(part.kind, part.what, part.amount) for part in found.parts] == [
        ("day_fee", "its part of: CFEE 0.5 of 2026-03-02", Decimal("0.5")),
        ("crypto_fee", "CFEE of 2026-03-02, -0.01 BTCUSD", 1),
    ]
    assert found.total == found.value


@settings(max_examples=25, deadline=None)
@given(histories())
def test_every_sum_is_the_sum_of_its_parts(history: History) -> None:
    known = records(*history.rows)
    found = conclude(known)
    for trade in found.trades:
        for figure in Figure:
            shown = why(figure, trade, known, found)
            if figure not in QUOTIENTS and shown.value is not None:
                assert shown.total == shown.value, figure
