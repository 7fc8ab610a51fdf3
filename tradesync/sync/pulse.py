"""The sign of life of the sync service, and of the record it keeps: for screens and monitors."""

from __future__ import annotations

import os
from pathlib import Path

from tradesync.domain.syncing import Pulse
from tradesync.domain.times import SECOND, Instant
from tradesync.store.heartbeat import read_heartbeats, write_heartbeat
from tradesync.sync.board import process_lives

PROGRAM = "service"
_STALE: Instant = 20 * SECOND
"""A service that has given no sign for so long hangs or is gone."""


def beat(
    database: Path,
    *,
    started_at: Instant,
    now: Instant,
    accounts: int,
    last_pass_at: Instant | None,
    interval: float,
) -> None:
    """Give the service's sign of life."""
    payload = {
        "pid": os.getpid(), "started_at": started_at, "beat_at": now, "accounts": accounts,
        "last_pass_at": last_pass_at, "interval": interval,
    }  # fmt: skip
    write_heartbeat(database, PROGRAM, payload)


def service_pulse(database: Path, now: Instant) -> Pulse | None:
    """The running service's sign of life; None when no service runs on this database."""
    try:
        pulse = Pulse(**read_heartbeats(database)[PROGRAM])
    except (OSError, KeyError, TypeError):
        return None
    alive = process_lives(pulse.pid) and now - pulse.beat_at < _STALE
    return pulse if alive else None
