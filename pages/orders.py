"""Orders: working, done, rejected; filtered; and one order when the address names it."""

from __future__ import annotations

from tradesync.web.drawing import draw_not_ready
from tradesync.web.order_detail import draw_order
from tradesync.web.order_list import draw_order_list
from tradesync.web.places import asked_order
from tradesync.web.screen import Screen, current_screen


def draw(screen: Screen) -> None:
    """Draw the page."""
    if draw_not_ready(screen):
        return
    order_id = asked_order()
    if order_id is not None:
        draw_order(screen, order_id)
    else:
        draw_order_list(screen)


draw(current_screen())
