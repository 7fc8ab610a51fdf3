"""What other lot methods would have realized."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.histories import COIN, OTHER, STOCK, History, histories
from tests.domain.make import activity, at, execution, instrument, order, records
from tradesync.domain.conclusions import Conclusions
from tradesync.domain.ledger import conclude
from tradesync.domain.times import new_york_date
from tradesync.domain.what_if import (
    Acquired,
    Disposed,
    LotMethod,
    Realized,
    Total,
    fills_of,
    realized_under,
    totals,
)

moderate = settings(max_examples=60, deadline=None)


def under(method: LotMethod, concluded: Conclusions) -> tuple[Realized, ...]:
    """What the stored rows would have realized."""
    return realized_under(
        method, fills_of(concluded.trades, concluded.lots, concluded.allocations)
    )


def bought_thrice(*then: object) -> Conclusions:
    """10 at 1, 10 at 3, 10 at 2, and what follows."""
    prices = (1, 3, 2)
    rows: list[object] = []
    for number, price in enumerate(prices):
        rows.append(order(f"o{number}", qty=10, filled=10, avg=price, t=number * 100))
        rows.append(execution(f"x{number}", f"o{number}", qty=10, price=price, t=number * 100))
    return conclude(records(*rows, *then))


def sold(qty: int, price: int, t: float = 1000) -> tuple[object, object]:
    """A sell of so many at a price."""
    return (
        order("s", "sell", qty, filled=qty, avg=price, t=t),
        execution("y", "s", "sell", qty, price, t=t),
    )


@pytest.mark.parametrize(
    ("method", "cost"), [(LotMethod.FIFO, 25), (LotMethod.LIFO, 35), (LotMethod.HIFO, 40)]
)
def test_each_method_takes_its_own_lots_first(method: LotMethod, cost: int) -> None:
    (row,) = under(method, bought_thrice(*sold(15, 4)))
    assert (row.cost, row.value, row.pnl) == (cost, 60, 60 - cost)
    assert (row.qty, row.at, row.source_id) == (15, at(1000), "y")


def test_of_short_lots_highest_cost_first_takes_what_brought_least() -> None:
    lots = [
        Acquired("a", "X", -1, 1, Decimal(10), Decimal(30)),
        Acquired("b", "X", -1, 2, Decimal(10), Decimal(20)),
    ]
    bought = Disposed("y", "X", -1, 3, Decimal(10), Decimal(25))
    (row,) = realized_under(LotMethod.HIFO, [*lots, bought])
    assert row.pnl == 20 - 25


def test_an_unknown_cost_is_taken_last_and_realizes_the_unknown() -> None:
    lots = [
        Acquired("a", "X", 1, 1, Decimal(10), None),
        Acquired("b", "X", 1, 2, Decimal(10), Decimal(20)),
    ]
    sales = [
        Disposed("y", "X", 1, 3, Decimal(10), Decimal(25)),
        Disposed("z", "X", 1, 4, Decimal(10), Decimal(25)),
    ]
    rows = realized_under(LotMethod.HIFO, [*lots, *sales])
    assert [row.pnl for row in rows] == [5, None]
    assert totals(rows, lambda _at: "all") == {"all": Total(Decimal(5), 2, 1)}


def test_an_unknown_price_realizes_the_unknown() -> None:
    lot = Acquired("a", "X", 1, 1, Decimal(10), Decimal(20))
    (row,) = realized_under(
        LotMethod.LIFO, [lot, Disposed("y", "X", 1, 3, Decimal(10), None)]
    )
    assert (row.cost, row.pnl) == (20, None)


def test_only_lots_of_its_own_instrument_and_side_are_taken() -> None:
    lots = [
        Acquired("a", "X", 1, 1, Decimal(10), Decimal(20)),
        Acquired("b", "Y", 1, 2, Decimal(10), Decimal(70)),
        Acquired("c", "X", -1, 2, Decimal(10), Decimal(90)),
    ]
    (row,) = realized_under(
        LotMethod.LIFO, [*lots, Disposed("y", "X", 1, 3, Decimal(10), Decimal(30))]
    )
    assert row.pnl == 10


def test_a_later_lot_is_not_sold_before_it_is_bought() -> None:
    (row,) = under(LotMethod.LIFO, bought_thrice(*sold(5, 4, t=150)))
    assert row.cost == 15


def test_what_was_transferred_out_leaves_its_own_lot_and_realizes_nothing() -> None:
    gone = activity("t", "ACATS", qty=-10, day="2026-03-03")
    concluded = bought_thrice(gone, *sold(20, 4, t=200_000))
    rows = under(LotMethod.LIFO, concluded)
    assert [(row.source_id, row.cost) for row in rows] == [("y", 50)]


@moderate
@given(histories((STOCK, OTHER)), st.sampled_from(LotMethod))
def test_every_method_disposes_of_the_same(history: History, method: LotMethod) -> None:
    concluded = conclude(records(*history.rows))
    ours, theirs = under(LotMethod.FIFO, concluded), under(method, concluded)
    assert [(row.source_id, row.qty, row.value) for row in ours] == [
        (row.source_id, row.qty, row.value) for row in theirs
    ]
    days = totals(theirs, new_york_date).values()
    assert sum(day.disposals for day in days) == len(theirs)
    assert sum((day.pnl for day in days), Decimal(0)) == sum(
        (row.pnl for row in theirs if row.pnl is not None), Decimal(0)
    )


@moderate
@given(histories((STOCK,)), st.sampled_from(LotMethod))
def test_once_all_is_closed_every_method_has_realized_the_same(
    history: History, method: LotMethod
) -> None:
    held = history.held[STOCK]
    rows = list(history.rows)
    if held:
        side, size = ("sell" if held > 0 else "buy"), abs(held)
        rows.append(order("last", side, str(size), filled=str(size), avg=7, t=90_000,
                          intent=f"{side}_to_close"))  # fmt: skip
        rows.append(execution("xlast", "last", side, str(size), 7, t=90_000))
    concluded = conclude(records(*rows))
    whole = sum((row.realized_pnl or Decimal(0) for row in concluded.trades), Decimal(0))
    found = sum((row.pnl or Decimal(0) for row in under(method, concluded)), Decimal(0))
    assert found == whole


@moderate
@given(histories((STOCK,), steps=12))
def test_highest_cost_realizes_no_more_on_the_first_sale_than_any_other(
    history: History,
) -> None:
    concluded = conclude(records(*history.rows))
    first = {method: under(method, concluded)[:1] for method in LotMethod}
    for row in first[LotMethod.HIFO]:
        for other in LotMethod:
            assert row.pnl is not None
            assert row.pnl <= (first[other][0].pnl or 0)


def test_a_fee_in_the_coin_leaves_its_own_lot_and_realizes_nothing() -> None:
    buys = [
        order(f"o{n}", symbol=COIN, qty=10, filled=10, avg=price, t=n * 100)
        for n, price in enumerate((1, 3))
    ]
    fills = [
        execution(f"x{n}", f"o{n}", qty=10, price=price, symbol=COIN, t=n * 100)
        for n, price in enumerate((1, 3))
    ]
    fee = activity("f", "CFEE", symbol="BTCUSD", qty="-0.05", day="2026-03-02")
    sale = [
        order("s", "sell", 5, symbol=COIN, filled=5, avg=4, t=200_000),
        execution("y", "s", "sell", 5, 4, symbol=COIN, t=200_000),
    ]
    concluded = conclude(records(instrument(COIN), *buys, *fills, fee, *sale))
    assert any(row.is_fee for row in concluded.allocations)
    rows = under(LotMethod.LIFO, concluded)
    assert [(row.source_id, row.cost) for row in rows] == [("y", 15)]


def test_a_lot_of_the_very_moment_can_be_sold_in_it() -> None:
    lot = Acquired("z", "X", 1, 5, Decimal(10), Decimal(20))
    (row,) = realized_under(
        LotMethod.FIFO, [Disposed("a", "X", 1, 5, Decimal(10), Decimal(25)), lot]
    )
    assert row.pnl == 5
