"""The first sync: CPU of reading and concluding an account's whole history; cycles after it.

    python -m benchmarks.sync_history [--orders 5000] [--fills 2] [--runs 3]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, figure, told
from benchmarks.sync_cycle import known_orders
from benchmarks.sync_worlds import begun, cpu_of, paper_broker, round_trips, synced

BUDGET = 2.0


def measure(
    orders: int = 5_000, fills: int = 2, runs: int = 3, cycles: int = 15
) -> list[Figure]:  # fmt: skip
    """CPU seconds from an empty database to all trades, then CPU of quiet cycles over them."""
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with paper_broker(path / "broker", round_trips(orders, fills)) as broker:
            for run in range(runs):
                world = begun(broker, path / f"run{run}")
                spent.append(cpu_of(lambda world=world: synced(world)))  # type: ignore[misc]
                ((stored,),) = world.rows("SELECT count(*) FROM executions")
                assert stored == orders * fills, stored
                known = known_orders(world, orders, cycles) if run == runs - 1 else None
                world.service.close()
    name = f"first history of {orders:,} orders and {orders * fills:,} executions"
    return [figure(name, spent, "s CPU", BUDGET), *([known] if known else [])]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--fills", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(told(measure(options.orders, options.fills, options.runs)))


if __name__ == "__main__":
    main()
