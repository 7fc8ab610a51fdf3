"""Takes the screenshots of docs/screens: `python -m tests.browser.take_screens [scene …]`.

A paper broker with months of believable history, the dashboard on it, a browser; then the same
as a live account, with the broker away for a day, with an empty account and with 100,000 trades.
The files are the documentation's; the tests do not look at them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from benchmarks.page_record import fill
from tests.browser.driving import Visit, browser, dashboard, visit
from tests.programs import ROOT, Home, Program
from tests.simulator.broker import PaperBroker
from tradesync.domain.times import SECOND
from tradesync.store.database import Database
from tradesync.sync.board import Board

SCREENS = ROOT / "docs" / "screens"
WIDE = {"width": 1440, "height": 1000}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
        "user_agent": "Mozilla/5.0 (Linux; Android 16) Chrome/156.0 Mobile Safari/537.36",
    },
}


def overview(tab: Visit) -> None:
    """The account at a glance."""
    tab.open()
    expect(tab.page.get_by_test_id("stEChartsChart")).to_be_visible()
    expect(tab.cell("AAPL")).to_be_attached()


def overview_below(tab: Visit) -> None:
    """The positions, with their trends."""
    overview(tab)
    tab.page.wait_for_timeout(1500)
    tab.page.get_by_test_id("stDataFrame").first.scroll_into_view_if_needed()
    tab.page.mouse.move(700, 500)
    tab.page.mouse.wheel(0, 900)


def trades(tab: Visit) -> None:
    """The open trades."""
    tab.open("/trades")
    expect(tab.cell("AAPL")).to_be_attached()


def closed(tab: Visit) -> None:
    """The closed trades, best first."""
    tab.open("/trades?status=Closed&sort=Best+first")
    expect(tab.cell("Long")).to_be_attached()


def trade(tab: Visit) -> None:
    """One trade."""
    tab.open("/trades?symbol=AMZN")
    expect(tab.cell("AMZN")).to_be_attached()
    tab.page.get_by_test_id("stDataFrame").first.click(position={"x": 60, "y": 47})
    expect(tab.button("Update Price")).to_be_visible()
    expect(tab.page.get_by_test_id("stEChartsChart")).to_be_visible()
    tab.settled()


def why(tab: Visit) -> None:
    """Why a number of a trade is so."""
    trade(tab)
    tab.page.get_by_test_id("stButtonGroup").get_by_text("Floating P&L", exact=True).click()
    expect(tab.page.get_by_text("add up to")).to_be_visible()
    tab.page.mouse.move(700, 500)
    tab.page.mouse.wheel(0, 700)


def import_dialog(tab: Visit) -> None:
    """The plan of an import."""
    tab.open()
    if tab.page.evaluate("innerWidth") < WIDE["width"]:
        tab.page.get_by_role("button", name="More", exact=True).click()
    tab.button("Import from Broker").first.click()
    expect(tab.page.get_by_text("Entry price of each lot")).to_be_visible()


def order_dialog(tab: Visit) -> None:
    """An order about to be sent."""
    tab.open("/trades")
    tab.button("New order").click()
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_label("Symbol").fill("AAPL")
    dialog.get_by_label("Quantity").last.fill("10")
    tab.page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Review order")).to_be_enabled()


def order_kept(tab: Visit) -> None:
    """A half-filled order after the page had to refresh itself: what was typed is still there."""
    tab.open("/trades")
    tab.button("New order").click()
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_label("Symbol").fill("AAPL")
    tab.page.keyboard.press("Tab")
    tab.page.wait_for_timeout(35_000)  # more than the page's thirty seconds
    expect(dialog.get_by_label("Symbol")).to_have_value("AAPL")


def orders(tab: Visit) -> None:
    """All orders, each with its replacements and exits as one."""
    tab.open("/orders?orders=All")
    expect(tab.cell("filled")).to_be_attached()


def performance(tab: Visit) -> None:
    """What was realized and how."""
    tab.open("/performance?range=All")
    expect(tab.page.get_by_test_id("stEChartsChart").first).to_be_visible()


def activity(tab: Visit) -> None:
    """What the syncs did."""
    tab.open("/activity")
    expect(tab.cell("status")).to_be_attached()


def reconcile(tab: Visit) -> None:
    """Differences to the broker, explained."""
    tab.open("/reconcile")
    expect(tab.page.get_by_text("COST").first).to_be_visible()


def proof(tab: Visit) -> None:
    """The books, added up and compared with the broker's."""
    tab.open("/reconcile?show=Proof")
    expect(tab.page.get_by_text("Proved.")).to_be_visible()


def settings(tab: Visit) -> None:
    """Accounts, interval, palette and privacy; without the record's path, which is temporary."""
    width = tab.page.evaluate("innerWidth")
    tab.page.set_viewport_size({"width": width, "height": 700})
    tab.open("/settings")
    expect(tab.page.get_by_text("main").first).to_be_visible()


SCENES: dict[Callable[[Visit], None], tuple[str, ...]] = {
    overview: ("light", "dark", "phone"),
    trades: ("light", "dark", "phone"),
    trade: ("light", "dark", "phone"),
    overview_below: ("light", "phone"),
    why: ("light",),
    import_dialog: ("light", "dark", "phone"),
    closed: ("light",),
    orders: ("light", "dark", "phone"),
    order_dialog: ("light", "dark", "phone"),
    order_kept: ("light",),
    performance: ("light", "dark", "phone"),
    activity: ("light", "dark", "phone"),
    reconcile: ("light", "dark", "phone"),
    proof: ("light",),
    settings: ("light", "dark", "phone"),
}


def live(tab: Visit) -> None:
    """A live account, read-only until its owner allows orders."""
    overview(tab)
    expect(tab.page.get_by_text("real money").first).to_be_visible()


def broker_down(tab: Visit) -> None:
    """A record a day old, the broker out of reach."""
    tab.open()
    expect(tab.page.get_by_text("Sync fails")).to_be_visible()
    expect(tab.cell("AAPL")).to_be_attached()


def empty(tab: Visit) -> None:
    """An account that holds nothing."""
    tab.open()
    expect(tab.page.get_by_text("No open positions")).to_be_visible()


def large(tab: Visit) -> None:
    """The closed ones of 100,000 trades; the broker is out of reach."""
    tab.open("/trades?status=Closed")
    expect(tab.page.get_by_text("100,000 closed")).to_be_visible()


def take(
    running: Browser, address: str, look: str, *scenes: Callable[[Visit], None]
) -> None:
    """Save scenes in one look, one after the other in one tab."""
    wanted = {scene.__name__.replace("_", "-"): scene for scene in scenes}
    chosen = {name: scene for name, scene in wanted.items() if name in (sys.argv[1:] or wanted)}
    if chosen:
        with visit(running, address, **LOOKS[look]) as tab:
            for name, scene in chosen.items():
                _take(tab, name, scene, look)


def _take(tab: Visit, name: str, scene: Callable[[Visit], None], look: str) -> None:
    if (viewport := LOOKS[look].get("viewport", WIDE)) != tab.page.viewport_size:
        tab.page.set_viewport_size(viewport)
    scene(tab)
    if look == "phone":
        expect(tab.page.get_by_role("button", name="Sync", exact=True)).to_be_attached()
    _drawn(tab)
    path = SCREENS / (f"{name}.png" if look == "light" else f"{name}-{look}.png")
    tab.page.screenshot(path=path)


def _drawn(tab: Visit) -> None:
    """Wait until every chart is drawn and nothing is loading any more."""
    for chart in tab.page.get_by_test_id("stEChartsChart").all():
        expect(chart.locator("canvas, svg").first).to_be_attached()
    expect(tab.page.get_by_test_id("stSkeleton")).to_have_count(0)
    tab.page.wait_for_timeout(2500)  # charts move into place


_AS_LIVE = """
import sys
import tradesync.config as config
from streamlit.web.cli import main
config.environment_of = lambda url: config.Environment.LIVE
sys.argv[0] = "streamlit"
main()
"""
"""Runs the dashboard with the paper broker taken for a live one; a real one is never asked."""


@contextmanager
def live_dashboard(home: Home) -> Iterator[str]:
    """The dashboard of a live account; its address."""
    command = [sys.executable, "-c", _AS_LIVE, "run", str(ROOT / "dashboard.py")]
    more = {"ALPACA_PAPER": "false"}
    with Program([*command, "--server.address", "127.0.0.1"], home, more) as program:
        yield program.line(r"(http://127\.0\.0\.1:\d+)").group(1)


def home_at(broker: PaperBroker, folder: str) -> Home:
    """A home whose account is the broker's, synced."""
    home = Home(Path(folder))
    home.settings["ALPACA_API_KEY"] = broker.key
    home.settings["ALPACA_SECRET_KEY"] = broker.secret
    home.settings["ALPACA_BASE_URL"] = broker.base_url
    assert home.cli("sync").returncode == 0
    return home


def age_by_a_day(home: Home) -> None:
    """Let the last sync have been yesterday."""
    board, day = Board(home.database, "main"), 86_400 * SECOND
    told = board.read()
    assert told.last_success_at is not None
    board.write(replace(told, last_success_at=told.last_success_at - day, last_result=None))


def take_empty(running: Browser) -> None:
    """The screens of an account that holds nothing."""
    with tempfile.TemporaryDirectory() as folder, PaperBroker(clock="real", as_of=None) as broker:
        home = home_at(broker, folder)
        with dashboard(home) as address:
            take(running, address, "light", empty)


def take_large(running: Browser) -> None:
    """The screens of a record of 100,000 trades."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.settings["ALPACA_API_KEY"] = "PKLARGE"
        home.settings["ALPACA_SECRET_KEY"] = "none"
        home.settings["ALPACA_BASE_URL"] = "http://127.0.0.1:9"  # nobody listens there
        home.database.parent.mkdir(parents=True)
        fill(Database(home.database), 100_000, time.time_ns())
        with dashboard(home) as address:
            take(running, address, "light", large)


def main() -> None:
    """Take them all, or those named."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        PaperBroker(empty=False, clock="real", as_of=None) as broker,
        browser() as running,
    ):
        home = home_at(broker, folder)
        with dashboard(home) as address:
            for look in LOOKS:
                scenes = [scene for scene, looks in SCENES.items() if look in looks]
                take(running, address, look, *scenes)
        with live_dashboard(home) as address:
            take(running, address, "light", live)
            take(running, address, "phone", live)
        broker.stop()
        age_by_a_day(home)
        with dashboard(home) as address:
            take(running, address, "dark", broker_down)
        take_empty(running)
        take_large(running)


if __name__ == "__main__":
    main()
