"""`make run`: starts the service and the dashboard, prints the address, leaves nothing behind."""

from __future__ import annotations

import argparse
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from tradesync.config import Settings, SettingsError, load_settings
from tradesync.paper import paper_directory, wait_until_gone

_ROOT = Path(__file__).resolve().parents[1]
_DEFAULT_PORT = 8501
_PORTS_TRIED = 50
_LOOK_AGAIN = 0.2
_GRACE = 3.0
"""Seconds a program has to end after SIGTERM; both promise less."""
_MANY_DEATHS, _SHORT_TIME = 4, 60.0
_BAD_SETTINGS = 2
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One of the two programs: how it is started, and how it has fared."""

    name: str
    command: Callable[[], Sequence[str]]
    process: subprocess.Popen[bytes] | None = None
    start_at: float = 0.0
    """When to start it (monotonic seconds), while it does not run."""
    deaths: deque[float] = field(default_factory=deque)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches it only through us."""
        self.process = subprocess.Popen(  # noqa: S603 (our own programs)
            self.command(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_supervisor(),  # noqa: PLW1509 (one thread only, here)
        )

    def recent_deaths(self, now: float) -> int:
        """Deaths of the last minute, one just noticed included."""
        self.deaths.append(now)
        while self.deaths[0] < now - _SHORT_TIME:
            self.deaths.popleft()
        return len(self.deaths)


class Supervisor:
    """Runs the children until a signal comes or one of them cannot be kept alive."""

    def __init__(self, children: Sequence[Child], is_ready: Callable[[], bool], url: str) -> None:
        self._children = children
        self._is_ready = is_ready
        self._url = url
        self._announced = False
        self._wake = threading.Event()
        self._asked = 0

    def run(self) -> int:
        """0 when it was asked to stop; else the exit code that says why it gave up."""
        handled = (*_STOP_SIGNALS, signal.SIGCHLD)
        before = {number: signal.signal(number, self._on_signal) for number in handled}
        try:
            return self._watch()
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._asked += 1
        self._wake.set()

    def _watch(self) -> int:
        while not self._asked:
            for child in self._children:
                verdict = self._look_after(child)
                if verdict is not None:
                    return verdict
            self._announce()
            self._wake.wait(_LOOK_AGAIN)
            self._wake.clear()
        return 0

    def _look_after(self, child: Child) -> int | None:
        """Start a child that is due, notice a dead one; an exit code when there is no use."""
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                child.start()
            return None
        code = child.process.poll()
        if code is None:
            return None
        child.process = None
        if code == _BAD_SETTINGS:
            say(f"{child.name} cannot run with these settings; stopping.")
            return _BAD_SETTINGS
        deaths = child.recent_deaths(now)
        if deaths >= _MANY_DEATHS:
            say(f"{child.name} ended {deaths} times within a minute; stopping.")
            return 1
        wait = 2.0 ** (deaths - 1)
        child.start_at = now + wait
        say(f"{child.name} ended unexpectedly ({_how(code)}); starting it again in {wait:.0f} s.")
        return None

    def _announce(self) -> None:
        if not self._announced and self._is_ready():
            self._announced = True
            say(f"tradesync is ready: {self._url}  (Ctrl-C stops it)")

    def _end_all(self) -> None:
        """SIGTERM to all, SIGKILL to what has not ended in time or when asked twice."""
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        ends_at = time.monotonic() + _GRACE
        while any(process.poll() is None for process in running):
            if time.monotonic() >= ends_at or self._asked > 1:
                break
            self._wake.wait(_LOOK_AGAIN)
            self._wake.clear()
        for process in running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both programs; 2 for bad settings or usage, 1 when one cannot be kept alive."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument(
        "--port",
        type=int,
        help=f"the dashboard's port (PORT, else {_DEFAULT_PORT}); the next one when it is taken",
    )
    wanted = parser.parse_args(arguments).port
    try:
        settings = load_settings()
        port = free_port(_wanted_port(os.environ.get("PORT")) if wanted is None else wanted)
    except SettingsError as error:
        say(str(error), stream=sys.stderr)
        return _BAD_SETTINGS
    if wanted not in {None, port}:
        say(f"Port {wanted} is taken; using {port}.")
    supervisor = Supervisor(
        (service(), dashboard(port)), lambda: answers(port), f"http://127.0.0.1:{port}"
    )
    code = supervisor.run()
    _wait_for_paper_broker(settings)
    return code


def service() -> Child:
    """The sync service."""
    return Child("The sync service", lambda: (sys.executable, str(_ROOT / "background_sync.py")))


def dashboard(port: int) -> Child:
    """The dashboard at that port of this machine."""
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "logger.hideWelcomeMessage": "true",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    script = str(_ROOT / "dashboard.py")
    return Child(
        "The dashboard", lambda: (sys.executable, "-m", "streamlit", "run", script, *flags)
    )


def _wanted_port(text: str | None) -> int:
    """The port of the PORT variable."""
    try:
        return int(text or _DEFAULT_PORT)
    except ValueError:
        raise SettingsError(f"PORT is {text!r}. Set it to a number like 8501.") from None


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens at; SettingsError when there is none."""
    for port in range(first, first + _PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return port
    raise SettingsError(f"No port from {first} on is free. Choose another with PORT=…")


def answers(port: int) -> bool:
    """Whether the dashboard at that port serves pages."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(text: str, *, stream: TextIO | None = None) -> None:
    """One line for the person at the terminal, who may have gone."""
    try:
        print(text, file=stream or sys.stdout, flush=True)
    except OSError:
        return


def _how(code: int) -> str:
    """An exit code in words."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _end_with_supervisor() -> Callable[[], None] | None:
    """On Linux: what makes the kernel end a child whose supervisor was killed outright."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_for_paper_broker(settings: Settings) -> None:
    """Let the paper broker leave before we do; it may stay only if other programs use it."""
    directory = paper_directory(settings.database)
    if settings.uses_paper_broker and directory.is_dir():
        wait_until_gone(directory, timeout=_GRACE)
