"""The service under load: fill → row latency, and many accounts of which some ail.

    python benchmarks/service.py fills [--count 60]
    python benchmarks/service.py accounts [--seconds 120] [--accounts 50]

Each prints one line and the figures as JSON (`--json FILE` keeps them). A paper broker and the
service run as real processes on this machine. For an hour of it: soak.py.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.figures import Figure  # noqa: E402 (needs the path above)
from benchmarks.processes import cpu_seconds, rss_mb  # noqa: E402
from tests.programs import Home  # noqa: E402 (needs the path above)
from tests.simulator.broker import PaperBroker  # noqa: E402
from tradesync.store.database import Database  # noqa: E402
from tradesync.sync.board import Board, StreamBoard  # noqa: E402
from tradesync.sync.outcomes import StreamWord  # noqa: E402

_CALL_SECONDS = 0.05
_INTERVAL = 30.0
"""Seconds between syncs where none is configured."""
_ENOUGH_TO_AIL = 20
"""Accounts from which on some hang, fail or are rate-limited."""


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("fills", "accounts"))
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        if options.what == "fills":
            figures = measure_fills(path, options.count)
        else:
            figures = measure_accounts(path, options.seconds, options.accounts)
    text = json.dumps(figures, indent=1)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", "utf-8")


def fill_to_row(count: int = 60) -> list[Figure]:
    """The 95th percentile of the time from a fill to its row."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure_fills(Path(folder), count)
    spread = (found["p50_ms"], found["max_ms"])
    return [Figure(f"fill → row in DuckDB, p95 of {count}", found["p95_ms"], "ms", 500.0, spread)]


def accounts_growth(
    counts: Sequence[int] = (1, 10, 50, 200), seconds: float = 35.0
) -> list[Figure]:  # fmt: skip
    """Start, age of the oldest record, memory and CPU by accounts; `seconds` see an interval."""
    figures: list[Figure] = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            found = measure_accounts(Path(folder), seconds, count)
        name = f"{count} account{'s' if count > 1 else ''}"
        name += f", {found['ailing']} ailing" if found["ailing"] else ""
        for key, what, unit in _ACCOUNT_FIGURES:
            budget = _ACCOUNT_BUDGETS.get((count, key))
            figures.append(Figure(f"{name}: {what}", float(found[key]), unit, budget,
                                  series=f"accounts: {what} in {unit}", at=count))  # fmt: skip
        figures.append(Figure(f"{name}: calls of a healthy one in 30 s", found["calls"], "calls"))
    return figures


_ACCOUNT_FIGURES = (
    ("start_s", "until all healthy are live", "s"),
    ("oldest_s", "oldest healthy record", "s"),
    ("rss_mb", "the service's memory", "MB"),
    ("cpu_percent", "the service's CPU", "% of a core"),
)
_ACCOUNT_BUDGETS = {(50, "oldest_s"): 30.0, (50, "rss_mb"): 400.0}


def measure_fills(path: Path, count: int) -> dict[str, Any]:
    """Milliseconds from an order's POST, which fills it, to its execution being in the file."""
    with PaperBroker(clock="real", as_of=None) as broker:
        home = Home(path, {
            "ALPACA_API_KEY": broker.key, "ALPACA_SECRET_KEY": broker.secret,
            "ALPACA_BASE_URL": broker.base_url,
        })  # fmt: skip
        with home.start("background_sync.py") as service:
            _wait_until_live(home, ["main"])
            database = Database(home.database, program="benchmark")
            found = sorted(_one_fill(broker, database) for _ in range(count))
            service.end()
    figures = {
        "fills": count,
        "p50_ms": round(statistics.median(found)),
        "p95_ms": round(found[int(0.95 * (count - 1))]),
        "max_ms": round(found[-1]),
    }
    print("fill → row: p50 {p50_ms} ms, p95 {p95_ms} ms, max {max_ms} ms".format(**figures))
    return figures


def _one_fill(broker: PaperBroker, database: Database) -> float:
    """Buy one share and wait for its row; the file is opened only after it has changed."""
    pause = threading.Event()
    pause.wait(0.5)
    stamp = database.stamp()
    began = time.perf_counter()
    order_id = broker.submit_market("AAPL", 1)["id"]
    while True:
        if database.stamp() != stamp:
            changed = time.perf_counter()
            stamp = database.stamp()
            with database.read() as tx:
                if tx.rows("SELECT 1 FROM executions WHERE order_id = ?", [order_id]):
                    return (changed - began) * 1000
        pause.wait(0.002)


@dataclass(frozen=True, slots=True)
class Load:
    """A running service with many accounts, of which some ail."""

    home: Home
    pid: int
    """The service's process."""
    healthy: list[str]
    ailing: int
    broker: PaperBroker
    """Its first faults count the calls of the healthy accounts, in order."""
    start_s: float
    """Seconds from the service's start until every healthy account was live."""

    def calls(self) -> list[int]:
        """The calls each healthy account has made so far."""
        faults = self.broker.raw("GET", "/sim/faults").json()
        return [int(fault["met"]) for fault in faults[: len(self.healthy)]]


@contextmanager
def loaded_service(path: Path, count: int) -> Iterator[Load]:
    """The service over `count` accounts, once every healthy one's stream is live."""
    with PaperBroker(clock="real", as_of=None) as broker:
        names = [f"a{number:03}" for number in range(count)]
        brokers = {names[0]: broker} | {name: broker.add_account(name) for name in names[1:]}
        ailing: dict[str, str] = {}
        if count >= _ENOUGH_TO_AIL:
            ailing = {names[0]: "hanging", names[1]: "failing", names[2]: "failing"}
            ailing |= dict.fromkeys(names[3:8], "rate-limited")
        healthy = [name for name in names if name not in ailing]
        for name in healthy:  # a fault that never comes to pass counts
            broker.fault("latency", account=brokers[name].key, times=0)
        for name, how in ailing.items():
            _ail(brokers[name], how)
        broker.fault("latency", path="/v2/.*", seconds=_CALL_SECONDS)
        home = Home(path, _accounts(path, brokers))
        begins = time.monotonic()
        with home.start("background_sync.py") as service:
            _wait_until_live(home, healthy)
            start = round(time.monotonic() - begins, 1)
            yield Load(home, service.process.pid, healthy, len(ailing), broker, start)
            service.end()


def measure_accounts(path: Path, seconds: float, count: int) -> dict[str, Any]:
    """Ages of healthy accounts' records while others hang, fail and are rate-limited."""
    with loaded_service(path, count) as load:
        figures = _watch(load, seconds)
        figures |= {"accounts": count, "ailing": load.ailing, "start_s": load.start_s}
    print(
        "{accounts} accounts, {ailing} ailing: live after {start_s} s, oldest healthy record "
        "{oldest_s} s, {calls} calls an account and interval, "
        "memory {rss_mb} MB (+{growth_mb} MB), CPU {cpu_percent} %".format(**figures)
    )
    return figures


def _ail(broker: PaperBroker, how: str) -> None:
    faults: dict[str, dict[str, Any]] = {
        "hanging": {"kind": "latency", "seconds": 3600},
        "failing": {"kind": "status", "status": 500},
        "rate-limited": {"kind": "status", "status": 429},
    }
    broker.fault(path="/v2/.*", account=broker.key, **faults[how])


def _accounts(path: Path, brokers: dict[str, PaperBroker]) -> dict[str, str]:
    """Write accounts.toml; the environment that goes with it."""
    lines: list[str] = []
    environment: dict[str, str] = {}
    for name, broker in brokers.items():
        variable = name.upper()
        lines += [
            f"[accounts.{name}]", f'key = "${variable}_KEY"', f'secret = "${variable}_SECRET"',
            f'base_url = "{broker.base_url}"',
        ]  # fmt: skip
        environment |= {f"{variable}_KEY": broker.key, f"{variable}_SECRET": broker.secret}
    (path / "accounts.toml").write_text("\n".join(lines), "utf-8")
    return environment


def _wait_until_live(home: Home, names: list[str]) -> None:
    """Return once every account's stream is live, and so its record fresh."""
    pause = threading.Event()
    boards = [StreamBoard(home.database, name) for name in names]
    while any(board.read().word is not StreamWord.LIVE for board in boards):
        pause.wait(0.2)


def _watch(load: Load, seconds: float) -> dict[str, Any]:
    oldest, first, rss = 0.0, rss_mb(load.pid), 0.0
    cpu, calls = cpu_seconds(load.pid), sum(load.calls())
    ends_at = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < ends_at:
        oldest = max(oldest, oldest_record(load))
        rss = max(rss, rss_mb(load.pid))
        pause.wait(0.25)
    made = (sum(load.calls()) - calls) / len(load.healthy)
    return {
        "seconds": seconds,
        "oldest_s": round(oldest, 1),
        "calls": round(made * _INTERVAL / seconds, 1),
        "rss_mb": round(rss),
        "growth_mb": round(rss_mb(load.pid) - first),
        "cpu_percent": round(100 * (cpu_seconds(load.pid) - cpu) / seconds),
    }


def oldest_record(load: Load) -> float:
    """Seconds since the first read of the oldest of the healthy accounts' records."""
    read_at = (
        Board(load.home.database, name).read().last_first_read_at or 0 for name in load.healthy
    )
    return (time.time_ns() - min(read_at)) / 1e9


if __name__ == "__main__":
    main()
