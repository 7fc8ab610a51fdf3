"""What more tabs cost: the broker's calls, the dashboard's memory and CPU.

    python -m benchmarks.tabs [--tabs 1 10 50] [--seconds 25]

The dashboard alone keeps the account true, every five seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, told
from benchmarks.processes import calls_met, cpu_seconds, rss_mb, slow_down
from benchmarks.visitors import stay_all
from tests.programs import Home, Program
from tests.simulator.broker import PaperBroker
from tradesync.supervisor import answers, dashboard, free_port

_CALL_SECONDS = 0.05
_INTERVAL = 5
_PORT = 23_000


def measure(tabs: Sequence[int] = (1, 10, 50), seconds: float = 25.0) -> list[Figure]:
    """Calls a minute, memory and CPU with so many tabs open; calls of the extra ones."""
    found: list[Figure] = []
    calls: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder, PaperBroker(clock="real", as_of=None) as broker:
        for symbol in ("AAPL", "MSFT", "KO"):
            broker.submit_market(symbol, 5)
        port = free_port(_PORT)
        with Program(list(dashboard(port).command()), home_at(Path(folder), broker)) as program:
            wait_for(port)
            slow_down(broker, _CALL_SECONDS)
            asyncio.run(stay_all(port, 1, 10.0))  # caches and pools are filled by then
            for count in tabs:
                pid = program.process.pid
                calls[count], figures = _with_tabs(broker, pid, port, count, seconds)
                found += figures
            program.end()
    extra = max(0.0, calls[tabs[-1]] - calls[tabs[0]]) * _INTERVAL / 60
    # Where its two windows begin and end within a cycle is worth less than one call a cycle.
    name = f"broker calls a cycle of {tabs[-1] - tabs[0]} extra tabs"
    return [Figure(name, float(int(extra)), "calls", 0.0), *found]


def home_at(path: Path, broker: PaperBroker) -> Home:
    """A home whose one account is at that broker."""
    return Home(path, {
        "ALPACA_API_KEY": broker.key, "ALPACA_SECRET_KEY": broker.secret,
        "ALPACA_BASE_URL": broker.base_url, "SYNC_INTERVAL": str(_INTERVAL),
    })  # fmt: skip


def wait_for(port: int, patience: float = 60.0) -> None:
    """Return once the dashboard serves pages; TimeoutError if it does not."""
    ends_at = time.monotonic() + patience
    while not answers(port):
        if time.monotonic() > ends_at:
            raise TimeoutError("the dashboard did not start")
        time.sleep(0.05)


def _with_tabs(
    broker: PaperBroker, pid: int, port: int, count: int, seconds: float
) -> tuple[float, list[Figure]]:  # fmt: skip
    calls, cpu, begins = calls_met(broker), cpu_seconds(pid), time.monotonic()
    took = asyncio.run(stay_all(port, count, seconds))
    spent = time.monotonic() - begins
    a_minute = 60 * (calls_met(broker) - calls) / spent
    name = f"{count} tab{'s' if count > 1 else ''}"
    return a_minute, [
        Figure(f"{name}: broker calls a minute", round(a_minute, 1), "calls",
               series="tabs: broker calls a minute", at=count),
        Figure(f"{name}: dashboard's memory", round(rss_mb(pid), 1), "MB",
               series="tabs: memory in MB", at=count),
        Figure(f"{name}: dashboard's CPU", round(100 * (cpu_seconds(pid) - cpu) / spent, 1),
               "% of a core", series="tabs: CPU in % of a core", at=count),
        Figure(f"{name}: opening the last one", round(took), "ms",
               series="tabs: opening the last one in ms", at=count),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, nargs="+", default=(1, 10, 50))
    parser.add_argument("--seconds", type=float, default=25.0)
    options = parser.parse_args()
    print(told(measure(options.tabs, options.seconds)))


if __name__ == "__main__":
    main()
