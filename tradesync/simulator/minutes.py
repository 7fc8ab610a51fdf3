"""Bars of past minutes: a page an hour and symbol, the last week of them kept.

A minute in which a symbol's price did not move has no bar, as at Alpaca one without a trade.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from tradesync.simulator.tables import Journal, Table
from tradesync.simulator.wire import SECOND, number

MINUTE_NS = 60 * SECOND
HOURS_KEPT = 7 * 24
_MINUTES_A_PAGE = 60


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """One symbol in one minute; `minute` counts from 1970 UTC."""

    symbol: str
    minute: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class MinutePage:
    """An hour of one symbol; each bar is the text `minute open high low close`."""

    symbol: str
    hour: int
    bars: tuple[str, ...] = ()


class MinuteHistory:
    """Reads and adds bars; pages older than a week go when a new one begins."""

    def __init__(self, journal: Journal) -> None:
        self._pages = Table(journal, MinutePage, "minutes")
        self._hours: dict[str, list[int]] = defaultdict(list)
        self._pages.watch(self._index)

    def _index(self, former: MinutePage | None, current: MinutePage | None) -> None:
        if former is None and current is not None:
            insort(self._hours[current.symbol], current.hour)
        if current is None and former is not None:
            self._hours[former.symbol].remove(former.hour)

    def keep(self, bar: MinuteBar) -> None:
        """Add the bar of a minute that has ended."""
        hour = bar.minute // _MINUTES_A_PAGE
        key = _key(bar.symbol, hour)
        page = self._pages.get(key)
        if page is None:
            page = MinutePage(bar.symbol, hour)
            self._drop_before(bar.symbol, hour - HOURS_KEPT)
        self._pages.put(key, replace(page, bars=(*page.bars, _written(bar))))

    def _drop_before(self, symbol: str, hour: int) -> None:
        hours = self._hours[symbol]
        for old in hours[: bisect_left(hours, hour)]:
            self._pages.drop(_key(symbol, old))

    def between(self, symbol: str, first: int, last: int) -> Iterator[MinuteBar]:
        """Bars of the minutes from `first` to `last`, both included, oldest first."""
        hours = self._hours.get(symbol, [])
        for hour in hours[bisect_left(hours, first // _MINUTES_A_PAGE) :]:
            if hour * _MINUTES_A_PAGE > last:
                return
            for text in self._pages[_key(symbol, hour)].bars:
                bar = _read(symbol, text)
                if first <= bar.minute <= last:
                    yield bar

    def rename(self, old: str, new: str) -> None:
        """The past of a symbol goes with it."""
        for hour in list(self._hours.get(old, [])):
            page = self._pages[_key(old, hour)]
            self._pages.drop(_key(old, hour))
            self._pages.put(_key(new, hour), replace(page, symbol=new))


def _key(symbol: str, hour: int) -> str:
    return f"{symbol}|{hour:08d}"


def _written(bar: MinuteBar) -> str:
    prices = (bar.open, bar.high, bar.low, bar.close)
    return " ".join([str(bar.minute), *map(number, prices)])


def _read(symbol: str, text: str) -> MinuteBar:
    minute, *prices = text.split(" ")
    return MinuteBar(symbol, int(minute), *map(Decimal, prices))
