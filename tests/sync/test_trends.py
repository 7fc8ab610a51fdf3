"""Trends of positions: all in one call, told at once, read beside whoever waits."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

import pytest

from tests.waiting import eventually
from tradesync.broker.errors import BrokerRefused, BrokerUnreachable
from tradesync.broker.port import Bar, Broker
from tradesync.domain.times import SECOND, Instant
from tradesync.sync.trends import DAYS, FAILED_SECONDS, FRESH_SECONDS, Closes, Trends

DAY = 86_400 * SECOND
NOW = 20_000 * DAY
STOCKS = {"AAPL": "us_equity", "MSFT": "us_equity"}


class Market:
    """A market data address under a test's hand."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[tuple[str, ...]] = []
        self.fails = False
        self.refuses: str | None = None

    def bars(
        self, names: Sequence[str], _class: str, _size: str, since: Instant, until: Instant
    ) -> Mapping[str, tuple[Bar, ...]]:
        """A bar a day."""
        self.asked.append(tuple(names))
        assert self.go.wait(10)
        if self.fails:
            raise BrokerUnreachable("No market data.")
        if self.refuses in names:
            raise BrokerRefused("invalid symbol", status=400)
        one = Decimal(1)
        return {
            name: tuple(Bar(at, one, one, one, one) for at in range(since, until + 1, DAY))
            for name in names
        }


def reader(market: Market, seconds: list[float]) -> Trends:
    """Reads trends of this market; `seconds` holds the time of its clock."""
    return Trends(cast(Broker, market), lambda: NOW, lambda: seconds[0])


def read(trends: Trends, held: Mapping[str, str]) -> Closes:
    """The closes once they are read."""
    eventually(lambda: not trends.ask(held).reading)
    return trends.ask(held)


def test_nobody_waits_and_all_of_a_class_are_one_call() -> None:
    market = Market()
    trends = reader(market, [0.0])
    held = {**STOCKS, "BTC/USD": "crypto"}
    assert trends.ask(held) == trends.ask(held) == Closes({}, reading=True)
    market.go.set()
    found = read(trends, held)
    assert {name: len(bars) for name, bars in found.bars.items()} == dict.fromkeys(held, DAYS)
    assert found.bars["AAPL"][-1].at == NOW
    assert market.asked == [("AAPL", "MSFT"), ("BTC/USD",)]


def test_kept_for_a_quarter_of_an_hour_and_told_while_they_are_read_again() -> None:
    market, seconds = Market(), [0.0]
    market.go.set()
    trends = reader(market, seconds)
    read(trends, STOCKS)
    seconds[0] = FRESH_SECONDS - 1
    assert len(read(trends, STOCKS).bars) == 2
    assert len(market.asked) == 1
    seconds[0] = FRESH_SECONDS + 1
    again = trends.ask(STOCKS)
    assert (len(again.bars), again.reading) == (2, False)
    eventually(lambda: len(market.asked) == 2)


@pytest.mark.parametrize("known", [True, False])
def test_a_failure_tells_what_was_known_and_leaves_the_address_alone(*, known: bool) -> None:
    market, seconds = Market(), [0.0]
    market.go.set()
    trends = reader(market, seconds)
    if known:
        read(trends, STOCKS)
    market.fails = True
    seconds[0] = FRESH_SECONDS + 1
    trends.ask(STOCKS)
    eventually(lambda: len(market.asked) == known + 1)
    found = read(trends, STOCKS)
    assert {len(bars) for bars in found.bars.values()} == {DAYS if known else 0}
    seconds[0] += FAILED_SECONDS - 1
    trends.ask(STOCKS)
    assert len(market.asked) == known + 1


def test_a_symbol_that_is_refused_costs_the_others_nothing() -> None:
    market = Market()
    market.go.set()
    market.refuses = "ODD"
    found = read(reader(market, [0.0]), {**STOCKS, "ODD": "us_equity", "TSLA": "us_equity"})
    assert {name: bool(bars) for name, bars in found.bars.items()} == {
        "AAPL": True, "MSFT": True, "ODD": False, "TSLA": True,
    }  # fmt: skip
