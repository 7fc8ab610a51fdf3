"""Settling a difference from the broker: what would change is shown first, then stored."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import streamlit as st

from tradesync.domain.ours import ResolutionKind
from tradesync.domain.times import Instant, new_york_date
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import PlanChangedError, SyncError, Trigger
from tradesync.sync.resolutions import Preview
from tradesync.web import formatting as f
from tradesync.web.dialogs.changes import draw_changes
from tradesync.web.dialogs.shared import account_words, draw_choice, draw_error, number, redraw
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog, flash

KIND = "resolve"
_PREVIEW, _ERROR, _ASKED, _CHANGED = "preview", "error", "asked", "changed"
_IGNORED_DAYS, _LONGEST_DAYS = 30, 3660
_WORDS = {
    ResolutionKind.CLOSE: (
        "Close in our books",
        "The missing quantity counts as closed; without a price its P&L stays unknown, never 0.",
    ),
    ResolutionKind.SPLIT: (
        "Apply the split",
        "Open quantity becomes the broker's, cost stays; the broker's rows replace this later.",
    ),
    ResolutionKind.TRANSFER: (
        "Mark as transfer",
        "The difference moved in or out of the account without an order; nothing is realized.",
    ),
    ResolutionKind.IGNORE: (
        "Ignore for now",
        "Nothing changes; it is asked again after that day, or when the difference changes.",
    ),
}


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Settle a difference"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Ask what the decision needs, show what it would change, store it when confirmed."""
    kind, symbol = ResolutionKind(request.args["fix"]), str(request.args["symbol"])
    label, meaning = _WORDS[kind]
    st.markdown(f"**{f.plain(symbol)}: {label.lower()}**")
    st.caption(f"{f.plain(account_words(screen))} · {meaning}")
    price, is_price = _draw_price(kind)
    until = _draw_until(kind, screen.now)
    asked = (kind, symbol, price, until)
    if not is_price:
        request.args.pop(_PREVIEW, None)
    elif request.args.get(_ASKED) != asked:
        _look(screen, request, asked)
    draw_error(request)
    preview = request.args.get(_PREVIEW)
    if isinstance(preview, Preview):
        _draw_preview(screen, preview)
    pressed = draw_choice(f"{label}: {symbol}", ready=preview is not None, key="resolve")
    if pressed and isinstance(preview, Preview):
        _apply(screen, request, preview)


_Asked = tuple[ResolutionKind, str, Decimal | None, date | None]


def _draw_price(kind: ResolutionKind) -> tuple[Decimal | None, bool]:
    """The price typed (None: unknown), and whether what was typed can be used."""
    if kind not in {ResolutionKind.CLOSE, ResolutionKind.TRANSFER}:
        return None, True
    what = "Price it was closed at" if kind is ResolutionKind.CLOSE else "Cost of one unit"
    typed = st.text_input(
        f"{what} (USD; empty: unknown)", key="resolve_price", placeholder="unknown"
    )
    if not (typed or "").strip():
        return None, True
    price = number(typed)
    if price is None:
        st.caption(":red[Enter a price above zero, or nothing where nobody knows it.]")
    return price, price is not None


def _draw_until(kind: ResolutionKind, now: Instant) -> date | None:
    """The last day the difference is to be ignored."""
    if kind is not ResolutionKind.IGNORE:
        return None
    today = new_york_date(now)
    return st.date_input(
        "Ignore until the end of (New York)",
        today + timedelta(days=_IGNORED_DAYS),
        min_value=today,
        max_value=today + timedelta(days=_LONGEST_DAYS),
        key="resolve_until",
        format="YYYY-MM-DD",
        required=True,
    )


def _look(screen: Screen, request: DialogRequest, asked: _Asked) -> None:
    """Compute what the decision would change, once for what is asked."""
    kind, symbol, price, until = asked
    request.args.pop(_PREVIEW, None)
    if not request.args.pop(_CHANGED, False):
        request.args.pop(_ERROR, None)
    try:
        with st.spinner("Working out what would change…"):
            request.args[_PREVIEW] = screen.service.preview_resolution(
                screen.account, symbol, kind, price=price, until=until
            )
        request.args[_ASKED] = asked
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)


def _draw_preview(screen: Screen, preview: Preview) -> None:
    decision = preview.decision
    draw_changes(screen, preview.changes, decision.symbol)
    after, theirs = f.quantity(preview.holds_after), f.quantity(decision.broker_qty)
    mark = ":material/check_circle:" if preview.settles else ":material/info:"
    st.markdown(
        f"{mark} Afterwards trades hold **{f.plain(after)}**, the broker **{f.plain(theirs)}**."
    )


def _apply(screen: Screen, request: DialogRequest, preview: Preview) -> None:
    request.args.pop(_ERROR, None)
    try:
        with st.spinner("Storing the decision…"):
            decision = screen.service.apply_resolution(screen.account, preview)
    except PlanChangedError as error:
        request.args.pop(_ASKED, None)
        request.args.update({_CHANGED: True, _ERROR: str(error)})
        redraw()
    except (SyncError, StoreError) as error:
        request.args[_ERROR] = str(error)
        redraw()
    screen.service.request_sync(screen.account, trigger=Trigger.COMMAND)
    flash(f"{decision.symbol}: {_WORDS[decision.kind][0].lower()}. It can be taken back below.")
    close_dialog()
    st.rerun()
