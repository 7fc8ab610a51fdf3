"""Returns without deposits, against figures of empyrical-reloaded 0.7.1 and of plain reasoning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradesync.domain.times import SECOND, Instant, new_york_midnight
from tradesync.store.queries import EquityRow
from tradesync.views.returns import (
    Flow,
    Gap,
    Return,
    Streaks,
    deepest,
    deposits_along,
    drawdowns,
    gaps,
    growth,
    net_flows,
    periods_a_year,
    returns_of,
    sharpe,
    sortino,
    streaks,
    time_weighted,
    volatility,
)

D = Decimal
DAY = 86_400 * SECOND
GOLDEN = [
    round(0.012 * math.sin(k * 1.7) + 0.004 * math.cos(k * 0.9) - 0.0007 * (k % 5), 6)
    for k in range(40)
]
RETURNS = tuple(Return(k + 1, ratio) for k, ratio in enumerate(GOLDEN))


def points(*equities: str | int) -> list[EquityRow]:
    return [EquityRow(place * DAY, D(equity)) for place, equity in enumerate(equities)]


def on(day: date) -> EquityRow:
    return EquityRow(new_york_midnight(day) + DAY // 2, D(1))


def test_golden_figures_of_volatility_sharpe_and_sortino() -> None:
    assert volatility(GOLDEN, 252) == pytest.approx(0.14444031766711443, rel=1e-12)
    assert sharpe(GOLDEN, 252) == pytest.approx(-2.1595902379479424, rel=1e-12)
    assert sortino(GOLDEN, 252) == pytest.approx(-2.732904571147835, rel=1e-12)
    assert volatility(GOLDEN, 365) == pytest.approx(0.1738339492209171, rel=1e-12)
    assert sharpe(GOLDEN, 365) == pytest.approx(-2.5990672536917487, rel=1e-12)
    assert sortino(GOLDEN, 365) == pytest.approx(-3.289051160503557, rel=1e-12)


def test_golden_figures_of_total_return_and_drawdown() -> None:
    assert time_weighted(RETURNS) == pytest.approx(-0.04987611004803816, rel=1e-12)
    found = deepest(drawdowns(0, RETURNS))
    assert found is not None
    assert found.ratio == pytest.approx(-0.06732133946564635, rel=1e-12)
    assert found.trough_at == 34  # the 34th return


def test_too_few_returns_say_nothing() -> None:
    few = GOLDEN[:19]
    assert (volatility(few, 252), sharpe(few, 252), sortino(few, 252)) == (None, None, None)


def test_what_never_varies_or_never_loses_has_no_ratio() -> None:
    assert sharpe([0.0] * 30, 252) is None
    assert sortino([0.01, 0.02] * 15, 252) is None


def test_a_deposit_is_no_gain_and_a_withdrawal_no_loss() -> None:
    found = returns_of(points(100, 210, 105), [Flow(DAY, D(100)), Flow(2 * DAY, D(-105))])
    assert [each.ratio for each in found] == [0.05, 0.0]


def test_time_weighting_links_the_parts_whatever_was_at_work() -> None:
    """+10 % on 100, then −10 % on 1,110: money lost, time-weighted −1 %."""
    found = returns_of(points(100, 110, 999), [Flow(2 * DAY, D(1000))])
    assert time_weighted(found) == pytest.approx(1.1 * 0.9 - 1)


def test_a_period_with_nothing_at_work_is_unknown_and_so_is_what_links_it() -> None:
    found = returns_of(points(100, 0, 0, 50, 55), [Flow(DAY, D(-100)), Flow(3 * DAY, D(50))])
    assert [each.ratio for each in found] == [None, None, 0.0, pytest.approx(0.1)]
    assert time_weighted(found) is None
    assert growth(found) == (None,) * 4
    assert time_weighted(()) is None


def test_drawdown_names_its_peak_and_stands_at_zero_on_new_highs() -> None:
    curve = drawdowns(0, returns_of(points(100, 120, 90, 130, 117), []))
    assert [round(below, 6) for _, below in curve] == [0, 0, -0.25, 0, -0.1]
    found = deepest(curve)
    assert found is not None
    assert (found.peak_at, found.trough_at) == (DAY, 2 * DAY)
    assert deepest(()) is None


def test_money_booked_just_after_the_first_point_that_holds_it_is_no_loss() -> None:
    opened = [Flow(1, D(100_000))]
    assert deposits_along(points(100_000, 100_000, 100_100), opened) == (100_000,) * 3
    assert returns_of(points(100_000, 99_500), opened) == (Return(DAY, -0.005),)


@pytest.mark.parametrize("curve", [(100_000, 200_000), (50_000, 150_000), (98_000, 100_000)])
def test_money_that_came_to_what_was_there_moves_the_curve(curve: tuple[int, int]) -> None:
    assert deposits_along(points(*curve), [Flow(1, D(100_000))]) == (0, 100_000)


def test_a_deposit_of_another_day_moves_the_curve_whatever_it_lost_meanwhile() -> None:
    moved = [Flow(DAY, D(990_100))]
    assert deposits_along(points(1_000_000, 995_050), moved) == (0, 990_100)


def test_net_flows_count_what_moved_up_to_the_instant() -> None:
    flows = [Flow(20, D(5)), Flow(10, D(100)), Flow(30, D(-50))]
    assert net_flows(flows, [9, 10, 25, 30]) == (0, 100, 105, 55)
    assert net_flows([], [1]) == (0,)


def test_weekend_points_make_a_year_of_365_days() -> None:
    monday = date(2026, 3, 2)
    assert periods_a_year([monday, monday + timedelta(days=4)]) == 252
    assert periods_a_year([monday, monday + timedelta(days=5)]) == 365


def test_gaps_are_weekdays_without_equity_but_no_single_holiday() -> None:
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    tuesday, thursday = date(2026, 3, 10), date(2026, 3, 12)
    found = [on(friday), on(monday), on(tuesday), on(thursday), on(date(2026, 3, 18))]
    week = Gap(date(2026, 3, 13), date(2026, 3, 17), 3)
    assert gaps(found, frozenset()) == (week,)
    wednesday = date(2026, 3, 11)
    assert gaps(found, frozenset({wednesday})) == (Gap(wednesday, wednesday, 1), week)


def test_streaks_end_with_an_even_trade() -> None:
    assert streaks([1, 1, 0, 1, -1, -1, -1]) == Streaks(won=2, lost=3, now=-3)
    assert streaks([-1, 1, 1]) == Streaks(won=2, lost=1, now=2)
    assert streaks([1, 0]) == Streaks(won=1, lost=0, now=0)
    assert streaks([]) == Streaks(0, 0, 0)


@given(st.lists(st.integers(1000, 10**6), min_size=2, max_size=30))
def test_without_flows_the_linked_return_is_the_simple_one(equities: Sequence[int]) -> None:
    found = time_weighted(returns_of(points(*equities), []))
    assert found == pytest.approx(equities[-1] / equities[0] - 1, rel=1e-9, abs=1e-9)


@given(
    st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=40),
    st.lists(st.integers(0, 1_000_000), min_size=40, max_size=40),
)
def test_deposits_of_any_size_leave_returns_as_they_are(
    ratios: list[float], deposits: list[int]
) -> None:
    """Equity built from given returns and deposits gives those returns back."""
    equity, path, flows = D(1_000_000), [EquityRow(0, D(1_000_000))], []
    for place, (ratio, deposit) in enumerate(zip(ratios, deposits, strict=False), start=1):
        at: Instant = place * DAY
        equity = (equity + deposit) * (1 + D(repr(ratio)))
        flows.append(Flow(at, D(deposit)))
        path.append(EquityRow(at, equity))
    found = [each.ratio for each in returns_of(path, flows)]
    assert found == pytest.approx(ratios, abs=1e-9)


@given(st.lists(st.floats(-0.9, 2.0), min_size=1, max_size=40))
def test_a_drawdown_is_never_above_zero_nor_deeper_than_the_whole_fall(
    ratios: list[float],
) -> None:
    curve = drawdowns(0, [Return(place + 1, ratio) for place, ratio in enumerate(ratios)])
    levels = list(accumulate(ratios, lambda level, ratio: level * (1 + ratio), initial=1.0))
    found = deepest(curve)
    assert found is not None
    assert all(below <= 0 for _, below in curve)
    assert found.ratio == pytest.approx(
        min(level / max(levels[: place + 1]) - 1 for place, level in enumerate(levels))
    )
    assert found.peak_at <= found.trough_at
