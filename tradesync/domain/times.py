"""Instants in whole nanoseconds, and the New York calendar day they fall on."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

Instant: TypeAlias = int
"""Nanoseconds since 1970-01-01T00:00:00Z. Alpaca stamps nanoseconds; datetime would lose them."""

NEW_YORK = ZoneInfo("America/New_York")
SECOND: Instant = 1_000_000_000
MICROSECOND: Instant = 1_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?\d*(Z|z|[+-]\d{2}:?\d{2})"
)


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 time with up to nine fraction digits; ValueError when it is none."""
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    day, clock, fraction, zone = match.groups()
    whole = datetime.fromisoformat(f"{day}T{clock}{zone.upper()}")
    return from_datetime(whole) + int((fraction or "").ljust(9, "0"))


def format_instant(instant: Instant) -> str:
    """Write an instant as RFC 3339 UTC, trailing zeros of the fraction trimmed."""
    seconds, nanos = divmod(instant, SECOND)
    whole = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{whole}{fraction}Z"


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime (microseconds at best)."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a zone names no instant")
    delta = moment - _EPOCH
    micros = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    return micros * MICROSECOND


def to_datetime(instant: Instant) -> datetime:
    """The UTC datetime of an instant, truncated to microseconds."""
    return _EPOCH + timedelta(microseconds=instant // MICROSECOND)


def new_york_date(instant: Instant) -> date:
    """The New York calendar date an instant falls on: the *day* of every figure."""
    return to_datetime(instant).astimezone(NEW_YORK).date()


def new_york_midnight(day: date) -> Instant:
    """00:00 New York of a date: where dated broker rows stand in time."""
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK))


def day_end(day: date) -> Instant:
    """The last nanosecond of a New York date: where what happens after the close stands."""
    return new_york_midnight(day + timedelta(days=1)) - 1
