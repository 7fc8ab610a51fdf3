"""The script every session runs; apart from pages/, so that no page is ever run alone."""

from __future__ import annotations

from tradesync.web.router import run

run()
