"""One cycle at many open orders against what people use instead, in the same run.

    python -m benchmarks.against "polling loop" [--orders 499] [--cycles 2]

Ours, the polling loop of rivals/polling_loop.py and lumibot's poll each have the paper broker
answer every call after 50 ms; calls are counted there, wall and CPU in the program measured.
LUMIBOT_PYTHON names the Python that has lumibot; without it lumibot cannot be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.figures import Figure, figure, told
from benchmarks.processes import calls_met, slow_down
from benchmarks.sync_worlds import HELD, begun, cpu_of, open_orders, paper_broker, synced
from tests.simulator.broker import PaperBroker

CALL_SECONDS = 0.05
_RIVALS = Path(__file__).parent / "rivals"


@dataclass
class Cycles:
    """What some cycles of one program took."""

    calls: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def figures(self, name: str, orders: int) -> list[Figure]:
        """Three figures under that name."""
        told_of = f"{name}, {orders} open orders, 100 positions"
        return [
            figure(f"{told_of}: calls a cycle", self.calls, "calls"),
            figure(f"{told_of}: wall a cycle", self.wall_ms, "ms"),
            figure(f"{told_of}: CPU a cycle", self.cpu_ms, "ms CPU"),
        ]


def measure(rival: str, orders: int = 499, cycles: int = 2) -> list[Figure]:
    """Ours, then the rival's, then how many times ours that is."""
    run = {"polling loop": _loop, "lumibot": _lumibot}[rival]
    found: list[list[Figure]] = []
    for name, program in (("tradesync", _ours), (rival, run)):
        with tempfile.TemporaryDirectory() as folder:
            found.append(program(Path(folder), orders, cycles).figures(name, orders))
    ours, theirs = found
    return [*ours, *theirs, *(_times(one, own) for one, own in zip(theirs, ours, strict=True))]


def _times(theirs: Figure, own: Figure) -> Figure:
    return Figure(f"{theirs.name} ÷ ours", round(theirs.value / own.value, 2), "times")


def _ours(path: Path, orders: int, cycles: int) -> Cycles:
    """Our quiet cycle."""
    spent = Cycles()
    with paper_broker(path / "broker", open_orders(orders, positions=100)) as broker:
        world = begun(broker, path / "record")
        for _ in range(3):
            synced(world)
        slow_down(broker, CALL_SECONDS)
        for _ in range(max(cycles, 7)):
            before, begins = calls_met(broker), time.perf_counter()
            spent.cpu_ms.append(1000 * cpu_of(lambda: synced(world)))
            spent.wall_ms.append(1000 * (time.perf_counter() - begins))
            spent.calls.append(calls_met(broker) - before)
        world.service.close()
    return spent


def _loop(path: Path, orders: int, cycles: int) -> Cycles:
    """The polling loop over the same account."""
    with paper_broker(path / "broker", open_orders(orders, positions=100)) as broker:
        command = [sys.executable, str(_RIVALS / "polling_loop.py"), broker.base_url, broker.key,
                   broker.secret, str(path / "rival.duckdb"), str(cycles)]  # fmt: skip
        return _driven(broker, command, cycles)


def _lumibot(path: Path, orders: int, cycles: int) -> Cycles:
    """lumibot's poll over as many orders, placed through it, and as many positions."""
    (path / "broker").mkdir()
    with PaperBroker(clock="real", as_of=None, data=path / "broker") as broker:
        for symbol in HELD:
            broker.control("assets", symbol=symbol, price=50)
            broker.add_position(symbol, 10, 50)
        command = [_python_with_lumibot(), str(_RIVALS / "lumibot_poll.py"), broker.base_url,
                   broker.key, broker.secret, str(orders), str(cycles)]  # fmt: skip
        return _driven(broker, command, cycles)


def _python_with_lumibot() -> str:
    if found := os.environ.get("LUMIBOT_PYTHON"):
        return found
    raise RuntimeError("lumibot is not installed: run `make bench`, which says why it cannot be.")


def _driven(broker: PaperBroker, command: list[str], cycles: int) -> Cycles:
    """Run a rival that waits for a line before each cycle and tells what the cycle took."""
    spent = Cycles()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as rival:
        assert rival.stdin is not None
        assert rival.stdout is not None
        _told(rival.stdout)
        slow_down(broker, CALL_SECONDS)
        for _ in range(cycles):
            before = calls_met(broker)
            rival.stdin.write("\n")
            rival.stdin.flush()
            took = _told(rival.stdout)
            spent.calls.append(calls_met(broker) - before)
            spent.wall_ms.append(1000 * took["wall_s"])
            spent.cpu_ms.append(1000 * took["cpu_s"])
        rival.stdin.close()
    return spent


def _told(output: IO[str]) -> dict[str, float]:
    """The next JSON object the rival tells; its log lines are passed over."""
    for line in output:
        if line.startswith("{"):
            found: dict[str, float] = json.loads(line)
            return found
    raise RuntimeError("the rival ended before it told anything; see its errors above")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rival", choices=("polling loop", "lumibot"))
    parser.add_argument("--orders", type=int, default=499)
    parser.add_argument("--cycles", type=int, default=2)
    options = parser.parse_args()
    print(told(measure(options.rival, options.orders, options.cycles)))


if __name__ == "__main__":
    main()
