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
