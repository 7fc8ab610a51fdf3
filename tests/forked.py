"""Our programs as real processes that begin where their imports have ended.

A nursery imports what a program imports and then only forks: each program is a process of its
own, with its id, signals, locks and exit code, and starts in milliseconds instead of seconds.
One nursery per kind of program, for all test workers of a run. Elsewhere than on Linux, where
forking is not safe, a fresh Python is started each time; so it is in the tests of starting itself.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
CAN_FORK = sys.platform.startswith("linux")
BROKER, SERVICE, DASHBOARD = "broker", "service", "dashboard"
_PREPARED = {
    BROKER: tuple(
        f"tradesync.simulator.{name}" for name in ("server", "engine", "history", "leave")
    ),
    SERVICE: ("tradesync.sync.service", "tradesync.sync.proving", "tradesync.cli.main"),
    DASHBOARD: (
        "streamlit.web.cli", "streamlit.web.bootstrap", "streamlit.web.server.starlette",
        "streamlit.runtime.scriptrunner", "uvicorn.lifespan.on", "uvicorn.protocols.http.auto",
        "uvicorn.protocols.websockets.auto", "tradesync.web.router", "tradesync.web.server",
    ),
}  # fmt: skip
"""What the nurseries import: all that the paper broker, the service and commands, or the dashboard
need."""
_MOST = 1 << 16
_SHARED = "NURSERIES_OF_THIS_TEST_RUN"
"""Says in the environment of test workers where the nurseries of them all are."""


class ForkedProgram:
    """A running program, with what the tests use of `subprocess.Popen`."""

    def __init__(self, link: socket.socket, stdout: IO[str]) -> None:
        self._link = link
        self.stdout: IO[str] | None = stdout
        told = link.recv(_MOST)
        assert told, "the nursery did not start"
        self.pid = int(told)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        try:
            return self.wait(0.0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code (minus the signal that killed it); TimeoutExpired if still running."""
        if self.returncode is None:
            if not select.select([self._link], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            with self._link as link:
                self.returncode = int(link.recv(_MOST))
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended (its nursery may know that before we do)."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)


Process = subprocess.Popen[str] | ForkedProgram


def start(
    kind: str, command: Sequence[str], *, cwd: Path, env: Mapping[str, str],
    stderr: int = subprocess.STDOUT, new_session: bool = False,
) -> Process:  # fmt: skip
    """Run `python {command}` (-m module, or a script): no input, its output as text in a pipe."""
    if not CAN_FORK:
        return subprocess.Popen(
            [sys.executable, *command], cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=new_session,
        )  # fmt: skip
    order = {"command": list(command), "cwd": str(cwd), "env": dict(env), "session": new_session}
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.connect(_nursery(kind))
    out, end = os.pipe()
    try:
        errors = end if stderr == subprocess.STDOUT else stderr
        socket.send_fds(link, [json.dumps(order).encode()], [end, errors])
    finally:
        os.close(end)
    return ForkedProgram(link, os.fdopen(out, "r"))


def share() -> None:
    """Let the test workers that this process starts have their programs from its nurseries."""
    if CAN_FORK:
        for kind in _PREPARED:
            _nursery(kind)
        os.environ[_SHARED] = str(os.getpid())


@cache
def _nursery(kind: str) -> str:
    """The address where a nursery takes orders; unless others share theirs, one is started."""
    owner = os.environ.get(_SHARED)
    address = f"\0tradesync-nursery-{kind}-{owner or os.getpid()}"
    if owner is None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(address)
            listener.listen()
            _start_nursery(kind, listener.fileno())
    return address


def _start_nursery(kind: str, listener: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", kind, str(listener)], cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[listener],
    )  # fmt: skip
    atexit.register(process.communicate)  # the end of its input ends it


class _Nursery:
    """Forks a program for each order until its input ends."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._links: dict[int, tuple[int, socket.socket]] = {}
        """pidfd → process id, and who wants to know how it ends."""

    def next_program(self) -> dict[str, Any] | None:
        """In the process just forked: what to run. In the nursery, at its end: None."""
        orders = self._listener.fileno()
        while True:
            ready, _, _ = select.select([0, orders, *self._links], [], [])
            for descriptor in ready:
                if descriptor == 0:
                    return None
                if descriptor != orders:
                    self._tell_end(descriptor)
                elif (order := self._fork()) is not None:
                    return order

    def _fork(self) -> dict[str, Any] | None:
        link, _ = self._listener.accept()
        message, handed, _, _ = socket.recv_fds(link, _MOST, 2)
        pid = os.fork()
        if pid == 0:
            for number, descriptor in enumerate(handed, start=1):
                os.dup2(descriptor, number)
            order: dict[str, Any] = json.loads(message)
        for descriptor in handed:
            os.close(descriptor)
        if pid == 0:
            link.close()
            self._forget_all()
            return order
        link.send(str(pid).encode())
        self._links[os.pidfd_open(pid)] = pid, link
        return None

    def _tell_end(self, descriptor: int) -> None:
        pid, link = self._links.pop(descriptor)
        os.close(descriptor)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with link:
            link.send(str(code).encode(), socket.MSG_NOSIGNAL)

    def _forget_all(self) -> None:
        """In a new program: close what belongs to the nursery alone."""
        self._listener.close()
        for descriptor, (_, link) in self._links.items():
            os.close(descriptor)
            link.close()


def _become(order: dict[str, Any]) -> None:
    """Run what was ordered as a fresh Python would."""
    if order["session"]:
        os.setsid()
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    command = order["command"]
    try:
        if command[0] == "-m":
            sys.argv = command[1:]
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = command
            runpy.run_path(command[0], run_name="__main__")
    finally:
        gc.unfreeze()  # so that nothing is left over at the end


def _serve(kind: str, listener: socket.socket) -> None:
    """Import once the first program is asked for; many runs of few tests want none of a kind."""
    if listener.fileno() not in select.select([0, listener.fileno()], [], [])[0]:
        return
    for name in _PREPARED[kind]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    order = _Nursery(listener).next_program()
    if order is None:
        gc.unfreeze()
    else:
        _become(order)


if __name__ == "__main__":
    _serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
