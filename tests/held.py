"""Database files kept loaded while one process tests on them.

Nobody of ours keeps the file open, so each transaction attaches it anew and folds its log in at its
end: some 10 ms, many times in every test. A connection that does nothing else keeps an engine of
the file, and the program's own connections, opened and closed as ever, join it. Not for tests where
other processes open the file, or where it is copied or replaced.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from tradesync.store.database import Database
from tradesync.store.engine import Engine

_held: dict[Path, duckdb.DuckDBPyConnection] = {}
_one_at_a_time = threading.Lock()
"""A service told to end does not wait for a sync for ever: its threads may outlive the test."""


def hold(path: Path, contents: bytes | None = None) -> None:
    """Keep a database loaded until `let_go`; one that is not there is made.

    It then has the `contents` of a closed file, our schema by default.
    """
    path = path.resolve()
    if path in _held:
        return
    is_new = not path.exists()
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_empty() if contents is None else contents)
    connection = _held[path] = _joined(path)
    if is_new:  # another file, other data versions
        connection.execute("UPDATE meta SET data_version = ?", [time.time_ns()])


def let_go(path: Path) -> None:
    """Keep a file loaded no longer."""
    with _one_at_a_time:
        if (connection := _held.pop(path.resolve(), None)) is not None:
            connection.close()


@contextmanager
def letting_go() -> Iterator[None]:
    """At the end of the block, what is held since its beginning is held no longer."""
    before = set(_held)
    yield
    for path in set(_held) - before:
        let_go(path)


def _attach_or_join(self: Engine, path: Path) -> duckdb.DuckDBPyConnection:
    return _joined(path) if path in _held else _attach(self, path)


def _joined(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), config={"threads": "2"})


_attach = Engine.attach
Engine.attach = _attach_or_join  # type: ignore[method-assign]


@cache
def _empty() -> bytes:
    """A database file of our schema without any row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.duckdb"
        with Database(path).read():
            pass
        return path.read_bytes()
