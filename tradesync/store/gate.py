"""One transaction at a time: between the threads of a process and between processes.

DuckDB destroys its file when threads of one process open and close it on their own while another
process does the same (duckdb reference), so a mutex and a file lock span connect … close. Both
come as a pair of locks taken one after the other: whoever waits for the second holds the first,
so a program that comes back at once cannot overtake it, and a writer does not starve.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tradesync.store.errors import DatabaseBusyError, StoreError, unwritable

_POLL_SECONDS = 0.002


class Gate:
    """The right to have one database file open. One object per file and process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._mutex = threading.Lock()
        self._owner: int | None = None

    @contextmanager
    def held(self, program: str, until: float) -> Iterator[None]:
        """Hold the gate; DatabaseBusyError when `until` (monotonic seconds) passes first."""
        if self._owner == threading.get_ident():
            raise StoreError(
                "This thread is inside a database transaction already: end it before the next."
            )
        self._enter(until)
        try:
            self._owner = threading.get_ident()
            with self._file_lock(program, until):
                yield
        finally:
            self._owner = None
            self._mutex.release()

    def _enter(self, until: float) -> None:
        if not self._turn.acquire(timeout=_left(until)):
            raise self._busy(_this_process())
        try:
            if not self._mutex.acquire(timeout=_left(until)):
                raise self._busy(_this_process())
        finally:
            self._turn.release()

    @contextmanager
    def _file_lock(self, program: str, until: float) -> Iterator[None]:
        with ExitStack() as main, ExitStack() as turn:
            self._lock(turn, ".next.lock", until)
            descriptor = self._lock(main, ".lock", until)
            turn.close()
            _sign(descriptor, f"{program} (process {os.getpid()})")
            yield

    def _lock(self, stack: ExitStack, suffix: str, until: float) -> int:
        """Lock a file beside the database until `stack` ends; its descriptor."""
        path = self._path.with_name(self._path.name + suffix)
        while True:
            descriptor = self._open(path)
            stack.callback(os.close, descriptor)
            while not _locked(descriptor):
                if _left(until) <= 0:
                    raise self._busy(self._holder())
                time.sleep(_POLL_SECONDS)
            if _is_still(path, descriptor):
                return descriptor
            stack.close()

    def _open(self, path: Path) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(self._path, str(error)) from error

    def _holder(self) -> str:
        """Who wrote their name into the lock file last."""
        path = self._path.with_name(self._path.name + ".lock")
        with suppress(OSError):
            return path.read_text("utf-8") or "another program"
        return "another program"

    def _busy(self, holder: str) -> DatabaseBusyError:
        return busy(self._path, holder)


def busy(path: Path, holder: str) -> DatabaseBusyError:
    """The error for a database somebody else has; `holder` names the process."""
    return DatabaseBusyError(
        f"The database {path} is in use by {holder}: try again, or end that program."
    )


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())


def _this_process() -> str:
    return f"another thread of this program (process {os.getpid()})"


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(descriptor: int, name: str) -> None:
    """Leave the holder's name in the lock file, for the errors of those who wait."""
    with suppress(OSError):  # a full disk is no reason not to read
        os.ftruncate(descriptor, os.pwrite(descriptor, name.encode(), 0))


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the locked file is the one under that name (nobody deleted it meanwhile)."""
    with suppress(FileNotFoundError):
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    return False
