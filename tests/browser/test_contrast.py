"""Contrast AA: every text of every page, those on canvases too, measured in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.driving import Visit, dashboard, visit
from tests.browser.take_screens import (
    activity,
    closed,
    home_at,
    import_dialog,
    order_dialog,
    orders,
    overview,
    performance,
    proof,
    reconcile,
    settings,
    trades,
    why,
)
from tests.simulator.broker import PaperBroker

pytestmark = pytest.mark.browser
SCENES = (
    overview, trades, closed, why, orders, performance, activity, reconcile, proof, settings,
    import_dialog, order_dialog,
)  # fmt: skip
_SCRIPT = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard of an account with months of history."""
    folder = str(tmp_path_factory.mktemp("contrast"))
    with PaperBroker(empty=False, clock="real", as_of=None) as broker:
        home = home_at(broker, folder)
        with dashboard(home) as found:
            yield found


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_text_stands_out_from_what_it_is_written_on(
    chrome: Browser, address: str, look: str
) -> None:
    with visit(chrome, address, color_scheme=look) as tab:
        tab.page.add_init_script(_SCRIPT)
        for scene in SCENES:
            scene(tab)
            assert _unreadable(tab) == [], f"{scene.__name__}, {look}"


def _unreadable(tab: Visit) -> list[str]:
    for chart in tab.page.get_by_test_id("stEChartsChart").all():
        expect(chart.locator("canvas").first).to_be_attached()
    while not tab.page.evaluate("CanvasRenderingContext2D.prototype.fillText.readable"):
        tab.page.wait_for_timeout(50)  # the browser corrects the tables soon after it is there
    expect(tab.page.locator("[data-testid=stElementContainer][style*=padding]")).to_have_count(0)
    tab.page.evaluate("() => new Promise(requestAnimationFrame)")
    texts = tab.page.evaluate("contrast()")
    assert len(texts) > 40
    return [
        f"{each['found']:.2f} of {each['least']}: {each['words']!r} in {each['colour']}"
        for each in texts
        if each["found"] < each["least"]
    ]
