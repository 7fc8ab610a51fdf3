"""The portfolio history: daily closes the books kept, and equity samples within days."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tradesync.simulator import market_calendar
from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import invalid
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.market_calendar import Session
from tradesync.simulator.rest.common import choice, instant, words
from tradesync.simulator.wire import CENT, RATIO_STEP, SECOND, ZERO, new_york_date, rounded

FRAMES = {"1Min": 60, "5Min": 300, "15Min": 900, "1H": 3600, "1D": 86400}
_PERIOD = re.compile(r"^(\d+)([DWMA])$")
_UNIT_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}
_ALL_DAYS = 36_500
_LATEST = 7_258_118_400 * SECOND
"""The year 2200."""
_REPORTING = ("market_hours", "extended_hours", "continuous")
Point = tuple[int, Decimal]
"""Epoch seconds and equity."""


def history(broker: Broker, ledger: Ledger, query: Mapping[str, str]) -> dict[str, Any]:
    """The JSON of one query; numbers, not strings, and seconds, as Alpaca sends them."""
    start, end = _span(broker, query)
    frame = _frame(query, (end - start).days)
    if frame == "1D":
        points = _daily(broker, ledger, start, end)
    else:
        reporting = choice(query, "intraday_reporting", _REPORTING)
        marks = _marks(start, end, FRAMES[frame] * SECOND, reporting)
        points = _intraday(ledger, marks, broker.now(), live=end >= new_york_date(broker.now()))
    base_day, base = _base(ledger, points)
    gains = [equity - base for _, equity in points]
    return {
        "timestamp": [at for at, _ in points],
        "equity": [_number(equity) for _, equity in points],
        "profit_loss": [_number(gain) for gain in gains],
        "profit_loss_pct": [
            float(rounded(gain / base, RATIO_STEP)) if base else 0.0 for gain in gains
        ],
        "base_value": _number(base),
        "base_value_asof": base_day.isoformat(),
        "timeframe": frame,
        "cashflow": _cashflow(ledger, points, query),
    }


def _number(value: Decimal) -> float:
    return float(rounded(value, CENT))


def _span(broker: Broker, query: Mapping[str, str]) -> tuple[date, date]:
    if query.get("start") and query.get("end") and query.get("period"):
        invalid("only two of start, end and period are accepted")
    end_ns, start_ns = instant(query, "end") or instant(query, "date_end"), instant(query, "start")
    days = _period_days(query.get("period") or "1M")
    today = new_york_date(broker.now())
    end = min(_day(end_ns) if end_ns else today, today)
    if start_ns is not None:
        start = _day(start_ns)
        return start, end if end_ns or not query.get("period") else start + timedelta(days=days)
    return end - timedelta(days=days), end


def _day(ns: int) -> date:
    """The New York date of a time, moved into the centuries that calendars can reckon with."""
    return new_york_date(min(max(ns, 0), _LATEST))


def _period_days(period: str) -> int:
    if period == "all":
        return _ALL_DAYS
    found = _PERIOD.match(period)
    if not found:
        invalid(f"invalid period: {period}")
    return min(int(found.group(1)) * _UNIT_DAYS[found.group(2)], _ALL_DAYS)


def _frame(query: Mapping[str, str], days: int) -> str:
    frame = query.get("timeframe")
    if frame and frame not in FRAMES:
        invalid(f"invalid timeframe: {frame}")
    if frame and frame != "1D" and days > 30:
        invalid(f"invalid timeframe: {frame}, only 1D is accepted for more than 30 days")
    if frame:
        return frame
    if days < 7:
        return "1Min"
    return "15Min" if days < 30 else "1D"


def _daily(broker: Broker, ledger: Ledger, start: date, end: date) -> list[Point]:
    """Closes of trading days, and the present value as today's point."""
    points: list[Point] = []
    for close in sorted(ledger.days.values(), key=lambda kept: kept.day):
        session = market_calendar.session(close.day)
        if session is not None and start <= close.day <= end:
            points.append((session.close // SECOND, close.equity))
    today = new_york_date(broker.now())
    if end >= today:
        session = market_calendar.session(today)
        at = session.close if session else broker.now()
        points.append((at // SECOND, ledger.equity()))
    return points


def _intraday(ledger: Ledger, marks: Iterator[int], now: int, *, live: bool) -> list[Point]:
    """The last sample at or before each mark; marks before the first sample have none."""
    samples = sorted((kept.at_ns, kept.equity) for kept in ledger.samples.values())
    times = [at for at, _ in samples]
    points: list[Point] = []
    for mark in marks:
        index = bisect_right(times, mark)
        if index and mark <= now:
            points.append((mark // SECOND, samples[index - 1][1]))
    if live and (not points or points[-1][0] < now // SECOND):
        points.append((now // SECOND, ledger.equity()))
    return points


def _marks(start: date, end: date, step: int, reporting: str) -> Iterator[int]:
    """Instants a point is wanted for, day after day."""
    while start <= end:
        yield from _day_marks(start, step, reporting)
        start += timedelta(days=1)


def _day_marks(day: date, step: int, reporting: str) -> range:
    if reporting == "continuous":
        start = market_calendar.midnight(day)
        return range(start, market_calendar.midnight(day + timedelta(days=1)), step)
    session: Session | None = market_calendar.session(day)
    if session is None:
        return range(0)
    if reporting == "extended_hours":
        return range(session.pre_open, session.post_close, step)
    return range(session.open, session.close, step)


def _base(ledger: Ledger, points: list[Point]) -> tuple[date, Decimal]:
    """The close of the day before the first point; the account's first deposit failing that."""
    first = new_york_date(points[0][0] * SECOND) if points else date.max
    earlier = [kept for kept in ledger.days.values() if kept.day < first]
    if earlier:
        last = max(earlier, key=lambda kept: kept.day)
        return last.day, last.equity
    opened = new_york_date(ledger.account.created_ns)
    flows = ledger.days.get(opened.isoformat())
    deposits = flows.flows.get("CSD", ZERO) if flows else ledger.account.net_deposits
    return opened, deposits


def _cashflow(ledger: Ledger, points: list[Point], query: Mapping[str, str]) -> dict[str, Any]:
    """Money in and out by activity type, one figure a point."""
    asked = words(query, "cashflow_types") or frozenset({"ALL"})
    if "NONE" in asked:
        return {}
    rows: dict[str, list[float]] = {}
    for index, (at, _) in enumerate(points):
        kept = ledger.days.get(new_york_date(at * SECOND).isoformat())
        for kind, amount in (kept.flows if kept else {}).items():
            if "ALL" in asked or kind in asked:
                rows.setdefault(kind, [0.0] * len(points))[index] = _number(amount)
    return rows
