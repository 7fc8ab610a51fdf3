"""Starting or joining the paper broker: one per data directory, shared by every program.

Files beside the database, all of them locks the kernel frees when their holder dies:
`users` is held shared by each program that uses the broker, and the broker leaves once it gets
it exclusively; `start` is held while somebody looks whether the broker runs and starts it;
`running` is held by the broker itself, from before its first instruction to its death.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tradesync.config import SIMULATED_KEY, SIMULATED_SECRET

log = logging.getLogger("tradesync.paper")

_ROOT = Path(__file__).resolve().parents[1]
_LOOK_AGAIN = 0.05
_ANSWER_TIMEOUT = 2.0
_ATTEMPTS = 3
_CARE_SECONDS = 2.0
_PASSED_ON = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH"}


class PaperBrokerError(Exception):
    """The paper broker cannot be used; the message says why and what to do."""


@dataclass(slots=True)
class PaperBrokerHandle:
    """A program's use of the paper broker, which runs while any handle anywhere is open.

    A broker that dies meanwhile is started again, at its old address if that is still free.
    """

    base_url: str
    directory: Path
    _users: int | None
    _closed: threading.Event = field(default_factory=threading.Event, repr=False)

    def revive(self, *, timeout: float = 20.0) -> str:
        """Start the broker again if it has died; its address."""
        self.base_url = _running_broker(self.directory, _Deadline(timeout, self._closed))
        return self.base_url

    def close(self) -> None:
        """Stop using the broker, which leaves when nobody else does. Safe to call twice."""
        self._closed.set()
        users, self._users = self._users, None
        if users is not None:
            os.close(users)

    def keep_alive(self) -> None:
        """Look after the broker until this handle is closed."""
        while not self._closed.wait(_CARE_SECONDS):
            try:
                if _is_dead(self.directory):
                    log.warning("The paper broker has died; starting it again.")
                    self.revive()
            except (PaperBrokerError, OSError) as error:
                if not self._closed.is_set():
                    log.warning("%s", error)


def paper_directory(database: Path) -> Path:
    """Where the paper broker of the programs that share `database` keeps its account."""
    return database.parent / "paper"


def join_paper_broker(
    directory: Path, *, timeout: float = 20.0, stop: threading.Event | None = None
) -> PaperBrokerHandle:
    """Use the broker of `directory`, starting it if need be; PaperBrokerError when it fails."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    deadline = _Deadline(timeout, stop)
    users = _lock(directory / "users", fcntl.LOCK_SH, deadline)
    try:
        base_url = _running_broker(directory, deadline)
    except BaseException:
        os.close(users)
        raise
    handle = PaperBrokerHandle(base_url, directory, users)
    threading.Thread(target=handle.keep_alive, name="paper-broker-care", daemon=True).start()
    return handle


def wait_until_gone(directory: Path, *, timeout: float) -> bool:
    """Whether the broker of `directory` has ended, waiting at most `timeout` seconds for it."""
    deadline = _Deadline(timeout, None)
    while (running := _try_lock(directory / "running", fcntl.LOCK_EX)) is None:
        if not deadline.pause():
            return False
    os.close(running)
    return True


class _Deadline:
    """How long to wait in all, and whether somebody asked to stop meanwhile."""

    def __init__(self, seconds: float, stop: threading.Event | None) -> None:
        self._ends_at = time.monotonic() + seconds
        self._stop = stop or threading.Event()

    def pause(self) -> bool:
        """Wait a moment; False when there is no time left or a stop was asked for."""
        left = self._ends_at - time.monotonic()
        return left > 0 and not self._stop.wait(min(_LOOK_AGAIN, left))


def _try_lock(path: Path, kind: int) -> int | None:
    """An open file descriptor that holds the lock, or None while somebody else does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _lock(path: Path, kind: int, deadline: _Deadline) -> int:
    """The same, waiting; PaperBrokerError when the time is over."""
    while (descriptor := _try_lock(path, kind)) is None:
        if not deadline.pause():
            raise PaperBrokerError(
                "The paper broker is being started or stopped by another program and does not "
                "get ready. Wait a moment and try again."
            )
    return descriptor


def _is_dead(directory: Path) -> bool:
    """Whether the broker has ended; nobody being busy starting it."""
    start = _try_lock(directory / "start", fcntl.LOCK_EX)
    if start is None:
        return False
    try:
        return wait_until_gone(directory, timeout=0.0)
    finally:
        os.close(start)


def _running_broker(directory: Path, deadline: _Deadline) -> str:
    """The address of the one broker of `directory`, started here unless it already runs."""
    start = _lock(directory / "start", fcntl.LOCK_EX, deadline)
    try:
        for _ in range(_ATTEMPTS):
            running = _answer_or_running(directory, deadline)
            if running is None:
                return _address(directory)
            try:
                process = _start(directory, running)
            finally:
                os.close(running)  # the broker has its own copy; closing ours frees nothing
            if _answers_before_it_ends(process, directory, deadline):
                # Waiting for it keeps no zombie behind when it ends before us.
                threading.Thread(target=process.wait, name="paper-broker", daemon=True).start()
                return _address(directory)
    finally:
        os.close(start)
    raise PaperBrokerError(
        f"The paper broker ended as soon as it was started: {_last_words(directory)}. "
        f"Its log is {directory / 'broker.log'}."
    )


def _answer_or_running(directory: Path, deadline: _Deadline) -> int | None:
    """None once a running broker answers; the `running` lock when there is no broker."""
    while (running := _try_lock(directory / "running", fcntl.LOCK_EX)) is None:
        if _answers(_written_port(directory)):
            return None
        if not deadline.pause():
            raise PaperBrokerError(
                f"The paper broker at {_address(directory)} runs (process "
                f"{broker_pid(directory)}) but does not answer. "
                "End that process and start again; its account is kept."
            )
    return running


def _start(directory: Path, running: int) -> subprocess.Popen[bytes]:
    """Run the simulator as a session of its own, holding the `running` lock."""
    port = _free_port(_written_port(directory))
    written = directory / "port.new"
    written.write_text(f"{port}\n", encoding="ascii")
    written.replace(directory / "port")
    command = [sys.executable, "-m", "tradesync.simulator", "--port", str(port)]
    command += ["--data", str(directory / "account"), "--users-lock", str(directory / "users")]
    with (directory / "broker.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            command,
            cwd=_ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(running,),
        )
    os.ftruncate(running, 0)
    os.pwrite(running, f"{process.pid}\n".encode(), 0)
    return process


def broker_pid(directory: Path) -> int | None:
    """The process id of the broker of `directory` that was started last; None before any."""
    return _number_in(directory / "running")


def _environment() -> dict[str, str]:
    """What the broker needs of our environment; keys, whatever their names, are not among it."""
    return {name: value for name, value in os.environ.items() if name in _PASSED_ON}


def _answers_before_it_ends(
    process: subprocess.Popen[bytes], directory: Path, deadline: _Deadline
) -> bool:
    """Whether a broker just started gets ready; False when it ended, for another attempt."""
    while process.poll() is None:
        if _answers(_written_port(directory)):
            return True
        if not deadline.pause():
            process.kill()
            process.wait()
            raise PaperBrokerError(
                "The paper broker was started but did not get ready in time: "
                f"{_last_words(directory)}. Its log is {directory / 'broker.log'}."
            )
    return False


def _answers(port: int | None) -> bool:
    """Whether a paper broker (and no stranger) answers at that port of this machine."""
    if port is None:
        return False
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_TIMEOUT)
    headers = {"APCA-API-KEY-ID": SIMULATED_KEY, "APCA-API-SECRET-KEY": SIMULATED_SECRET}
    try:
        connection.request("GET", "/v2/clock", headers=headers)
        clock = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(clock, dict) and "is_open" in clock


def _free_port(preferred: int | None) -> int:
    """A port nobody listens at: the preferred one if it is free, so that addresses stay true."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise PaperBrokerError("This machine has no free network port for the paper broker.")


def _written_port(directory: Path) -> int | None:
    """The port in the port file; None when there is none that could be read."""
    return _number_in(directory / "port")


def _number_in(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _address(directory: Path) -> str:
    return f"http://127.0.0.1:{_written_port(directory)}"


def _last_words(directory: Path) -> str:
    """The last line of the broker's log."""
    try:
        lines = (directory / "broker.log").read_text(errors="replace").split("\n")
    except OSError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
