"""US market days computed by rule, against the exchanges' published calendars."""

from __future__ import annotations

from datetime import date

import pytest

from tradesync.simulator.market_calendar import (
    easter,
    holidays,
    in_regular_hours,
    is_half_day,
    next_close,
    next_open,
    session,
)
from tradesync.simulator.wire import new_york_text, parse_time

PUBLISHED = {
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
}
HALF_DAYS = {
    2024: "07-03 11-29 12-24",
    2025: "07-03 11-28 12-24",
    2026: "11-27 12-24",
    2027: "11-26",
}


def days(year: int, text: str) -> set[date]:
    return {date.fromisoformat(f"{year}-{day}") for day in text.split()}


@pytest.mark.parametrize("year", PUBLISHED)
def test_holidays_and_half_days_are_the_published_ones(year: int) -> None:
    assert {day for day in holidays(year) if day.year == year} == days(year, PUBLISHED[year])
    start = date(year, 1, 1).toordinal()
    found = {day for day in map(date.fromordinal, range(start, start + 365)) if is_half_day(day)}
    assert found == days(year, HALF_DAYS[year])


def test_a_saturday_new_year_is_not_made_up_for() -> None:
    assert session(date(2021, 12, 31)) is not None


@pytest.mark.parametrize(("year", "day"), [(2024, "03-31"), (2025, "04-20"), (2038, "04-25")])
def test_easter(year: int, day: str) -> None:
    assert easter(year) == date.fromisoformat(f"{year}-{day}")


def test_sessions_follow_new_york_through_the_clock_change() -> None:
    friday = parse_time("2026-10-30T21:00:00Z", "t")
    assert new_york_text(next_open(friday)) == "2026-11-02T09:30:00-05:00"
    assert new_york_text(next_close(friday)) == "2026-11-02T16:00:00-05:00"
    assert in_regular_hours(parse_time("2026-10-30T13:30:00Z", "t"))
    assert not in_regular_hours(parse_time("2026-11-02T14:29:59Z", "t"))
    assert in_regular_hours(parse_time("2026-11-02T14:30:00Z", "t"))
    assert not in_regular_hours(parse_time("2026-11-27T18:00:00Z", "t"))
