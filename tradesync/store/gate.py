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
            raise self._busy()
        try:
            if not self._mutex.acquire(timeout=_left(until)):
                raise self._busy()
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
            if not _locked(descriptor, until):
                raise self._busy()
            if _is_still(path, descriptor):
                return descriptor
            stack.close()

    def _open(self, path: Path) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(self._path, str(error)) from error

    def _busy(self) -> DatabaseBusyError:
        """The error that names who holds the lock: the last to sign it, maybe this process."""
        path = self._path.with_name(self._path.name + ".lock")
        holder = ""
        with suppress(OSError):
            holder = path.read_text("utf-8")
        return busy(self._path, holder or "another program")


def busy(path: Path, holder: str) -> DatabaseBusyError:
    """The error for a database somebody else has; `holder` names the process."""
    return DatabaseBusyError(
        f"The database {path} is in use by {holder}: try again, or end that program."
    )


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())


def _locked(descriptor: int, until: float) -> bool:
    """Lock an open file, in the order of asking; False when `until` passes first.

    The kernel queues those who wait inside the call, so a thread waits there in our stead, with a
    descriptor of its own: given up on, it gets the lock some time and lets it go by closing.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        return True
    locked = threading.Event()
    own = os.dup(descriptor)

    def wait() -> None:
        try:
            fcntl.flock(own, fcntl.LOCK_EX)
            locked.set()
        finally:
            os.close(own)

    threading.Thread(target=wait, name="database lock", daemon=True).start()
    return locked.wait(_left(until))


def _sign(descriptor: int, name: str) -> None:
    """Leave the holder's name in the lock file, for the errors of those who wait."""
    with suppress(OSError):  # a full disk is no reason not to read
        os.ftruncate(descriptor, os.pwrite(descriptor, name.encode(), 0))


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the locked file is the one under that name (nobody deleted it meanwhile)."""
    with suppress(FileNotFoundError):
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    return False
