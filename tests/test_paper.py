"""Starting, joining and leaving the paper broker: real processes, kernel locks, signals."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.simulator.books import give_history
from tests.waiting import eventually
from tradesync.config import SIMULATED_KEY, SIMULATED_SECRET, load_settings
from tradesync.paper import (
    PaperBrokerError,
    broker_pid,
    join_paper_broker,
    wait_until_gone,
)
from tradesync.store.database import Database
from tradesync.sync.outcomes import SyncError, Trigger
from tradesync.sync.service import SyncService

ROOT = Path(__file__).resolve().parents[1]
SOON = 20.0
"""Seconds it may take to leave, on the busiest machine."""
PROGRAM = """
import sys
from pathlib import Path
from tradesync.paper import join_paper_broker
handle = join_paper_broker(Path(sys.argv[1]))
print(handle.base_url, flush=True)
sys.stdin.read()
handle.close()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a paper broker is kept that was used before."""
    give_history(tmp_path)
    return tmp_path


@contextmanager
def program(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program of ours that uses the broker until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(directory)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def call(base_url: str, method: str, path: str, **options: object) -> httpx.Response:
    headers = {"APCA-API-KEY-ID": SIMULATED_KEY, "APCA-API-SECRET-KEY": SIMULATED_SECRET}
    options = {"headers": headers, "trust_env": False, "timeout": 60, **options}
    answer = httpx.request(method, base_url + path, **options)  # type: ignore[arg-type]
    answer.raise_for_status()
    return answer


def account_id(base_url: str) -> str:
    return str(call(base_url, "GET", "/v2/account").json()["id"])


def test_the_first_starts_it_the_next_joins_and_it_leaves_with_the_last(tmp_path: Path) -> None:
    first = join_paper_broker(tmp_path)
    with program(tmp_path) as second:
        assert address(second) == first.base_url
        first.close()
        assert not wait_until_gone(tmp_path, timeout=1.0)
        assert account_id(first.base_url)
    assert wait_until_gone(tmp_path, timeout=SOON)
    with pytest.raises(httpx.ConnectError):
        account_id(first.base_url)


def test_it_leaves_after_kill_9_of_the_program_that_started_it(directory: Path) -> None:
    with program(directory) as only:
        assert address(only)
        os.killpg(only.pid, signal.SIGKILL)
        assert wait_until_gone(directory, timeout=SOON)


def test_ctrl_c_at_the_starter_leaves_it_to_the_others(directory: Path) -> None:
    with program(directory) as starter:
        base_url = address(starter)
        other = join_paper_broker(directory)
        os.killpg(starter.pid, signal.SIGINT)
        starter.wait(timeout=20.0)
        assert other.base_url == base_url
        assert account_id(base_url)
        other.close()
    assert wait_until_gone(directory, timeout=SOON)


def test_programs_starting_at_once_share_one_broker(tmp_path: Path) -> None:
    with program(tmp_path) as a, program(tmp_path) as b, program(tmp_path) as c:
        addresses = {address(a), address(b), address(c)}
    assert len(addresses) == 1
    assert wait_until_gone(tmp_path, timeout=SOON)


def test_starting_again_continues_the_same_account(directory: Path) -> None:
    order = {
        "symbol": "AAPL", "qty": "3", "side": "buy", "type": "limit", "limit_price": "1",
        "time_in_force": "gtc", "client_order_id": "kept",
    }  # fmt: skip
    handle = join_paper_broker(directory)
    identity = account_id(handle.base_url)
    placed = call(handle.base_url, "POST", "/v2/orders", json=order).json()["id"]
    handle.close()
    assert wait_until_gone(directory, timeout=SOON)
    again = join_paper_broker(directory)
    assert account_id(again.base_url) == identity
    kept = call(again.base_url, "GET", f"/v2/orders/{placed}").json()
    assert (kept["client_order_id"], kept["qty"]) == ("kept", "3")
    again.close()
    assert wait_until_gone(directory, timeout=SOON)


def kill_broker(directory: Path) -> int:
    pid = broker_pid(directory)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_stale_port_file_is_noticed(directory: Path) -> None:
    with program(directory) as user:
        base_url = address(user)
        identity = account_id(base_url)
        os.kill(user.pid, signal.SIGSTOP)  # nobody but the joining program can notice
        killed = kill_broker(directory)
        joined = join_paper_broker(directory)
        assert joined.base_url == base_url
        assert account_id(base_url) == identity
        assert broker_pid(directory) != killed
        joined.close()
    assert wait_until_gone(directory, timeout=SOON)


def test_a_broker_killed_under_its_users_comes_back_at_its_address(directory: Path) -> None:
    with program(directory) as first, program(directory) as second:
        base_url = address(first)
        assert address(second) == base_url
        identity = account_id(base_url)
        kill_broker(directory)
        transport = httpx.HTTPTransport(retries=8)  # 0.5, 1, 2, … s between them
        headers = {"APCA-API-KEY-ID": SIMULATED_KEY, "APCA-API-SECRET-KEY": SIMULATED_SECRET}
        with httpx.Client(transport=transport, headers=headers, timeout=60) as client:
            assert client.get(f"{base_url}/v2/account").json()["id"] == identity
    assert wait_until_gone(directory, timeout=SOON)


class _Stranger(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"hello": "I am not a broker"}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        return


def test_a_stranger_at_the_old_port_is_neither_used_nor_disturbed(tmp_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        port = stranger.server_address[1]
        (tmp_path / "port").write_text(f"{port}\n")
        handle = join_paper_broker(tmp_path)
        assert not handle.base_url.endswith(f":{port}")
        assert account_id(handle.base_url)
        handle.close()
        stranger.shutdown()
    assert wait_until_gone(tmp_path, timeout=SOON)


def test_a_broker_that_runs_but_does_not_answer_is_named_not_doubled(directory: Path) -> None:
    with program(directory) as user:
        assert address(user)
        pid = broker_pid(directory)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(PaperBrokerError, match=rf"process {pid}\) but does not answer"):
            join_paper_broker(directory, timeout=0.5)
        os.kill(pid, signal.SIGCONT)
    assert wait_until_gone(directory, timeout=SOON)


def test_a_broker_that_cannot_start_is_said_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "account").write_text("a file where the books should be")
    with pytest.raises(PaperBrokerError, match=r"ended as soon as .*account.*broker\.log"):
        join_paper_broker(tmp_path)
    assert wait_until_gone(tmp_path, timeout=SOON)


def test_waiting_ends_when_a_stop_is_asked_for(directory: Path) -> None:
    asked = threading.Event()
    asked.set()
    with program(directory) as user:
        assert address(user)
        pid = broker_pid(directory)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(PaperBrokerError):
            join_paper_broker(directory, timeout=3600.0, stop=asked)
        os.kill(pid, signal.SIGCONT)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
def test_the_broker_is_not_told_our_keys(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPACA_SECRET_KEY", "very-secret")
    monkeypatch.setenv("MY_BROKER_KEY", "very-secret")  # accounts.toml may name any variable
    handle = join_paper_broker(directory)
    environment = Path(f"/proc/{broker_pid(directory)}/environ").read_bytes()
    handle.close()
    assert environment
    assert b"very-secret" not in environment
    assert wait_until_gone(directory, timeout=SOON)


def test_a_broker_that_hangs_does_not_keep_the_dashboard_from_starting(tmp_path: Path) -> None:
    with program(tmp_path / "paper") as user:
        assert address(user)
        pid = broker_pid(tmp_path / "paper")
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        settings = load_settings({"TRADESYNC_DB": str(tmp_path / "record.duckdb")}, env_file=None)
        database = Database(settings.database, program="test")
        service = SyncService(settings, database, program="dashboard")
        service.open_soon(patience=0.2)
        (name,) = service.account_names()
        state = service.state(name)
        assert (state.running, state.activity) == (True, "starting the paper broker")
        ticket = service.request_sync(name, trigger=Trigger.MANUAL)
        assert not service.done(name, ticket)
        with pytest.raises(SyncError, match="starting"):
            service.close_all(name, intent_id=str(uuid4()))
        os.kill(pid, signal.SIGCONT)
        eventually(lambda: service.state(name).last_success_at, "the first sync, once it answers")
        service.close()
