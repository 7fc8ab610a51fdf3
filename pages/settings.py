"""Settings: accounts, syncing, how figures are shown, and where the record is."""

from __future__ import annotations

from tradesync.web.screen import Screen, current_screen
from tradesync.web.settings_accounts import draw_accounts
from tradesync.web.settings_program import draw_figures, draw_record, draw_syncing


def draw(screen: Screen) -> None:
    """Draw the page."""
    draw_accounts(screen)
    draw_syncing(screen)
    draw_figures(screen)
    draw_record(screen)


draw(current_screen())
