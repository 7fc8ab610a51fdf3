"""What the Performance page draws: figures, curve, breakdowns, statistics and how they are made."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import streamlit as st

from tradesync.domain.times import new_york_date
from tradesync.views.performance import (
    By,
    Extreme,
    Group,
    Performance,
    Realized,
    TradeStatistics,
)
from tradesync.views.performance_equity import EquityPerformance
from tradesync.views.returns import FEWEST_RETURNS
from tradesync.web import formatting as f
from tradesync.web.charts import (
    bars_option,
    calendar_height,
    calendar_option,
    equity_and_drawdown_option,
)
from tradesync.web.drawing import (
    draw_choosable_table,
    draw_table,
    empty_state,
    figure,
    leave_room_for_tools,
)
from tradesync.web.performance_words import (
    factor,
    gap_words,
    method_words,
    plural,
    ratio_words,
    return_rows,
    trade_rows,
    unknown_words,
)
from tradesync.web.places import go_to_symbol, go_to_trade
from tradesync.web.screen import Screen
from tradesync.web.tables import Column, Kind, build_table
from tradesync.web.worded import Worded, worded

_PAGE = 12
_A_WEEK = 7
"""Trading days up to which bars alone say it better than a calendar."""
_MOST_BARS_FLAT = 15


def draw_figures(found: Performance) -> None:
    """The row of headline figures."""
    realized, trades, equity = found.realized, found.statistics, found.equity
    with st.grid(6, min_column_width=150):
        _draw_return(equity)
        figure(
            "Realized P&L",
            f.UNKNOWN if _nothing_known(realized) else f.money(realized.total, plus=True),
            tone=realized.total,
            change_text=plural(realized.closings, "closing"),
            description=unknown_words(realized.unknown),
            help_text="Of everything closed in this range, also of trades still open; "
            "before fees. What has no known price is left out and counted.",
        )
        _draw_win_rate(trades)
        figure(
            "Profit factor",
            factor(trades),
            change_text="gains ÷ losses",
            help_text="What the trades that gained brought for each dollar the others lost.",
        )
        figure(
            "Expectancy",
            f.money(trades.expectancy, plus=True),
            tone=trades.expectancy,
            change_text="a trade",
            help_text="The average result of the trades closed in this range, before fees.",
        )
        _draw_drawdown(equity)


def _nothing_known(realized: Realized) -> bool:
    return bool(realized.closings) and realized.unknown == realized.closings


def _draw_return(equity: EquityPerformance) -> None:
    total = equity.risk.time_weighted
    figure(
        "Return",
        f.percent(total),
        tone=None if total is None else Decimal(repr(total)),
        change_text="time-weighted",
        help_text="Daily returns linked, deposits and transfers excluded, so that it does not "
        "matter how much was at work when.",
    )


def _draw_win_rate(trades: TradeStatistics) -> None:
    figure(
        "Win rate",
        f.percent(trades.win_rate, plus=False),
        change_text=f"{trades.won} won · {trades.lost} lost",
        description=unknown_words(trades.unknown),
        help_text="Of the trades closed in this range whose result is known.",
    )


def _draw_drawdown(equity: EquityPerformance) -> None:
    worst = equity.risk.drawdown
    words = None
    if worst is not None and worst.ratio:
        first, last = new_york_date(worst.peak_at), new_york_date(worst.trough_at)
        words = f"{first.day} {first:%b} – {last.day} {last:%b}"
    figure(
        "Max drawdown",
        f.percent(None if worst is None else worst.ratio),
        tone=None if worst is None else Decimal(repr(worst.ratio)),
        change_text=words,
        help_text="The deepest fall from a high of the daily returns linked, deposits excluded.",
    )


def draw_equity(screen: Screen, equity: EquityPerformance) -> None:
    """Equity against net deposits, the drawdown under it."""
    st.markdown("**Equity, net deposits and drawdown**")
    if len(equity.points) < 2:
        empty_state(
            "No curve for this range yet",
            "The broker's equity history is read every few minutes while a page is open.",
            icon=":material/show_chart:",
        )
        return
    first, last = equity.points[0].equity, equity.points[-1].equity
    st.echarts_chart(
        equity_and_drawdown_option(
            equity.points,
            deposits=_drawn_deposits(equity),
            drawdown=equity.drawdown,
            gain=last >= first,
            dark=screen.dark,
        ),
        key="performance-equity",
        height=440,
        alt=f"Equity from {f.money(first)} to {f.money(last)} and its drawdown",
    )
    words = [f"Equity {f.money(last)}"]
    if equity.deposits is None:
        words.append("no deposit is on record")
    else:
        grey = " (grey)" if _drawn_deposits(equity) else ""
        words.append(f"net deposits {f.money(equity.deposits[-1])}{grey}")
    st.caption(f.plain(" · ".join([*words, *gap_words(equity)])))


def _drawn_deposits(equity: EquityPerformance) -> tuple[Decimal, ...] | None:
    """Within days a level line far below would flatten the curve."""
    deposits = equity.deposits
    return None if equity.is_intraday and deposits and len(set(deposits)) == 1 else deposits


def draw_breakdown(screen: Screen, by: By, realized: Realized) -> None:
    """What was realized by day, month, weekday, symbol, side or holding time."""
    if not realized.closings:
        empty_state(
            "Nothing realized in this range",
            "What is closed in the range stands here; a longer one may hold more.",
            icon=":material/bar_chart:",
        )
        return
    if by is By.DAY and len(realized.days) > _A_WEEK:
        st.echarts_chart(
            calendar_option(realized.days, dark=screen.dark),
            key="performance-calendar",
            height=calendar_height(realized.days),
            alt="Realized P&L of each day, as a calendar",
        )
    left, right = st.columns([3, 2])
    with left:
        _draw_bars(screen, by, realized.groups)
    with right:
        _draw_groups(screen, by, realized.groups)


def _draw_bars(screen: Screen, by: By, groups: tuple[Group, ...]) -> None:
    flat = by is By.SYMBOL
    shown = groups
    if flat and len(groups) > _MOST_BARS_FLAT:
        largest = sorted(groups, key=lambda group: -abs(group.realized))[:_MOST_BARS_FLAT]
        shown = tuple(group for group in groups if group in largest)
    st.echarts_chart(
        bars_option(
            [group.name for group in shown],
            [_amount(group) for group in shown],
            dark=screen.dark,
            flat=flat,
        ),
        key=f"performance-bars-{by}",
        height=max(260, 24 * len(shown) + 40) if flat else 400,
        alt=f"Realized P&L by {by.lower()}",
    )
    if len(shown) < len(groups):
        st.caption(f"The {len(shown)} largest of {len(groups):,}.")


def _amount(group: Group) -> Decimal | None:
    return None if group.all_unknown else group.realized


def group_columns(by: By) -> tuple[Column[Group], ...]:
    """What was realized by each group."""
    return (
        Column(str(by), Kind.TEXT, lambda group: group.name, pinned=True),
        Column("Realized", Kind.CHANGE, _amount),
        Column("Closings", Kind.COUNT, lambda group: group.closings),
        Column(
            "Unknown",
            Kind.COUNT,
            lambda group: group.unknown,
            "Closings without a known result; not in the amount.",
            optional=True,
        ),
    )


def _draw_groups(screen: Screen, by: By, groups: tuple[Group, ...]) -> None:
    pages = -(-len(groups) // _PAGE)
    page = min(int(st.session_state.get("groups_page") or 1), pages)
    shown = groups[::-1] if by is By.DAY else groups
    table = build_table(
        shown[(page - 1) * _PAGE : page * _PAGE],
        group_columns(by),
        identity=lambda group: group.name,
        zone_name=None,
        dark=screen.dark,
    )
    alt, key = f"Realized P&L by {by.lower()}", f"groups-{by}"
    leave_room_for_tools()
    if by is By.SYMBOL:
        draw_choosable_table(table, alt=alt, key=key, chosen=go_to_symbol, most_rows=_PAGE)
    else:
        draw_table(table, alt=alt, key=key, most_rows=_PAGE)
    if pages > 1:
        st.pagination(pages, key="groups_page")


def draw_statistics(found: Performance) -> None:
    """Statistics of trades and of returns, and the way to the best and the worst trade."""
    trades = found.statistics
    _draw_pairs(trade_rows(trades))
    with st.container(horizontal=True):
        _draw_extreme("Best", trades.best)
        _draw_extreme("Worst", trades.worst)
    _draw_pairs(return_rows(found.equity.risk))
    days = found.equity.risk.days
    if days < FEWEST_RETURNS:
        st.caption(ratio_words(days))


def _draw_pairs(rows: list[tuple[str, str]]) -> None:
    """Names and values; the first pair is the heading."""
    heading, *lines = rows
    st.markdown(f"**{f.plain(heading[0])}: {f.plain(heading[1])}**")
    st.table(pairs_table(lines), border="horizontal", hide_header=True)


def pairs_table(pairs: list[tuple[str, str]]) -> Worded:
    """Values beside their names, to the right as Streamlit has numbers: they are what it gets."""
    frame = pd.DataFrame({"Value": range(len(pairs))}, index=[f.plain(name) for name, _ in pairs])
    return worded(frame, {"Value": [f.plain(value) for _, value in pairs]}, {}, dark=False)


def _draw_extreme(label: str, trade: Extreme | None) -> None:
    if trade is None:
        return
    words = f"{label}: {trade.symbol} {f.change(trade.realized)}"
    if st.button(f.plain(words), key=f"extreme-{label}", type="tertiary",
                 icon=":material/arrow_forward:"):  # fmt: skip
        go_to_trade(trade.trade_id)


def draw_method(found: Performance) -> None:
    """How the figures are made."""
    st.caption(f.plain(method_words(found)))
