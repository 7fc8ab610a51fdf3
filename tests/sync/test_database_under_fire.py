"""S28 and its kin: a full disk, a stranger in the file, a newer version, a damaged file."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World
from tests.waiting import eventually
from tradesync.store import upkeep
from tradesync.store.database import Database
from tradesync.sync.service import SyncService

_SYNC_WITH_SMALL_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from tradesync.cli.main import main
sys.exit(main(["sync"]))
"""


@pytest.fixture
def world(broker: PaperBroker, tmp_path: Path) -> Iterator[World]:
    """A world whose file others open, too."""
    begun = World.begin(broker, tmp_path, held=False)
    begun.sync()
    yield begun
    begun.service.close()


def test_s28_a_full_disk_stops_the_sync_with_the_reason_and_no_partial_state(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    assert broker_home.cli_process("sync").returncode == 0
    before = broker_home.database.stat().st_size
    for qty in range(1, 120):
        paper_broker.submit_market("AAPL", qty % 7 + 1)
    paper_broker.step()
    full = subprocess.run(
        [sys.executable, "-c", _SYNC_WITH_SMALL_FILES, "20000"],
        cwd=broker_home.path, env=broker_home.environment(), capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert full.returncode == 1, full.stdout
    assert "free disk space" in full.stderr
    assert "Traceback" not in full.stderr
    with Database(broker_home.database, program="test").read() as tx:
        assert tx.rows("SELECT count(*) FROM executions") == [(0,)], "all or nothing"
    assert broker_home.cli_process("sync").returncode == 0
    rows = json.loads(broker_home.cli_process("trades", "--format", "json").stdout)
    held = paper_broker.get("/positions/AAPL")["qty"]
    assert sum(int(row["open_qty"]) for row in rows) == int(held)
    assert before > 0


@contextmanager
def stranger_in(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the file open until the block ends, or its input is closed."""
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as stranger:  # fmt: skip
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == "in\n"
        yield stranger


def test_s28_a_stranger_in_the_file_is_named_and_waited_for(world: World) -> None:
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    with stranger_in(world.database.path) as stranger:
        assert stranger.stdin is not None
        release = threading.Timer(1.0, stranger.stdin.close)
        release.start()
        world.sync()
        assert stranger.wait(30) == 0
        release.join()
        assert world.trade().open_qty == 10


def test_s28_a_stranger_who_stays_is_named_and_the_sync_goes_on_by_itself_when_he_leaves(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.service.close()
    impatient = Database(world.database.path, program="test", deadline=0.3)
    settings = replace(world.settings, sync_interval=1.0)
    service = SyncService(settings, impatient, program="service", patience=0.5)
    with stranger_in(world.database.path) as stranger:
        service.open()
        eventually(lambda: service.state(NAME).error, "the reason")
        assert f"(process {stranger.pid})" in (service.state(NAME).error or "")
        world.broker.submit_market("AAPL", 10)
        world.broker.step()
    eventually(lambda: service.state(NAME).error is None, "a good sync")
    service.close()
    assert "could not be recorded" not in caplog.text, "it waited for the file in vain once more"
    assert world.trade().open_qty == 10
    world.assert_equals_broker()


_SYNC_AS_NOBODY = """
import os, sys
from pathlib import Path
from tradesync.cli.main import main
assert main(["sync"]) == 0  # all is imported before the rights are gone
data = Path("data")
if os.getuid() == 0:
    Path.cwd().chmod(0o755)
    for path in (data, *data.iterdir()):
        os.chown(path, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
(data / "tradesync.duckdb").chmod(0o444)
if sys.argv[1] == "folder":
    for path in data.iterdir():
        path.chmod(0o444)
    data.chmod(0o555)
code = main(["sync"])
data.chmod(0o755)
for path in data.iterdir():
    path.chmod(0o644)
assert code == 1, code
sys.exit(main(["sync"]))
"""


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_record_made_read_only_stops_the_sync_with_the_reason_until_it_is_writable(
    paper_broker: PaperBroker, what: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own only its user may enter
        home = Home(Path(folder), {
            "ALPACA_API_KEY": paper_broker.key, "ALPACA_SECRET_KEY": paper_broker.secret,
            "ALPACA_BASE_URL": paper_broker.base_url,
        })  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", _SYNC_AS_NOBODY, what], cwd=home.path, env=home.environment(),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "writable" in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout.count("in sync, nothing new") == 1, "the last one, when it is writable"


def test_a_file_of_a_newer_version_is_refused_and_left_alone(world: World) -> None:
    world.service.close()
    with duckdb.connect(str(world.database.path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (9999, 'later', 0)")
    stamp = world.database.stamp()
    again = World.begin(world.broker, world.settings.database.parent, held=False)
    result = again.try_sync()
    assert result.error is not None
    assert "update this program" in result.error
    assert again.database.stamp() == stamp
    again.service.close()


def test_a_damaged_file_is_named_in_the_state_and_syncs_again_once_repaired(
    world: World, tmp_path: Path
) -> None:
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    world.sync()
    before = world.trade()
    with world.database.at_rest() as path:
        content = path.read_bytes()
        path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    result = world.try_sync()
    assert result.error is not None
    assert "tradesync repair" in result.error
    assert world.service.state(NAME).error == result.error
    upkeep.repair(world.database)
    world.sync()
    assert world.trade() == before
    world.assert_equals_broker()
    world.assert_quiet()
