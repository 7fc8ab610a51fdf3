"""`make bench`: every budget measured, one table, and the figures as JSON.

    python -m benchmarks [--only NAME ...] [--quick] [--json FILE]

Each benchmark runs in a process of its own; one that fails is told and stops no other. A rival
that is not installed is left out. Exit code: 0 when all ran and all budgets are met, else 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.processes import adopt_orphans, end_children

RESULTS = Path(__file__).parent / "results.json"
_LIMIT = 600.0
"""Seconds one benchmark may take."""
_FAREWELL = 30.0
"""Seconds it has to end its programs when it took longer."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module's function, and what it is given in a full and in a quick run."""

    module: str
    function: str
    full: tuple[Any, ...] = ()
    quick: tuple[Any, ...] = ()

    def run(self, *, quick: bool) -> list[Figure]:
        """The figures; whatever the benchmark raises."""
        module = __import__(f"benchmarks.{self.module}", fromlist=[self.function])
        measure: Callable[..., list[Figure]] = getattr(module, self.function)
        return measure(*(self.quick if quick else self.full))


BENCHMARKS = {
    "cycle": Benchmark("sync_cycle", "slow_calls", (), (499, 5)),
    "history": Benchmark("sync_history", "measure", (), (1_000, 2, 2, 7)),
    "held": Benchmark("sync_fill", "held_open", (), (500, 3)),
    "row": Benchmark("service", "fill_to_row", (), (10,)),
    "screen": Benchmark("screens", "measure", (), (3,)),
    "pages": Benchmark("pages", "measure", (), (10_000, 3)),
    "ticks": Benchmark("ticks", "measure", (), (10_000, 1)),
    "tabs": Benchmark("tabs", "measure", (), ((1, 5), 10.0)),
    "polling-loop": Benchmark("against", "measure", ("polling loop",), ("polling loop", 50, 2)),
    "lumibot": Benchmark("against", "measure", ("lumibot",), ("lumibot", 50, 2)),
    "accounts": Benchmark("service", "accounts_growth", (), ((1, 10), 10.0)),
    "orders-growth": Benchmark("growth", "open_orders_growth", (), ((10, 100), 3)),
    "executions": Benchmark("growth", "executions_growth", (), ((1_000, 20_000), 7)),
    "startup": Benchmark("startup", "measure", (), (2, 500)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit code."""
    options = _parser().parse_args(arguments)
    if options.alone:
        figures = BENCHMARKS[options.alone].run(quick=options.quick)
        options.json.write_text(json.dumps([asdict(each) for each in figures]), "utf-8")
        return 0
    left_out = [] if options.only or os.environ.get("LUMIBOT_PYTHON") else ["lumibot"]
    for name in left_out:
        print(f"{name} is left out: it is not installed, see `make bench`.", file=sys.stderr)
    names = options.only or [name for name in BENCHMARKS if name not in left_out]
    found: dict[str, Any] = {
        "machine": machine(), "quick": options.quick, "left_out": left_out, "benchmarks": {},
    }  # fmt: skip
    adopt_orphans()
    for name in names:
        found["benchmarks"][name] = _measured(name, quick=options.quick)
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(table(found), flush=True)
    return 0 if _all_met(found) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=tuple(BENCHMARKS), metavar="NAME",
                        help=f"one of {', '.join(BENCHMARKS)}; may be repeated")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="smaller worlds, fewer runs")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--alone", choices=tuple(BENCHMARKS), help=argparse.SUPPRESS)
    return parser


def _measured(name: str, *, quick: bool) -> dict[str, Any]:
    """One benchmark in a process of its own: its figures, or why there are none."""
    print(f"{name} …", file=sys.stderr, flush=True)
    begins, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "benchmarks", "--alone", name, "--json", str(path)]
        problem = _ended(command + (["--quick"] if quick else []))
        left = end_children()
        figures = json.loads(path.read_text("utf-8")) if path.exists() else []
    if left:
        print(f"{name} left {left} processes behind; they were ended", file=sys.stderr, flush=True)
    if problem:
        print(f"{name} failed: {problem}", file=sys.stderr, flush=True)
    return {
        "seconds": round(time.monotonic() - begins, 1),
        "load_before": round(load, 1),
        "problem": problem,
        "figures": figures,
    }


def _ended(command: list[str]) -> str | None:
    """Run it to its end; None when all went well, else the last thing it said."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            _, words = running.communicate(timeout=_LIMIT)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)  # so that it ends the programs it has started
            with suppress(subprocess.TimeoutExpired):
                running.communicate(timeout=_FAREWELL)
            running.kill()
            return f"did not end within {_LIMIT:g} seconds"
    if running.returncode == 0:
        return None
    print(words, file=sys.stderr)
    said = words.strip().splitlines() or ["nothing"]
    return f"exit code {running.returncode}, last words: {said[-1].strip()}"


def machine() -> dict[str, Any]:
    """What it was measured on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo")
         if line.startswith("model name")),
        platform.processor(),
    )  # fmt: skip
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if "MemTotal" in line), "0")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory) / 2**20),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "load": round(os.getloadavg()[0], 1),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def table(found: dict[str, Any]) -> str:
    """All figures as text: figure, budget, ratio, spread, met or not."""
    head = ("figure", "value", "unit", "budget", "ratio", "spread over runs", "")
    rows: list[tuple[str, ...]] = [head]
    for name, outcome in found["benchmarks"].items():
        rows += [_row(figure) for figure in outcome["figures"]]
        if outcome["problem"]:
            rows.append((f"{name}: {outcome['problem'][:60]}", "", "", "", "", "", "FAILED"))
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = ["  ".join(_placed(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _placed(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Numbers to the right, words to the left."""
    pairs = zip(row, widths, strict=True)
    return [
        text.rjust(width) if place in {1, 3, 4} else text.ljust(width)
        for place, (text, width) in enumerate(pairs)
    ]


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    figure = Figure(**found)
    spread = "" if figure.spread is None else f"{figure.spread[0]:g} … {figure.spread[1]:g}"
    value = f"{figure.value:,.10g}"
    if figure.budget is None:
        return figure.name, value, figure.unit, "", "", spread, ""
    ratio = f"{figure.value / figure.budget:.2f}" if figure.budget else "—"
    word = "met" if figure.met else "MISSED"
    return figure.name, value, figure.unit, f"{figure.budget:g}", ratio, spread, word


def _all_met(found: dict[str, Any]) -> bool:
    return all(
        outcome["problem"] is None and all(Figure(**each).met for each in outcome["figures"])
        for outcome in found["benchmarks"].values()
    )


if __name__ == "__main__":
    sys.exit(main())
