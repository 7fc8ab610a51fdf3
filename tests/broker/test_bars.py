"""Price bars by the market data address: what is asked, what is read, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.broker.test_paper_broker import adapter
from tests.simulator.broker import PaperBroker
from tradesync.broker.bars import BarSize, bar_size, parse_bars, read_bars
from tradesync.broker.errors import BrokerRefused
from tradesync.broker.port import Bar
from tradesync.domain.times import SECOND, new_york_date, parse_instant

D = Decimal
ROW = {"t": "2026-11-18T05:00:00Z", "o": D("1.5"), "h": 3, "l": 1, "c": 2, "v": 9}
BAR = Bar(parse_instant("2026-11-18T05:00:00Z"), D("1.5"), D(3), D(1), D(2))
HOUR = 3600 * SECOND


def test_bars_are_read_oldest_first_and_no_bars_are_none() -> None:
    later = {**ROW, "t": "2026-11-19T05:00:00Z"}
    assert parse_bars({"bars": {"AAPL": [later, ROW]}}, "AAPL")[0] == BAR
    assert parse_bars({"bars": {"AAPL": None}}, "AAPL") == ()
    assert parse_bars({"bars": None}, "AAPL") == ()


@pytest.mark.parametrize(
    "answer", [[], {"bars": []}, {"bars": {"AAPL": {}}}, {"bars": {"AAPL": [{"t": "x"}]}}]
)
def test_an_answer_of_another_shape_is_a_value_error(answer: object) -> None:
    with pytest.raises(ValueError, match=r"object|list|missing|time|x"):
        parse_bars(answer, "AAPL")


def test_without_a_subscription_the_free_feed_is_asked() -> None:
    asked: list[dict[str, str]] = []

    def ask(wanted: dict[str, str]) -> Any:
        asked.append(wanted)
        if "feed" not in wanted:
            raise BrokerRefused("subscription does not permit querying recent SIP data", status=403)
        return {"bars": {"AAPL": [ROW]}}

    stocks = read_bars(ask, ["AAPL", "MSFT"], "us_equity", BarSize.DAY, since=0, until=SECOND)
    assert stocks == {"AAPL": (BAR,), "MSFT": ()}
    assert asked[0]["symbols"] == "AAPL,MSFT"
    assert [wanted.get("feed") for wanted in asked] == [None, "iex"]
    assert asked[0]["adjustment"] == "split"
    with pytest.raises(BrokerRefused):
        read_bars(ask, ["BTC/USD"], "crypto", BarSize.DAY, since=0, until=SECOND)
    assert "adjustment" not in asked[-1]


@pytest.mark.parametrize(
    ("hours", "size"), [(3, BarSize.FIVE_MINUTES), (72, BarSize.HOUR), (2000, BarSize.DAY)]
)
def test_longer_spans_get_longer_bars(hours: int, size: BarSize) -> None:
    assert bar_size(hours * HOUR) is size


def test_the_paper_brokers_bars_are_read_over_http() -> None:
    with PaperBroker() as paper, adapter(paper) as broker:
        until = parse_instant(paper.get("/clock")["timestamp"])
        names = ["AAPL", "MSFT", "NOSUCH"]
        found = broker.bars(names, "us_equity", "1Day", until - 40 * 24 * HOUR, until)
        coins = broker.bars(["BTC/USD"], "crypto", "1Day", until - 10 * 24 * HOUR, until)
    days, nothing, coin = found["AAPL"], found["NOSUCH"], coins["BTC/USD"]
    assert len(found["MSFT"]) == len(days)
    assert days
    assert new_york_date(days[-1].at) == new_york_date(until)
    assert all(bar.low <= min(bar.open, bar.close) for bar in (*days, *coin))
    assert coin
    assert nothing == ()
