"""The questions a list of orders is filtered by: widgets bound to the address.

Labels are what the address carries (?orders=Done), so they stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from tradesync.domain.times import new_york_midnight
from tradesync.store.queries_orders import OrderFilter, OrdersShown
from tradesync.web.session import bound_value
from tradesync.web.viewport import is_narrow

PAGE_ROWS = 30
WORKING = "Working"
SHOWN: Mapping[str, OrdersShown] = {
    WORKING: OrdersShown.WORKING,
    "Done": OrdersShown.DONE,
    "Rejected": OrdersShown.REJECTED,
    "All": OrdersShown.ALL,
}
_SIDES = {"Any side": None, "Buy": "buy", "Sell": "sell"}
_TYPES = {
    "Any type": None,
    "Market": "market",
    "Limit": "limit",
    "Stop": "stop",
    "Stop limit": "stop_limit",
    "Trailing stop": "trailing_stop",
}
_DEFAULTS: Mapping[str, Any] = {
    "find": "", "of": "", "action": "Any side", "type": "Any type", "since": None, "until": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person chose and typed."""

    find: str = ""
    symbol: str = ""
    side: str = "Any side"
    order_type: str = "Any type"
    first: date | None = None
    last: date | None = None
    page: int = 1


def filter_from(shown: OrdersShown, answers: Answers) -> OrderFilter:
    """The filter the answers stand for; days are New York's, the last one included."""
    return OrderFilter(
        shown=shown,
        symbol=answers.symbol.strip().upper() or None,
        side=_SIDES.get(answers.side),
        order_type=_TYPES.get(answers.order_type),
        since=new_york_midnight(answers.first) if answers.first else None,
        until=new_york_midnight(answers.last + timedelta(days=1)) if answers.last else None,
        search=answers.find,
        limit=PAGE_ROWS,
        offset=(answers.page - 1) * PAGE_ROWS,
    )


def is_narrowed(wanted: OrderFilter) -> bool:
    """Whether anything but the kind narrows the list."""
    return any((wanted.symbol, wanted.side, wanted.order_type, wanted.since, wanted.until,
                wanted.search.strip()))  # fmt: skip


def draw_filter(shown: OrdersShown) -> OrderFilter:
    """Draw the row of questions; what they ask for."""
    narrow = is_narrow()
    with st.container(horizontal=True, vertical_alignment="bottom", key="order_filter"):
        find = st.text_input(
            "Search", type="search", placeholder="Symbol or id", key="find", bind="query-params",
            on_change=first_page, width=200, label_visibility="collapsed", live="400ms",
        )  # fmt: skip
        first_answers = None if narrow else _draw_first()
        symbol, side, order_type, first, last = _draw_more(first_answers)
        answers = Answers(find or "", symbol, side, order_type, first, last, _page())
        wanted = filter_from(shown, answers)
        if is_narrowed(wanted) or not narrow:
            st.button(
                "Clear all", key="clear_orders", type="tertiary",
                icon=":material/filter_alt_off:", on_click=clear_filter,
                disabled=not is_narrowed(wanted),
            )  # fmt: skip
    return wanted


def _draw_first() -> tuple[str, str, str]:
    """Symbol, side and type."""
    symbol = st.text_input(
        "Symbol", placeholder="Symbol", key="of", bind="query-params", on_change=first_page,
        width=100, label_visibility="collapsed",
    )  # fmt: skip
    side = _choice("Side", list(_SIDES), "action", 115)
    return symbol or "", side, _choice("Type", list(_TYPES), "type", 140)


def _draw_more(
    first_answers: tuple[str, str, str] | None,
) -> tuple[str, str, str, date | None, date | None]:
    """The days; on a phone also what is asked first (None)."""
    days, first_names = ("since", "until"), ("of", "action", "type")
    names = days if first_answers is not None else (*first_names, *days)
    asked = any(bound_value(name) not in (None, _DEFAULTS[name]) for name in names)
    label = "Days" if first_answers is not None else "Filters"
    with st.popover(
        f"{label} · set" if asked else label, icon=":material/date_range:", key="order_filters"
    ):
        symbol, side, order_type = first_answers if first_answers is not None else _draw_first()
        first = st.date_input(
            "Submitted from", None, key="since", bind="query-params", on_change=first_page
        )
        last = st.date_input(
            "Submitted to", None, key="until", bind="query-params", on_change=first_page
        )
        st.caption("Days are New York's; both are included.")
    return symbol, side, order_type, first, last


def _choice(label: str, options: list[str], key: str, width: int) -> str:
    chosen = st.selectbox(
        label, options, key=key, bind="query-params", on_change=first_page, width=width,
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or options[0]


def clear_filter() -> None:
    """Ask for everything again; the kind stays. For `on_click`."""
    for name, value in _DEFAULTS.items():
        st.session_state[name] = value
    first_page()


def first_page() -> None:
    """Begin at the first page: what is asked has changed."""
    st.session_state["orders_page"] = 1


def _page() -> int:
    page = bound_value("orders_page") or "1"
    return max(1, int(page)) if page.isdecimal() else 1
