"""What a page's script run costs with many trades stored, after a change and without one.

    python -m benchmarks.pages [--trades 100000] [--runs 9] [--only overview]

CPU of the whole process, the headless client's own share (a few ms) included, and the bytes a run
sends to the browser. A change is what one sync commits that found one fill.
"""

from __future__ import annotations

import argparse
import gc
import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks.figures import Figure, figure, told
from benchmarks.page_record import fill, touch
from benchmarks.page_wire import Wire, listening
from benchmarks.sync_worlds import cpu_of
from tests.web.conftest import PAGES, note, open_app
from tests.web.seed import settings_of
from tradesync.store.database import Database
from tradesync.sync import registry

CHANGED_MS, UNCHANGED_MS = 150.0, 50.0
SENT_KB = 60.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A page as a person left it: its address."""

    name: str
    page: str
    address: Mapping[str, str] = field(default_factory=dict)


SCENES = (
    Scene("Overview", "overview"),
    Scene("Trades, open", "trades"),
    Scene("Trades, closed", "trades", {"status": "Closed"}),
    Scene("Trades, one", "trades", {"trade": "tpl-trade-00005000"}),
    Scene("Orders, working", "orders"),
    Scene("Orders, all", "orders", {"orders": "All"}),
    Scene("Performance, 3M", "performance"),
    Scene("Performance, All", "performance", {"range": "All"}),
    Scene("Performance, All by symbol", "performance", {"range": "All", "by": "Symbol"}),
    Scene("Reconcile", "reconcile"),
    Scene("Activity", "activity"),
)


def measure(trades: int = 100_000, runs: int = 9, only: str = "") -> list[Figure]:
    """Every page twice: after a change of the record, and without one."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, _dashboard(Path(folder), trades) as database:
        for scene in SCENES:
            if only.lower() in scene.name.lower():
                found += _measured(scene, database, runs)
    return found


@contextmanager
def _dashboard(folder: Path, trades: int) -> Iterator[Database]:
    """The dashboard's service over a filled record; nobody listens at its broker's address."""
    logging.disable(logging.CRITICAL)
    service = registry.start("dashboard", settings_of(folder / "record.duckdb"))
    try:
        now = time.time_ns()
        fill(service.database, trades, now)
        note(service.database, now)
        yield service.database
    finally:
        registry.stop()
        logging.disable(logging.NOTSET)


def opened(scene: Scene) -> AppTest:
    """The page of a scene, drawn."""
    app = open_app(**scene.address).run()
    for name, value in scene.address.items():
        app.query_params[name] = value
    app.switch_page(str(PAGES / f"{scene.page}.py")).run()
    assert not app.exception, app.exception
    return app


def _measured(scene: Scene, database: Database, runs: int) -> list[Figure]:
    app = opened(scene)
    app.run()
    gc.collect()
    gc.freeze()  # what the headless client keeps is no cost of a page
    try:
        with listening() as wire:
            app.run()
            unchanged = [_run(app, database, wire) for _ in range(runs)]
            changed = [_changed_run(app, database, wire) for _ in range(runs)]
    finally:
        gc.unfreeze()
    return [
        each
        for when, found, most in (
            ("nothing changed", unchanged, UNCHANGED_MS),
            ("after a change", changed, CHANGED_MS),
        )
        for each in (
            figure(f"{scene.name}, {when}", [cpu for cpu, _ in found], "ms CPU", most),
            figure(f"{scene.name}, {when}: sent", [sent for _, sent in found], "KB", SENT_KB),
        )
    ]


def _changed_run(app: AppTest, database: Database, wire: Wire) -> tuple[float, float]:
    touch(database, time.time_ns())
    return _run(app, database, wire)


def _run(app: AppTest, database: Database, wire: Wire) -> tuple[float, float]:
    """CPU milliseconds and kilobytes sent of one run; the record is kept fresh, so that none asks
    for a sync."""
    note(database, time.time_ns())
    found = cpu_of(app.run) * 1000
    assert not app.exception, app.exception
    assert not app.error, [each.value for each in app.error]
    return found, wire.sent / 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--only", default="", help="a part of a page's name")
    given = parser.parse_args()
    print(told(measure(given.trades, given.runs, given.only)))


if __name__ == "__main__":
    main()
