"""Programs the contention tests start: `python -m tests.store.workers NAME PATH …`.

Each prints a line when it is ready, or one for every commit, and obeys its standard input.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from itertools import count
from pathlib import Path

import duckdb

from tests.store.conftest import ACCOUNT
from tradesync.domain.facts import Execution
from tradesync.domain.money import to_decimal
from tradesync.store import facts
from tradesync.store.database import Database
from tradesync.store.errors import StoreError


def say(text: object) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def execution(identity: str) -> Execution:
    """An execution of that id, fat enough to fill the file."""
    one = to_decimal(1)
    return Execution(identity, f"order-{identity}", "AAPL", "buy", one, one, 1, one, "x" * 500)


def commit_one(database: Database, identity: str) -> None:
    """One transaction that writes two tables."""
    with database.write() as tx:
        facts.add_executions(tx, ACCOUNT, [execution(identity)])
        facts.bump_revision(tx, ACCOUNT)


def hammer(path: Path, name: str, threads: int, seconds: float) -> None:
    """Commit and read from several threads at once; print how many commits each made."""
    database = Database(path, program=name, deadline=60)
    until = time.monotonic() + seconds

    def work(thread: int) -> None:
        for number in count():
            if time.monotonic() > until:
                say(number)
                return
            commit_one(database, f"{name}-{thread}-{number}")
            with database.read() as tx:
                assert len(facts.load_executions(tx, ACCOUNT)) > number

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def write_forever(path: Path, name: str) -> None:
    """Print every identity once it is committed, until killed."""
    database = Database(path, program=name)
    for number in count():
        commit_one(database, f"{name}-{number}")
        say(f"{name}-{number}")


def hold(path: Path, name: str) -> None:
    """Stay inside a transaction until told to end."""
    with Database(path, program=name).write():
        say("holding")
        sys.stdin.readline()


def hold_as_stranger(path: Path) -> None:
    """Have the file open as a DuckDB shell would, until told to end."""
    connection = duckdb.connect(str(path))
    say("holding")
    sys.stdin.readline()
    connection.close()


def fill_the_disk(path: Path) -> None:
    """Commit more than the file may grow to; print the error."""
    size = path.stat().st_size + 1_000_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        with Database(path).write() as tx:
            facts.add_executions(tx, ACCOUNT, [execution(f"big-{i}") for i in range(50_000)])
            tx.execute("UPDATE executions SET raw = raw || md5(execution_id) || execution_id")
    except StoreError as error:
        say(f"{type(error).__name__} {error}")


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "hammer":
        hammer(Path(where), rest[0], int(rest[1]), float(rest[2]))
    elif what == "write-forever":
        write_forever(Path(where), rest[0])
    elif what == "hold":
        hold(Path(where), rest[0])
    elif what == "hold-as-stranger":
        hold_as_stranger(Path(where))
    elif what == "fill-the-disk":
        fill_the_disk(Path(where))
