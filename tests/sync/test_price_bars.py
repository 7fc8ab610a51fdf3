"""Bars of a trade: asked once, told at once, read beside whoever waits."""

from __future__ import annotations

import threading
from typing import Any, cast

from tests.waiting import eventually
from tradesync.broker.bars import BarSize
from tradesync.broker.errors import BrokerUnreachable
from tradesync.broker.port import Bar, Broker
from tradesync.domain.times import SECOND, Instant
from tradesync.sync.price_bars import FRESH_SECONDS, BarsAnswer, BarsWanted, PriceBars

HOUR = 3600 * SECOND
NOW = 10_000 * HOUR
CLOSED = BarsWanted("AAPL", "us_equity", NOW - 20 * HOUR, NOW - 4 * HOUR)
OPEN = BarsWanted("AAPL", "us_equity", NOW - 20 * HOUR, None)


class Market:
    """A market data address under a test's hand: answers when let go, counts what it is asked."""

    def __init__(self, bars: int = 10) -> None:
        self.count = bars
        self.fails = False
        self.late: Instant = 0
        self.go = threading.Event()
        self.asked: list[tuple[str, Instant, Instant]] = []

    def bars(self, names: Any, _class: str, size: str, since: Instant, until: Instant) -> Any:
        self.asked.append((size, since, until))
        assert self.go.wait(10)
        if self.fails:
            raise BrokerUnreachable("No market data.")
        first = since + self.late
        bars = tuple(Bar(first + n, 1, 1, 1, 1) for n in range(self.count))  # type: ignore[arg-type]
        return dict.fromkeys(names, bars)


def reader(market: Market, seconds: list[float]) -> PriceBars:
    """Reads bars of this market; `seconds` holds the time of its clock."""
    return PriceBars(cast(Broker, market), lambda: NOW, lambda: seconds[0])


def read(prices: PriceBars, wanted: BarsWanted) -> BarsAnswer:
    """The answer once it is read."""
    eventually(lambda: not prices.ask(wanted).reading)
    return prices.ask(wanted)


def test_nobody_waits_and_many_ask_once() -> None:
    market = Market()
    prices = reader(market, [0.0])
    assert prices.ask(CLOSED) == prices.ask(CLOSED) == BarsAnswer(reading=True)
    market.go.set()
    answer = read(prices, CLOSED)
    assert (len(answer.bars), answer.size) == (10, BarSize.FIVE_MINUTES)
    ((_size, since, until),) = market.asked
    assert since < CLOSED.since
    assert CLOSED.until is not None
    assert CLOSED.until < until <= NOW


def test_a_closed_trades_bars_are_kept_and_an_open_ones_read_again() -> None:
    market, seconds = Market(), [0.0]
    market.go.set()
    prices = reader(market, seconds)
    read(prices, CLOSED)
    read(prices, OPEN)
    seconds[0] = FRESH_SECONDS + 1
    assert len(prices.ask(CLOSED).bars) == 10
    assert len(prices.ask(OPEN).bars) == 10  # the old ones meanwhile
    eventually(lambda: len(market.asked) == 3)


def test_too_few_fine_bars_are_days_instead() -> None:
    market = Market(bars=2)
    market.go.set()
    assert read(reader(market, [0.0]), CLOSED).size is BarSize.DAY
    assert [size for size, _since, _until in market.asked] == ["5Min", "1Day"]


def test_fine_bars_that_begin_late_are_days_instead() -> None:
    market = Market()
    market.late = 12 * HOUR
    market.go.set()
    assert read(reader(market, [0.0]), CLOSED).size is BarSize.DAY


def test_bars_once_read_outlive_a_failure() -> None:
    market, seconds = Market(), [0.0]
    market.go.set()
    prices = reader(market, seconds)
    read(prices, OPEN)
    market.fails, seconds[0] = True, FRESH_SECONDS + 1
    prices.ask(OPEN)
    eventually(lambda: prices.ask(OPEN).problem == "No market data.")
    assert len(prices.ask(OPEN).bars) == 10


def test_a_failure_is_a_sentence_and_is_tried_again_later() -> None:
    market, seconds = Market(), [0.0]
    market.fails = True
    market.go.set()
    prices = reader(market, seconds)
    assert read(prices, CLOSED).problem == "No market data."
    market.fails, seconds[0] = False, 21.0
    prices.ask(CLOSED)
    eventually(lambda: prices.ask(CLOSED).problem is None)
