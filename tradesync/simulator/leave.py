"""Leaving when nobody uses the broker any more: `--users-lock`."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from aiohttp import web

_LOOK_AGAIN = 0.2


def leaving(users: Path) -> Callable[[web.Application], AsyncIterator[None]]:
    """A part of the application that ends the server once nobody holds `users` shared."""

    async def watch(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(_leave_when_unused(users))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return watch


async def _leave_when_unused(users: Path) -> None:
    """Ask the server to end once the lock is ours alone.

    It is then held until this process ends, so that a program that comes meanwhile waits for
    the end instead of joining a broker on its way out.
    """
    descriptor = os.open(users, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        await asyncio.sleep(_LOOK_AGAIN)
    os.kill(os.getpid(), signal.SIGTERM)
