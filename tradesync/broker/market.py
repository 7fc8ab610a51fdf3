"""The broker's clock, calendar, assets and equity history, read from JSON."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as wall_time
from decimal import Decimal

from tradesync.broker import fields
from tradesync.broker.fields import Row
from tradesync.broker.port import Asset, Clock, EquityPoint, MarketDay
from tradesync.domain.instruments import canonical_symbol
from tradesync.domain.times import NEW_YORK, SECOND, Instant, from_datetime


def parse_clock(row: Row) -> Clock:
    """The market clock. ValueError when a field cannot be read."""
    return Clock(
        at=fields.instant(row, "timestamp"),
        is_open=fields.flag(row, "is_open"),
        next_open=fields.instant(row, "next_open"),
        next_close=fields.instant(row, "next_close"),
    )


def parse_market_day(row: Row) -> MarketDay:
    """One calendar day; its hours are New York wall clock (reference 1.5)."""
    day = fields.optional_day(row, "date")
    if day is None:
        raise ValueError("date is missing")
    return MarketDay(
        day=day,
        opens_at=_on(day, fields.required_text(row, "open")),
        closes_at=_on(day, fields.required_text(row, "close")),
    )


def _on(day: date, hours: str) -> Instant:
    """A New York wall clock time ("09:30") of a day."""
    return from_datetime(
        datetime.combine(day, wall_time.fromisoformat(hours)).replace(tzinfo=NEW_YORK)
    )


def parse_asset(row: Row) -> Asset:
    """One asset; its class is called `class` (reference 1.5)."""
    asset_class = fields.text(row, "class") or fields.text(row, "asset_class")
    return Asset(
        symbol=canonical_symbol(fields.required_text(row, "symbol"), asset_class),
        asset_id=fields.required_text(row, "id"),
        asset_class=asset_class,
        name=fields.text(row, "name"),
        status=fields.text(row, "status"),
        tradable=fields.flag(row, "tradable"),
        shortable=fields.flag(row, "shortable"),
        fractionable=fields.flag(row, "fractionable"),
    )


def parse_equity(row: Row) -> tuple[EquityPoint, ...]:
    """The points of a portfolio history that have an equity, oldest first."""
    times, equities = _column(row, "timestamp"), _column(row, "equity")
    profits = _column(row, "profit_loss") or [None] * len(times)
    if not len(times) == len(equities) == len(profits):
        raise ValueError("timestamp, equity and profit_loss differ in length")
    points = []
    for seconds, equity, profit in zip(times, equities, profits, strict=True):
        value = _number(equity)
        if value is not None:
            points.append(EquityPoint(_instant(seconds), value, _number(profit)))
    return tuple(sorted(points, key=lambda point: point.at))


def _column(row: Row, name: str) -> list[object]:
    """A list of the reply; empty when absent or null."""
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")  # noqa: TRY004 (one error for callers)
    return value


def _number(value: object) -> Decimal | None:
    """A number of the history, exact; None where the broker has none."""
    return fields.optional_decimal({"value": value}, "value")


def _instant(seconds: object) -> Instant:
    """A time given in whole seconds since the epoch."""
    return int(fields.decimal({"timestamp": seconds}, "timestamp")) * SECOND
