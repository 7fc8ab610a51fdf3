"""The quiet cycle: CPU over many known orders, calls and wall time at 50 ms a call.

    python -m benchmarks.sync_cycle [--orders 5000] [--runs 15]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, figure, told
from benchmarks.sync_worlds import begun, cpu_of, open_orders, paper_broker, round_trips

from benchmarks.sync_worlds import synced  # isort: skip

CPU_MS = 50.0
CALLS = 5.0
CALL_SECONDS = 0.05
WALL_MS = 4 * CALL_SECONDS * 1000 + 150


def measure(orders: int = 5_000, runs: int = 15) -> list[Figure]:
    """An unchanged cycle over known orders, and one over 499 open orders with slow calls."""
    return [*known_orders(orders, runs), *slow_calls(499, runs)]


def known_orders(orders: int = 5_000, runs: int = 15) -> list[Figure]:
    """CPU milliseconds of a cycle, what it opens of the database included; nothing is written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with paper_broker(path / "broker", round_trips(orders, 2)) as broker:
            world = begun(broker, path / "record")
            for _ in range(3):
                synced(world)
            before = world.database.stamp()
            cycles = [cpu_of(lambda: synced(world)) for _ in range(runs)]
            assert world.database.stamp() == before, "a quiet cycle wrote"
            world.service.close()
    spent = [cycle * 1000 for cycle in cycles]
    return [figure(f"quiet cycle over {orders:,} known orders", spent, "ms CPU", CPU_MS)]


def slow_calls(orders: int = 499, runs: int = 15) -> list[Figure]:
    """Calls and wall milliseconds of a quiet cycle at 50 ms a call."""
    walls, calls = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with paper_broker(path / "broker", open_orders(orders, positions=10)) as broker:
            world = begun(broker, path / "record")
            for _ in range(3):
                synced(world)
            broker.fault("latency", path="/v2/.*", seconds=CALL_SECONDS)
            for _ in range(runs):
                begins = time.perf_counter()
                calls.append(float(synced(world).calls))
                walls.append((time.perf_counter() - begins) * 1000)
            world.service.close()
    return [
        figure(f"calls of a quiet cycle, {orders} open orders", calls, "calls", CALLS),
        figure(f"quiet cycle at 50 ms a call, {orders} open orders", walls, "ms", WALL_MS),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    print(told(measure(options.orders, options.runs)))


if __name__ == "__main__":
    main()
