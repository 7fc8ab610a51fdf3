"""Price bars of the past, from the market data address: what is asked and what is read.

Prices are JSON numbers; times name the bar's beginning (alpaca-api reference 1.6). Bars are
asked split-adjusted, as our quantities and prices are in today's units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from tradesync.broker import fields
from tradesync.broker.errors import BrokerRefused, BrokerReplyError
from tradesync.broker.fields import Row
from tradesync.broker.port import Bar
from tradesync.domain.times import SECOND, Instant, format_instant

_LIMIT = 10_000
_HOUR: Instant = 3600 * SECOND
_STOCK_ONLY = {"adjustment": "split"}
_FREE_FEED = {"feed": "iex"}
"""The feed every subscription may read up to now; the default one may answer 403 for the last
quarter of an hour."""

Ask = Callable[[dict[str, str]], Any]
"""Asks the bars' address of the instrument's class with these parameters. BrokerError."""


class BarSize(StrEnum):
    """How long a bar lasts, as Alpaca names it."""

    FIVE_MINUTES = "5Min"
    HOUR = "1Hour"
    DAY = "1Day"


def bar_size(span: Instant) -> BarSize:
    """A size that draws a span of so many nanoseconds with some hundred bars at most."""
    if span <= 30 * _HOUR:
        return BarSize.FIVE_MINUTES
    return BarSize.HOUR if span <= 14 * 24 * _HOUR else BarSize.DAY


def read_bars(
    ask: Ask,
    symbols: Sequence[str],
    asset_class: str,
    size: BarSize,
    *,
    since: Instant,
    until: Instant,
) -> dict[str, tuple[Bar, ...]]:
    """The bars of each symbol that begin from `since` to `until`, oldest first, asked at once.

    None is an empty tuple. All together are at most ten thousand. BrokerError.
    """
    wanted = {
        "symbols": ",".join(symbols),
        "timeframe": size.value,
        "start": format_instant(since),
        "end": format_instant(until),
        "limit": str(_LIMIT),
    }
    if asset_class == "us_equity":
        wanted |= _STOCK_ONLY
    try:
        answer = ask(wanted)
    except BrokerRefused as error:
        if error.status != 403 or asset_class != "us_equity":
            raise
        answer = ask(wanted | _FREE_FEED)
    try:
        return {symbol: parse_bars(answer, symbol) for symbol in symbols}
    except ValueError as error:
        names = ", ".join(symbols)
        raise BrokerReplyError(f"The price bars of {names} cannot be read: {error}.") from None


def parse_bars(answer: object, symbol: str) -> tuple[Bar, ...]:
    """The bars of a reply; empty when the symbol is not in it. ValueError."""
    if not isinstance(answer, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 (one error for callers)
    by_symbol = {} if answer.get("bars") is None else answer["bars"]
    if not isinstance(by_symbol, dict):
        raise ValueError("bars is not an object")  # noqa: TRY004
    rows = [] if by_symbol.get(symbol) is None else by_symbol[symbol]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"the bars of {symbol} are no list of objects")
    return tuple(sorted((_bar(row) for row in rows), key=lambda bar: bar.at))


def _bar(row: Row) -> Bar:
    return Bar(
        at=fields.instant(row, "t"),
        open=fields.decimal(row, "o"),
        high=fields.decimal(row, "h"),
        low=fields.decimal(row, "l"),
        close=fields.decimal(row, "c"),
    )
