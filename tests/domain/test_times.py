"""Instants in nanoseconds, and the New York day they fall on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradesync.domain.times import (
    SECOND,
    day_end,
    format_instant,
    from_datetime,
    new_york_date,
    new_york_midnight,
    parse_instant,
    to_datetime,
)

NOON = 1_772_452_800 * SECOND
"""2026-03-02T12:00:00Z."""


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("2026-03-02T12:00:00Z", 0), ("2026-03-02t12:00:00z", 0), (" 2026-03-02 12:00:00Z\n", 0),
        ("2026-03-02T12:00:00.5Z", 500_000_000), ("2026-03-02T12:00:00.000000001Z", 1),
        ("2026-03-02T12:00:00.123456789Z", 123_456_789),
        ("2026-03-02T12:00:00.1234567899Z", 123_456_789),
        ("2026-03-02T07:00:00-05:00", 0), ("2026-03-02T13:30:00.25+0130", 250_000_000),
    ],
)  # fmt: skip
def test_times_are_read_to_the_nanosecond(text: str, nanos: int) -> None:
    assert parse_instant(text) == NOON + nanos


@pytest.mark.parametrize(
    "text", ["", "2026-03-02", "2026-03-02T12:00:00", "2026-03-02T12:00Z", "x2026-03-02T12:00:00Z"]
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError) as told:
        parse_instant(text)
    assert str(told.value) == f"not an RFC 3339 time: {text!r}"


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (NOON, "2026-03-02T12:00:00Z"), (NOON + 1, "2026-03-02T12:00:00.000000001Z"),
        (NOON + 250_000_000, "2026-03-02T12:00:00.25Z"),
        (NOON + 10 * SECOND, "2026-03-02T12:00:10Z"),
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
    ],
)  # fmt: skip
def test_times_are_written_in_utc_without_idle_zeros(instant: int, text: str) -> None:
    assert format_instant(instant) == text


@given(st.integers(-(10**18), 4 * 10**18))
def test_what_is_written_is_read_as_it_was(instant: int) -> None:
    assert parse_instant(format_instant(instant)) == instant


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_datetime_is_an_instant_and_back(moment: datetime) -> None:
    assert to_datetime(from_datetime(moment)) == moment


def test_a_datetime_counts_from_the_epoch_whatever_its_zone() -> None:
    east = timezone(timedelta(hours=2))
    assert from_datetime(datetime(1970, 1, 2, 2, 0, 1, 7, tzinfo=east)) == 86_401_000_007_000
    with pytest.raises(ValueError, match=r"^a datetime without a zone names no instant$"):
        from_datetime(datetime(2026, 3, 2))  # noqa: DTZ001


def test_less_than_a_microsecond_is_cut_off_a_datetime() -> None:
    assert to_datetime(NOON + 1999) == datetime(2026, 3, 2, 12, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "begins"),
    [("2026-03-08", "T05:00:00Z"), ("2026-03-09", "T04:00:00Z"), ("2026-11-02", "T05:00:00Z")],
)
def test_a_new_york_day_lasts_from_midnight_to_the_last_nanosecond(day: str, begins: str) -> None:
    """Also where clocks are changed: on 8 March it lasts 23 hours."""
    named = date.fromisoformat(day)
    begun = parse_instant(f"{day}{begins}")
    assert new_york_midnight(named) == begun
    assert new_york_date(begun) == named
    assert new_york_date(begun - 1) == named - timedelta(days=1)
    assert day_end(named) == new_york_midnight(named + timedelta(days=1)) - 1
    assert new_york_date(day_end(named)) == named


def test_the_day_clocks_go_forward_has_23_hours() -> None:
    changed = date(2026, 3, 8)
    assert day_end(changed) - new_york_midnight(changed) == 23 * 3600 * SECOND - 1
