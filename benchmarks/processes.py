"""What the kernel knows of a running program, and how often a paper broker was called."""

from __future__ import annotations

import os
from pathlib import Path

from tests.simulator.broker import PaperBroker


def rss_mb(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int) -> float:
    """CPU seconds used so far."""
    parts = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def slow_down(broker: PaperBroker, seconds: float) -> None:
    """Let every call take so long, and count the calls from now on."""
    broker.clear_faults()
    broker.fault("latency", path="/v2/.*", seconds=seconds)


def calls_met(broker: PaperBroker) -> int:
    """The calls since `slow_down`."""
    return int(broker.raw("GET", "/sim/faults").json()[0]["met"])
