"""Start-up times, and what each program holds in memory idle and loaded.

    python -m benchmarks.startup [--runs 4] [--orders 5000]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, figure, told
from benchmarks.processes import rss_mb
from benchmarks.sync_worlds import paper_broker, round_trips
from benchmarks.tabs import home_at, wait_for
from benchmarks.visitors import stay_all, tab_on
from tests.programs import ROOT, Home, Program
from tests.simulator.broker import PaperBroker
from tradesync.store.database import Database
from tradesync.supervisor import dashboard, free_port

_IMPORTS = {
    "the service": "background_sync",
    "the dashboard": "dashboard, tradesync.web.router",
    "the command line": "tradesync.cli.main",
}
_PORT = 23_200
_PATIENCE = 120.0


def measure(runs: int = 4, orders: int = 5_000) -> list[Figure]:
    """Imports, time to the first page, memory idle and with a history loaded and ten tabs."""
    found = [_imported(program, names, runs) for program, names in _IMPORTS.items()]
    found.append(_first_page(max(3, runs // 2)))
    return [*found, *memory(orders)]


def _imported(program: str, names: str, runs: int) -> Figure:
    code = f"import time, {names}; print(time.process_time())"
    times = []
    for _ in range(runs + 1):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True,
                              text=True, check=True)  # fmt: skip
        times.append(1000 * float(done.stdout))
    return figure(f"starting Python and importing {program}", times[1:], "ms CPU")


def _first_page(runs: int) -> Figure:
    """From starting the dashboard beside nothing, no record yet, to its first page drawn."""
    times = []
    with PaperBroker(clock="real", as_of=None) as broker:
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                port, begins = free_port(_PORT), time.perf_counter()
                with Program(list(dashboard(port).command()), home_at(Path(folder), broker)) as one:
                    wait_for(port)
                    asyncio.run(_drawn(port))
                    times.append(time.perf_counter() - begins)
                    one.end()
    return figure("from start to the first page drawn", times, "s")


async def _drawn(port: int) -> None:
    async with tab_on(port):
        return


def memory(orders: int) -> list[Figure]:
    """Each program's memory: idle with an empty account, loaded with a history and ten tabs."""
    with tempfile.TemporaryDirectory() as folder, PaperBroker(clock="real", as_of=None) as broker:
        found = _programs(broker, Path(folder), "idle", tabs=1, executions=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with paper_broker(path / "broker", round_trips(orders, 2)) as broker:
            return [*found, *_programs(broker, path, "loaded", tabs=10, executions=2 * orders)]


def _programs(
    broker: PaperBroker, path: Path, word: str, *, tabs: int, executions: int
) -> list[Figure]:  # fmt: skip
    """Service and dashboard on that account for a while, then their memory and the broker's."""
    home, port = home_at(path, broker), free_port(_PORT)
    with (
        home.start("background_sync.py") as service,
        Program(list(dashboard(port).command()), home) as pages,
    ):
        wait_for(port)
        _until_stored(home, executions)
        asyncio.run(stay_all(port, tabs, 12.0))
        pids = {"service": service.process.pid, "dashboard": pages.process.pid,
                "paper broker": broker.pid}  # fmt: skip
        return [Figure(f"memory of the {name}, {word}", round(rss_mb(pid), 1), "MB")
                for name, pid in pids.items()]  # fmt: skip


def _until_stored(home: Home, executions: int) -> None:
    """Return once the whole history is in the file and concluded."""
    database = Database(home.database, program="benchmark")
    ends_at = time.monotonic() + _PATIENCE
    while time.monotonic() < ends_at:
        with database.read() as tx:
            stored = tx.one("SELECT (SELECT count(*) FROM executions), count(*) FROM trade_rows")
        if stored is not None and stored[0] >= executions and (stored[1] or not executions):
            return
        time.sleep(0.5)
    raise TimeoutError("the history was not read in time")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--orders", type=int, default=5_000)
    options = parser.parse_args()
    print(told(measure(options.runs, options.orders)))


if __name__ == "__main__":
    main()
