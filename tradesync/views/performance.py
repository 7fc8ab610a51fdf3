"""Performance of an account over a range of time: what was realized, by what, and how trades went.

Money is exact; unknown figures are counted, never taken for 0. Days are New York dates.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import pyarrow as pa

from tradesync.domain.money import ZERO, divided
from tradesync.domain.times import SECOND, Instant, new_york_date, new_york_midnight
from tradesync.store.database import Tx
from tradesync.store.queries_exports import Period, first_closing
from tradesync.store.queries_performance import (
    ClosedTrades,
    DayRow,
    Grouping,
    GroupRow,
    closed_trades,
    realized_by,
    realized_by_day,
    results_in_order,
)
from tradesync.views.equity import EquityRange, range_start
from tradesync.views.exports import Frame
from tradesync.views.performance_equity import EquityPerformance, read_equity_performance
from tradesync.views.returns import Streaks, streaks


class By(StrEnum):
    """What realized P&L is broken down by."""

    DAY = "Day"
    MONTH = "Month"
    WEEKDAY = "Weekday"
    SYMBOL = "Symbol"
    SIDE = "Side"
    HELD = "Holding time"


_GROUPING = {By.SYMBOL: Grouping.SYMBOL, By.SIDE: Grouping.SIDE, By.HELD: Grouping.HELD}
_HELD_UP_TO = (
    (0, "under a day"), (6, "1–6 days"), (29, "7–29 days"), (89, "30–89 days"),
    (364, "90–364 days"),
)  # fmt: skip
"""Whole days at most, and what a lot held so long is called."""
_LONGEST, _UNKNOWN_HELD = "a year or more", "not known"


@dataclass(frozen=True, slots=True)
class Group:
    """What some closings realized in USD; `unknown` of them are not in it."""

    name: str
    realized: Decimal
    closings: int
    unknown: int

    @property
    def all_unknown(self) -> bool:
        """Whether nothing is known of the group."""
        return self.unknown == self.closings


@dataclass(frozen=True, slots=True)
class Realized:
    """What all closings of the range realized in USD, by day and by what was asked."""

    total: Decimal
    closings: int
    unknown: int
    days: tuple[DayRow, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Extreme:
    """The best or the worst trade."""

    trade_id: str
    symbol: str
    realized: Decimal


@dataclass(frozen=True, slots=True)
class TradeStatistics:
    """How the trades closed in the range went, before fees; None: nothing to tell it from."""

    trades: int
    unknown: int
    won: int
    lost: int
    even: int
    win_rate: Decimal | None
    average_win: Decimal | None
    average_loss: Decimal | None
    profit_factor: Decimal | None
    """Gains ÷ losses; None where nothing was lost."""
    expectancy: Decimal | None
    """USD a trade."""
    best: Extreme | None
    worst: Extreme | None
    streaks: Streaks
    fees: Decimal
    held_seconds: float | None
    """The average time a trade was open."""


@dataclass(frozen=True, slots=True)
class Performance:
    """Everything the Performance page shows of a range."""

    realized: Realized
    statistics: TradeStatistics
    equity: EquityPerformance
    first_year: int | None
    """The New York year of the first closing on record, in the range or not."""


def read_performance(
    tx: Tx, account_id: str, wanted: EquityRange, by: By, now: Instant
) -> Performance:
    """The performance of a range that ends now."""
    since = range_start(wanted, new_york_date(now))
    days = realized_by_day(tx, account_id, since)
    grouping = _GROUPING.get(by)
    rows = realized_by(tx, account_id, since, grouping) if grouping else ()
    first = first_closing(tx, account_id)
    return Performance(
        realized=realized_from(days, groups_of(by, days, rows)),
        statistics=statistics_of(
            closed_trades(tx, account_id, since), results_in_order(tx, account_id, since)
        ),
        equity=read_equity_performance(tx, account_id, wanted, now),
        first_year=None if first is None else new_york_date(first).year,
    )


def realized_from(days: Sequence[DayRow], groups: Sequence[Group]) -> Realized:
    """The totals of the range, which are those of its days."""
    return Realized(
        total=sum((day.realized for day in days), ZERO),
        closings=sum(day.closings for day in days),
        unknown=sum(day.unknown for day in days),
        days=tuple(days),
        groups=tuple(groups),
    )


def groups_of(by: By, days: Sequence[DayRow], rows: Sequence[GroupRow]) -> tuple[Group, ...]:
    """The groups in the order they are read: time, size of the result, or length."""
    match by:
        case By.DAY:
            return tuple(_merged((day.day.isoformat(), day) for day in days))
        case By.MONTH:
            return tuple(_merged((f"{day.day:%Y-%m}", day) for day in days))
        case By.WEEKDAY:
            ordered = sorted(days, key=lambda day: day.day.weekday())
            return tuple(_merged((calendar.day_name[day.day.weekday()], day) for day in ordered))
        case By.HELD:
            ordered_rows = sorted(rows, key=_held_order)
            return tuple(_merged((held_words(int(row.name)), row) for row in ordered_rows))
        case By.SYMBOL:
            return _largest_first(rows, lambda row: row.name)
        case By.SIDE:
            return _largest_first(rows, lambda row: row.name.capitalize())


def _held_order(row: GroupRow) -> float:
    days = int(row.name)
    return days if days >= 0 else float("inf")


def held_words(days: int) -> str:
    """What a lot held so many whole days is called; -1: not known."""
    if days < 0:
        return _UNKNOWN_HELD
    return next((words for most, words in _HELD_UP_TO if days <= most), _LONGEST)


def _largest_first(
    rows: Iterable[GroupRow], name: Callable[[GroupRow], str]
) -> tuple[Group, ...]:
    groups = _merged((name(row), row) for row in rows)
    return tuple(sorted(groups, key=lambda group: (-group.realized, group.name)))


def _merged(named: Iterable[tuple[str, DayRow | GroupRow]]) -> list[Group]:
    """Rows of one name added up, in the order names first appear."""
    found: dict[str, Group] = {}
    for name, row in named:
        so_far = found.get(name, Group(name, ZERO, 0, 0))
        found[name] = Group(
            name,
            so_far.realized + row.realized,
            so_far.closings + row.closings,
            so_far.unknown + row.unknown,
        )
    return list(found.values())


def statistics_of(totals: ClosedTrades, results: Sequence[int]) -> TradeStatistics:
    """Averages and ratios of the trades whose result is known; `results` oldest first."""
    known = totals.trades - totals.unknown
    return TradeStatistics(
        trades=totals.trades,
        unknown=totals.unknown,
        won=totals.won,
        lost=totals.lost,
        even=known - totals.won - totals.lost,
        win_rate=_ratio(Decimal(totals.won), known),
        average_win=_ratio(totals.gains, totals.won),
        average_loss=_ratio(totals.losses, totals.lost),
        profit_factor=divided(totals.gains, -totals.losses) if totals.losses else None,
        expectancy=_ratio(totals.gains + totals.losses, known),
        best=_extreme(totals.best_trade, totals.best_symbol, totals.best),
        worst=_extreme(totals.worst_trade, totals.worst_symbol, totals.worst),
        streaks=streaks(results),
        fees=totals.fees,
        held_seconds=float(totals.held / totals.trades) / SECOND if totals.trades else None,
    )


def _ratio(part: Decimal, whole: int) -> Decimal | None:
    return divided(part, Decimal(whole)) if whole else None


def _extreme(trade_id: str | None, symbol: str | None, realized: Decimal | None) -> Extreme | None:
    if trade_id is None or symbol is None or realized is None:
        return None
    return Extreme(trade_id, symbol, realized)


def read_days(tx: Tx, account_id: str, period: Period) -> Frame:
    """Realized P&L by New York day, for export; a day of which nothing is known is empty."""
    days = [
        day for day in realized_by_day(tx, account_id, period.since)
        if new_york_midnight(day.day) < period.until
    ]
    amounts = [None if day.unknown == day.closings else day.realized for day in days]
    return Frame(
        pa.table(
            {
                "day": pa.array([day.day for day in days], pa.date32()),
                "realized_pnl": pa.array(amounts, pa.decimal128(38, 12)),
                "closings": pa.array([day.closings for day in days], pa.int64()),
                "unknown": pa.array([day.unknown for day in days], pa.int64()),
            }
        )
    )  # fmt: skip
