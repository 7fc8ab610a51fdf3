"""Market data through alpaca-py's data clients."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alpaca.data.historical import (
    CryptoHistoricalDataClient,
    OptionHistoricalDataClient,
    StockHistoricalDataClient,
)
from alpaca.data.requests import (
    CryptoLatestTradeRequest,
    OptionLatestQuoteRequest,
    StockBarsRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

from tests.simulator.broker import PaperBroker


@pytest.fixture(scope="module")
def demo() -> Iterator[PaperBroker]:
    with PaperBroker(empty=False) as running:
        running.set_price("AAPL", "250.25")
        yield running


def stocks(broker: PaperBroker) -> Any:
    """Any: its methods are typed to return a model or a dict."""
    return StockHistoricalDataClient(broker.key, broker.secret, url_override=broker.base_url)


def test_the_latest_trade_is_the_price_positions_show(demo: PaperBroker) -> None:
    found = stocks(demo).get_stock_latest_trade(
        StockLatestTradeRequest(symbol_or_symbols=["AAPL", "NOPE"])
    )
    assert list(found) == ["AAPL"]
    assert found["AAPL"].price == 250.25


def test_quotes_lie_around_the_price(demo: PaperBroker) -> None:
    found = stocks(demo).get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAPL"))
    assert found["AAPL"].bid_price < 250.25 < found["AAPL"].ask_price


def test_snapshots_have_no_wrapper_and_carry_the_day_before(demo: PaperBroker) -> None:
    found = stocks(demo).get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=["MSFT"]))
    assert found["MSFT"].latest_trade.price == float(demo.books()["prices"]["MSFT"]["last"])
    assert found["MSFT"].previous_daily_bar.close > 0


def test_daily_bars_cover_trading_days_and_agree_with_each_other(demo: PaperBroker) -> None:
    request = StockBarsRequest(
        symbol_or_symbols="NVDA",
        timeframe=TimeFrame(1, TimeFrameUnit.Day),
        start=datetime(2026, 10, 1, tzinfo=UTC),
        end=datetime(2026, 11, 18, tzinfo=UTC),
    )
    bars = stocks(demo).get_stock_bars(request)["NVDA"]
    assert len(bars) == 34
    assert all(bar.low <= min(bar.open, bar.close) for bar in bars)
    assert all(bar.high >= max(bar.open, bar.close) for bar in bars)


def test_coins_need_the_slash(demo: PaperBroker) -> None:
    coins: Any = CryptoHistoricalDataClient(demo.key, demo.secret, url_override=demo.base_url)
    found = coins.get_crypto_latest_trade(CryptoLatestTradeRequest(symbol_or_symbols="BTC/USD"))
    assert found["BTC/USD"].price > 1000
    reply = demo.raw("GET", "/v1beta3/crypto/us/latest/trades", params={"symbols": "BTCUSD"})
    assert reply.status_code == 400


def test_option_quotes(demo: PaperBroker) -> None:
    symbol = next(name for name in demo.books()["prices"] if name.startswith("SPY2"))
    options: Any = OptionHistoricalDataClient(demo.key, demo.secret, url_override=demo.base_url)
    found = options.get_option_latest_quote(OptionLatestQuoteRequest(symbol_or_symbols=symbol))
    assert found[symbol].ask_price > 0


def bars(broker: PaperBroker, **query: Any) -> Any:
    return broker.raw("GET", "/v2/stocks/bars", params=query).json()


def at_minutes(broker: PaperBroker, prices: dict[int, tuple[str, ...]]) -> None:
    """Pin AAPL at prices some minutes past 10:00 New York (15:00 UTC) of 19 November."""
    broker.set_price("AAPL", 100)
    for minute, values in prices.items():
        broker.control("step", to=f"2026-11-19T15:{minute:02d}:05Z")
        for value in values:
            broker.set_price("AAPL", value)


STORY = {0: ("100", "103", "99"), 1: ("101",), 3: ("105", "104"), 7: ("90",)}


def ohlc(rows: list[dict[str, Any]]) -> list[tuple[str, float, float, float, float]]:
    return [(row["t"][11:16], row["o"], row["h"], row["l"], row["c"]) for row in rows]


def test_minutes_without_a_move_have_no_bar(paper_broker: PaperBroker) -> None:
    at_minutes(paper_broker, STORY)
    found = bars(paper_broker, symbols="AAPL", timeframe="1Min", start="2026-11-19T15:00:00Z")
    assert ohlc(found["bars"]["AAPL"]) == [
        ("15:00", 100, 103, 99, 99),
        ("15:01", 101, 101, 101, 101),
        ("15:03", 105, 105, 104, 104),
        ("15:07", 90, 90, 90, 90),
    ]


def test_longer_bars_are_put_together_from_minutes(paper_broker: PaperBroker) -> None:
    at_minutes(paper_broker, STORY)
    query = {"symbols": "AAPL", "start": "2026-11-19T15:00:00Z"}
    minutes = bars(paper_broker, timeframe="1Min", **query)["bars"]["AAPL"]
    fives = bars(paper_broker, timeframe="5T", **query)["bars"]["AAPL"]
    assert ohlc(fives) == [("15:00", 100, 105, 99, 104), ("15:05", 90, 90, 90, 90)]
    assert fives[0]["v"] == sum(row["v"] for row in minutes[:3])
    hours = bars(paper_broker, timeframe="1Hour", **query)["bars"]["AAPL"]
    assert ohlc(hours) == [("15:00", 100, 105, 90, 90)]


def test_pages_of_bars_leave_nothing_out_and_repeat_nothing(paper_broker: PaperBroker) -> None:
    at_minutes(paper_broker, STORY)
    paper_broker.set_price("MSFT", 400)
    query = {"symbols": "MSFT,AAPL", "timeframe": "1Min", "start": "2026-11-19T15:00:00Z"}
    for order in ("asc", "desc"):
        whole = bars(paper_broker, sort=order, **query)["bars"]
        pages: list[tuple[str, str]] = []
        more: dict[str, str] = {}
        while True:
            page = bars(paper_broker, sort=order, limit="2", **query, **more)
            pages += [(name, row["t"]) for name, rows in page["bars"].items() for row in rows]
            if page["next_page_token"] is None:
                break
            more = {"page_token": page["next_page_token"]}
        assert pages == [(name, row["t"]) for name, rows in whole.items() for row in rows]


def test_minute_bars_survive_a_restart_and_go_after_a_week(paper_broker: PaperBroker) -> None:
    at_minutes(paper_broker, STORY)
    query = {"symbols": "AAPL", "timeframe": "1Min", "start": "2026-11-19T15:00:00Z"}
    before = bars(paper_broker, end="2026-11-19T16:00:00Z", **query)
    paper_broker.restart(kill=True)
    assert bars(paper_broker, end="2026-11-19T16:00:00Z", **query) == before
    paper_broker.control("step", to="2026-11-28T15:00:00Z")
    paper_broker.set_price("AAPL", 91)
    paper_broker.control("step", to="2026-11-28T16:00:00Z")
    paper_broker.set_price("AAPL", 92)
    paper_broker.control("step", to="2026-11-28T17:00:00Z")
    paper_broker.set_price("AAPL", 93)
    times = [row["t"] for row in bars(paper_broker, **query)["bars"]["AAPL"]]
    assert times == ["2026-11-28T15:00:00Z", "2026-11-28T16:00:00Z", "2026-11-28T17:00:00Z"]


@pytest.mark.parametrize("frame", ["0Min", "60Min", "24Hour", "2Day", "5Month", "1min", "x"])
def test_time_frames_alpaca_does_not_have_are_refused(demo: PaperBroker, frame: str) -> None:
    reply = demo.raw("GET", "/v2/stocks/bars", params={"symbols": "AAPL", "timeframe": frame})
    assert (reply.status_code, reply.json()["message"]) == (422, f"invalid timeframe: {frame}")


def test_weeks_and_months_hold_their_days(demo: PaperBroker) -> None:
    query = {"symbols": "NVDA", "start": "2026-09-01", "end": "2026-10-31T23:00:00Z"}
    days = bars(demo, timeframe="1Day", **query)["bars"]["NVDA"]
    months = bars(demo, timeframe="1Month", **query)["bars"]["NVDA"]
    assert [row["t"][:10] for row in months] == ["2026-09-01", "2026-10-01"]
    assert [row["h"] for row in months] == [
        max(day["h"] for day in days if day["t"][5:7] == month) for month in ("09", "10")
    ]
    weeks = bars(demo, timeframe="1Week", **query)["bars"]["NVDA"]
    assert all(datetime.fromisoformat(row["t"]).weekday() == 0 for row in weeks)


def test_the_demo_account_has_minutes_of_its_last_week(demo: PaperBroker) -> None:
    request = StockBarsRequest(
        symbol_or_symbols=["AAPL", "MSFT"],
        timeframe=TimeFrame(30, TimeFrameUnit.Minute),
        start=datetime(2026, 11, 16, tzinfo=UTC),
        end=datetime(2026, 11, 18, tzinfo=UTC),
    )
    found = stocks(demo).get_stock_bars(request)
    assert {name: len(found[name]) for name in ("AAPL", "MSFT")} == {"AAPL": 26, "MSFT": 26}


def test_one_share_can_be_named_in_the_path(demo: PaperBroker) -> None:
    for path, key in (("trades/latest", "trade"), ("quotes/latest", "quote"), ("bars", "bars")):
        found = demo.raw("GET", f"/v2/stocks/AAPL/{path}").json()
        assert (found["symbol"], key in found) == ("AAPL", True)
    snapshot = demo.raw("GET", "/v2/stocks/AAPL/snapshot").json()
    assert snapshot["latestTrade"]["p"] == 250.25
    assert demo.raw("GET", "/v2/stocks/NOPE/trades/latest").status_code == 404


def test_a_split_divides_the_bars_being_made(paper_broker: PaperBroker) -> None:
    paper_broker.set_price("AAPL", 200)
    paper_broker.submit_market("AAPL", 10)
    paper_broker.control("split", symbol="AAPL", ratio=4)
    shown = paper_broker.raw("GET", "/v2/stocks/AAPL/snapshot").json()
    for bar in (shown["minuteBar"], shown["dailyBar"]):
        assert bar["l"] <= bar["c"] == 50 <= bar["h"] < 100
