"""The notice board of an account's syncing: a small file beside the database.

Quiet runs write no row (design: *Heartbeats are a sidecar file*), yet every program must know
when the account was last synced, by whom and how it went. The holder of the sync role writes the
file, whole and atomically; everyone may read it.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tradesync.domain.times import SECOND, Instant
from tradesync.sync.outcomes import RunResult, StreamState, StreamWord, Trigger

_WATCHED_FOR: Instant = 120 * SECOND


@dataclass(frozen=True, slots=True)
class MarketClock:
    """The broker's market clock when last read."""

    is_open: bool
    next_open: Instant
    next_close: Instant
    read_at: Instant
    skew: float = 0.0
    """The broker's clock less this machine's, in seconds."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the board says. `running_pid` is None between runs."""

    account_id: str | None = None
    running_pid: int | None = None
    running_since: Instant | None = None
    activity: str = ""
    history_progress: int = 0
    last_result: RunResult | None = None
    last_first_read_at: Instant | None = None
    """When the first read of the last good run began: how fresh the record is."""
    last_success_at: Instant | None = None
    failures: int = 0
    failing_since: Instant | None = None
    next_attempt_at: Instant | None = None
    question: str | None = None
    market: MarketClock | None = None
    curve_at: Instant | None = None
    """When the equity curves were last asked for."""
    found_fills: dict[str, str] = field(default_factory=dict)
    """Orders whose fills the last polls found by reading, and how much of each was filled."""
    found_read_at: Instant = 0


class Board:
    """Reads and writes one account's notice."""

    def __init__(self, database: Path, account: str) -> None:
        self.account = account
        self.path = database.with_name(f"{database.name}.board-{account}.json")
        self._watched = database.with_name(f"{database.name}.watched-{account}")

    def read(self) -> Notice:
        """The current notice; an empty one when there is none or it cannot be read."""
        try:
            data = json.loads(self.path.read_text("utf-8"))
            return _notice(data)
        except (OSError, ValueError, TypeError, KeyError):
            return Notice()

    def write(self, notice: Notice) -> None:
        """Replace the notice, atomically. A full disk is no reason to fail a sync."""
        fresh = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            fresh.write_text(json.dumps(asdict(notice)), "utf-8")
            fresh.replace(self.path)
        except OSError:
            fresh.unlink(missing_ok=True)

    def watch(self) -> None:
        """Note that somebody looks at the account now."""
        with suppress(OSError):
            self._watched.touch()

    def is_watched(self, now: Instant) -> bool:
        """Whether somebody looked at the account within the last two minutes."""
        try:
            return now - self._watched.stat().st_mtime_ns < _WATCHED_FOR
        except OSError:
            return False

    def market_open(self) -> bool:
        """Whether the market was open when its clock was last read; closed when never read."""
        market = self.read().market
        return market is not None and market.is_open

    def update(self, **changes: Any) -> Notice:
        """Change some fields; for the holder of the sync role only."""
        notice = replace(self.read(), **changes)
        self.write(notice)
        return notice


def _notice(data: dict[str, Any]) -> Notice:
    known = {item.name for item in fields(Notice)}
    values = {name: value for name, value in data.items() if name in known}
    if values.get("last_result"):
        result = dict(values["last_result"])
        result["trigger"] = Trigger(result["trigger"])
        values["last_result"] = RunResult(**result)
    if values.get("market"):
        values["market"] = MarketClock(**values["market"])
    return Notice(**values)


class StreamBoard:
    """One account's notice of its stream. Written by the holder of the stream role only."""

    def __init__(self, database: Path, account: str) -> None:
        self.path = database.with_name(f"{database.name}.stream-{account}.json")
        self._lock = threading.Lock()
        self._state = StreamState()

    def update(self, **changes: Any) -> None:
        """Change some fields of what this process has posted."""
        with self._lock:
            self._state = replace(self._state, **changes)
            _post(self.path, {**asdict(self._state), "pid": os.getpid()})

    def read(self) -> StreamState:
        """How the stream stands: off when its holder is gone."""
        try:
            data = json.loads(self.path.read_text("utf-8"))
            if not process_lives(data.pop("pid")):
                return StreamState()
            return StreamState(**{**data, "word": StreamWord(data["word"])})
        except (OSError, ValueError, TypeError, KeyError):
            return StreamState()


def _post(path: Path, content: dict[str, Any]) -> None:
    """Replace a notice, whole at once; not at all when the disk is full."""
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        fresh.write_text(json.dumps(content), "utf-8")
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def process_lives(pid: int | None) -> bool:
    """Whether a process of that id exists (signal 0)."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
