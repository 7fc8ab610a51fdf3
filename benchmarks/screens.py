"""From a fill at the broker to its row on an open screen: real browser, both programs running.

    python -m benchmarks.screens [--fills 12]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.figures import Figure, told
from tests.browser.driving import browser, visit
from tests.programs import Home, Program
from tests.simulator.broker import PaperBroker
from tradesync.supervisor import answers, dashboard, free_port

BUDGET_MS = 2_000.0
_PORT = 23_100
_SYMBOLS = ("MSFT", "NVDA", "TSLA", "AMD", "GOOG", "AMZN", "META", "SPY", "QQQ", "JPM", "XOM",
            "KO", "COST", "DIS", "INTC", "PLTR", "GME")  # fmt: skip


def measure(fills: int = 12) -> list[Figure]:
    """The 95th percentile of some fills, each of a symbol the page does not show yet."""
    with tempfile.TemporaryDirectory() as folder, PaperBroker(clock="real", as_of=None) as broker:
        home = Home(Path(folder), {
            "ALPACA_API_KEY": broker.key, "ALPACA_SECRET_KEY": broker.secret,
            "ALPACA_BASE_URL": broker.base_url,
        })  # fmt: skip
        broker.submit_market("AAPL", 1)
        port = free_port(_PORT)
        with home.start("background_sync.py"), Program(list(dashboard(port).command()), home):
            while not answers(port):
                time.sleep(0.2)
            broker.wait_for_listeners(1)
            found = _watched(broker, port, fills)
    found.sort()
    p95 = found[int(0.95 * (len(found) - 1))]
    return [
        Figure(f"fill → open screen, p95 of {len(found)}", round(p95), "ms", BUDGET_MS,
               (round(found[0]), round(found[-1])))
    ]  # fmt: skip


def _watched(broker: PaperBroker, port: int, fills: int) -> list[float]:
    with browser() as running, visit(running, f"http://127.0.0.1:{port}") as tab:
        tab.open("/trades")
        tab.cell("AAPL").wait_for(state="attached")
        return [_one(broker, tab.page, symbol) for symbol in _SYMBOLS[:fills]]


def _one(broker: PaperBroker, page: Page, symbol: str) -> float:
    """Milliseconds from the order's POST, which fills it, to its row in the table."""
    page.wait_for_timeout(1_500)  # the stream's spacing, and the last rerun
    begins = time.perf_counter()
    broker.submit_market(symbol, 1)
    cell = page.locator("td[role=gridcell]").filter(has_text=symbol).first
    cell.wait_for(state="attached")
    return (time.perf_counter() - begins) * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fills", type=int, default=12)
    print(told(measure(parser.parse_args().fills)))


if __name__ == "__main__":
    main()
