"""What other lot methods would have realized."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.histories import COIN, OTHER, STOCK, History, histories
from tests.domain.make import activity, at, execution, instrument, order, records
from tests.domain.test_resolutions import decision
from tradesync.domain.conclusions import Conclusions
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import ResolutionKind
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


def test_a_part_of_unknown_cost_makes_the_cost_of_the_whole_disposal_unknown() -> None:
    lots = [
        Acquired("a", "X", 1, 1, Decimal(10), None),
        Acquired("b", "X", 1, 2, Decimal(10), Decimal(20)),
    ]
    sales = [
        Disposed("x", "X", 1, 3, Decimal(4), Decimal(9)),
        Disposed("y", "X", 1, 4, Decimal(8), Decimal(9)),
        Disposed("z", "X", 1, 5, Decimal(8), Decimal(25)),
    ]
    rows = realized_under(LotMethod.FIFO, [*lots, *sales])
    assert [(row.cost, row.pnl) for row in rows] == [(None, None), (None, None), (16, 9)]


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


def test_stored_rows_are_taken_as_lots_and_disposals_in_order_of_time() -> None:
    key = instrument(STOCK).key
    concluded = bought_thrice(
        activity("in", "ACATS", qty=5, price=9, day="2026-03-02"),
        activity("t", "ACATS", qty=-4, day="2026-03-03"),
        *sold(14, 4, t=200_000),
    )
    fills = fills_of(concluded.trades, concluded.lots, concluded.allocations)
    assert [(fill.instrument, fill.side) for fill in fills] == [(key, 1)] * 6
    lots = [(fill.cost, fill.qty) for fill in fills if isinstance(fill, Acquired)]
    assert lots == [(None, 5), (10, 10), (30, 10), (20, 10)]
    gone, sale = (fill for fill in fills if isinstance(fill, Disposed))
    lot_id = next(row.lot_id for row in concluded.allocations if row.source_id == "t")
    assert (gone.source_id, gone.qty, gone.value, gone.lot_id) == ("t", 4, None, lot_id)
    assert (sale.source_id, sale.at, sale.qty, sale.value, sale.lot_id) == (
        "y", at(200_000), 14, 56, None,
    )  # fmt: skip


def test_short_lots_are_told_from_long_ones() -> None:
    rows = [
        order("s", "sell", filled=100, avg=20, intent="sell_to_open"),
        execution("x", "s", "sell", price=20),
        order("c", filled=30, qty=30, avg=15, t=50, intent="buy_to_close"),
        execution("y", "c", qty=30, price=15, t=51),
    ]
    (row,) = under(LotMethod.FIFO, conclude(records(*rows)))
    assert (row.instrument, row.side) == (instrument().key, -1)
    assert (row.cost, row.value, row.pnl) == (600, 450, 150)


def test_what_was_closed_at_an_unknown_price_has_no_value() -> None:
    rows = order("o", filled=100, avg=10), execution("e", "o")
    closed = decision(ResolutionKind.CLOSE, 100, 60, price=None)
    (row,) = under(LotMethod.FIFO, conclude(records(*rows, resolutions=(closed,))))
    assert (row.qty, row.cost, row.value, row.pnl) == (40, 400, None, None)


def test_disposals_of_one_moment_stand_in_the_order_of_their_ids() -> None:
    lots = [Acquired(name, "X", 1, n, Decimal(1), Decimal(n)) for n, name in enumerate("ab")]
    sales = [Disposed(name, "X", 1, 5, Decimal(1), Decimal(9)) for name in ("z", "y")]
    rows = realized_under(LotMethod.FIFO, [*sales, *lots])
    assert [(row.source_id, row.cost) for row in rows] == [("y", 0), ("z", 1)]


def test_every_period_has_a_total_of_its_own() -> None:
    def row(moment: int, pnl: int | None) -> Realized:
        known = None if pnl is None else Decimal(pnl)
        return Realized("y", "X", 1, moment, Decimal(1), None, None, known)

    rows = [row(11, 5), row(12, None), row(25, 1), row(13, 2)]
    assert totals(rows, lambda moment: moment // 10) == {
        1: Total(Decimal(7), 3, 1), 2: Total(Decimal(1), 1, 0),
    }  # fmt: skip


def test_a_later_lot_is_not_sold_before_it_is_bought() -> None:
    (row,) = under(LotMethod.LIFO, bought_thrice(*sold(5, 4, t=150)))
    assert row.cost == 15


def test_what_was_transferred_out_leaves_its_own_lot_and_realizes_nothing() -> None:
    gone = activity("t", "ACATS", qty=-10, day="2026-03-03")
    concluded = bought_thrice(gone, *sold(20, 4, t=200_000))
    for method in LotMethod:
        rows = under(method, concluded)
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
