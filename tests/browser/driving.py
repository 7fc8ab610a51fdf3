"""A real Chromium on the real dashboard, both on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.forked import DASHBOARD
from tests.programs import ROOT, Home, Program

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS = 1000.0
"""Milliseconds, as the browser counts."""


def chromium() -> str:
    """The browser's path: CHROMIUM of the environment, or the first on the PATH."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    assert found, f"no browser: install one of {', '.join(_CHROMIUMS)} or set CHROMIUM"
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), headless=True, args=_QUIET)
        try:
            yield running
        finally:
            running.close()


@contextmanager
def dashboard(home: Home, port: int | None = None) -> Iterator[str]:
    """The dashboard as a process of its own, on a port or the first that is free; its address."""
    command = ["-m", "streamlit", "run", str(ROOT / "dashboard.py")]
    command += ["--server.address", "127.0.0.1"]
    command += [] if port is None else ["--server.port", str(port)]
    with Program(command, home, forked=DASHBOARD) as program:
        address = program.line(r"(http://127\.0\.0\.1:\d+)").group(1)
        yield address


@dataclass
class Visit:
    """One tab on the dashboard, and every address it asked for outside this machine."""

    page: Page
    address: str
    strangers: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        """Go to a page of the dashboard and wait until it is drawn."""
        self.page.goto(self.address + path)
        self.settled()

    def settled(self) -> None:
        """Wait until the script has run and the browser is connected."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")

    def cell(self, text: str) -> Locator:
        """The first cell of a table that holds a text, in its tree for assistive technology."""
        return self.page.locator("td[role=gridcell]").filter(has_text=text).first

    def button(self, name: str) -> Locator:
        """A button by its words."""
        return self.page.get_by_role("button", name=name)


@contextmanager
def visit(running: Browser, address: str, **context: Any) -> Iterator[Visit]:
    """A tab in a context of its own (zone, colour scheme, size)."""
    options = {"timezone_id": "Europe/Berlin", "viewport": {"width": 1440, "height": 1000}}
    opened = running.new_context(**{**options, **context})
    opened.set_default_timeout(60 * SECONDS)
    expect.set_options(timeout=60 * SECONDS)
    page = opened.new_page()
    tab = Visit(page, address)
    page.on("request", lambda request: _note_stranger(tab, request.url))
    try:
        yield tab
    finally:
        opened.close()


def _note_stranger(tab: Visit, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
        tab.strangers.append(url)
