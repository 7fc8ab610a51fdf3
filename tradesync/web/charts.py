"""ECharts options as plain dicts: data in, option out, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradesync.domain.times import Instant
from tradesync.store.queries import EquityRow
from tradesync.web.palette import gain_colour
from tradesync.web.preferences import amounts_hidden

_MILLISECOND: Instant = 1_000_000
_MOST_POINTS = 1500

Option = dict[str, Any]


def thinned(points: Sequence[EquityRow], most: int = _MOST_POINTS) -> Sequence[EquityRow]:
    """At most `most` points, evenly taken, first and last kept."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]


def equity_option(points: Sequence[EquityRow], *, gain: bool, dark: bool) -> Option:
    """The equity curve in USD over time, its start as a dashed line; green up, red down."""
    kept = thinned(points)
    colour = gain_colour(gain=gain, dark=dark)
    data = [[point.at // _MILLISECOND, float(point.equity)] for point in kept]
    start = data[0][1]
    return {
        "grid": {"left": 8, "right": 12, "top": 12, "bottom": 8, "containLabel": True},
        "tooltip": {"show": not amounts_hidden(), "trigger": "axis", "valueFormatter": "dollar"},
        "xAxis": {"type": "time", "axisLabel": {"hideOverlap": True}},
        "yAxis": money_axis(),
        "series": [
            {
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
                    "lineStyle": {"type": "dashed", "color": "#94A3B8", "width": 1},
                    "data": [{"yAxis": start}],
                },
            }
        ],
    }


def money_axis() -> Option:
    """A y-axis in USD; without its labels while amounts are hidden."""
    return {
        "type": "value",
        "scale": True,
        "splitNumber": 4,
        "axisLabel": {"show": not amounts_hidden(), "formatter": "${value}"},
    }
