"""What the kernel knows of a running program, and how often a paper broker was called."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
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


_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind, instead of init (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_children() -> int:
    """Kill all children of this process, those adopted with them; how many there were."""
    ended = 0
    while found := list(_children()):
        for pid in found:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        ended += len(found)
    return ended


def _children() -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if int(entry.read_text("ascii").rpartition(")")[2].split()[1]) == os.getpid():
                yield int(entry.parent.name)
