"""Weighted average within a day, compressed FIFO overnight."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tradesync.simulator.books import day_closed, empty, scaled, traded
from tradesync.simulator.records import Position

DAY = date(2026, 3, 2)


def after(position: Position, *trades: tuple[int, str]) -> Position:
    for qty, price in trades:
        position, _ = traded(position, Decimal(qty), Decimal(price))
    return position


def test_alpacas_worked_example_of_the_average_entry_price() -> None:
    first, _ = day_closed(after(empty("X"), (100, "10"), (50, "12")), DAY, Decimal(12))
    second, _ = day_closed(after(first, (30, "15")), DAY, Decimal(15))
    during = after(second, (-120, "16"))
    assert round(during.cost, 2) == Decimal("683.33")
    morning, _ = day_closed(during, DAY, Decimal(16))
    assert morning.qty == 60
    assert round(morning.cost, 8) == 770


def test_a_partial_sale_on_the_same_day_leaves_the_average_as_it_was() -> None:
    position = after(empty("X"), (10, "10"), (10, "12"), (-5, "20"))
    assert position.cost / position.qty == 11


def test_a_short_has_negative_cost_and_gains_when_covered_lower() -> None:
    short = after(empty("X"), (-24, "82.69"))
    assert short.cost == Decimal("-1984.56")
    flat, realized = traded(short, Decimal(24), Decimal("80"))
    assert flat == empty("X")
    assert realized == Decimal("64.56")


def test_a_trade_through_zero_is_split_there() -> None:
    flipped, realized = traded(after(empty("X"), (10, "5")), Decimal(-15), Decimal(7))
    assert [flipped.qty, flipped.cost, realized] == [-5, -35, 20]
    assert flipped.day_in_qty == -5


def test_todays_profit_is_measured_from_yesterdays_close_for_what_was_carried() -> None:
    carried, _ = day_closed(after(empty("X"), (10, "10")), DAY, Decimal(11))
    assert carried.day_basis == 110
    assert after(carried, (10, "12")).day_basis == 230
    assert after(carried, (-5, "12")).day_basis == 55


def test_a_split_keeps_the_cost() -> None:
    carried, _ = day_closed(after(empty("X"), (10, "200")), DAY, Decimal(200))
    after_split = scaled(carried, Decimal(40))
    assert [after_split.qty, after_split.cost, after_split.lots[0].qty] == [40, 2000, 40]


TRADES = st.lists(
    st.tuples(
        st.integers(-50, 50).filter(bool), st.decimals("0.01", "900", places=2), st.booleans()
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(TRADES)
def test_money_in_realized_and_cost_always_add_up(
    trades: list[tuple[int, Decimal, bool]],
) -> None:
    position, spent, gained, held = empty("X"), Decimal(0), Decimal(0), 0
    for qty, price, ends_day in trades:
        position, realized = traded(position, Decimal(qty), price)
        spent += qty * price
        gained += realized
        held += qty
        if ends_day and position.qty:
            position, shifted = day_closed(position, DAY, price)
            gained += shifted
            assert sum(lot.qty for lot in position.lots) == position.qty
    assert position.qty == held
    assert abs(position.cost - gained - spent) < Decimal("1e-15")
