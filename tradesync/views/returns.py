"""Returns of an account without its deposits: growth, drawdown, volatility and what they earn.

Floats: these are ratios to look at. The formulas are those of empyrical-reloaded 0.7.1, whose
figures the tests hold; the library itself would bring scipy (140 MB, a second to import).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from statistics import fmean, stdev

import numpy as np

from tradesync.domain.money import ZERO
from tradesync.domain.times import SECOND, Instant, new_york_date
from tradesync.store.queries import EquityRow

FEWEST_RETURNS = 20
"""Below this many returns, volatility and what is divided by it say nothing."""
_STOCK_DAYS, _ALL_DAYS = 252, 365
_SATURDAY = 5


_LONGEST_BAR: Instant = 3600 * SECOND
_NEARLY = Decimal("0.01")
"""By so much of it what an account was opened with may have gained or lost in its first minute."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Money or securities moved in (+) or out (−), in USD, when it happened."""

    at: Instant
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Return:
    """What one period earned, deposits excluded; it ends at `at`. None: nothing was at work."""

    at: Instant
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of a growth curve: its ratio (≤ 0), from where, to where."""

    ratio: float
    peak_at: Instant
    trough_at: Instant


@dataclass(frozen=True, slots=True)
class Gap:
    """Days on which no equity is known although the market was open; both ends inclusive."""

    first: date
    last: date
    days: int


def returns_of(points: Sequence[EquityRow], flows: Sequence[Flow]) -> tuple[Return, ...]:
    """The return between each two points (oldest first), what moved between them excluded.

    (E₁ − E₀ − F) ÷ (E₀ + F): a flow is at work from the start of its period (as *Day P&L* has
    it). Linking these is the time-weighted return (GIPS 2020, *true time-weighted* by days).
    """
    totals = deposits_along(points, flows)
    return tuple(
        Return(later.at, _ratio(earlier.equity, later.equity, after - before))
        for (earlier, before), (later, after) in pairwise(zip(points, totals, strict=True))
    )


def _ratio(before: Decimal, after: Decimal, moved: Decimal) -> float | None:
    at_work = before + moved
    return float((after - at_work) / at_work) if at_work > 0 else None


def deposits_along(points: Sequence[EquityRow], flows: Sequence[Flow]) -> tuple[Decimal, ...]:
    """Net deposits at each point.

    A new account's first point is stamped with the start of its minute or hour, before the money it
    was opened with was booked, and is worth that money all the same: it counts from there.
    """
    totals = net_flows(flows, [point.at for point in points])
    if len(points) < 2 or totals[0]:
        return totals
    worth = points[0].equity
    (opened_with,) = net_flows(flows, [min(points[0].at + _LONGEST_BAR, points[1].at)])
    if not opened_with:
        return totals
    grown = points[1].equity - worth
    was_there = abs(worth - opened_with) <= abs(opened_with) * _NEARLY
    if was_there and abs(grown) < abs(grown - opened_with):
        return (opened_with, *totals[1:])
    return totals


def net_flows(flows: Sequence[Flow], at: Sequence[Instant]) -> tuple[Decimal, ...]:
    """All that had moved in, less what moved out, up to and including each instant."""
    ordered = sorted(flows, key=lambda flow: flow.at)
    times = [flow.at for flow in ordered]
    sums = list(accumulate((flow.amount for flow in ordered), initial=ZERO))
    return tuple(sums[bisect_right(times, moment)] for moment in at)


def growth(returns: Sequence[Return]) -> tuple[float | None, ...]:
    """What 1 became by the end of each period; None from the first unknown return on."""
    found: list[float | None] = []
    grown: float | None = 1.0
    for each in returns:
        grown = None if grown is None or each.ratio is None else grown * (1 + each.ratio)
        found.append(grown)
    return tuple(found)


def time_weighted(returns: Sequence[Return]) -> float | None:
    """The linked return of all periods: ∏(1 + r) − 1; None where one is unknown or none is."""
    grown = growth(returns)
    last = grown[-1] if grown else None
    return None if last is None else last - 1


def drawdowns(start: Instant, returns: Sequence[Return]) -> tuple[tuple[Instant, float], ...]:
    """How far growth stood below its highest so far (≤ 0), at the start and after each period."""
    levels = [(start, 1.0)]
    for each, grown in zip(returns, growth(returns), strict=True):
        if grown is None:
            break
        levels.append((each.at, grown))
    peaks = accumulate((level for _, level in levels), max)
    return tuple((at, level / peak - 1) for (at, level), peak in zip(levels, peaks, strict=True))


def deepest(curve: Sequence[tuple[Instant, float]]) -> Drawdown | None:
    """The deepest point of a drawdown curve and the peak before it; None for an empty curve."""
    if not curve:
        return None
    trough_at, ratio = min(curve, key=lambda point: point[1])
    tops = [at for at, below in curve if below == 0 and at <= trough_at]
    return Drawdown(ratio, tops[-1], trough_at)


def known_ratios(returns: Iterable[Return]) -> list[float]:
    """The returns that are known."""
    return [each.ratio for each in returns if each.ratio is not None]


def periods_a_year(days: Iterable[date]) -> int:
    """252 for daily points of stock markets, 365 where weekends have points too."""
    return _ALL_DAYS if any(day.weekday() >= _SATURDAY for day in days) else _STOCK_DAYS


def volatility(ratios: Sequence[float], a_year: int) -> float | None:
    """Yearly: the sample standard deviation × √(periods a year)."""
    if len(ratios) < FEWEST_RETURNS:
        return None
    return stdev(ratios) * math.sqrt(a_year)


def sharpe(ratios: Sequence[float], a_year: int) -> float | None:
    """Yearly Sharpe ratio at a risk-free rate of 0: mean ÷ sample deviation × √a_year.

    (Sharpe 1994, *The Sharpe Ratio*.) None where nothing varies.
    """
    if len(ratios) < FEWEST_RETURNS or not (spread := stdev(ratios)):
        return None
    return fmean(ratios) / spread * math.sqrt(a_year)


def sortino(ratios: Sequence[float], a_year: int) -> float | None:
    """Yearly Sortino ratio at a target of 0: mean ÷ downside deviation × √a_year.

    The downside deviation is √(mean of min(r, 0)²) over all periods (Sortino & Price 1994).
    None where nothing was lost.
    """
    if len(ratios) < FEWEST_RETURNS:
        return None
    downside = math.sqrt(fmean(min(ratio, 0.0) ** 2 for ratio in ratios))
    return fmean(ratios) / downside * math.sqrt(a_year) if downside else None


def gaps(points: Sequence[EquityRow], open_days: frozenset[date]) -> tuple[Gap, ...]:
    """The stretches between daily points (oldest first) of which no equity is known.

    A missing weekday counts when it is a known trading day, or when the one beside it is missing
    too: single weekdays are taken for holidays, which exchanges do not have two of in a row.
    """
    days = [new_york_date(point.at) for point in points]
    return tuple(
        gap for first, last in pairwise(days) if (gap := _gap(first, last, open_days)) is not None
    )


def _gap(before: date, after: date, open_days: frozenset[date]) -> Gap | None:
    between = (before + timedelta(days=ahead) for ahead in range(1, (after - before).days))
    missing = [day for day in between if day.weekday() < _SATURDAY]
    if len(missing) == 1 and missing[0] not in open_days:
        return None
    return Gap(missing[0], missing[-1], len(missing)) if missing else None


@dataclass(frozen=True, slots=True)
class Streaks:
    """Trades won or lost one after the other, the longest of each and the one that lasts now."""

    won: int
    lost: int
    now: int
    """Positive: that many won last; negative: lost; 0: none, or the last broke even."""


def streaks(results: Sequence[int]) -> Streaks:
    """The streaks of results (1 won, −1 lost, 0 even: ends a streak), oldest first."""
    signs = np.asarray(results, dtype=np.int8)
    if not signs.size:
        return Streaks(0, 0, 0)
    begins = np.flatnonzero(np.diff(signs, prepend=np.int8(2)))
    lengths = np.diff(begins, append=signs.size)
    kinds = signs[begins]
    won, lost = (int(lengths[kinds == kind].max(initial=0)) for kind in (1, -1))
    return Streaks(won, lost, int(kinds[-1]) * int(lengths[-1]))
