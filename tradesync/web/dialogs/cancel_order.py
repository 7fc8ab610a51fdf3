"""Cancelling one order: a light confirmation."""

from __future__ import annotations

from tradesync.web.dialogs.shared import (
    account_words,
    draw_choice,
    draw_error,
    intent_id,
    send,
    summary,
    typed_for_live,
)
from tradesync.web.screen import Screen
from tradesync.web.session import DialogRequest

KIND = "cancel"


def title(_screen: Screen) -> str:
    """The dialog's title."""
    return "Cancel order"


def draw(screen: Screen, request: DialogRequest) -> None:
    """Confirm and ask the broker; `order_id` and `order` (its words) come with the request."""
    order_id, words = str(request.args["order_id"]), str(request.args["order"])
    summary({"Account": account_words(screen), "Order": words})
    draw_error(request)
    ready = typed_for_live(screen, "CANCEL")
    if draw_choice("Cancel this order", ready=ready, key="cancel"):
        send(
            screen,
            request,
            lambda: screen.service.cancel_order(
                screen.account, order_id, intent_id=intent_id(request)
            ),
            f"Cancel requested: {words}.",
        )
