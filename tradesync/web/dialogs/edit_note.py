"""Writing a trade's note and tags; nothing another tab wrote meanwhile is overwritten."""

from __future__ import annotations

import streamlit as st

from tradesync.domain.times import Instant
from tradesync.store import decisions
from tradesync.store.decisions import TradeNote
from tradesync.store.errors import StoreError
from tradesync.sync.notes import LONGEST_NOTE
from tradesync.sync.outcomes import PlanChangedError, SyncError
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import draw_choice, draw_error, redraw
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog, flash

KIND = "note"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Notes and tags"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Edit and keep; the request carries the trade and what stood when it was opened."""
    trade_id, symbol = str(request.args["trade_id"]), str(request.args["symbol"])
    draw_error(request)
    if theirs := request.args.get("theirs"):
        st.info(f.plain(f"It says now: {theirs}"), icon=":material/edit_note:")
    st.caption(f.plain(f"About the trade of {symbol}. Only kept here; the broker sees nothing."))
    notes = st.text_area(
        "Note", str(request.args["notes"]), key="note_text", height=160, max_chars=LONGEST_NOTE
    )
    given = tuple(request.args["tags"])
    tags = st.multiselect(
        "Tags", sorted({*given, *request.args["known"]}), default=given, key="note_tags",
        accept_new_options=True, placeholder="Choose or type a tag",
    )  # fmt: skip
    if draw_choice("Save note", ready=True, key="note"):
        _save(screen, request, trade_id, notes or "", tags)


def _save(
    screen: Screen, request: DialogRequest, trade_id: str, notes: str, tags: list[str]
) -> None:
    request.args.pop("error", None)
    seen: Instant | None = request.args["seen"]
    try:
        screen.service.note_trade(screen.account, trade_id, notes, tags, seen=seen)
    except PlanChangedError as error:
        stands = _standing(screen, trade_id)
        request.args["error"] = str(error)
        request.args["seen"] = stands.noted_at if stands else None
        request.args["theirs"] = _words(stands)
        redraw()
    except (SyncError, StoreError) as error:
        request.args["error"] = str(error)
        redraw()
    flash("Note saved.")
    close_dialog()
    st.rerun()


def _standing(screen: Screen, trade_id: str) -> TradeNote | None:
    account_id = screen.account_id or ""
    return screen.reader.read(
        ("note", account_id, trade_id), lambda tx: decisions.trade_note(tx, account_id, trade_id)
    ).model


def _words(note: TradeNote | None) -> str:
    if note is None:
        return "nothing"
    tags = f" [{', '.join(note.tags)}]" if note.tags else ""
    return f"{note.notes or 'no note'}{tags}"
