"""The price chart of one trade as an ECharts option: data in, option out, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradesync.broker.port import Bar
from tradesync.domain.times import Instant
from tradesync.views.trade_marks import Level, Mark
from tradesync.web import formatting as f
from tradesync.web.charts import STILL, grey, label, time_label

_MILLISECOND: Instant = 1_000_000
_MOST_LABELS = 6
"""With more marks than this their words would hide the line."""
_ENTRY = {"light": "#1D4ED8", "dark": "#60A5FA"}
_EXIT = {"light": "#B45309", "dark": "#FBBF24"}
"""Not the colours of gain and loss: an exit may be either."""

Option = dict[str, Any]


def price_option(
    bars: Sequence[Bar],
    marks: Sequence[Mark],
    levels: Sequence[Level],
    last: tuple[Instant, float] | None,
    *,
    dark: bool,
) -> Option:
    """Closing prices in USD over time, entries and exits as points, working exits as lines.

    `last`: the latest mark, drawn as the end of the line of an open trade.
    """
    line: list[list[Any]] = [[bar.at // _MILLISECOND, float(bar.close)] for bar in bars]
    if last is not None and (not line or last[0] // _MILLISECOND > line[-1][0]):
        line.append([last[0] // _MILLISECOND, last[1]])
    return {
        **STILL,
        "grid": {"left": 8, "right": 56, "top": 28, "bottom": 8, "containLabel": True},
        "legend": {
            "top": 0, "left": 0, "itemWidth": 14, "itemHeight": 9,
            "data": ["Price", "Entry", "Exit"], "textStyle": label(dark=dark),
        },
        "tooltip": {"trigger": "axis", "valueFormatter": "dollar"},
        "xAxis": {"type": "time", "axisLabel": time_label(dark=dark)},
        "yAxis": {
            "type": "value", "scale": True, "axisLabel": label(dark=dark, formatter="${value}"),
        },
        "series": [
            _price_line(line, levels, dark=dark),
            _points("Entry", [m for m in marks if m.is_entry], len(marks), dark=dark),
            _points("Exit", [m for m in marks if not m.is_entry], len(marks), dark=dark),
        ],
    }


def _price_line(line: list[list[Any]], levels: Sequence[Level], *, dark: bool) -> Option:
    colour = grey(dark=dark)
    return {
        "name": "Price",
        "type": "line",
        "showSymbol": False,
        "data": line,
        "lineStyle": {"width": 1.5, "color": colour},
        "itemStyle": {"color": colour},
        "markLine": {
            "silent": True,
            "symbol": "none",
            "lineStyle": {"type": "dashed", "width": 1},
            "label": {"position": "end", "formatter": "{b}", "color": colour},
            "data": [
                {"yAxis": float(level.price), "name": f"{level.name} {f.price(level.price)}"}
                for level in levels
            ],
        },
    }


def _points(name: str, marks: Sequence[Mark], all_marks: int, *, dark: bool) -> Option:
    is_entry = name == "Entry"
    return {
        "name": name,
        "type": "scatter",
        "symbol": "triangle",
        "symbolRotate": 0 if is_entry else 180,
        "symbolSize": 13,
        "z": 5,
        "itemStyle": {"color": (_ENTRY if is_entry else _EXIT)["dark" if dark else "light"]},
        "label": {
            "show": all_marks <= _MOST_LABELS,
            "position": "bottom" if is_entry else "top",
            "formatter": "{b}",
            "distance": 8,
            "padding": [2, 4],
            "borderRadius": 3,
            "color": "#F1F5F9" if dark else "#0F172A",
            "backgroundColor": "#0F172AD9" if dark else "#FFFFFFD9",
        },
        "labelLayout": {"hideOverlap": True},
        "data": [
            {
                "name": f"{name} {f.quantity(mark.qty)}",
                "value": [mark.at // _MILLISECOND, float(mark.price)],
            }
            for mark in marks
        ],
    }
