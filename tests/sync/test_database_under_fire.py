"""S28 and its kin: a full disk, a stranger in the file, a newer version, a damaged file."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World
from tradesync.store import upkeep
from tradesync.store.database import Database

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


def test_s28_a_stranger_in_the_file_is_named_and_waited_for(world: World) -> None:
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print('in', flush=True); sys.stdin.read()"
    )
    stranger = subprocess.Popen(
        [sys.executable, "-c", script, str(world.database.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert stranger.stdout is not None
    assert stranger.stdin is not None
    assert stranger.stdout.readline() == "in\n"
    release = threading.Timer(1.0, stranger.stdin.close)
    release.start()
    world.sync()
    assert stranger.wait(30) == 0
    stranger.stdout.close()
    release.join()
    assert world.trade().open_qty == 10


def test_s28_a_stranger_who_stays_is_named(world: World) -> None:
    impatient = Database(world.database.path, program="test", deadline=0.3)
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(world.database.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as stranger:  # fmt: skip
        assert stranger.stdout is not None
        stranger.stdout.readline()
        with pytest.raises(Exception, match=str(stranger.pid)), impatient.read():
            pass


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
