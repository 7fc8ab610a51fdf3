"""Takes the screenshots of docs/screens: `python -m tests.browser.take_screens`.

A paper broker with months of believable history, the dashboard on it, a browser. The files are
the documentation's; the tests do not look at them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.driving import Visit, browser, dashboard, visit
from tests.programs import ROOT, Home
from tests.simulator.broker import PaperBroker

SCREENS = ROOT / "docs" / "screens"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}


def overview(tab: Visit) -> None:
    """The account at a glance."""
    tab.open()
    expect(tab.page.get_by_test_id("stEChartsChart")).to_be_visible()


def trades(tab: Visit) -> None:
    """The open trades."""
    tab.open("/trades")
    expect(tab.cell("Long")).to_be_attached()


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


def import_dialog(tab: Visit) -> None:
    """The plan of an import."""
    tab.open()
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
    expect(tab.cell("New trade")).to_be_attached()


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
    import_dialog: ("light", "dark", "phone"),
    closed: ("light",),
    orders: ("light", "dark", "phone"),
    order_dialog: ("light", "dark", "phone"),
    performance: ("light", "dark", "phone"),
    activity: ("light", "dark", "phone"),
    reconcile: ("light", "dark", "phone"),
    proof: ("light",),
    settings: ("light", "dark", "phone"),
}


def take(running: Browser, address: str, scene: Callable[[Visit], None], look: str) -> None:
    """Save one scene in one look."""
    with visit(running, address, **LOOKS[look]) as tab:
        scene(tab)
        tab.page.wait_for_timeout(1500)  # charts move into place
        name = scene.__name__.replace("_", "-")
        path = SCREENS / (f"{name}.png" if look == "light" else f"{name}-{look}.png")
        tab.page.screenshot(path=path)


def main() -> None:
    """Take them all."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        PaperBroker(empty=False, clock="real", as_of=None) as broker,
        browser() as running,
    ):
        home = Home(Path(folder))
        home.settings["ALPACA_API_KEY"] = broker.key
        home.settings["ALPACA_SECRET_KEY"] = broker.secret
        home.settings["ALPACA_BASE_URL"] = broker.base_url
        assert home.cli("sync").returncode == 0
        with dashboard(home) as address:
            for scene, looks in SCENES.items():
                for look in looks:
                    take(running, address, scene, look)


if __name__ == "__main__":
    main()
