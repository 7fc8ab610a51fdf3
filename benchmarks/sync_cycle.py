"""The quiet cycle: calls and wall time at 50 ms a call, CPU over many known orders.

    python -m benchmarks.sync_cycle [--orders 499] [--runs 15]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, figure, told
from benchmarks.sync_worlds import begun, cpu_of, open_orders, paper_broker, synced
from tests.sync.world import World

CPU_MS = 50.0
CALLS = 5.0
CALL_SECONDS = 0.05
WALL_MS = 4 * CALL_SECONDS * 1000 + 150


def known_orders(world: World, orders: int, runs: int = 15) -> Figure:
    """CPU milliseconds of a cycle over an account read whole, what it opens of the database
    included; nothing is written."""
    for _ in range(3):
        synced(world)
    before = world.database.stamp()
    spent = [cpu_of(lambda: synced(world)) * 1000 for _ in range(runs)]
    assert world.database.stamp() == before, "a quiet cycle wrote"
    return figure(f"quiet cycle over {orders:,} known orders", spent, "ms CPU", CPU_MS)


def slow_calls(orders: int = 499, runs: int = 15) -> list[Figure]:
    """Calls and wall milliseconds of a quiet cycle at 50 ms a call, 100 positions held."""
    walls, calls = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with paper_broker(path / "broker", open_orders(orders, positions=100)) as broker:
            world = begun(broker, path / "record")
            for _ in range(3):
                synced(world)
            broker.fault("latency", path="/v2/.*", seconds=CALL_SECONDS)
            for _ in range(runs):
                begins = time.perf_counter()
                calls.append(float(synced(world).calls))
                walls.append((time.perf_counter() - begins) * 1000)
            world.service.close()
    what = f"{orders} open orders, 100 positions"
    return [
        figure(f"calls of a quiet cycle, {what}", calls, "calls", CALLS),
        figure(f"quiet cycle at 50 ms a call, {what}", walls, "ms", WALL_MS),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=499)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    print(told(slow_calls(options.orders, options.runs)))


if __name__ == "__main__":
    main()
