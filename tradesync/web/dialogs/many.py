"""Commands about many orders or trades at once: each item before it, each result after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tradesync.config import Environment
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import CommandResult, SyncError, Trigger
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import account_words, draw_choice, draw_error, redraw
from tradesync.web.drawing import draw_table
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog
from tradesync.web.tables import Column, Kind, build_table

_RESULTS, _SEEN = "results", "seen"
_ROWS = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One of many. `identity`: its order or trade; `state`: what must not change unseen."""

    identity: str
    symbol: str
    words: str
    detail: str
    state: str
    members: tuple[str, ...] = ()
    """Other orders a result may name."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """A command about many: what it is called, what must be typed, and how it is sent."""

    key: str
    verb: str
    """Close 3 trades."""
    typed: str
    """The word to type; empty: none is needed unless the account is live."""
    waiting: str
    send: Callable[[], Sequence[CommandResult]]


def draw_bulk(
    screen: Screen, request: DialogRequest, items: Sequence[Item], bulk: Bulk
) -> None:
    """List the items, ask, send, and say how each went."""
    results = request.args.get(_RESULTS)
    if results is not None:
        _draw_results(screen, results)
        return
    st.caption(f.plain(f"{account_words(screen)} · {len(items)} listed"))
    _draw_items(screen, items)
    changed = _changed(request, items)
    if changed:
        st.warning("The list has changed meanwhile. Look at it again.", icon=":material/warning:")
    draw_error(request)
    ready = _typed(screen, bulk.typed) and not changed
    if draw_choice(bulk.verb, ready=ready, key=bulk.key):
        _send(screen, request, items, bulk)


def _changed(request: DialogRequest, items: Sequence[Item]) -> bool:
    """Whether what is listed differs from what was listed last; from now on this counts."""
    now = tuple((item.identity, item.state) for item in items)
    before = request.args.get(_SEEN, now)
    request.args[_SEEN] = now
    return bool(before != now)


def _typed(screen: Screen, word: str) -> bool:
    if screen.environment is Environment.LIVE:
        word = "LIVE"
    if not word:
        return True
    real = "This uses real money. " if word == "LIVE" else ""
    typed = st.text_input(f"{real}Type {word} to confirm.", key="typed_word")
    return (typed or "").strip().upper() == word


def _send(screen: Screen, request: DialogRequest, items: Sequence[Item], bulk: Bulk) -> None:
    request.args.pop("error", None)
    try:
        with st.spinner(bulk.waiting):
            results = tuple(bulk.send())
    except (SyncError, StoreError) as error:
        request.args["error"] = str(error)
        redraw()
    screen.service.request_sync(screen.account, trigger=Trigger.COMMAND)
    words = {name: item.words for item in items for name in (item.identity, *item.members)}
    request.args[_RESULTS] = [
        (words.get(result.trade_id or "") or words.get(result.order_id or "") or result.symbol,
         result)
        for result in results
    ]  # fmt: skip
    redraw()


def _draw_items(screen: Screen, items: Sequence[Item]) -> None:
    columns: tuple[Column[Item], ...] = (
        Column("Symbol", Kind.TEXT, lambda item: item.symbol, pinned=True),
        Column("What", Kind.TEXT, lambda item: item.words, phone=True, wraps=True),
        Column("About", Kind.TEXT, lambda item: item.detail, phone=True, wraps=True),
    )
    table = build_table(
        items, columns, identity=lambda item: item.identity, zone_name=None, dark=screen.dark
    )
    draw_table(table, alt="What this is about", key="bulk_items", most_rows=_ROWS)


def _draw_results(screen: Screen, results: Sequence[tuple[str, CommandResult]]) -> None:
    columns: tuple[Column[Any], ...] = (
        Column("Result", Kind.TEXT, lambda row: result_words(row[1]), pinned=True, phone=True),
        Column("What", Kind.TEXT, lambda row: row[0], phone=True, wraps=True),
        Column(
            "Why", Kind.TEXT, lambda row: row[1].message, optional=True, phone=True, wraps=True
        ),
    )
    good = sum(result.ok for _, result in results)
    st.markdown(f"**{good} of {len(results)} accepted by the broker**")
    table = build_table(
        results, columns, identity=lambda row: str(row[1].intent_id), zone_name=None,
        dark=screen.dark,
    )  # fmt: skip
    draw_table(table, alt="How each went", key="bulk_results", most_rows=_ROWS)
    if st.button("Done", key="bulk_done", type="primary"):
        close_dialog()
        st.rerun()


def result_words(result: CommandResult) -> str:
    """How one item went."""
    if result.ok:
        return "✓ accepted"
    return "? outcome unknown" if result.state == "unknown" else "⚠ not done"
