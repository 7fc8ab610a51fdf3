"""A new order: what is asked for, what it comes to, one last look, and its sending."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from tradesync.domain.money import plain
from tradesync.views.outlook import Outlook, amount_moved
from tradesync.web import formatting as f
from tradesync.web.dialogs.shared import (
    draw_error,
    forget_error,
    intent_id,
    redraw,
    send,
    summary,
    typed_for_live,
)
from tradesync.web.dialogs.ticket_form import Draft, Form, TicketForm
from tradesync.web.dialogs.ticket_summary import (
    basis_of,
    draw_live,
    outlook_of,
    review_rows,
    verb_words,
)
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest, close_dialog

KIND = "order"
_FORM, _REVIEW, _NOTICE = "form", "review", "notice"


@dataclass(frozen=True, slots=True)
class _Review:
    """What a person was shown, and for which account."""

    account: str
    draft: Draft
    comes_to: Outlook


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "New order"


def draw(screen: Screen, request: DialogRequest) -> None:
    """The form, or the last look at what it asks for.

    The request may bring what to begin with: `symbol`, `side`, `order_class`, `trade_id`.
    """
    review = request.args.get(_REVIEW)
    if isinstance(review, _Review) and review.account == screen.account:
        _draw_review(screen, request, review)
    else:
        _draw_form(screen, request)


def _form(request: DialogRequest) -> Form:
    begun = {f"order_{name}": request.args.get(name) for name in ("symbol", "side", "class")}
    form = request.args.setdefault(_FORM, {name: value for name, value in begun.items() if value})
    assert isinstance(form, dict)
    return form


def _draw_form(screen: Screen, request: DialogRequest) -> None:
    draft = TicketForm(screen, _form(request)).draw(lambda symbol: basis_of(screen, symbol))
    draw_live(screen, draft)
    st.caption(f.plain(draft.problem or "Nothing is sent before a last look."))
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key="order_cancel"):
            close_dialog()
            st.rerun()
        pressed = st.button(
            "Review order", key="order_review", type="primary", disabled=draft.problem is not None
        )
    if pressed:
        _look_again(screen, request, draft)


def _look_again(screen: Screen, request: DialogRequest, draft: Draft, notice: str = "") -> None:
    request.args[_REVIEW] = _Review(screen.account, draft, outlook_of(screen, draft))
    request.args[_NOTICE] = notice
    redraw()


def _draw_review(screen: Screen, request: DialogRequest, review: _Review) -> None:
    """Everything about the order; the button sends exactly this."""
    draft = review.draft
    st.markdown("**Please check**")
    summary(review_rows(screen, draft, review.comes_to))
    if notice := request.args.get(_NOTICE):
        st.warning(f.plain(str(notice)), icon=":material/warning:")
    draw_error(request)
    ready = typed_for_live(screen, draft.ticket.symbol)
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Back", key="order_back"):
            request.args.pop(_REVIEW)
            forget_error(request)
            redraw()
        verb = verb_words(draft.ticket)
        pressed = st.button(
            f.plain(verb), type="primary", key="order_confirm", disabled=not ready
        )
    if pressed:
        _check_and_send(screen, request, review, verb)


def _check_and_send(
    screen: Screen, request: DialogRequest, review: _Review, verb: str
) -> None:
    """Send what was shown, unless the figures have moved since; the position is asked for."""
    now = outlook_of(screen, review.draft)
    if reason := what_moved(review.comes_to, now):
        _look_again(screen, request, review.draft, f"{reason} Look at the figures again.")
    ticket = replace(
        review.draft.ticket,
        position_seen=plain(review.comes_to.held),
        trade_id=request.args.get("trade_id"),
    )
    send(
        screen,
        request,
        lambda: screen.service.place_order(screen.account, ticket, intent_id=intent_id(request)),
        f"Order sent: {verb}.",
    )


def what_moved(shown: Outlook, now: Outlook) -> str:
    """What of the figures a person was shown is not so any more; empty when all is."""
    if shown.held != now.held:
        held = f"from {f.quantity(shown.held)} to {f.quantity(now.held)}"
        return f"The position has changed {held}."
    if amount_moved(shown, now):
        amount = f"from {f.money(shown.amount)} to {f.money(now.amount)}"
        return f"The estimated amount has moved {amount}."
    return ""
