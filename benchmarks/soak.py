"""An hour of fifty accounts of which some ail: what grows, and how old healthy records get.

    python -m benchmarks.soak [--seconds 3600] [--accounts 50] [--every 10] [--csv FILE]

One row a sample: the service's memory, threads, open files and CPU, the size of the record, the
oldest healthy record since the last sample, and the calls of a healthy account since then. At
the end a summary: the growth from the fifth minute on, the oldest record, calls an interval. A
paper broker and the service run as real processes on this machine, 50 ms a call.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import cpu_seconds, rss_mb
from benchmarks.service import Load, loaded_service, oldest_record

_SETTLED = 300.0
"""Seconds after which memory is expected to have found its size."""
_LOOK_EVERY = 0.25
_INTERVAL = 30.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at an instant, and since the sample before."""

    seconds: float
    rss_mb: float
    threads: int
    files: int
    record_kb: int
    cpu_percent: float
    oldest_s: float
    calls_mean: float
    """Calls of a healthy account."""
    calls_most: int


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--every", type=float, default=10.0)
    parser.add_argument("--csv", type=Path, default=Path("soak.csv"))
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        loaded_service(Path(folder), options.accounts) as load,
    ):
        samples = watch(load, options.seconds, options.every, options.csv)
    print(json.dumps(summary(samples, options.every), indent=1))


def watch(load: Load, seconds: float, every: float, file: Path) -> list[Sample]:
    """Take samples, each written at once."""
    samples: list[Sample] = []
    began = time.monotonic()
    calls, cpu, at = load.calls(), cpu_seconds(load.pid), began
    with file.open("w", newline="") as out:
        table = csv.DictWriter(out, list(Sample.__dataclass_fields__))
        table.writeheader()
        while time.monotonic() - began < seconds:
            oldest = _oldest_within(load, every)
            calls_now, cpu_now, now = load.calls(), cpu_seconds(load.pid), time.monotonic()
            made = [b - a for a, b in zip(calls, calls_now, strict=True)]
            samples.append(
                Sample(
                    seconds=round(now - began, 1),
                    rss_mb=round(rss_mb(load.pid), 1),
                    threads=_entries(load.pid, "task"),
                    files=_entries(load.pid, "fd"),
                    record_kb=load.home.database.stat().st_size // 1024,
                    cpu_percent=round(100 * (cpu_now - cpu) / (now - at), 1),
                    oldest_s=round(oldest, 2),
                    calls_mean=round(statistics.mean(made), 2),
                    calls_most=max(made),
                )
            )
            calls, cpu, at = calls_now, cpu_now, now
            table.writerow(asdict(samples[-1]))
            out.flush()
    return samples


def summary(samples: Sequence[Sample], every: float) -> dict[str, Any]:
    """Growth since memory was expected to have settled, and the worst of all samples."""
    settled = next((one for one in samples if one.seconds >= _SETTLED), samples[0])
    last = samples[-1]
    window = max(1, round(_INTERVAL / every))
    calls = [
        sum(one.calls_mean for one in samples[start : start + window])
        for start in range(0, len(samples) - window + 1, window)
    ]
    return {
        "seconds": last.seconds,
        "samples": len(samples),
        "oldest_healthy_s": max(one.oldest_s for one in samples),
        "samples_older_than_interval": sum(one.oldest_s >= _INTERVAL for one in samples),
        "rss_mb": {"at_start": samples[0].rss_mb, "settled": settled.rss_mb,
                   "end": last.rss_mb, "most": max(one.rss_mb for one in samples)},
        "growth_from_settled": {
            name: round(getattr(last, name) - getattr(settled, name), 1)
            for name in ("rss_mb", "threads", "files", "record_kb")
        },
        "settled_at_s": settled.seconds,
        "threads_most": max(one.threads for one in samples),
        "files_most": max(one.files for one in samples),
        "cpu_percent": round(statistics.mean(one.cpu_percent for one in samples), 1),
        "calls_an_account_and_interval": {
            "mean": round(statistics.mean(calls), 2), "most": round(max(calls), 2),
        } if calls else None,
    }  # fmt: skip


def _oldest_within(load: Load, seconds: float) -> float:
    """The age of the oldest healthy record seen within the next so many seconds."""
    pause, ends_at, oldest = threading.Event(), time.monotonic() + seconds, 0.0
    while time.monotonic() < ends_at:
        oldest = max(oldest, oldest_record(load))
        pause.wait(min(_LOOK_EVERY, max(0.0, ends_at - time.monotonic())))
    return oldest


def _entries(pid: int, what: str) -> int:
    """How many threads (`task`) or open files (`fd`) a process has."""
    return len(list(Path(f"/proc/{pid}/{what}").iterdir()))


if __name__ == "__main__":
    main()
