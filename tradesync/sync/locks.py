"""Who may sync an account: one OS file lock per account and role, beside the database.

The kernel frees the lock when its holder dies, so there is no lease to expire.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tradesync.sync.outcomes import SyncError

_POLL_SECONDS = 0.05


class OwnershipBusyError(Exception):
    """Another program holds the role until now."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} is at it")
        self.holder = holder


class Ownership:
    """The right to play one role (`sync`, `stream`) for one account, across processes.

    Within a process the caller serialises; across processes `flock` does.
    """

    def __init__(self, database: Path, account: str, role: str, program: str) -> None:
        self.path = database.with_name(f"{database.name}.{role}-{account}.lock")
        self.program = program
        self._taken: int | None = None

    def take(self) -> bool:
        """Take the role until `release` if nobody has it; whether it is ours. Never waits.

        Where the folder cannot be written nobody has a role: the sync says why.
        """
        try:
            descriptor = self._open()
        except SyncError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._sign(descriptor)
        self._taken = descriptor
        return True

    def release(self) -> None:
        """Give a taken role back."""
        descriptor, self._taken = self._taken, None
        if descriptor is not None:
            os.close(descriptor)

    @contextmanager
    def held(self, *, stop: threading.Event, timeout: float) -> Iterator[None]:
        """Hold the role; OwnershipBusyError at the deadline or when `stop` is set meanwhile.

        SyncError when the lock file cannot be written.
        """
        descriptor = self._open()
        try:
            self._acquire(descriptor, stop, time.monotonic() + timeout)
            self._sign(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SyncError(
                f"{self.path} cannot be written: make the record's folder writable for this "
                f"program, or free disk space. ({error.strerror})"
            ) from error

    def _sign(self, descriptor: int) -> None:
        """Leave our name for those who wait; a full disk is no reason not to work."""
        note = json.dumps({"pid": os.getpid(), "program": self.program})
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, note.encode(), 0)

    def _acquire(self, descriptor: int, stop: threading.Event, deadline: float) -> None:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if time.monotonic() >= deadline or stop.wait(_POLL_SECONDS):
                raise OwnershipBusyError(self._holder(descriptor))

    @staticmethod
    def _holder(descriptor: int) -> str:
        try:
            note = json.loads(os.pread(descriptor, 512, 0) or b"{}")
            return f"{note['program']} (process {note['pid']})"
        except (ValueError, KeyError):
            return "another program"
