"""Leaving when nobody uses the broker any more: `--users-lock`."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

_LOOK_AGAIN = 0.2


async def until_unused(users: Path) -> None:
    """Return once no program holds the file's lock shared.

    The lock is then held exclusively until this process ends, so that a program that comes
    meanwhile waits for the end instead of joining a broker on its way out.
    """
    descriptor = os.open(users, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(_LOOK_AGAIN)
        else:
            return
