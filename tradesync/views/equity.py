"""The account's equity over a range of time, out of the recorded histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.money import ZERO
from tradesync.domain.times import Instant, day_end, new_york_date, new_york_midnight
from tradesync.store.database import Tx
from tradesync.store.queries import EquityRow, equity_rows, equity_timeframes

DAILY = "1D"
_INTRADAY_ORDER = ("1Min", "5Min", "15Min", "1H")


class EquityRange(StrEnum):
    """How far back an equity curve goes."""

    DAY = "1D"
    WEEK = "1W"
    MONTH = "1M"
    QUARTER = "3M"
    YEAR_TO_DATE = "YTD"
    YEAR = "1Y"
    ALL = "All"


INTRADAY = frozenset({EquityRange.DAY, EquityRange.WEEK})
"""Ranges drawn from points within days."""
_DAYS = {
    EquityRange.DAY: 0,
    EquityRange.WEEK: 7,
    EquityRange.MONTH: 31,
    EquityRange.QUARTER: 92,
    EquityRange.YEAR: 366,
}


def read_histories(tx: Tx, account_id: str) -> dict[str, tuple[EquityRow, ...]]:
    """All recorded equity points, by timeframe."""
    return {
        timeframe: equity_rows(tx, account_id, timeframe)
        for timeframe in equity_timeframes(tx, account_id)
    }


def range_start(wanted: EquityRange, today: date) -> Instant:
    """Where a range begins: midnight in New York of its first day."""
    if wanted is EquityRange.ALL:
        return 0
    if wanted is EquityRange.YEAR_TO_DATE:
        return new_york_midnight(date(today.year, 1, 1))
    return new_york_midnight(today - timedelta(days=_DAYS[wanted]))


def equity_curve(
    histories: Mapping[str, Sequence[EquityRow]],
    wanted: EquityRange,
    now: Instant,
    latest: EquityRow | None,
) -> tuple[EquityRow, ...]:
    """The curve of a range, the account's latest equity as its last point.

    Every range begins with the close before it. A day or a week goes by daily points until the
    finest history with two points begins, longer ranges by daily points alone. Days before the
    account was funded (equity 0) are left out.
    """
    start = range_start(wanted, new_york_date(now))
    daily = in_range(daily_points(histories.get(DAILY, ()), latest), start)
    fine = _fine_points(histories, start, now, latest)
    if wanted not in INTRADAY and len(daily) >= 2:
        return tuple(daily)
    earlier = [point for point in daily if not fine or point.at < fine[0].at]
    return (*earlier, *fine)


def daily_points(points: Sequence[EquityRow], latest: EquityRow | None) -> list[EquityRow]:
    """One point a New York day, at its end, from the first funded one on; the latest as it is.

    A daily point states what the account was worth at the end of its date. An equity read on an
    earlier day than the last point has not changed since, and adds nothing.
    """
    by_day = {new_york_date(point.at): point.equity for point in points}
    today = None if latest is None else new_york_date(latest.at)
    ends_now = latest is not None and today is not None and all(day <= today for day in by_day)
    found = [
        EquityRow(day_end(day), equity)
        for day, equity in sorted(by_day.items())
        if not (ends_now and day == today)
    ]
    if latest is not None and ends_now:
        found.append(latest)
    return list(_from_first_funded(found))


def in_range(points: Sequence[EquityRow], start: Instant) -> list[EquityRow]:
    """The points from `start` on, and the last one before it: what the range began with."""
    first = next((place for place, point in enumerate(points) if point.at >= start), len(points))
    return list(points[max(0, first - 1) :])


def _fine_points(
    histories: Mapping[str, Sequence[EquityRow]],
    start: Instant,
    now: Instant,
    latest: EquityRow | None,
) -> list[EquityRow]:
    """The points of the finest history with two of them in the range, then the latest equity."""
    found: list[EquityRow] = []
    for timeframe in _INTRADAY_ORDER:
        known = [point for point in histories.get(timeframe, ()) if start <= point.at <= now]
        if len(known) > len(found):
            found = list(_from_first_funded(known))
        if len(found) >= 2:
            break
    if latest is not None and (not found or latest.at > found[-1].at):
        found.append(latest)
    return found


def range_change(
    points: Sequence[EquityRow], deposits: Sequence[Decimal] | None
) -> tuple[Decimal, Decimal]:
    """What a curve gained in USD, deposits excluded, and what was deposited (net) along it."""
    moved = deposits[-1] - deposits[0] if deposits else ZERO
    return points[-1].equity - points[0].equity - moved, moved


def _from_first_funded(points: Sequence[EquityRow]) -> Sequence[EquityRow]:
    for place, point in enumerate(points):
        if point.equity:
            return points[place:]
    return ()
