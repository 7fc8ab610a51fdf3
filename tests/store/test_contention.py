"""Several real processes on one file: nothing is lost, nobody waits without being told."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.store.conftest import ACCOUNT
from tradesync.store import facts
from tradesync.store.database import Database
from tradesync.store.errors import DatabaseBusyError

ROOT = Path(__file__).parents[2]


@contextmanager
def running(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A worker process; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.workers", *map(str, words)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def state(database: Database) -> tuple[int, set[str]]:
    """The account's revision and the ids of its executions."""
    with database.read() as tx:
        found = facts.load_executions(tx, ACCOUNT)
        return facts.revision(tx, ACCOUNT), {row.execution_id for row in found}


@pytest.mark.chaos
def test_two_processes_of_three_threads_lose_nothing(bound: Database) -> None:
    words = ("hammer", bound.path)
    with running(*words, "one", 3, 10) as one, running(*words, "two", 3, 10) as two:
        outputs = [process.communicate()[0].split() for process in (one, two)]
        assert (one.returncode, two.returncode) == (0, 0)
    commits = [int(number) for output in outputs for number in output]
    revision, identities = state(bound)
    assert len(commits) == 6
    assert min(commits) > 0
    assert revision == sum(commits)
    assert len(identities) == sum(commits)


@pytest.mark.chaos
def test_a_kill_while_writing_leaves_the_old_state_or_the_new(bound: Database) -> None:
    confirmed: set[str] = set()
    for number in range(6):
        with running("write-forever", bound.path, f"round-{number}") as process:
            for _ in range(number + 1):
                confirmed.add(line(process))
            process.send_signal(signal.SIGKILL)
            assert process.stdout is not None
            confirmed |= {text.strip() for text in process.stdout if text.endswith("\n")}
            assert process.wait() == -signal.SIGKILL
        revision, identities = state(bound)
        assert confirmed <= identities
        assert revision == len(identities)  # both tables or neither
        assert len(identities) <= len(confirmed) + number + 1  # the unconfirmed last of each


def test_a_program_inside_a_transaction_is_named_at_the_deadline(bound: Database) -> None:
    impatient = Database(bound.path, deadline=0.05)
    with running("hold", bound.path, "background_sync") as process:
        assert line(process) == "holding"
        with pytest.raises(DatabaseBusyError) as error:
            state(impatient)
        assert f"background_sync (process {process.pid})" in str(error.value)
        process.communicate("end\n")
    assert state(impatient) == (0, set())


def test_a_stranger_with_the_file_open_is_named_at_the_deadline(bound: Database) -> None:
    impatient = Database(bound.path, deadline=0.05)
    with running("hold-as-stranger", bound.path) as process:
        assert line(process) == "holding"
        with pytest.raises(DatabaseBusyError) as error:
            state(impatient)
        assert f"(process {process.pid})" in str(error.value)
        assert "python" in str(error.value)
        process.communicate("end\n")
    assert state(impatient) == (0, set())


@pytest.mark.parametrize("holder", [("hold", "service"), ("hold-as-stranger",)])
def test_a_waiting_program_goes_on_when_the_holder_ends(
    bound: Database, holder: tuple[str, ...]
) -> None:
    patient = Database(bound.path, deadline=60)
    answers: list[tuple[int, set[str]]] = []
    with running(holder[0], bound.path, *holder[1:]) as process:
        assert line(process) == "holding"
        waiting = threading.Thread(target=lambda: answers.append(state(patient)))
        waiting.start()
        process.communicate("end\n")
        waiting.join()
    assert answers == [(0, set())]


def test_the_lock_of_a_killed_holder_is_free(bound: Database) -> None:
    with running("hold", bound.path, "service") as process:
        assert line(process) == "holding"
        process.kill()
        process.wait()
        assert state(Database(bound.path, deadline=5)) == (0, set())


def test_a_deleted_lock_file_is_made_again(bound: Database) -> None:
    for suffix in (".lock", ".next.lock"):
        bound.path.with_name(bound.path.name + suffix).unlink()
    with running("hold", bound.path, "service") as process:
        assert line(process) == "holding"
        with pytest.raises(DatabaseBusyError, match="service"):
            state(Database(bound.path, deadline=0.05))


def test_a_full_disk_is_said_to_be_full_and_leaves_the_old_state(bound: Database) -> None:
    with running("fill-the-disk", bound.path) as process:
        output, _ = process.communicate()
        assert output.startswith("UnwritableDatabaseError")
        assert "free disk space" in output
    assert state(bound) == (0, set())
    with bound.write() as tx:
        facts.bump_revision(tx, ACCOUNT)
    assert state(bound) == (1, set())


def test_file_descriptors_do_not_pile_up(bound: Database) -> None:
    state(bound)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        state(bound)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
