"""US equity sessions computed by rule: weekends, exchange holidays and early closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from tradesync.simulator.wire import NEW_YORK, nanoseconds, new_york_date

OPEN = time(9, 30)
CLOSE = time(16, 0)
EARLY_CLOSE = time(13, 0)
PRE_OPEN = time(4, 0)
POST_CLOSE = time(20, 0)
EARLY_POST_CLOSE = time(17, 0)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day; times are nanoseconds UTC."""

    day: date
    pre_open: int
    open: int
    close: int
    post_close: int


def easter(year: int) -> date:
    """Gregorian Easter Sunday (Meeus)."""
    golden, century, rest = year % 19, year // 100, year % 100
    drift = century - century // 4 - (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + drift + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _observed(day: date) -> date:
    if day.weekday() == 5:
        return day - _DAY
    return day + _DAY if day.weekday() == 6 else day


@cache
def holidays(year: int) -> frozenset[date]:
    """Full-day closures of the New York exchanges in `year`."""
    days = {
        _nth(year, 1, 0, 3),
        _nth(year, 2, 0, 3),
        easter(year) - timedelta(days=2),
        _last_monday_of_may(year),
        _observed(date(year, 7, 4)),
        _nth(year, 9, 0, 1),
        _nth(year, 11, 3, 4),
        _observed(date(year, 12, 25)),
    }
    if year >= 2022:
        days.add(_observed(date(year, 6, 19)))
    # New Year's Day on a Saturday is not made up for (NYSE rule 7.2).
    if date(year, 1, 1).weekday() != 5:
        days.add(_observed(date(year, 1, 1)))
    return frozenset(days)


def is_trading_day(day: date) -> bool:
    """Whether the exchanges hold a regular session on `day`."""
    return day.weekday() < 5 and day not in holidays(day.year)


def is_half_day(day: date) -> bool:
    """Early closes: the eve of July 4, the day after Thanksgiving, Christmas Eve."""
    july = day.month == 7 and day.day == 3 and date(day.year, 7, 4).weekday() in {1, 2, 3, 4}
    friday = day == _nth(day.year, 11, 3, 4) + _DAY
    eve = day.month == 12 and day.day == 24
    return is_trading_day(day) and (july or friday or eve)


def at(day: date, wall: time) -> int:
    """Nanoseconds of a New York wall-clock time on `day`."""
    return nanoseconds(datetime.combine(day, wall, NEW_YORK))


@cache
def session(day: date) -> Session | None:
    """The session of `day`, None when there is none."""
    if not is_trading_day(day):
        return None
    half = is_half_day(day)
    return Session(
        day=day,
        pre_open=at(day, PRE_OPEN),
        open=at(day, OPEN),
        close=at(day, EARLY_CLOSE if half else CLOSE),
        post_close=at(day, EARLY_POST_CLOSE if half else POST_CLOSE),
    )


def next_session(day: date) -> Session:
    """The first session on or after `day`."""
    found = session(day)
    while found is None:
        day += _DAY
        found = session(day)
    return found


def previous_trading_day(day: date) -> date:
    """The last trading day before `day`."""
    day -= _DAY
    while not is_trading_day(day):
        day -= _DAY
    return day


def next_open(now: int) -> int:
    """The first regular open after `now`."""
    found = next_session(new_york_date(now))
    return found.open if found.open > now else next_session(found.day + _DAY).open


def next_close(now: int) -> int:
    """The first regular close after `now`."""
    found = next_session(new_york_date(now))
    return found.close if found.close > now else next_session(found.day + _DAY).close


def next_pre_open(now: int) -> int:
    """The first start of extended hours (04:00 New York) after `now`."""
    found = next_session(new_york_date(now))
    return found.pre_open if found.pre_open > now else next_session(found.day + _DAY).pre_open


def in_regular_hours(now: int) -> bool:
    """Whether `now` lies in a regular session."""
    found = session(new_york_date(now))
    return found is not None and found.open <= now < found.close


def in_extended_hours(now: int) -> bool:
    """Whether `now` lies between pre-market open and after-hours close."""
    found = session(new_york_date(now))
    return found is not None and found.pre_open <= now < found.post_close


def midnight(day: date) -> int:
    """The start of `day` in New York."""
    return at(day, time(0, 0))
