"""Pages refreshed thousands of times: what of it stays behind in the dashboard.

    python -m benchmarks.refreshes [--count 2000] [--json FILE]

In two ways, each in a dashboard of its own. *Tabs that come and go*: every refresh is a browser
tab's, a session over the websocket that draws the overview and leaves. *One tab that ticks*: one
session stays, every tick of its autorefresh syncs and draws the page again, as a tab left open
does (2,880 times a day); now and then an order fills meanwhile, so that the record moves. Prints
memory, threads, open files and sockets as it goes; growth is the slope of memory over all looks
after the warm-up. A paper broker and the dashboard run as real processes on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.processes import rss_mb
from benchmarks.tabs import home_at, wait_for
from benchmarks.visitors import tab_on
from tests.programs import Program
from tests.simulator.broker import PaperBroker
from tradesync.supervisor import dashboard, free_port

WARM = 500
"""Refreshes before growth is looked for: caches, pools and Streamlit's store of up to 128 sessions
that left are full by then."""
_BETWEEN_LOOKS = 100
_FILL_EVERY = 20
"""Ticks of the one tab between two fills."""
_LET_GO = 130.0
"""Seconds after which Streamlit has forgotten every tab that left (two minutes)."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the dashboard's process holds after so many refreshes."""

    refreshes: int
    rss_mb: float
    """The mean over the last hundred refreshes: DuckDB's buffers come and go by ten MB and more."""
    threads: int
    files: int
    sockets: int


def main() -> None:
    """Refresh and look, in both ways."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refreshes", description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ways = {"tabs that come and go": _coming_and_going, "one tab that ticks": _ticking}
    found = {name: measure(way, options.count) for name, way in ways.items()}
    print(json.dumps(found, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


@dataclass(frozen=True, slots=True)
class _Place:
    """The dashboard of a measurement and the broker behind it."""

    port: int
    broker: PaperBroker

    async def sync(self) -> None:
        """A sync now, as a tick asks for when the record is old."""
        async with httpx.AsyncClient(timeout=60) as client:
            reply = await client.get(f"http://127.0.0.1:{self.port}/api/trades/sync")
            reply.raise_for_status()


Way = Callable[[_Place], AsyncGenerator[None]]
"""Refreshes once each time it is asked for the next."""


def measure(way: Way, count: int) -> dict[str, Any]:
    """What the dashboard's process holds after the warm-up, in the end, and when all have left."""
    with tempfile.TemporaryDirectory() as folder, PaperBroker(clock="real", as_of=None) as broker:
        for symbol in ("AAPL", "MSFT", "KO"):
            broker.submit_market(symbol, 5)
        place = _Place(free_port(23_000), broker)
        home = home_at(Path(folder), broker)
        with Program(list(dashboard(place.port).command()), home) as program:
            wait_for(place.port)
            pid = program.process.pid
            looks = asyncio.run(_looks(way, place, pid, WARM + count))
            time.sleep(_LET_GO)
            asyncio.run(_looks(_coming_and_going, place, pid, 1))  # it forgets when one comes
            later = _look(pid, looks[-1].refreshes, [rss_mb(pid)])
            program.end()
    return {"warm": asdict(looks[0]), "last": asdict(looks[-1]), "later": asdict(later),
            "growth_mb_per_thousand": round(growth(looks), 2),
            "rss_mb": [look.rss_mb for look in looks]}  # fmt: skip


def growth(looks: Sequence[Look]) -> float:
    """MB a thousand refreshes, by the straight line nearest to all looks."""
    line = statistics.linear_regression(
        [look.refreshes for look in looks], [look.rss_mb for look in looks]
    )
    return 1000 * line.slope


async def _looks(way: Way, place: _Place, pid: int, count: int) -> list[Look]:
    """Refresh so often; a look at the end of the warm-up and every hundred from then on."""
    looks: list[Look] = []
    memory: deque[float] = deque(maxlen=_BETWEEN_LOOKS)
    await place.sync()
    number = 0
    async with aclosing(way(place)) as refreshes:
        async for _ in refreshes:
            number += 1
            memory.append(rss_mb(pid))
            if number >= WARM and number % _BETWEEN_LOOKS == 0:
                looks.append(_look(pid, number, memory))
                print(json.dumps(asdict(looks[-1])), flush=True)
            if number == count:
                break
    return looks


async def _coming_and_going(place: _Place) -> AsyncGenerator[None]:
    while True:
        async with tab_on(place.port):
            pass
        yield


async def _ticking(place: _Place) -> AsyncGenerator[None]:
    async with tab_on(place.port) as tab:
        while True:
            tab.ticks += 1
            if tab.ticks % _FILL_EVERY == 0:
                side = ("buy", "sell")[tab.ticks // _FILL_EVERY % 2]
                place.broker.submit_market("KO", 1, side)
            await place.sync()
            await tab.page()
            yield


def _look(pid: int, refreshes: int, memory: Iterable[float]) -> Look:
    """What the process holds now, and did in `memory`, of some instants in MB."""
    files: list[str] = []
    for item in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            files.append(item.readlink().name)
    return Look(
        refreshes=refreshes,
        rss_mb=round(statistics.fmean(memory), 1),
        threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
        files=len(files),
        sockets=sum(name.startswith("socket:") for name in files),
    )


if __name__ == "__main__":
    main()
