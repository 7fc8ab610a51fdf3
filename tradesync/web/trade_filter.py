"""The questions a list of trades is filtered by: widgets bound to the address, and what they mean.

Labels are what the address carries (?sort=Worst+first), so they stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from tradesync.domain.money import to_decimal
from tradesync.domain.times import new_york_midnight
from tradesync.store.queries_trades import DayOf, Outcome, TradeFilter, TradeSort
from tradesync.web.session import bound_value
from tradesync.web.viewport import is_narrow

PAGE_ROWS = 30
OPEN = "Open"
STATUSES: Mapping[str, str | None] = {
    OPEN: "open",
    "Pending": "pending",
    "Closed": "closed",
    "Cancelled": "cancelled",
    "All": None,
}
_SIDES = {"Any side": None, "Long": "long", "Short": "short"}
_SOURCES = {"Any source": None, "This app": "app", "Broker": "broker", "Import": "import"}
_SORTS = {
    "Newest first": TradeSort.NEWEST,
    "Oldest first": TradeSort.OLDEST,
    "By symbol": TradeSort.SYMBOL,
    "Largest first": TradeSort.LARGEST,
    "Best first": TradeSort.BEST,
    "Worst first": TradeSort.WORST,
    "Last changed first": TradeSort.CHANGED,
}
_OUTCOMES = {
    "Any P&L": None,
    "Winners": Outcome.WINNERS,
    "Losers": Outcome.LOSERS,
    "Unknown P&L": Outcome.UNKNOWN,
}
_DAYS = {"Opened": DayOf.OPENED, "Closed": DayOf.CLOSED}
_ANY_TAG = "Any tag"
_DEFAULTS: Mapping[str, Any] = {
    "q": "",
    "symbol": "",
    "side": "Any side",
    "source": "Any source",
    "tag": _ANY_TAG,
    "outcome": "Any P&L",
    "day_of": "Opened",
    "from": None,
    "to": None,
    "least": "",
    "most": "",
}
_FIRST = ("symbol", "side", "source")
_MORE = ("tag", "outcome", "from", "to", "least", "most")
_TAG_OPTIONS = "_tag_options"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person chose and typed, by the labels of the address."""

    q: str = ""
    symbol: str = ""
    side: str = "Any side"
    source: str = "Any source"
    tag: str = _ANY_TAG
    outcome: str = "Any P&L"
    day_of: str = "Opened"
    first: date | None = None
    last: date | None = None
    least: str = ""
    most: str = ""
    sort: str = "Newest first"
    page: int = 1


def amount(text: str) -> Decimal | None:
    """An amount in USD a person typed, negative ones too; None when it is none."""
    cleaned = text.replace(",", "").replace("$", "").replace("\N{MINUS SIGN}", "-").strip()
    try:
        return to_decimal(cleaned)
    except ValueError:
        return None


def filter_from(status: str | None, answers: Answers) -> TradeFilter:
    """The filter the answers stand for; days are New York's, the last one included."""
    return TradeFilter(
        status=status,
        symbol=answers.symbol.strip().upper() or None,
        side=_SIDES.get(answers.side),
        source=_SOURCES.get(answers.source),
        search=answers.q,
        tag=None if answers.tag == _ANY_TAG else answers.tag,
        day_of=_DAYS.get(answers.day_of, DayOf.OPENED),
        since=new_york_midnight(answers.first) if answers.first else None,
        until=new_york_midnight(answers.last + timedelta(days=1)) if answers.last else None,
        outcome=_OUTCOMES.get(answers.outcome),
        least=amount(answers.least),
        most=amount(answers.most),
        sort=_SORTS.get(answers.sort, TradeSort.NEWEST),
        limit=PAGE_ROWS,
        offset=(answers.page - 1) * PAGE_ROWS,
    )


def is_narrowed(wanted: TradeFilter) -> bool:
    """Whether anything but the status narrows the list."""
    asked = (
        wanted.symbol, wanted.side, wanted.source, wanted.search, wanted.tag, wanted.since,
        wanted.until, wanted.outcome,
    )  # fmt: skip
    return any(asked) or wanted.least is not None or wanted.most is not None


def draw_filter(status: str | None) -> TradeFilter:
    """Draw the row of questions; what they ask for."""
    narrow = is_narrow()
    with st.container(horizontal=True, vertical_alignment="bottom", key="trade_filter"):
        search = st.text_input(
            "Search", type="search", placeholder="Symbol, id, note or tag", key="q",
            bind="query-params", on_change=first_page, width=200 if narrow else 220,
            label_visibility="collapsed", live="400ms",
        )  # fmt: skip
        first = None if narrow else _draw_first()
        answers = _draw_more(search or "", first)
        sort = _draw_choice("Sort", list(_SORTS), key="sort", width=165)
        wanted = filter_from(status, Answers(**answers, sort=sort, page=_page()))
        if is_narrowed(wanted) or not narrow:
            st.button(
                "Clear all", key="clear_filter", type="tertiary",
                icon=":material/filter_alt_off:", on_click=clear_filter,
                disabled=not is_narrowed(wanted),
            )  # fmt: skip
    return wanted


def _draw_first() -> tuple[str, str, str]:
    """Symbol, side and source."""
    return (
        _draw_text("Symbol", key="symbol", width=100),
        _draw_choice("Side", list(_SIDES), key="side", width=115),
        _draw_choice("Source", list(_SOURCES), key="source", width=135),
    )


def _draw_more(search: str, first_answers: tuple[str, str, str] | None) -> dict[str, Any]:
    """What is asked more rarely; on a phone also what is asked first (None)."""
    inside = _MORE if first_answers is not None else (*_FIRST, *_MORE)
    asked = sum(bool(bound_value(name)) and not _is_default(name) for name in inside)
    label = "More filters" if first_answers is not None else "Filters"
    with st.popover(
        f"{label} · {asked}" if asked else label, icon=":material/tune:", key="more_filters"
    ):
        symbol, side, source = first_answers if first_answers is not None else _draw_first()
        day_of = _draw_choice("Days of", list(_DAYS), key="day_of", width=None)
        with st.container(horizontal=True):
            first = st.date_input(
                "From", None, key="from", bind="query-params", on_change=first_page, width=150
            )
            last = st.date_input(
                "To", None, key="to", bind="query-params", on_change=first_page, width=150
            )
        outcome = _draw_choice("P&L", list(_OUTCOMES), key="outcome", width=None)
        with st.container(horizontal=True):
            least = _draw_text("P&L from ($)", key="least", width=150, labelled=True)
            most = _draw_text("P&L to ($)", key="most", width=150, labelled=True)
        for text in filter(None, (least, most)):
            if amount(text) is None:
                st.caption(":red[Enter an amount such as -50 or 1200.]")
        tag = _draw_tag()
        st.caption("Days are New York's. P&L: realized, with what floats while a trade is open.")
    return {
        "q": search, "symbol": symbol, "side": side, "source": source, "tag": tag,
        "outcome": outcome, "day_of": day_of, "first": first, "last": last, "least": least,
        "most": most,
    }  # fmt: skip


def remember_tags(tags: tuple[str, ...]) -> None:
    """Offer these tags on the next run; they are read with the list, after its filter is drawn."""
    st.session_state[_TAG_OPTIONS] = tags


def _draw_tag() -> str:
    asked = bound_value("tag")
    known = set(st.session_state.get(_TAG_OPTIONS, ()))
    if asked and asked != _ANY_TAG:
        known.add(asked)
    return _draw_choice("Tag", [_ANY_TAG, *sorted(known)], key="tag", width=None)


def clear_filter() -> None:
    """Ask for everything again; the status and the order stay. For `on_click`."""
    for name, value in _DEFAULTS.items():
        st.session_state[name] = value
    first_page()


def first_page() -> None:
    """Begin at the first page: what is asked has changed."""
    st.session_state["page"] = 1


def _is_default(name: str) -> bool:
    return bool(bound_value(name) == _DEFAULTS[name])


def _draw_text(label: str, *, key: str, width: int, labelled: bool = False) -> str:
    typed = st.text_input(
        label, placeholder=None if labelled else label, key=key, bind="query-params",
        on_change=first_page, width=width,
        label_visibility="visible" if labelled else "collapsed",
    )  # fmt: skip
    return typed or ""


def _draw_choice(label: str, options: list[str], *, key: str, width: int | None) -> str:
    """One of some options; without a width it is as wide as its place and has its label."""
    chosen = st.selectbox(
        label, options, key=key, bind="query-params", on_change=first_page,
        width=width or "stretch", label_visibility="collapsed" if width else "visible",
    )  # fmt: skip
    return chosen or options[0]


def _page() -> int:
    page = bound_value("page") or "1"
    return max(1, int(page)) if page.isdecimal() else 1
