"""The panel of what needs attention: each open question with its next step as a button."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tradesync.web import formatting as f
from tradesync.web.attention import AttentionItem, Step
from tradesync.web.places import go_to_reconcile, go_to_symbol, go_to_trade
from tradesync.web.screen import Screen
from tradesync.web.session import open_dialog
from tradesync.web.watch import request_manual_sync

_ITEMS_SHOWN = 4
_FORWARD = ":material/arrow_forward:"


def draw_attention(screen: Screen, items: tuple[AttentionItem, ...], ignored: int) -> None:
    """The panel; `ignored`: how many differences a decision leaves alone."""
    st.markdown(f"**Needs attention**{f' · {len(items)}' if items else ''}")
    if not items:
        st.markdown(":green[:material/check_circle:] Nothing. Trades and broker agree.")
        st.caption("Differences, rejected orders and unanswered questions appear here.")
    for item in items[:_ITEMS_SHOWN]:
        _draw_item(screen, item)
    if rest := items[_ITEMS_SHOWN:]:
        with st.expander(f"{len(rest)} more", key="more_attention"):
            for item in rest:
                _draw_item(screen, item)
    if ignored:
        st.caption(f"{ignored} {'difference' if ignored == 1 else 'differences'} ignored for now.")


def _draw_item(screen: Screen, item: AttentionItem) -> None:
    mark = ":orange[:material/warning:]" if item.severe else ":gray[:material/info:]"
    st.markdown(f"{mark} **{f.plain(item.title)}**  \n:gray[{f.plain(item.advice)}]")
    if item.step in _OPENS:
        kind, icon = _OPENS[item.step]
        _draw_opener(screen, item, kind, icon)
    elif item.step is Step.SYNC:
        st.button(
            item.step,
            key=_key(item),
            type="tertiary",
            icon=":material/sync:",
            on_click=request_manual_sync,
            args=(screen,),
        )
    elif st.button(item.step, key=_key(item), type="tertiary", icon=_FORWARD):
        _GOES[item.step](item)


def _draw_opener(screen: Screen, item: AttentionItem, kind: str, icon: str) -> None:
    args = {"trade_id": item.trade_id, "symbol": item.symbol, "intent_id": item.intent_id}
    if item.step is Step.IMPORT:
        args = {}
    elif screen.read_only_because:
        st.caption(f.plain(screen.read_only_because))
        return
    st.button(
        item.step, key=_key(item), type="tertiary", icon=icon,
        on_click=open_dialog, args=(kind,), kwargs=args,
    )  # fmt: skip


def _key(item: AttentionItem) -> str:
    return f"attention-{item.key}"


_OPENS = {
    Step.IMPORT: ("import", ":material/download:"),
    Step.PROTECT: ("protect", ":material/shield:"),
    Step.AGAIN: ("again", ":material/send:"),
}
"""Steps that open a dialog: its kind and the button's icon."""


def _to_trade(item: AttentionItem) -> None:
    go_to_trade(item.trade_id or "")


def _to_symbol(item: AttentionItem) -> None:
    go_to_symbol(item.symbol or "")


def _to_differences(item: AttentionItem) -> None:
    go_to_reconcile("Differences", item.symbol)


def _to_records(_item: AttentionItem) -> None:
    go_to_reconcile("Records")


_GOES: dict[Step, Callable[[AttentionItem], None]] = {
    Step.TRADE: _to_trade,
    Step.SYMBOL: _to_symbol,
    Step.EXPLAIN: _to_differences,
    Step.RECORDS: _to_records,
}
