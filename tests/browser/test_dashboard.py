"""The whole path in a real browser, against a real paper broker, with nothing but this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.driving import Visit, dashboard, visit
from tests.programs import Home
from tests.simulator.broker import PaperBroker

pytestmark = pytest.mark.browser
PHONE: ViewportSize = {"width": 390, "height": 844}
PHONE_COLUMNS = ["Symbol", "Qty", "Floating", "Floating %"]


@pytest.fixture
def address(broker_home: Home) -> Iterator[str]:
    """The dashboard of an account at the test's paper broker, refreshing often."""
    broker_home.settings["SYNC_INTERVAL"] = "5"
    with dashboard(broker_home) as found:
        yield found


@pytest.fixture
def tab(chrome: Browser, address: str) -> Iterator[Visit]:
    """A tab on that dashboard; nothing it asks for may leave this machine."""
    with visit(chrome, address) as opened:
        yield opened
        assert opened.strangers == []


def test_load_sync_import_across_a_refresh_confirm_and_the_trade_appears(
    tab: Visit, paper_broker: PaperBroker, broker_home: Home
) -> None:
    page = tab.page
    paper_broker.add_position("COST", "12", "900.00")
    tab.open()
    expect(page.get_by_text("SIMULATED", exact=False).first).to_be_visible()
    tab.button("Sync with Broker").first.click()
    expect(page.get_by_text(re.compile(r"Synced in"))).to_be_visible()

    expect(tab.button("Import from Broker").first).to_be_enabled()
    tab.button("Import from Broker").first.click()
    dialog = page.get_by_role("dialog")
    price = dialog.get_by_label(re.compile("^COST"))
    expect(price).to_have_value("900")
    price.fill("910.5")

    # A fill elsewhere and a sync by another program move the record under the open dialog.
    line = page.get_by_text(re.compile("Last sync"))
    (before,) = re.findall(r"\d\d:\d\d:\d\d", line.inner_text())
    paper_broker.set_price("AAPL", 200)
    paper_broker.submit_market("AAPL", 3)
    assert broker_home.cli("sync").returncode == 0
    expect(line).not_to_contain_text(before)
    expect(price).to_have_value("910.5")
    expect(price).to_be_focused()

    dialog.get_by_role("button", name="Import 1 position").click()
    expect(page.get_by_text(re.compile("Imported 1"))).to_be_visible()

    page.get_by_role("link", name="Trades").click()
    tab.settled()
    expect(page.get_by_text("2 open")).to_be_visible()
    expect(tab.cell("COST")).to_be_attached()
    expect(tab.cell("910.5")).to_be_attached()


def test_an_open_page_shows_what_another_program_synced(
    tab: Visit, paper_broker: PaperBroker, broker_home: Home
) -> None:
    tab.open("/trades")
    expect(tab.page.get_by_text("No open trades")).to_be_visible()
    paper_broker.set_price("AAPL", 200)
    paper_broker.submit_market("AAPL", 7)
    assert broker_home.cli("sync").returncode == 0
    expect(tab.page.get_by_text("1 open")).to_be_visible()


def test_a_half_typed_filter_survives_refreshes(
    tab: Visit, paper_broker: PaperBroker, broker_home: Home
) -> None:
    tab.open("/trades")
    symbol = tab.page.get_by_placeholder("Symbol", exact=True)
    symbol.press_sequentially("TS")
    paper_broker.set_price("TSLA", 300)
    paper_broker.submit_market("TSLA", 1)
    assert broker_home.cli("sync").returncode == 0
    expect(tab.page.get_by_text("1 open")).to_be_visible()
    expect(symbol).to_have_value("TS")
    expect(symbol).to_be_focused()


def test_choosing_a_symbol_opens_its_trade_and_back_returns(
    tab: Visit, paper_broker: PaperBroker, broker_home: Home
) -> None:
    paper_broker.set_price("AAPL", 200)
    paper_broker.submit_market("AAPL", 7)
    assert broker_home.cli("sync").returncode == 0
    tab.open("/trades")
    expect(tab.cell("AAPL")).to_be_attached()
    tab.page.get_by_test_id("stDataFrame").first.click(position={"x": 60, "y": 47})
    expect(tab.button("Update Price")).to_be_visible()
    assert "trade=" in tab.page.url
    tab.button("All trades").click()
    expect(tab.page.get_by_text("1 open")).to_be_visible()


def test_a_cold_deep_link_and_a_restart_land_on_a_whole_page(
    chrome: Browser, broker_home: Home, paper_broker: PaperBroker
) -> None:
    paper_broker.set_price("AAPL", 200)
    paper_broker.submit_market("AAPL", 7)
    assert broker_home.cli("sync").returncode == 0
    for _ in range(2):  # the second time after a restart of the server
        with dashboard(broker_home) as address, visit(chrome, address) as tab:
            tab.open("/trades?status=All")
            expect(tab.page.get_by_text("SIMULATED", exact=False).first).to_be_visible()
            expect(tab.button("Sync with Broker").first).to_be_visible()
            expect(tab.page.get_by_role("link", name="Overview")).to_be_visible()
            expect(tab.page.get_by_text("1 open")).to_be_visible()
            expect(tab.page.get_by_role("radio", name="All")).to_be_checked()


def test_a_phone_has_a_small_header_and_four_columns_and_turning_it_shows_all(
    chrome: Browser, address: str, paper_broker: PaperBroker, broker_home: Home
) -> None:
    paper_broker.set_price("AAPL", 200)
    paper_broker.submit_market("AAPL", 7)
    assert broker_home.cli("sync").returncode == 0
    with visit(chrome, address, viewport=PHONE) as tab:
        page = tab.page
        for path in ("/", "/trades"):
            tab.open(path)
            expect(page.get_by_role("button", name="Sync", exact=True)).to_be_visible()
            expect(tab.cell("AAPL")).to_be_attached()
            expect(page.locator("th[role=columnheader]")).to_have_text(PHONE_COLUMNS)
            main = page.get_by_test_id("stMain")
            assert main.evaluate("each => each.scrollWidth <= each.clientWidth")
            status = page.locator(".st-key-status_row").bounding_box()
            assert status is not None
            assert status["y"] + status["height"] <= 0.2 * PHONE["height"]
        page.get_by_test_id("stDataFrame").first.click(position={"x": 250, "y": 47})
        expect(tab.button("Update Price")).to_be_visible()  # a row is pressed anywhere
        tab.button("Close…").click()
        drawer = page.get_by_role("dialog").bounding_box()
        assert drawer is not None
        assert drawer["height"] >= PHONE["height"]
        page.keyboard.press("Escape")
        tab.button("All trades").click()
        page.set_viewport_size({"width": PHONE["height"], "height": PHONE["width"]})
        expect(tab.button("Sync with Broker")).to_be_visible()
        expect(page.locator("th[role=columnheader]").filter(has_text="Entry")).to_be_attached()


def test_the_tools_above_a_table_cover_no_control_on_a_phone(
    chrome: Browser, address: str, paper_broker: PaperBroker, broker_home: Home
) -> None:
    paper_broker.pause()
    paper_broker.set_price("AAPL", 200)
    paper_broker.submit_market("AAPL", 7)
    paper_broker.submit_limit("AAPL", 1, 150)
    assert broker_home.cli("sync").returncode == 0
    with visit(chrome, address, viewport=PHONE, is_mobile=True, has_touch=True) as tab:
        for path in ("/trades?status=All", "/orders"):
            tab.open(path)
            expect(tab.cell("AAPL")).to_be_attached()
            tools = tab.page.get_by_test_id("stElementToolbar").first
            expect(tools).to_be_visible()  # there is no mouse to call them with
            covered = tools.evaluate(_COVERED)
            assert covered == []


_COVERED = """tools => {
    const over = tools.getBoundingClientRect()
    return [...document.querySelectorAll("button, input")].filter(each => {
        const box = each.getBoundingClientRect()
        return !tools.contains(each) && box.left < over.right && box.right > over.left
            && box.top < over.bottom && box.bottom > over.top
    }).map(each => each.innerText || each.placeholder)
}"""
"""The controls that lie under the tools of a table, by their words."""


def test_what_is_chosen_and_what_acts_is_readable_on_a_dark_page(
    chrome: Browser, address: str
) -> None:
    with visit(chrome, address, color_scheme="dark") as tab:
        tab.open("/trades")
        act, chosen = tab.button("New order"), tab.page.get_by_role("radio", name="Open")
        expect(act).to_have_css("background-color", "rgb(37, 99, 235)")  # white on it: 5.2 to 1
        expect(act.locator("kbd")).to_have_css("opacity", "1")
        expect(chosen).to_have_css("color", "rgb(147, 197, 253)")


def test_keys_go_from_page_to_page_but_not_out_of_a_field(tab: Visit) -> None:
    page = tab.page
    tab.open()
    page.wait_for_function(_HEARS_KEYS, arg="Digit1")
    page.keyboard.press("Alt+Shift+Digit6")
    expect(page.get_by_text("Sync runs")).to_be_visible()
    page.keyboard.press("Alt+Shift+Digit2")
    expect(page.get_by_text("No open trades")).to_be_visible()
    page.get_by_placeholder("Symbol", exact=True).focus()
    page.keyboard.press("Alt+Shift+Digit7")
    page.keyboard.press("Control+Shift+KeyO")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert "/trades" in page.url


def test_a_key_is_followed_also_when_other_runs_are_asked_for_at_once(tab: Visit) -> None:
    page = tab.page
    tab.open("/settings")
    page.wait_for_function(_HEARS_KEYS, arg="Digit7")
    for digit, words in ((6, "Sync runs"), (2, "No open trades"), (3, "No order is at work")):
        page.keyboard.press(f"Alt+Shift+Digit{digit}")
        for _ in range(5):
            page.keyboard.press("r")  # draws the page again, as the autorefresh does
        expect(page.get_by_text(words).first).to_be_visible()


def test_a_key_is_not_followed_again_after_a_restart(chrome: Browser, broker_home: Home) -> None:
    with ExitStack() as opened:
        with dashboard(broker_home) as address:
            tab = opened.enter_context(visit(chrome, address))
            page = tab.page
            tab.open()
            page.wait_for_function(_HEARS_KEYS, arg="Digit1")
            page.keyboard.press("Alt+Shift+Digit2")
            expect(page.get_by_text("No open trades")).to_be_visible()
            page.get_by_role("link", name="Overview").click()
            expect(page.get_by_text("Needs attention")).to_be_visible()
        expect(page.get_by_test_id("stApp")).not_to_have_attribute(
            "data-test-connection-state", "CONNECTED"
        )
        with dashboard(broker_home, port=urlsplit(address).port):
            tab.settled()
            expect(page.get_by_text("Needs attention")).to_be_visible()
            assert page.url == f"{address}/"


_HEARS_KEYS = """(code) => !document.body.dispatchEvent(
  new KeyboardEvent("keydown", { code, altKey: true, shiftKey: true, bubbles: true,
                                 cancelable: true }))"""
"""Whether the page has begun to listen; the key asks for the page that is there already."""


def test_a_bracket_by_the_ticket_stands_on_orders_is_replaced_and_cancelled(
    tab: Visit, paper_broker: PaperBroker
) -> None:
    paper_broker.pause()
    paper_broker.set_price("AAPL", 200)
    page = tab.page
    tab.open("/orders")
    tab.button("New order").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Symbol").fill("AAPL")
    page.keyboard.press("Tab")
    expect(dialog.get_by_text("tradable")).to_be_visible()
    for field, option in (("Exits", "Bracket"), ("Type", "Limit")):
        dialog.get_by_label(field).click()
        page.get_by_role("option", name=option).click()
    expect(dialog.get_by_label("Limit price")).to_be_visible()
    for field, text in (("Quantity", "10"), ("Limit price", "190"), ("Take profit at", "220")):
        dialog.get_by_label(field, exact=True).fill(text)
    stop = dialog.get_by_label("Stop loss at")
    stop.press_sequentially("18")
    priced = dialog.get_by_role("row").filter(has_text="Price now")
    paper_broker.set_price("AAPL", 201)
    expect(priced).to_contain_text("201.00")  # the price moved, what is half typed did not
    expect(stop).to_have_value("18")
    expect(stop).to_be_focused()
    stop.press_sequentially("0")
    page.keyboard.press("Tab")
    dialog.get_by_role("button", name="Review order").click()
    dialog.get_by_role("button", name="Buy 10 AAPL @ 190.00").click()
    expect(tab.cell("Bracket")).to_be_attached()
    paper_broker.step()
    expect(tab.cell("working")).to_be_attached()
    page.get_by_test_id("stDataFrame").first.click(position={"x": 60, "y": 47})
    tab.button("Replace limit $190.00…").click()
    dialog.get_by_label("Limit price").fill("189")
    page.keyboard.press("Tab")
    dialog.get_by_role("button", name="Replace: Buy 10 AAPL @ 189.00").click()
    expect(tab.cell("Entry, replacement 1")).to_be_attached()
    paper_broker.step()
    tab.button("Cancel limit $189.00…").click()
    dialog.get_by_role("button", name="Cancel this order").click()
    paper_broker.step()
    expect(page.get_by_text("✕ cancelled").first).to_be_visible()
    assert paper_broker.get("/orders", status="open") == []
