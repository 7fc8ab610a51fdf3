"""The account's equity over a range of time, out of the recorded histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from tradesync.domain.times import Instant, new_york_date, new_york_midnight
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


def _timeframes(wanted: EquityRange) -> tuple[str, ...]:
    if wanted in {EquityRange.DAY, EquityRange.WEEK}:
        return (*_INTRADAY_ORDER, DAILY)
    return (DAILY, *reversed(_INTRADAY_ORDER))


def equity_curve(
    histories: Mapping[str, Sequence[EquityRow]],
    wanted: EquityRange,
    now: Instant,
    latest: EquityRow | None,
) -> tuple[EquityRow, ...]:
    """The curve of a range, the account's latest equity as its last point.

    A day or a week comes from the finest history with two points in it, longer ranges from the
    daily one. Days before the account was funded (equity 0) are left out.
    """
    start = range_start(wanted, new_york_date(now))
    chosen: Sequence[EquityRow] = ()
    for timeframe in _timeframes(wanted):
        points = [point for point in histories.get(timeframe, ()) if point.at >= start]
        if len(points) > len(chosen):
            chosen = points
        if len(chosen) >= 2:
            break
    funded = _from_first_funded(chosen)
    if latest is not None and (not funded or latest.at > funded[-1].at):
        return (*funded, latest)
    return tuple(funded)


def _from_first_funded(points: Sequence[EquityRow]) -> Sequence[EquityRow]:
    for place, point in enumerate(points):
        if point.equity:
            return points[place:]
    return ()
