"""How the cost of one cycle grows with open orders, and of a new fill with executions.

    python -m benchmarks.growth [--orders 10 100 1000 10000] [--runs 5]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, figure, told
from benchmarks.processes import calls_met, slow_down
from benchmarks.sync_fill import new_fills
from benchmarks.sync_worlds import begun, cpu_of, open_orders, paper_broker, synced

_CALL_SECONDS = 0.05


def open_orders_growth(
    counts: Sequence[int] = (10, 100, 1_000, 10_000), runs: int = 5
) -> list[Figure]:  # fmt: skip
    """Calls, wall and CPU of a quiet cycle by open orders."""
    found: list[Figure] = []
    for count in counts:
        found += _quiet_cycle(count, runs)
    return found


def _quiet_cycle(count: int, runs: int) -> list[Figure]:
    calls, walls, spent = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with paper_broker(path / "broker", open_orders(count, positions=100)) as broker:
            world = begun(broker, path / "record")
            for _ in range(3):
                synced(world)
            slow_down(broker, _CALL_SECONDS)
            for _ in range(runs):
                before, begins = calls_met(broker), time.perf_counter()
                spent.append(1000 * cpu_of(lambda: synced(world)))
                walls.append(1000 * (time.perf_counter() - begins))
                calls.append(float(calls_met(broker) - before))
            world.service.close()
    return [
        _point("open orders: calls a cycle", count, calls, "calls"),
        _point("open orders: wall a cycle in ms", count, walls, "ms"),
        _point("open orders: CPU a cycle in ms", count, spent, "ms CPU"),
    ]


def _point(series: str, count: int, runs: Sequence[float], unit: str) -> Figure:
    return replace(figure(f"{count:,} {series}", runs, unit), series=series, at=count)


def executions_growth(
    counts: Sequence[int] = (1_000, 100_000, 1_000_000), runs: int = 11
) -> list[Figure]:  # fmt: skip
    """CPU of a sync that finds one new fill, by stored executions; largest ÷ smallest."""
    found: list[Figure] = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            one = new_fills(Path(folder), count, runs)
        found.append(replace(one, series="executions: CPU of a new fill in ms", at=count))
    ratio = round(found[-1].value / found[0].value, 2)
    name = f"a new fill: {counts[-1]:,} executions ÷ {counts[0]:,}"
    return [Figure(name, ratio, "times", 2.0), *found]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=(10, 100, 1_000, 10_000))
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(told(open_orders_growth(options.orders, options.runs)))


if __name__ == "__main__":
    main()
