"""The Performance page in words: statistics as pairs of name and value, gaps, and the method."""

from __future__ import annotations

from tradesync.views.performance import Performance, TradeStatistics
from tradesync.views.performance_equity import EquityPerformance, Risk
from tradesync.views.returns import FEWEST_RETURNS, Gap
from tradesync.web import formatting as f

_GAPS_NAMED = 3


def plural(count: int, word: str) -> str:
    """A count with its word: 1 closing, 2,000 closings."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def unknown_words(count: int) -> str | None:
    """How many figures are not in a total; None when all are."""
    return f"{count:,} unknown" if count else None


def factor(trades: TradeStatistics) -> str:
    """The profit factor, or why there is none."""
    if trades.profit_factor is not None:
        return f"{trades.profit_factor:,.2f}"
    return "no losses" if trades.won else f.UNKNOWN


def number(value: float | None) -> str:
    """A ratio of two places with a real minus."""
    if value is None:
        return f.UNKNOWN
    text = f"{abs(value):,.2f}"
    return f"{f.MINUS}{text}" if value < 0 and text != "0.00" else text


def trade_rows(trades: TradeStatistics) -> list[tuple[str, str]]:
    """Statistics of the trades closed in the range."""
    held = trades.held_seconds
    return [
        ("Trades closed", _counted(trades)),
        ("Average win", f.money(trades.average_win, plus=True)),
        ("Average loss", f.money(trades.average_loss, plus=True)),
        ("Longest streaks", f"{trades.streaks.won} won, {trades.streaks.lost} lost"),
        ("Last streak", _streak(trades.streaks.now)),
        ("Average time held", f.UNKNOWN if held is None else f.span(held)),
        ("Fees", f.money(trades.fees) if trades.trades else f.UNKNOWN),
    ]


def _counted(trades: TradeStatistics) -> str:
    parts = [f"{trades.trades:,}"]
    if trades.even:
        parts.append(f"{trades.even:,} even")
    if words := unknown_words(trades.unknown):
        parts.append(words)
    return ", ".join(parts)


def _streak(length: int) -> str:
    if not length:
        return f.UNKNOWN
    return f"{abs(length)} {'won' if length > 0 else 'lost'}"


def return_rows(risk: Risk) -> list[tuple[str, str]]:
    """Risk and reward of the range's daily returns."""
    return [
        ("Daily returns", f"{risk.days:,}"),
        ("Volatility, yearly", f.percent(risk.volatility, plus=False)),
        ("Sharpe ratio", number(risk.sharpe)),
        ("Sortino ratio", number(risk.sortino)),
        ("Max drawdown", f.percent(None if risk.drawdown is None else risk.drawdown.ratio)),
    ]


def ratio_words(days: int) -> str:
    """Why volatility and the ratios are not shown."""
    return f"Volatility and ratios need {FEWEST_RETURNS} daily returns; this range has {days}."


def gap_words(equity: EquityPerformance) -> list[str]:
    """The days without equity and the transfers without a price, one sentence each."""
    words = []
    if days := sum(gap.days for gap in equity.gaps):
        named = ", ".join(map(_span, equity.gaps[:_GAPS_NAMED]))
        more = ", …" if len(equity.gaps) > _GAPS_NAMED else ""
        words.append(f"no equity known for {plural(days, 'day')} ({named}{more})")
    if equity.unvalued:
        words.append(
            f"{plural(equity.unvalued, 'transfer')} without a price: taken for a gain or loss"
        )
    return words


def _span(gap: Gap) -> str:
    first = f"{gap.first.day} {gap.first:%b %Y}"
    return first if gap.first == gap.last else f"{first} to {gap.last.day} {gap.last:%b %Y}"


def method_words(found: Performance) -> str:
    """How the figures are made, in a few sentences."""
    since = found.equity.since
    returns = "Returns need two days of equity."
    if since is not None:
        returns = (
            f"Returns: time-weighted by day, deposits and transfers excluded, counted from the "
            f"equity of {since.day} {since:%b %Y}; yearly figures take {found.equity.risk.a_year} "
            "days and a risk-free rate of 0. What came without a row of a deposit or transfer, "
            "as an imported position, counts as a return on the day it appeared."
        )
    return (
        "Realized P&L: first in, first out, or as the exit names its trade; before fees. Days are "
        f"New York dates. What is not known is counted and never taken for 0. {returns}"
    )
