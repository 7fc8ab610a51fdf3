"""Last year's gains taken away: the walk of a person in December, click by click."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.driving import Visit, dashboard, visit
from tests.programs import Home
from tests.views.closings import at, closed, short_tsla, store
from tradesync.domain.times import SECOND, format_instant, new_york_date
from tradesync.views.lots import HEADING

pytestmark = pytest.mark.browser
MINUTE = 60 * SECOND
THIS_YEAR = new_york_date(time.time_ns()).year
LAST_YEAR = THIS_YEAR - 1
BEGINS, ENDS = (at(1, 1, 0, year=year) for year in (LAST_YEAR, THIS_YEAR))


@pytest.fixture
def tab(chrome: Browser, tmp_path: Path) -> Iterator[Visit]:
    """A tab on a record with sales a minute before and at both ends of last year."""
    record = store(tmp_path, [
        closed(1, BEGINS - MINUTE, "11"),
        closed(2, BEGINS, "22.123456789", held=400),
        short_tsla(3, ENDS - MINUTE, "-33.5"),
        closed(4, ENDS, "44"),
    ])  # fmt: skip
    home = Home(tmp_path)
    home.settings |= {
        "TRADESYNC_DB": str(record.path),
        "ALPACA_API_KEY": "PKGAINS",
        "ALPACA_SECRET_KEY": "none",
        "ALPACA_BASE_URL": "http://127.0.0.1:9",  # nobody listens there
    }
    with dashboard(home) as address, visit(chrome, address) as opened:
        yield opened


def _menu_button(page: Page, kind: str) -> Locator:
    """A button of the open menu; a table's own tools are called much the same."""
    return page.get_by_test_id("stPopoverBody").get_by_role("button", name=kind)


def test_last_years_gains_are_four_clicks_away_and_end_with_new_yorks_year(tab: Visit) -> None:
    page = tab.page
    tab.open()
    page.get_by_role("link", name="Performance").click()
    page.get_by_role("radio", name=str(LAST_YEAR), exact=True).click()
    tab.button("Realized lots").click()
    page.get_by_text(f"Period: {LAST_YEAR}.").wait_for()  # open also over the run the year begins
    with page.expect_download() as csv_file:
        _menu_button(page, "CSV").click()
    with page.expect_download() as parquet_file:
        _menu_button(page, "Parquet").click()

    heading, *lines = Path(csv_file.value.path()).read_text().splitlines()
    assert heading == f"# {HEADING}"
    assert heading.startswith("# Not a tax document: no wash sales")
    first, last = csv.DictReader(io.StringIO("\n".join(lines)))
    assert (first["gain"], first["term"]) == ("22.123456789", "long")
    assert (last["symbol"], last["side"], last["gain"]) == ("TSLA", "short", "-33.5")
    assert [first["sold"], last["sold"]] == [f"{LAST_YEAR}-01-01", f"{LAST_YEAR}-12-31"]
    assert last["closed_at"] == format_instant(ENDS - MINUTE)
    assert last["closed_at"].startswith(f"{THIS_YEAR}-01-01T04:59:00")  # in UTC

    table = pq.read_table(parquet_file.value.path())
    assert table.schema.metadata[b"heading"].decode() == HEADING
    assert table.column("gain").to_pylist() == [Decimal("22.123456789"), Decimal("-33.5")]
    assert table.column("sold").to_pylist() == [date(LAST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)]
    assert str(LAST_YEAR) in csv_file.value.suggested_filename
    expect(page.get_by_text("not a tax document").first).to_be_attached()


def test_a_menu_opened_before_the_chosen_year_has_come_in_stays_open_and_is_of_that_year(
    tab: Visit,
) -> None:
    page = tab.page
    tab.open("/performance")
    expect(page.get_by_role("radio", name=str(LAST_YEAR))).to_be_visible()
    expect(tab.button("Realized lots")).to_be_visible()
    page.evaluate(_BOTH_CLICKS, [str(LAST_YEAR), "Realized lots"])
    expect(page.get_by_text(f"Period: {LAST_YEAR}.")).to_be_visible()
    with page.expect_download() as file:
        _menu_button(page, "CSV").click()
    assert f"realized-lots-{LAST_YEAR}" in file.value.suggested_filename
    expect(_menu_button(page, "CSV")).to_be_visible()


_BOTH_CLICKS = """([year, menu]) => {
  const named = (role, name) =>
    [...document.querySelectorAll(role)].find((each) => each.textContent.includes(name))
  named("[role=radio]", year).click()
  named("button", menu).click()
}"""
"""Two clicks within one task of the browser: no run of the first can come before the second."""
