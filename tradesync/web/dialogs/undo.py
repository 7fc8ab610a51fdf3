"""Taking a decision back, an import or one about a difference: shown first, then done."""

from __future__ import annotations

import streamlit as st

from tradesync.domain.undoing import Undo
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import PlanChangedError, SyncError, Trigger
from tradesync.web import formatting as f
from tradesync.web.dialogs.changes import draw_changes
from tradesync.web.dialogs.shared import account_words, draw_choice, draw_error, redraw
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog, flash

KIND = "undo"
_PREVIEW, _ERROR = "preview", "error"
_MOST_EXITS = 3


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Take a decision back"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Show what it would change and take back; `decision_id` and `words` come with the request."""
    words = str(request.args["words"])
    st.markdown(f"**{f.plain(words)}**")
    st.caption(
        f"{f.plain(account_words(screen))} · Trades will be as if it had never been decided; the "
        "difference is asked about again. The decision stays on record as taken back."
    )
    if _PREVIEW not in request.args:
        _look(screen, request)
    draw_error(request)
    preview = request.args.get(_PREVIEW)
    if isinstance(preview, Undo):
        _draw_preview(screen, preview)
    pressed = draw_choice("Take back", ready=isinstance(preview, Undo), key="undo")
    if pressed and isinstance(preview, Undo):
        _undo(screen, request, preview)


def _look(screen: Screen, request: DialogRequest) -> None:
    """Compute what taking back would change, once for what is stored."""
    try:
        with st.spinner("Working out what would change…"):
            request.args[_PREVIEW] = screen.service.preview_undo(
                screen.account, str(request.args["decision_id"])
            )
    except (SyncError, StoreError) as error:
        request.args.update({_PREVIEW: None, _ERROR: str(error)})


def _draw_preview(screen: Screen, preview: Undo) -> None:
    draw_changes(screen, preview.changes, preview.decision.symbol)
    st.markdown("\n".join(f"- {line}" for line in consequences(preview)))


def consequences(preview: Undo) -> tuple[str, ...]:
    """What else follows, as lines of Markdown."""
    realized = "unknown" if preview.realized is None else f.money(preview.realized, plus=True)
    count = len(preview.lots)
    lots = "1 lot goes or changes" if count == 1 else f"{count} lots go or change"
    lines = [f"{lots} · realized P&L **{f.plain(realized)}**"]
    for row in preview.unmatched[:_MOST_EXITS]:
        exit_words = f"{row.side.replace('_', ' ')} {f.quantity(row.qty)} {row.symbol}"
        lines.append(f"No lot explains this exit any more: **{f.plain(exit_words)}**")
    if (rest := len(preview.unmatched) - _MOST_EXITS) > 0:
        lines.append(f"and {rest} more exits")
    after, theirs = f.quantity(preview.holds_after), f.quantity(preview.broker_qty)
    lines.append(f"Afterwards trades hold **{f.plain(after)}**, the broker **{f.plain(theirs)}**")
    return tuple(lines)


def _undo(screen: Screen, request: DialogRequest, preview: Undo) -> None:
    request.args.pop(_ERROR, None)
    try:
        with st.spinner("Taking it back…"):
            taken_back = screen.service.undo(
                screen.account, preview.decision.decision_id, seen=preview
            )
    except PlanChangedError as error:
        request.args.pop(_PREVIEW)
        request.args[_ERROR] = str(error)
        redraw()
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)
        redraw()
    screen.service.request_sync(screen.account, trigger=Trigger.COMMAND)
    flash(f"{taken_back.symbol}: taken back.")
    close_dialog()
    st.rerun()
