"""What a person chose on the Settings page, as this program knows it.

The record keeps the choices. A small file beside it is replaced with each of them, so that the
programs that run notice within a second without opening the database.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from tradesync.config import LONGEST_INTERVAL, SHORTEST_INTERVAL
from tradesync.domain.times import Instant
from tradesync.store import accounts, preferences
from tradesync.store.accounts import Switch
from tradesync.store.database import Database, Stamp
from tradesync.store.errors import StoreError
from tradesync.store.preferences import Preference
from tradesync.sync.outcomes import SyncError

INTERVAL = "interval"
"""The preference that says how many seconds lie between syncs."""

_PATIENCE = 2.0
"""Seconds a look waits for the database; then what was known before holds."""
_LOOK_ANYWAY = 60.0
"""The record may have been replaced by a backup, which changes no file of ours."""
_LOOK_AGAIN = 5.0
_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_LONGEST_VALUE = 1000


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choices at one time; `off`: configured names of accounts that shall not be synced."""

    off: frozenset[str] = frozenset()
    preferences: Mapping[str, str] = field(default_factory=dict)

    @property
    def interval(self) -> float | None:
        """The chosen seconds between syncs; None when none was chosen."""
        return seconds_of(self.preferences.get(INTERVAL, ""))


class Choices:
    """Reads and stores choices. Thread safe; not for use inside a transaction."""

    def __init__(self, database: Database, program: str, now: Callable[[], Instant]) -> None:
        self._database = database
        self._patient = Database(database.path, program=program, deadline=_PATIENCE)
        self._bell = database.path.with_name(f"{database.path.name}.chosen")
        self._now = now
        self._lock = threading.Lock()
        self._chosen = Chosen()
        self._seen: tuple[int, Stamp] | None = None
        self._look_at = float("-inf")

    def current(self) -> Chosen:
        """The choices; what was known before while the database cannot be read."""
        with self._lock:
            rung = self._rung_at()
            now = time.monotonic()
            if self._seen is not None and self._seen[0] == rung and now < self._look_at:
                return self._chosen
            if self._seen is None and now < self._look_at:
                return self._chosen  # it could not be read a moment ago
            stamp = self._database.stamp()
            if self._seen != (rung, stamp):
                self._look(rung, stamp)
            else:
                self._look_at = now + _LOOK_ANYWAY
            return self._chosen

    def switch(self, name: str, *, active: bool) -> None:
        """Store whether an account shall be synced."""
        with self._database.write() as tx:
            accounts.set_switch(tx, Switch(name, active, self._now()))
        self._ring()

    def prefer(self, key: str, value: str | None) -> None:
        """Store a preference, None: none any more. SyncError when it is no such thing."""
        if not _KEY.fullmatch(key):
            raise SyncError(f"{key!r} is no name of a preference: use small letters, - and _.")
        if value is not None and len(value) > _LONGEST_VALUE:
            raise SyncError(f"The preference {key} is longer than {_LONGEST_VALUE} characters.")
        if key == INTERVAL and value is not None and seconds_of(value) is None:
            raise SyncError(
                f"The interval must be seconds from {SHORTEST_INTERVAL:g} to {LONGEST_INTERVAL:g}."
            )
        with self._database.write() as tx:
            if value is None:
                preferences.forget_preference(tx, key)
            else:
                preferences.set_preference(tx, Preference(key, value, self._now()))
        self._ring()

    def _look(self, rung: int, stamp: Stamp) -> None:
        now = time.monotonic()
        try:
            self._chosen = self._read()
        except StoreError:
            self._seen, self._look_at = None, now + _LOOK_AGAIN
        else:
            self._seen, self._look_at = (rung, stamp), now + _LOOK_ANYWAY

    def _read(self) -> Chosen:
        if not self._database.path.exists():
            return Chosen()
        with self._patient.read() as tx:
            switches, chosen = accounts.switches(tx), preferences.preferences(tx)
        return Chosen(
            frozenset(item.name for item in switches if not item.active),
            {item.key: item.value for item in chosen},
        )

    def _ring(self) -> None:
        """Tell the other programs; on a full disk they look by themselves within a minute."""
        fresh = self._bell.with_name(f"{self._bell.name}.{os.getpid()}.tmp")
        with suppress(OSError):
            fresh.write_text(f"{self._now()}\n", "ascii")
            fresh.replace(self._bell)
        with self._lock:
            self._look_at = float("-inf")
            self._seen = None

    def _rung_at(self) -> int:
        """When somebody last chose something, as the file system says; 0: never."""
        try:
            return self._bell.stat().st_mtime_ns
        except OSError:
            return 0


def seconds_of(text: str) -> float | None:
    """An interval as typed; None when it is none that can be used."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL else None
