"""Trends of positions: closes of past days, ended by the latest price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from tradesync.domain.times import Instant, parse_instant
from tradesync.views.positions import trend_points, trend_ratio

D = Decimal


@dataclass(frozen=True, slots=True)
class Day:
    """One day's bar."""

    at: Instant
    close: Decimal


MONDAY = Day(parse_instant("2026-11-23T05:00:00Z"), D(10))
TUESDAY = Day(parse_instant("2026-11-24T05:00:00Z"), D(11))
DAYS = (MONDAY, TUESDAY)


@pytest.mark.parametrize(
    ("read_at", "expected"),
    [
        ("2026-11-24T20:00:00Z", (D(10), D(12))),  # today's bar is not done: its price is now's
        ("2026-11-25T15:00:00Z", (D(10), D(11), D(12))),  # no bar of that day yet
        ("2026-11-20T15:00:00Z", (D(10), D(11))),  # older than what is drawn
    ],
)
def test_a_trend_ends_at_the_latest_price(read_at: str, expected: tuple[Decimal, ...]) -> None:
    assert trend_points(DAYS, D(12), parse_instant(read_at)) == expected


def test_unknown_is_empty_and_a_price_alone_is_no_trend() -> None:
    assert trend_points((), D(12), parse_instant("2026-11-24T20:00:00Z")) == ()
    assert trend_points(DAYS, None, None) == (D(10), D(11))


def test_a_trend_is_higher_or_lower_by_a_share_of_where_it_begins() -> None:
    assert trend_ratio((D(10), D(7), D(12))) == D("0.2")
    assert trend_ratio((D(10), D(9))) == D("-0.1")
    assert trend_ratio((D(10),)) is None
    assert trend_ratio(()) is None
    assert trend_ratio((D(0), D(9))) is None
