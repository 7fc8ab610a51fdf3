"""What an instrument costs now, from the market data address: latest trade and quote.

Stocks, crypto and options have paths of their own (alpaca-api reference 1.6); prices are JSON
numbers there. A symbol nobody lists is left out of the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradesync.broker import fields
from tradesync.broker.bars import BarSize, read_bars
from tradesync.broker.client import ExactClient
from tradesync.broker.errors import BrokerReplyError
from tradesync.broker.fields import Row
from tradesync.broker.port import Bar, Quote
from tradesync.config import AccountConfig, is_loopback
from tradesync.domain.times import Instant

DATA_URL = "https://data.alpaca.markets"
TIMEOUT = 3.0
"""Seconds a person waits for a price."""

_PLACES = {
    "us_equity": ("v2", "/stocks"),
    "crypto": ("v1beta3", "/crypto/us"),
    "us_option": ("v1beta1", "/options"),
}


class QuoteClient:
    """Asks the market data address; `data_url` None: Alpaca's, or the paper broker's own."""

    def __init__(self, config: AccountConfig, data_url: str | None) -> None:
        if data_url is None and config.base_url is not None:
            data_url = config.base_url if is_loopback(config.base_url) else DATA_URL
        address = replace(config, base_url=data_url)
        self._client = ExactClient(address, timeout=TIMEOUT, on_headers=lambda _: None)

    def close(self) -> None:
        """Drop the kept connections."""
        self._client.close()

    def latest(self, symbol: str, asset_class: str) -> Quote | None:
        """The latest trade and quote; None when the broker has no price of it. BrokerError."""
        version, place = _PLACES.get(asset_class, _PLACES["us_equity"])
        answer = self._client.get(f"{place}/snapshots", {"symbols": symbol}, api_version=version)
        try:
            return parse_snapshot(answer, symbol)
        except ValueError as error:
            raise BrokerReplyError(
                f"The market data of {symbol} cannot be read: {error}."
            ) from None

    def bars(
        self,
        symbols: Sequence[str],
        asset_class: str,
        size: BarSize,
        since: Instant,
        until: Instant,
    ) -> dict[str, tuple[Bar, ...]]:
        """What each cost from `since` to `until`, oldest first. BrokerError."""
        version, place = _PLACES.get(asset_class, _PLACES["us_equity"])
        return read_bars(
            lambda wanted: self._client.get(f"{place}/bars", wanted, api_version=version),
            symbols, asset_class, size, since=since, until=until,
        )  # fmt: skip


def parse_snapshot(answer: object, symbol: str) -> Quote | None:
    """The quote of a snapshots reply; None when the symbol is not in it. ValueError."""
    wrapped = _part(answer, "snapshots") or answer
    found = _part(wrapped, symbol)
    trade, quote = _part(found, "latestTrade"), _part(found, "latestQuote")
    price, at = fields.optional_decimal(trade, "p"), fields.optional_instant(trade, "t")
    bid, ask = _side(quote, "bp"), _side(quote, "ap")
    if price is None and bid is None and ask is None:
        return None
    return Quote(symbol, price, at, bid, ask, fields.optional_instant(quote, "t"))


def _part(row: object, name: str) -> Row:
    """An object of the reply; empty when absent or null."""
    if not isinstance(row, dict):
        raise ValueError(f"{name} is not where it belongs")  # noqa: TRY004 (one error for callers)
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")  # noqa: TRY004 (one error for callers)
    return value


def _side(quote: Row, name: str) -> Decimal | None:
    """A bid or ask; zero means that nobody bids."""
    return fields.optional_decimal(quote, name) or None
