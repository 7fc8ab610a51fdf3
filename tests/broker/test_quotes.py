"""Prices by the market data address: what is read of them, and over HTTP."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.broker.test_paper_broker import adapter
from tests.simulator.broker import PaperBroker
from tradesync.broker.alpaca import AlpacaBroker
from tradesync.broker.port import Quote
from tradesync.broker.quotes import parse_snapshot
from tradesync.config import AccountConfig, Environment

D = Decimal


def test_a_snapshot_is_read_with_and_without_its_wrapper() -> None:
    row = {
        "latestTrade": {"t": "2026-11-18T15:00:00Z", "p": D("187.25")},
        "latestQuote": {"t": "2026-11-18T15:00:01Z", "bp": D("187.2"), "ap": 0},
    }
    expected = Quote("AAPL", D("187.25"), 1_795_014_000 * 10**9, D("187.2"), None,
                     1_795_014_001 * 10**9)  # fmt: skip
    assert parse_snapshot({"AAPL": row}, "AAPL") == expected
    assert parse_snapshot({"snapshots": {"AAPL": row}}, "AAPL") == expected


@pytest.mark.parametrize(
    "answer", [{}, {"snapshots": {}}, {"AAPL": None}, {"AAPL": {"latestTrade": None}}]
)
def test_no_price_is_none(answer: dict[str, object]) -> None:
    assert parse_snapshot(answer, "AAPL") is None


@pytest.mark.parametrize("answer", [[], "AAPL", {"AAPL": []}, {"AAPL": {"latestTrade": []}}])
def test_an_answer_of_another_shape_is_a_value_error(answer: object) -> None:
    with pytest.raises(ValueError, match=r"belongs|not an object"):
        parse_snapshot(answer, "AAPL")


def test_shares_and_coins_are_priced_by_the_paper_broker_itself() -> None:
    with PaperBroker() as paper, adapter(paper) as broker:
        paper.set_price("AAPL", "187.25")
        paper.set_price("BTC/USD", 60_000)
        share = broker.quote("AAPL", "us_equity")
        coin = broker.quote("BTC/USD", "crypto")
        nothing = broker.quote("NOSUCH", "us_equity")
    assert share is not None
    assert coin is not None
    assert (share.price, coin.price, nothing) == (D("187.25"), D(60_000), None)
    assert share.bid is not None
    assert share.ask is not None
    assert share.bid < D("187.25") < share.ask
    assert share.at


def test_the_configured_data_address_is_asked_instead() -> None:
    with PaperBroker() as trading, PaperBroker() as data:
        data.set_price("AAPL", "11.5")
        config = AccountConfig(
            "x", trading.key, trading.secret, trading.base_url, Environment.SIMULATED
        )
        broker = AlpacaBroker(config, data_url=data.base_url)
        quote = broker.quote("AAPL", "us_equity")
        broker.close()
    assert quote is not None
    assert quote.price == D("11.5")
