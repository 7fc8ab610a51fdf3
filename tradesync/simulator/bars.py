"""Bars of any time frame, put together from the minutes and days the market keeps.

Time frames as Alpaca names them: 1-59Min (T), 1-23Hour (H), 1Day (D), 1Week (W) and
1, 2, 3, 4, 6 or 12Month (M). Minutes and hours count from New York midnight, weeks from Monday.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain

from tradesync.simulator import dice, market_calendar
from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import invalid
from tradesync.simulator.minutes import MINUTE_NS, MinuteBar
from tradesync.simulator.prices import minute_bar
from tradesync.simulator.records import Asset, Bar
from tradesync.simulator.wire import new_york_date

_FRAME = re.compile(r"^(\d{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)$")
_UNITS = {"T": "Min", "H": "Hour", "D": "Day", "W": "Week", "M": "Month"}
_COUNTS = {
    "Min": range(1, 60),
    "Hour": range(1, 24),
    "Day": (1,),
    "Week": (1,),
    "Month": (1, 2, 3, 4, 6, 12),
}
_SHARES_A_TRADE = 80


@dataclass(frozen=True, slots=True)
class Candle:
    """One bar; `at_ns` is where it begins. Volume and trades are made up, the same each time."""

    at_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    trades: int

    @property
    def middle(self) -> Decimal:
        """Stands for the volume-weighted price."""
        return (self.high + self.low + self.close) / 3


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """So many units of Min, Hour, Day, Week or Month."""

    count: int
    unit: str

    @property
    def intraday(self) -> bool:
        """Made of minutes rather than of days."""
        return self.unit in {"Min", "Hour"}

    def start_of(self, at_ns: int) -> int:
        """Where the bar begins that `at_ns` falls into."""
        day = new_york_date(at_ns)
        if self.intraday:
            midnight = market_calendar.midnight(day)
            span = self.count * MINUTE_NS * (60 if self.unit == "Hour" else 1)
            return midnight + (at_ns - midnight) // span * span
        return market_calendar.midnight(self._first_day(day))

    def _first_day(self, day: date) -> date:
        if self.unit == "Week":
            return day - timedelta(days=day.weekday())
        if self.unit == "Month":
            return date(day.year, (day.month - 1) // self.count * self.count + 1, 1)
        return day


def read_frame(text: str) -> TimeFrame:
    """The time frame of a query; 422 for one Alpaca does not have."""
    found = _FRAME.match(text)
    if found is None:
        invalid(f"invalid timeframe: {text}")
    unit = _UNITS.get(found.group(2), found.group(2))
    count = int(found.group(1))
    if count not in _COUNTS[unit]:
        invalid(f"invalid timeframe: {text}")
    return TimeFrame(count, unit)


def candles(broker: Broker, asset: Asset, frame: TimeFrame, start: int, end: int) -> list[Candle]:
    """Bars beginning between `start` and `end`, both included, oldest first."""
    source = _minutes if frame.intraday else _days
    made = _grouped(source(broker, asset, frame.start_of(start)), frame.start_of)
    return [candle for candle in made if start <= candle.at_ns <= end]


def last_minute(broker: Broker, asset: Asset) -> Candle:
    """The bar of the minute the price last moved in."""
    return _minute_candle(minute_bar(broker.market.prices[asset.symbol]))


def today(broker: Broker, asset: Asset) -> Candle:
    """The daily bar that is being made."""
    price = broker.market.prices[asset.symbol]
    bar = Bar(asset.symbol, broker.world.day, price.open, price.high, price.low, price.last)
    return _day_candle(bar)


def past_days(broker: Broker, asset: Asset) -> list[Candle]:
    """Daily bars before today's, oldest first; shares only have trading days."""
    always = asset.asset_class == "crypto"
    return [
        _day_candle(bar)
        for bar in broker.market.days(asset.symbol)
        if always or market_calendar.is_trading_day(bar.day)
    ]


def _minutes(broker: Broker, asset: Asset, start: int) -> Iterator[Candle]:
    now = minute_bar(broker.market.prices[asset.symbol])
    past = broker.market.minutes.between(asset.symbol, start // MINUTE_NS, now.minute - 1)
    return map(_minute_candle, chain(past, [now]))


def _days(broker: Broker, asset: Asset, start: int) -> Iterator[Candle]:
    every = chain(past_days(broker, asset), [today(broker, asset)])
    return (candle for candle in every if candle.at_ns >= start)


def _minute_candle(bar: MinuteBar) -> Candle:
    volume = _SHARES_A_TRADE + dice.pick(5_000, bar.symbol, bar.minute)
    prices = (bar.open, bar.high, bar.low, bar.close)
    return Candle(bar.minute * MINUTE_NS, *prices, volume, volume // _SHARES_A_TRADE)


def _day_candle(bar: Bar) -> Candle:
    volume = 100_000 + dice.pick(9_000_000, bar.symbol, bar.day)
    prices = (bar.open, bar.high, bar.low, bar.close)
    at_ns = market_calendar.midnight(bar.day)
    return Candle(at_ns, *prices, volume, volume // _SHARES_A_TRADE)


def _grouped(parts: Iterable[Candle], start_of: Callable[[int], int]) -> list[Candle]:
    """Parts of one bar joined; they come oldest first."""
    made: list[Candle] = []
    for part in parts:
        begins = start_of(part.at_ns)
        if made and made[-1].at_ns == begins:
            made[-1] = _joined(made[-1], part)
        else:
            made.append(replace(part, at_ns=begins))
    return made


def _joined(first: Candle, then: Candle) -> Candle:
    return replace(
        first,
        high=max(first.high, then.high),
        low=min(first.low, then.low),
        close=then.close,
        volume=first.volume + then.volume,
        trades=first.trades + then.trades,
    )
