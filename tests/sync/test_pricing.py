"""What a symbol is and costs: asked once for many, with short patience."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import cast

import pytest

from tests.waiting import eventually
from tradesync.broker.errors import BrokerNotFound, BrokerUnreachable
from tradesync.broker.port import Asset, Broker, Quote
from tradesync.sync.outcomes import SyncError
from tradesync.sync.pricing import ASSET_SECONDS, QUOTE_SECONDS, Pricing

ASSET = Asset("AAPL", "id", "us_equity", "Apple", "active", True, True, True)


class Asked:
    """Answers as a broker would, and counts."""

    def __init__(self) -> None:
        self.count = 0
        self.now = 100.0
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def asset(self, symbol: str) -> Asset:
        """Knows one symbol."""
        self._called()
        if symbol != "AAPL":
            raise BrokerNotFound("no")
        return ASSET

    def quote(self, symbol: str, asset_class: str) -> Quote | None:
        """The count as the price."""
        self._called()
        return Quote(f"{asset_class} {symbol}", Decimal(self.count), None, None, None, None)

    def _called(self) -> None:
        self.count += 1
        assert self.gate.wait(30)
        if self.error:
            raise self.error


def pricing(asked: Asked, wait_seconds: float = 30.0) -> Pricing:
    return Pricing(cast(Broker, asked), lambda: asked.now, wait_seconds)


def test_an_answer_is_told_again_until_it_is_old() -> None:
    asked = Asked()
    prices = pricing(asked)
    assert prices.asset("AAPL") is ASSET
    asked.now += ASSET_SECONDS
    assert prices.asset("AAPL") is ASSET
    assert asked.count == 1
    asked.now += 1
    prices.asset("AAPL")
    assert asked.count == 2
    first = prices.quote("BTCUSD", "crypto")
    again = prices.quote("BTC/USD", "crypto")
    asked.now += QUOTE_SECONDS + 0.1
    later = prices.quote("BTC/USD", "crypto")
    assert first is again
    assert later is not first
    assert first is not None
    assert first.symbol == "crypto BTC/USD"


def test_an_unknown_symbol_is_none_and_a_failure_is_told_and_left_alone() -> None:
    asked = Asked()
    prices = pricing(asked)
    assert prices.asset("NOSUCH") is None
    asked.error = BrokerUnreachable("Nobody answers.")
    for _ in range(2):
        with pytest.raises(SyncError, match="Nobody answers"):
            prices.quote("AAPL", "us_equity")
    assert asked.count == 2
    asked.error = None
    asked.now += 11
    assert prices.quote("AAPL", "us_equity") is not None


def test_a_broker_that_is_late_is_not_waited_for_but_heard() -> None:
    asked = Asked()
    asked.gate.clear()
    prices = pricing(asked, wait_seconds=0.0)
    for _ in range(2):
        with pytest.raises(SyncError, match="not answered yet"):
            prices.asset("AAPL")
    assert asked.count == 1
    asked.gate.set()

    def answered() -> bool:
        try:
            return prices.asset("AAPL") is ASSET
        except SyncError:
            return False

    eventually(answered)
    assert asked.count == 1
