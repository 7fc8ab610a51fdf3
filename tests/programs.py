"""Our programs as real processes in a home of their own: no .env, keys or data of this machine."""

from __future__ import annotations

import io
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

import duckdb

from tests.forked import DASHBOARD, SERVICE, Process
from tests.forked import start as start_forked
from tests.held import hold, let_go
from tradesync.cli.main import main as command_line
from tradesync.supervisor import dashboard

ROOT = Path(__file__).resolve().parents[1]
OURS = ("ALPACA_", "APCA_", "TRADESYNC_", "STREAMLIT_")
OURS_PLAIN = frozenset(
    {"SYNC_INTERVAL", "HISTORY_START", "ALLOW_LIVE_TRADING", "READ_ONLY", "LOG_FORMAT", "PORT"}
)

_REPLACING = frozenset({"backup", "restore", "repair"})


def is_a_setting(name: str) -> bool:
    """Whether an environment variable would change what our programs do."""
    return name.startswith(OURS) or name in OURS_PLAIN


@dataclass
class Home:
    """A directory our programs run in, and what their environment says."""

    path: Path
    settings: dict[str, str] = field(default_factory=dict)
    alone: bool = False
    """Whether no other process has the record open while `cli` runs a command."""

    @property
    def database(self) -> Path:
        """Where the programs keep their record."""
        return self.path / "data" / "tradesync.duckdb"

    @property
    def paper(self) -> Path:
        """Where they keep the paper broker, if they start one."""
        return self.path / "data" / "paper"

    def environment(self) -> dict[str, str]:
        """This machine's environment less every setting, plus our own."""
        kept = {name: value for name, value in os.environ.items() if not is_a_setting(name)}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self.settings}

    def cli(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command of the command line in this process, which saves its start."""
        out, errors = io.StringIO(), io.StringIO()
        with (
            chdir(self.path),
            patch.dict(os.environ, self.environment(), clear=True),
            patch.object(sys, "stdin", io.StringIO(typed)),
            redirect_stdout(out),
            redirect_stderr(errors),
            self._record_loaded(arguments),
        ):
            try:
                code = command_line(arguments)
            except SystemExit as error:  # argparse: wrong usage
                code = error.code if isinstance(error.code, int) else 1
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), errors.getvalue())

    @contextmanager
    def _record_loaded(self, arguments: tuple[str, ...]) -> Iterator[None]:
        """The record kept loaded during a command that neither copies nor replaces its file."""
        if self.alone and self.database.exists() and not _REPLACING.intersection(arguments):
            with suppress(duckdb.Error):  # which the command shall tell
                hold(self.database)
        yield
        let_go(self.database)

    def cli_process(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command of the command line as people do."""
        return subprocess.run(
            [sys.executable, "-m", "tradesync", *arguments],
            cwd=self.path,
            env=self.environment(),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start_module(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command of the command line; its output is the caller's."""
        return subprocess.Popen(
            [sys.executable, "-m", "tradesync", *arguments],
            cwd=self.path,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, script: str, *arguments: str) -> Program:
        """Start one of the programs in the repository's root."""
        return Program([sys.executable, str(ROOT / script), *arguments], self)

    def start_service(self, *arguments: str, impatient: bool = False) -> Program:
        """The sync service, begun where its imports have ended."""
        script = "tests/impatient_service.py" if impatient else "background_sync.py"
        return Program([str(ROOT / script), *arguments], self, forked=SERVICE)

    def start_dashboard(self, port: int) -> Program:
        """The dashboard at a port, begun where its imports have ended."""
        return Program(list(dashboard(port).command()[1:]), self, forked=DASHBOARD)


class Program:
    """A running program; its output is read as it comes. Ended when the block ends."""

    def __init__(
        self,
        command: list[str],
        home: Home,
        more: Mapping[str, str] | None = None,
        *,
        forked: str | None = None,
    ) -> None:
        """Start it: a command, or, of a `forked` kind, what follows `python` in one."""
        environment = {**home.environment(), **(more or {})}
        self.process: Process
        if forked:
            self.process = start_forked(
                forked, command, cwd=home.path, env=environment, new_session=True
            )
        else:
            self.process = subprocess.Popen(
                command,
                cwd=home.path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.output: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self, pattern: str, timeout: float = 60.0) -> re.Match[str]:
        """The next line of output that matches; AssertionError with all output if none comes."""
        ends_at = time.monotonic() + timeout
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, ends_at - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no line like {pattern!r} in:\n" + "\n".join(self.output))
            self.output.append(line)
            if match := re.search(pattern, line):
                return match

    def end(self, number: signal.Signals = signal.SIGTERM, timeout: float = 10.0) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = 60.0) -> int:
        """Wait for the end and take in the rest of the output; the exit code."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        while not self._lines.empty():
            line = self._lines.get()
            if line is not None:
                self.output.append(line)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()
