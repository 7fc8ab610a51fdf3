"""Equity against net deposits over a range, and the returns and risks that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradesync.domain.amendments import standing_activities
from tradesync.domain.facts import Activity
from tradesync.domain.money import times
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import Instant, new_york_date, new_york_midnight
from tradesync.store.accounts import account
from tradesync.store.database import Tx
from tradesync.store.queries import EquityRow, account_figures
from tradesync.store.queries_performance import money_flows
from tradesync.store.snapshots import load_market_days
from tradesync.views import returns as r
from tradesync.views.equity import (
    DAILY,
    INTRADAY,
    EquityRange,
    daily_points,
    equity_curve,
    in_range,
    range_start,
    read_histories,
)


@dataclass(frozen=True, slots=True)
class Flows:
    """What moved in and out of the account."""

    known: tuple[r.Flow, ...]
    unknown: tuple[Instant, ...] = ()
    """When something moved that could not be valued."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Ratios of a range's daily returns; None: not enough days, or nothing to divide by."""

    time_weighted: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    drawdown: r.Drawdown | None
    days: int
    """How many daily returns they are told from."""
    a_year: int


@dataclass(frozen=True, slots=True)
class EquityPerformance:
    """The curve of a range with its net deposits and drawdown, point by point, and its risk."""

    is_intraday: bool
    points: tuple[EquityRow, ...]
    deposits: tuple[Decimal, ...] | None
    """Net deposits at each point; None where no deposit is on record."""
    drawdown: tuple[tuple[Instant, float], ...]
    risk: Risk
    gaps: tuple[r.Gap, ...]
    since: date | None
    """The day the returns are counted from; None without two daily points."""
    unvalued: int
    """Transfers of the range without a price: they are taken for gains or losses."""


def read_equity_performance(
    tx: Tx, account_id: str, wanted: EquityRange, now: Instant
) -> EquityPerformance:
    """Equity, deposits, returns and risk of a range that ends now."""
    figures = account_figures(tx, account_id)
    latest = None if figures is None else EquityRow(figures.read_at, figures.equity)
    environment = account(tx, account_id).environment
    return equity_performance(
        read_histories(tx, account_id),
        read_flows(tx, account_id),
        latest,
        wanted=wanted,
        now=now,
        open_days=frozenset(day.day for day in load_market_days(tx, environment)),
    )


def equity_performance(
    histories: Mapping[str, Sequence[EquityRow]],
    flows: Flows,
    latest: EquityRow | None,
    *,
    wanted: EquityRange,
    now: Instant,
    open_days: frozenset[date],
) -> EquityPerformance:
    """Equity, deposits, returns and risk out of recorded points and flows."""
    start = range_start(wanted, new_york_date(now))
    daily = in_range(daily_points(histories.get(DAILY, ()), latest), start)
    found = r.returns_of(daily, flows.known)
    points = equity_curve(histories, wanted, now, latest) if wanted in INTRADAY else daily
    shown = r.returns_of(points, flows.known) if wanted in INTRADAY else found
    return EquityPerformance(
        is_intraday=wanted in INTRADAY,
        points=tuple(points),
        deposits=deposits_at(flows, points),
        drawdown=r.drawdowns(points[0].at, shown) if points else (),
        risk=risk_of(daily, found),
        gaps=r.gaps(daily, open_days),
        since=new_york_date(daily[0].at) if len(daily) > 1 else None,
        unvalued=sum(at > daily[0].at for at in flows.unknown) if daily else 0,
    )


def deposits_at(flows: Flows, points: Sequence[EquityRow]) -> tuple[Decimal, ...] | None:
    """Net deposits at each point; None where no deposit is on record."""
    return r.deposits_along(points, flows.known) if flows.known else None


def risk_of(points: Sequence[EquityRow], found: Sequence[r.Return]) -> Risk:
    """The ratios of daily returns; `points` are what they were found from.

    The last point may be of any day: it is the account as read just now.
    """
    ratios = r.known_ratios(found)
    a_year = r.periods_a_year(new_york_date(point.at) for point in points[:-1])
    return Risk(
        time_weighted=r.time_weighted(found),
        volatility=r.volatility(ratios, a_year),
        sharpe=r.sharpe(ratios, a_year),
        sortino=r.sortino(ratios, a_year),
        drawdown=r.deepest(r.drawdowns(points[0].at, found)) if found else None,
        days=len(ratios),
        a_year=a_year,
    )


def read_flows(tx: Tx, account_id: str) -> Flows:
    """All that moved in or out of the account, by its dated rows that stand."""
    return flows_of(standing_activities(money_flows(tx, account_id)))


def flows_of(rows: Iterable[Activity]) -> Flows:
    """Rows of deposits, withdrawals and transfers as flows of money.

    A row's money counts, else its quantity × price; a row of securities without a price cannot
    be valued. It happened when it was booked on its date, else at 00:00 New York of it.
    """
    symbols = SymbolIndex((), ())
    known, unknown = [], []
    for row in rows:
        amount = _amount(row, symbols)
        if amount is None:
            unknown.append(_moment(row))
        elif amount:
            known.append(r.Flow(_moment(row), amount))
    return Flows(tuple(known), tuple(unknown))


def _amount(row: Activity, symbols: SymbolIndex) -> Decimal | None:
    if row.net_amount or not row.qty or not row.symbol:
        return row.net_amount or Decimal(0)
    if row.price is None:
        return None
    return times(row.qty, row.price) * symbols.find_or_make(row.symbol).multiplier


def _moment(row: Activity) -> Instant:
    if row.created_at is not None and new_york_date(row.created_at) == row.day:
        return row.created_at
    return new_york_midnight(row.day)
