"""ECharts options as plain dicts: data in, option out, no Streamlit.

What is hidden for privacy leaves its shape: axes lose their amounts, tooltips are off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import floor
from typing import Any, TypeVar

from tradesync.domain.times import Instant
from tradesync.store.queries import EquityRow
from tradesync.store.queries_performance import DayRow
from tradesync.web.formatting import MINUS
from tradesync.web.palette import gain_colour
from tradesync.web.preferences import amounts_hidden

T = TypeVar("T")
_MILLISECOND: Instant = 1_000_000
_MOST_POINTS = 1500
_LINE_LEFT, _LINE_RIGHT = 64, 16
"""Pixels beside two charts that share their x-axis: labels of any width leave them aligned."""
_CALENDAR_ROW, _CALENDAR_HEAD, _MOST_CALENDARS = 15, 34, 4
_DAYS_OF_ONE_CALENDAR = 370

_GREY = {"light": "#64748B", "dark": "#94A3B8"}
_LABEL = {"light": "#475569", "dark": "#A9B6C8"}
"""The theme's grayTextColor: Streamlit's own grey of charts is 3.7 to 1 on a light page."""

Option = dict[str, Any]
STILL: Option = {"animation": False}
"""No chart draws itself slowly: half a curve looks like a record that ends there."""


def thinned(points: Sequence[T], most: int = _MOST_POINTS) -> Sequence[T]:
    """At most `most` points, evenly taken, first and last kept."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]


def grey(*, dark: bool) -> str:
    """The colour of lines that are neither gain nor loss."""
    return _GREY["dark" if dark else "light"]


def label(*, dark: bool, **more: Any) -> Option:
    """How a label is written: readable (contrast AA) in light and dark."""
    return {"color": _LABEL["dark" if dark else "light"], **more}


def time_label(*, dark: bool) -> Option:
    """The same on an axis of time, whose months and years are bold and coloured on their own."""
    primary = label(dark=dark, fontWeight="bold")
    return label(dark=dark, hideOverlap=True, rich={"primary": primary})


def equity_option(
    points: Sequence[EquityRow],
    *,
    gain: bool,
    dark: bool,
    deposits: Sequence[Decimal] | None = None,
) -> Option:
    """The equity curve in USD over time, its start as a dashed line; green up, red down.

    `deposits`: what had been paid in, net, at each point: a grey line of steps.
    """
    series = [_equity_series(points, gain_colour(gain=gain, dark=dark), grey(dark=dark))]
    if deposits is not None:
        series.append(_deposits_series(points, deposits, grey(dark=dark)))
    return {
        **STILL,
        "grid": {"left": 8, "right": 12, "top": 12, "bottom": 8, "containLabel": True},
        "tooltip": _tooltip("axis"),
        "xAxis": {"type": "time", "axisLabel": time_label(dark=dark)},
        "yAxis": money_axis(dark=dark),
        "series": series,
    }


def equity_and_drawdown_option(
    points: Sequence[EquityRow],
    *,
    deposits: Sequence[Decimal] | None,
    drawdown: Sequence[tuple[Instant, float]],
    gain: bool,
    dark: bool,
) -> Option:
    """Equity against net deposits, and under it on the same x-axis the drawdown in percent."""
    option = equity_option(points, gain=gain, dark=dark, deposits=deposits)
    loss = gain_colour(gain=False, dark=dark)
    edges = {"min": points[0].at // _MILLISECOND, "max": points[-1].at // _MILLISECOND}
    sides = {"left": _LINE_LEFT, "right": _LINE_RIGHT}
    below = {
        "name": "Drawdown", "type": "line", "showSymbol": False, "xAxisIndex": 1, "yAxisIndex": 1,
        "lineStyle": {"width": 1, "color": loss}, "itemStyle": {"color": loss},
        "areaStyle": {"opacity": 0.2, "color": loss, "origin": "auto"},
        "tooltip": {"valueFormatter": "%.2f%%"},
        "data": [[at // _MILLISECOND, round(ratio * 100, 4)] for at, ratio in thinned(drawdown)],
    }  # fmt: skip
    return {
        **option,
        "grid": [{**sides, "top": 12, "height": "56%"}, {**sides, "top": "72%", "bottom": 24}],
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "xAxis": [
            {"type": "time", "axisLabel": {"show": False}, **edges},
            {"type": "time", "axisLabel": time_label(dark=dark), "gridIndex": 1, **edges},
        ],
        "yAxis": [
            money_axis(dark=dark),
            {"type": "value", "gridIndex": 1, "max": 0, "splitNumber": 2,
             "min": min(-1, floor(100 * min((ratio for _, ratio in drawdown), default=0))),
             "axisLabel": label(dark=dark, formatter="{value}%")},
        ],
        "series": [*option["series"], below],
    }  # fmt: skip


def _equity_series(points: Sequence[EquityRow], colour: str, start: str) -> Option:
    data = [[point.at // _MILLISECOND, float(point.equity)] for point in thinned(points)]
    return {
        "name": "Equity",
        "type": "line",
        "showSymbol": False,
        "lineStyle": {"width": 2, "color": colour},
        "itemStyle": {"color": colour},
        "areaStyle": {"opacity": 0.12, "color": colour, "origin": "start"},
        "data": data,
        "markLine": {
            "silent": True,
            "symbol": "none",
            "label": {"show": False},
            "lineStyle": {"type": "dashed", "color": start, "width": 1},
            "data": [{"yAxis": data[0][1]}],
        },
    }


def _deposits_series(
    points: Sequence[EquityRow], deposits: Sequence[Decimal], colour: str
) -> Option:
    both = thinned(list(zip(points, deposits, strict=True)))
    return {
        "name": "Net deposits",
        "type": "line",
        "step": "end",
        "showSymbol": False,
        "z": 3,
        "lineStyle": {"width": 2, "color": colour},
        "itemStyle": {"color": colour},
        "data": [[point.at // _MILLISECOND, float(amount)] for point, amount in both],
    }


def bars_option(
    names: Sequence[str], values: Sequence[Decimal | None], *, dark: bool, flat: bool = False
) -> Option:
    """One bar a name, coloured by its sign, in USD; `flat`: lying, the first one on top.

    An unknown value has no bar.
    """
    category = {
        "type": "category", "data": list(names), "inverse": flat, "axisTick": {"show": False},
        "axisLabel": label(dark=dark, hideOverlap=True),
    }  # fmt: skip
    amounts = {
        **money_axis(dark=dark), "scale": False, "name": "USD", "nameGap": 8,
        "nameTextStyle": label(dark=dark),
    }  # fmt: skip
    amounts["axisLabel"] = {**amounts["axisLabel"], "formatter": "{value}"}
    return {
        **STILL,
        "grid": {"left": 24, "right": 44, "top": 28, "bottom": 8, "containLabel": True},
        "tooltip": _tooltip("axis"),
        "xAxis": amounts if flat else category,
        "yAxis": category if flat else amounts,
        "series": [
            {
                "name": "Realized",
                "type": "bar",
                "barMaxWidth": 28,
                "data": [_bar(value, dark=dark) for value in values],
            }
        ],
    }


def _bar(value: Decimal | None, *, dark: bool) -> Option | None:
    if value is None:
        return None
    colour = gain_colour(gain=value >= 0, dark=dark)
    return {"value": float(value), "itemStyle": {"color": colour}}


def calendar_option(days: Sequence[DayRow], *, dark: bool) -> Option:
    """A heat map of days (oldest first) in weeks, the latest years on top; signs in the cells.

    A day of which nothing is known has a question mark and no colour.
    """
    spans = calendar_spans(days)
    deepest = max((abs(float(day.realized)) for day in days), default=0.0) or 1.0
    neutral = "#1E293B" if dark else "#E2E8F0"
    colours = [gain_colour(gain=False, dark=dark), neutral, gain_colour(gain=True, dark=dark)]
    return {
        **STILL,
        "tooltip": {**_tooltip("item"), "formatter": "{@[0]}<br/><b>{@[3]}</b>"},
        "visualMap": {
            "show": False, "min": -deepest, "max": deepest, "dimension": 1,
            "inRange": {"color": colours},
        },
        "calendar": [
            _calendar(span, place, neutral, several=len(spans) > 1, dark=dark)
            for place, span in enumerate(spans)
        ],
        "series": [
            {
                "type": "heatmap",
                "coordinateSystem": "calendar",
                "calendarIndex": place,
                "data": [_calendar_cell(day) for day in days if first <= day.day <= last],
                "label": {
                    "show": True, "formatter": "{@[2]}", "fontSize": 11, "fontWeight": "bold",
                    "color": "#F8FAFC" if dark else "#0F172A", "textBorderWidth": 2,
                    "textBorderColor": "#0F172A" if dark else "#FFFFFF",
                },
            }
            for place, (first, last) in enumerate(spans)
        ],
    }  # fmt: skip


def calendar_spans(days: Sequence[DayRow]) -> list[tuple[date, date]]:
    """The calendars days (oldest first) are drawn in: one of whole months, or one a year."""
    if not days:
        return []
    first, last = days[0].day, days[-1].day
    if (last - first).days <= _DAYS_OF_ONE_CALENDAR:
        return [(first.replace(day=1), last)]
    years = range(last.year, first.year - 1, -1)[:_MOST_CALENDARS]
    return [(date(year, 1, 1), date(year, 12, 31)) for year in years]


def calendar_height(days: Sequence[DayRow]) -> int:
    """Pixels the calendars of these days need."""
    return len(calendar_spans(days)) * (7 * _CALENDAR_ROW + _CALENDAR_HEAD) + 8


def _calendar(
    span: tuple[date, date], place: int, empty: str, *, several: bool, dark: bool
) -> Option:
    return {
        "range": [day.isoformat() for day in span],
        "top": _CALENDAR_HEAD - 10 + place * (7 * _CALENDAR_ROW + _CALENDAR_HEAD),
        "left": 64 if several else 36,
        "right": 8,
        "cellSize": ["auto", _CALENDAR_ROW],
        "splitLine": {"show": False},
        "itemStyle": {"color": "transparent", "borderColor": empty, "borderWidth": 1},
        "dayLabel": label(dark=dark, firstDay=1, fontSize=10),
        "monthLabel": label(dark=dark, fontSize=10),
        "yearLabel": label(dark=dark, show=several, fontSize=12, margin=36),
    }


def _calendar_cell(day: DayRow) -> list[Any]:
    """Date, value, sign and words of one day."""
    if day.unknown == day.closings:
        return [day.day.isoformat(), None, "?", "unknown"]
    sign = "+" if day.realized > 0 else MINUS if day.realized < 0 else ""
    words = f"{sign}${abs(day.realized):,.2f}"
    if day.unknown:
        words += f", {day.unknown} unknown"
    return [day.day.isoformat(), float(day.realized), sign, words]


def _tooltip(trigger: str) -> Option:
    return {"show": not amounts_hidden(), "trigger": trigger, "valueFormatter": "dollar"}


def money_axis(*, dark: bool) -> Option:
    """A y-axis in USD; without its labels while amounts are hidden."""
    return {
        "type": "value",
        "scale": True,
        "splitNumber": 4,
        "axisLabel": label(dark=dark, show=not amounts_hidden(), formatter="${value}"),
    }
