"""One new fill in accounts of different sizes, and how long a sync holds the database open.

    python -m benchmarks.sync_fill [--executions 1000 1000000] [--runs 15] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import duckdb

from benchmarks.figures import Figure, figure, told
from benchmarks.made_history import add_history
from benchmarks.sync_worlds import begun, cpu_of, synced
from tests.simulator.broker import PaperBroker
from tests.sync.world import World
from tradesync.store import facts
from tradesync.store.engine import Engine

RATIO = 2.0
HELD_MS = 150.0
FILLS_AN_ORDER = 10


def measure(small: int = 1_000, large: int = 1_000_000, runs: int = 15) -> list[Figure]:
    """CPU of a sync that finds one new fill, in a small and in a large account of one symbol."""
    found = []
    for executions in (small, large):
        with tempfile.TemporaryDirectory() as folder:
            found.append(new_fills(Path(folder), executions, runs))
    low, high = found
    ratio = Figure(f"a new fill: {large:,} executions ÷ {small:,}", round(
        high.value / low.value, 2), "times", RATIO)  # fmt: skip
    return [low, high, ratio]


def new_fills(path: Path, executions: int, runs: int) -> Figure:
    """CPU milliseconds of a sync that finds one fill: buys and sells in turns."""
    with PaperBroker() as broker:
        broker.set_price("AAPL", 100)
        world = begun(broker, path)
        broker.submit_market("AAPL", 2)
        broker.submit_market("AAPL", 2, side="sell")
        synced(world)
        _fill_up(world, executions)
        spent = []
        for turn in range(runs + 2):
            broker.submit_market("AAPL", 1, side="buy" if turn % 2 == 0 else "sell")
            spent.append(cpu_of(lambda: _one_more(world)) * 1000)
        world.service.close()
    return figure(f"a new fill among {executions:,}", spent[2:], "ms CPU")


def _fill_up(world: World, executions: int) -> None:
    """Give the account its history, then let the service read what it now knows."""
    account_id = world.account_id
    with world.database.read() as tx:
        (instrument,) = facts.load_instruments(tx, account_id)
    add_history(world, instrument, executions, FILLS_AN_ORDER)
    synced(world)


def _one_more(world: World) -> None:
    assert synced(world).facts_added == 2, "an order and its fill"


def held_open(changes: int = 500, runs: int = 5) -> list[Figure]:
    """The longest a sync that changes that many rows keeps the database open, wall and CPU."""
    longest, spent = [], []
    with tempfile.TemporaryDirectory() as folder, PaperBroker() as broker:
        broker.set_price("AAPL", 100)
        world = begun(broker, Path(folder))
        synced(world)
        for _ in range(runs):
            for _ in range(changes // 5):  # an order, its fill, its trade, its lot, an event …
                broker.submit_market("AAPL", 1)
            with _watched() as held:
                synced(world)
            wall, cpu = max(held)
            longest.append(wall * 1000)
            spent.append(cpu * 1000)
        world.service.close()
    name = f"database held open, {changes} rows changed"
    return [
        figure(name, longest, "ms", HELD_MS),
        figure(f"{name}: CPU meanwhile", spent, "ms CPU"),
    ]


@contextmanager
def _watched() -> Iterator[list[tuple[float, float]]]:
    """How many seconds the database file was open each time, and this process's CPU seconds."""
    held: list[tuple[float, float]] = []
    opens, closes = Engine.attach, Engine.let_go
    begun: list[tuple[float, float]] = []

    def timed_open(engine: Engine, path: Path) -> duckdb.DuckDBPyConnection:
        begun.append((time.perf_counter(), time.process_time()))
        return opens(engine, path)

    def timed_close(engine: Engine, connection: duckdb.DuckDBPyConnection) -> None:
        closes(engine, connection)
        wall, cpu = begun.pop()
        held.append((time.perf_counter() - wall, time.process_time() - cpu))

    with patch.object(Engine, "attach", timed_open), patch.object(Engine, "let_go", timed_close):
        yield held


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, nargs=2, default=(1_000, 1_000_000))
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    small, large = options.executions
    print(told([*held_open(), *measure(small, large, options.runs)]))


if __name__ == "__main__":
    main()
