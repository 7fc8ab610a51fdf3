"""`make run`: both programs under one supervisor. Real processes, ports and signals."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from tests.programs import Home, Program
from tests.silent_broker import SilentBroker
from tests.simulator.books import give_history
from tradesync.config import SettingsError
from tradesync.paper import wait_until_gone
from tradesync.supervisor import Child, Supervisor, free_port

SOON = 8.0
"""Seconds it may take to end: its programs promise two, the rest is for a busy machine."""
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def children(pid: int) -> dict[str, int]:
    """The running children of a process: script → process id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            script = next(Path(word).name for word in words if word.endswith(".py"))
            found[script] = int(entry.name)
    return found


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def address(running: Program) -> str:
    return running.line(r"tradesync is ready: (http://127\.0\.0\.1:\d+)")[1]


def free() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@linux_only
def test_it_starts_both_says_where_and_leaves_nothing_behind(home: Home) -> None:
    with home.start("run.py", "--port", free()) as running:
        url = address(running)
        programs = children(running.process.pid)
        assert set(programs) == {"background_sync.py", "dashboard.py"}
        page = httpx.get(url, trust_env=False, timeout=60)
        assert (page.status_code, "text/html" in page.headers["content-type"]) == (200, True)
        assert httpx.get(f"{url}/health", trust_env=False, timeout=60).json()["status"] == "ok"
        assert running.end(timeout=SOON) == 0
        assert all(is_gone(pid) for pid in programs.values())
        assert wait_until_gone(home.paper, timeout=0.0)
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


@linux_only
def test_ctrl_c_at_the_terminal_reaches_only_the_supervisor(home: Home) -> None:
    give_history(home.paper)
    with home.start("run.py", "--port", free()) as running:
        address(running)
        programs = children(running.process.pid)
        os.killpg(running.process.pid, signal.SIGINT)
        assert running.wait(SOON) == 0
        assert all(is_gone(pid) for pid in programs.values())
    assert not any("Traceback" in line for line in running.output)


@linux_only
def test_a_program_that_dies_is_reported_and_started_again(home: Home) -> None:
    give_history(home.paper)
    with home.start("run.py", "--port", free()) as running:
        url = address(running)
        before = children(running.process.pid)
        os.kill(before["background_sync.py"], signal.SIGKILL)
        running.line(r"The sync service ended unexpectedly \(signal 9\); starting it again in 1 s")
        running.line("Syncing paper-broker")
        os.kill(before["dashboard.py"], signal.SIGKILL)
        running.line(r"The dashboard ended unexpectedly \(signal 9\)")
        with httpx.Client(transport=httpx.HTTPTransport(retries=7), timeout=60) as client:
            assert client.get(f"{url}/health").status_code == 200
        after = children(running.process.pid)
        assert not set(before.values()) & set(after.values())
        assert running.end(timeout=SOON) == 0


@linux_only
def test_kill_9_of_the_supervisor_ends_its_programs(home: Home) -> None:
    give_history(home.paper)
    with home.start("run.py", "--port", free()) as running:
        address(running)
        programs = children(running.process.pid)
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
    assert wait_until_gone(home.paper, timeout=2 * SOON)  # it leaves only after both have ended
    assert all(is_gone(pid) for pid in programs.values())


def test_a_hanging_broker_delays_no_exit(home: Home) -> None:
    with SilentBroker() as broker:
        home.settings = {
            "ALPACA_API_KEY": "key",
            "ALPACA_SECRET_KEY": "secret",
            "ALPACA_BASE_URL": broker.base_url,
        }
        with home.start("run.py", "--port", free()) as running:
            url = address(running)
            assert broker.asked.wait(60)
            waiting = httpx.get(f"{url}/api/trades/sync", timeout=30, trust_env=False)
            assert (waiting.status_code, waiting.json()["status"]) == (202, "running")
            assert running.end(timeout=SOON) == 0


def test_a_taken_port_is_left_alone(home: Home) -> None:
    give_history(home.paper)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with home.start("run.py", "--port", str(port)) as running:
            running.line(f"Port {port} is taken; using ")
            assert not address(running).endswith(f":{port}")
            assert running.end(timeout=SOON) == 0


@pytest.mark.parametrize(
    ("settings", "arguments", "word"),
    [
        ({"PORT": "web"}, [], "PORT"),
        ({}, ["--port", "70000"], "70000"),
        ({"SYNC_INTERVAL": "never"}, [], "SYNC_INTERVAL"),
    ],
)
def test_unusable_settings_start_nothing(
    home: Home, settings: dict[str, str], arguments: list[str], word: str
) -> None:
    home.settings = settings
    with home.start("run.py", *arguments) as running:
        assert running.wait() == 2
    assert len(running.output) == 1
    assert word in running.output[0]


def supervised(script: str, home: Home) -> Program:
    """A supervisor over one child that runs `script`."""
    command = (sys.executable, "-c", script)
    code = (
        "import sys; from tradesync.supervisor import Child, Supervisor; "
        f"sys.exit(Supervisor([Child('The child', lambda: {command!r})], lambda: False, '').run())"
    )
    return Program([sys.executable, "-c", code], home)


def test_a_program_that_refuses_its_settings_ends_all(home: Home) -> None:
    with supervised("import sys; sys.exit(2)", home) as running:
        assert running.wait() == 2
    assert running.output == ["The child cannot run with these settings; stopping."]


def test_a_program_that_cannot_live_ends_all(home: Home) -> None:
    with supervised("import sys; sys.exit(7)", home) as running:
        assert running.wait() == 1
    assert "(exit code 7); starting it again in 4 s" in running.output[-2]
    assert running.output[-1] == "The child ended 4 times within a minute; stopping."


def test_a_program_deaf_to_sigterm_is_killed(home: Home) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('deaf', flush=True); time.sleep(3600)"
    )
    with supervised(deaf, home) as running:
        running.line("deaf")
        assert running.end(timeout=SOON) == 0


def test_ports_beyond_the_last_are_refused() -> None:
    with pytest.raises(SettingsError, match="No port from 65536 on is free"):
        free_port(65_536)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    dead = Child("The child", lambda: (sys.executable, "-c", "raise SystemExit(2)"))
    assert Supervisor([dead], lambda: False, "").run() == 2
    assert signal.getsignal(signal.SIGTERM) is before
