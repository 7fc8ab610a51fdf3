"""Database files kept loaded while one process tests on them.

Nobody of ours keeps the file open, so each transaction attaches it anew and folds its log in at its
end: some 10 ms, many times in every test. One engine of this process keeps the files of its tests
attached, and the program's transactions, begun and ended as ever, have connections to it. Not for
tests where other processes open the file, or where it is copied or replaced.
"""

from __future__ import annotations

import atexit
import itertools
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import duckdb

from tradesync.store.database import Database
from tradesync.store.engine import Engine

_held: dict[Path, str] = {}
"""Path → its name in the engine."""
_spare: dict[Path, list[duckdb.DuckDBPyConnection]] = {}
"""Path → connections to it that a transaction has done with: the next one takes one of them."""
_lent: dict[int, tuple[Path, str]] = {}
"""Of each connection at work: the path and its name then."""
_names = itertools.count()
_one_at_a_time = threading.Lock()
"""A service told to end does not wait for a sync for ever: its threads may outlive the test."""


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """The engine of all that is held: to start and to end one takes 25 ms."""
    engine = duckdb.connect(":memory:", config={"threads": "1"})
    engine.execute("PRAGMA disable_checkpoint_on_shutdown")  # what a test leaves is thrown away
    atexit.register(_end)
    return engine


def _end() -> None:
    _engine().close()
    _engine.cache_clear()


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
    name = f"held_{next(_names)}"
    quoted = str(path).replace("'", "''")
    with _one_at_a_time:
        _engine().execute(f"ATTACH '{quoted}' AS {name}")
        _held[path] = name
        if is_new:  # another file, other data versions
            _engine().execute(f"UPDATE {name}.meta SET data_version = ?", [time.time_ns()])


def let_go(path: Path) -> None:
    """Keep a file loaded no longer; its log is folded in."""
    _let_go(path, fold=True)


def _let_go(path: Path, *, fold: bool) -> None:
    with _one_at_a_time:
        path = path.resolve()
        if (name := _held.pop(path, None)) is None:
            return
        for connection in _spare.pop(path, []):
            connection.close()
        if fold:
            with suppress(duckdb.TransactionException):  # a thread is at work on it still
                _engine().execute(f"CHECKPOINT {name}")
        _engine().execute(f"DETACH {name}")


@contextmanager
def letting_go() -> Iterator[None]:
    """At the end of the block, what is held since its beginning is held no longer."""
    before = set(_held)
    yield
    for path in set(_held) - before:
        _let_go(path, fold=False)


def _attach_or_join(self: Engine, path: Path) -> duckdb.DuckDBPyConnection:
    return _joined(path) or _attach(self, path)


def _joined(path: Path) -> duckdb.DuckDBPyConnection | None:
    """A connection to what is held, None if it is not."""
    with _one_at_a_time:
        if (name := _held.get(path)) is None:
            return None
        if spare := _spare.setdefault(path, []):
            connection = spare.pop()
        else:
            connection = _engine().cursor()
            connection.execute(f"USE {name}")
        _lent[id(connection)] = path, name
        return connection


def _let_go_or_keep(self: Engine, connection: duckdb.DuckDBPyConnection) -> None:
    with _one_at_a_time:
        path, name = _lent.pop(id(connection), (None, None))
        if path is not None and _held.get(path) == name:
            _spare[path].append(connection)
            return
    _let_go_file(self, connection)


def _abandon(self: Engine, connection: duckdb.DuckDBPyConnection) -> None:
    with _one_at_a_time:
        _lent.pop(id(connection), None)
    _abandon_file(self, connection)


_attach, _let_go_file, _abandon_file = Engine.attach, Engine.let_go, Engine.abandon
Engine.attach = _attach_or_join  # type: ignore[method-assign]
Engine.let_go = _let_go_or_keep  # type: ignore[method-assign]
Engine.abandon = _abandon  # type: ignore[method-assign]


@cache
def _empty() -> bytes:
    """A database file of our schema without any row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.duckdb"
        with Database(path).read():
            pass
        return path.read_bytes()
