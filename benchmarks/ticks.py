"""How long a refresh of an open page keeps the browser busy, with many trades stored.

    python -m benchmarks.ticks [--trades 100000] [--runs 3] [--only overview]

A tick is all that an open page does between two autorefreshes (3 s apart here, 30 in use): one
run of the page, the watchers' looks in between, and, where something changed, the run for that.
A long task is one of 50 ms or more on the browser's main thread (W3C *Long Tasks*); a person
notices about 100. Its wall time is the browser's own word for it and too high on a busy machine;
the budget is for its CPU.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from benchmarks.figures import Figure, figure, told
from benchmarks.page_record import fill, touch
from benchmarks.pages import SCENES, Scene
from tests.browser.driving import browser, dashboard, visit
from tests.programs import Home
from tests.web.conftest import note
from tradesync.store.database import Database

LONGEST_MS = 100.0
_TASKS = "disabled-by-default-devtools.timeline"
_TICK, _AFTER = 3.0, 0.7
"""Seconds between two autorefreshes, and more so that one is within every look."""
_WARM = 6.0
"""Seconds a page is left alone after its charts are there: bars and trends are still read."""

_LISTEN = """() => {
  window.longTasks = []
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) window.longTasks.push(each.duration)
  }).observe({ type: "longtask" })
}"""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick cost the page's main thread, in ms."""

    wall: float
    """The longest of its long tasks; 0 where none was."""
    cpu: float
    """What the task that worked most took of a core."""
    all: float
    """What all tasks took."""


def measure(trades: int = 100_000, runs: int = 3, only: str = "") -> list[Figure]:
    """Every page, without a change of the record and with one each tick."""
    found: list[Figure] = []
    with _dashboard(trades) as (database, address), browser() as running:
        for scene in SCENES:
            if only.lower() in scene.name.lower():
                found += _scene(running, address, database, scene, runs)
    return found


@contextmanager
def _dashboard(trades: int) -> Iterator[tuple[Database, str]]:
    """The dashboard over a filled record that looks as if a service kept it fresh."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), {
            "ALPACA_API_KEY": "PKTICKS", "ALPACA_SECRET_KEY": "none",
            "ALPACA_BASE_URL": "http://127.0.0.1:9", "SYNC_INTERVAL": f"{_TICK:g}",
        })  # fmt: skip
        home.database.parent.mkdir(parents=True)
        database = Database(home.database)
        fill(database, trades, time.time_ns())
        note(database, time.time_ns())
        ended = threading.Event()
        keeper = threading.Thread(target=_keep_fresh, args=(database, ended))
        keeper.start()
        try:
            with dashboard(home) as address:
                yield database, address
        finally:
            ended.set()
            keeper.join()


def _keep_fresh(database: Database, ended: threading.Event) -> None:
    while not ended.wait(1.0):
        note(database, time.time_ns())


def _scene(
    running: Browser, address: str, database: Database, scene: Scene, runs: int
) -> list[Figure]:
    path = "/" if scene.page == "overview" else f"/{scene.page}"
    with visit(running, address) as tab:
        tab.open(f"{path}?{urlencode(scene.address)}")
        tab.page.evaluate(_LISTEN)
        for chart in tab.page.get_by_test_id("stEChartsChart").all():
            chart.locator("canvas, svg").first.wait_for(state="attached")
        tab.page.wait_for_timeout(_WARM * 1000)
        quiet = [_tick(running, tab.page, lambda: None) for _ in range(runs)]
        changed = [
            _tick(running, tab.page, lambda: touch(database, time.time_ns())) for _ in range(runs)
        ]
        assert not tab.page.get_by_test_id("stException").count()
    return [
        *_figures(f"{scene.name}, nothing changed", quiet),
        *_figures(f"{scene.name}, after a change", changed),
    ]


def _tick(running: Browser, page: Page, change: Callable[[], None]) -> Tick:
    page.evaluate("() => { window.longTasks.length = 0 }")
    running.start_tracing(page=page, categories=[_TASKS])
    change()
    page.wait_for_timeout((_TICK + _AFTER) * 1000)
    taken = _cpu_of_tasks(json.loads(running.stop_tracing())["traceEvents"])
    longest = max(page.evaluate("() => window.longTasks"), default=0.0)
    return Tick(float(longest), max(taken, default=0.0), sum(taken))


def _cpu_of_tasks(events: Sequence[Mapping[str, Any]]) -> list[float]:
    """What each task of pages' main threads took of a core (ms)."""
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    return [
        each.get("tdur", 0) / 1000
        for each in events
        if each["name"] == "RunTask" and (each["pid"], each["tid"]) in mains
    ]


def _figures(name: str, ticks: list[Tick]) -> list[Figure]:
    return [
        figure(f"{name}: heaviest task", [each.cpu for each in ticks], "ms CPU", LONGEST_MS),
        figure(f"{name}: longest task", [each.wall for each in ticks], "ms"),
        figure(f"{name}: all tasks", [each.all for each in ticks], "ms CPU"),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of a page's name")
    given = parser.parse_args()
    print(told(measure(given.trades, given.runs, given.only)))


if __name__ == "__main__":
    main()
