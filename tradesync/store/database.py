"""Transactions on the one DuckDB file: open, work, commit, close, one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tradesync.store import migrations
from tradesync.store.engine import Engine
from tradesync.store.errors import (
    DamagedDatabaseError,
    StoreError,
    explained,
    held_elsewhere,
    translated,
    unwritable,
)
from tradesync.store.gate import Gate, busy

_RETRY_SECONDS = 0.01
_BUMP = "UPDATE meta SET data_version = data_version + 1"

_gates: dict[Path, Gate] = {}
_gates_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Stamp:
    """(mtime in ns, size, inode) of the file and of its WAL; None for one that is not there.

    Opens, reads and rollbacks leave it as it is; a commit changes it.
    """

    file: tuple[int, int, int] | None
    wal: tuple[int, int, int] | None


class Tx:
    """A running transaction; for the thread that began it, until its `with` block ends."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        *,
        data_version: int,
        writable: bool,
    ) -> None:
        """`data_version`: of the state it begins with."""
        self._connection = connection
        self._path = path
        self._writable = writable
        self.data_version = data_version
        self.rows_written = 0

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with translated(self._path):
            return self._connection.execute(sql, list(params)).fetchall()

    def one(self, sql: str, params: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, None when there is none."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def arrow(self, sql: str, params: Sequence[object] = ()) -> pa.Table:
        """The whole result of a query as an Arrow table, fully read."""
        with translated(self._path):
            return self._connection.sql(sql, params=list(params)).to_arrow_table()

    def execute(
        self, sql: str, params: Sequence[object] = (), *, incoming: pa.Table | None = None  # noqa: ARG002
    ) -> int:
        """Run a statement that writes; the number of rows it inserted, updated or deleted.

        `incoming` is there as the table of that name: DuckDB looks for a name it does not know
        among the caller's own. To register it took 1 ms.
        """
        if not self._writable:
            raise StoreError("This transaction only reads: begin it with write() to change data.")
        with translated(self._path):
            answer = self._connection.execute(sql, list(params)).fetchall()
        count = int(answer[0][0]) if answer else 0
        self.rows_written += count
        return count


class Database:
    """The database file. Nothing is kept open between transactions."""

    def __init__(
        self,
        path: Path,
        *,
        program: str = "tradesync",
        deadline: float = 10.0,
        schema: Path = migrations.FOLDER,
    ) -> None:
        """Create the folder, open nothing. `deadline`: seconds a transaction waits to begin."""
        self.path = path.expanduser().resolve()
        self._program = program
        self._deadline = deadline
        self._migrations = migrations.known_migrations(schema)
        self._seen: tuple[Stamp, int] | None = None
        self._engine = Engine(self._beside(".tmp"))
        with _gates_lock:
            self._gate = _gates.setdefault(self.path, Gate(self.path))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, str(error)) from error

    def read(self) -> AbstractContextManager[Tx]:
        """A transaction that reads: one consistent state, rolled back at its end."""
        return self._transaction(writable=False)

    def write(self) -> AbstractContextManager[Tx]:
        """A transaction that writes: committed when its block ends well, else rolled back.

        The data version moves with it, unless no row was written.
        """
        return self._transaction(writable=True)

    def stamp(self) -> Stamp:
        """What the file system says now; equal stamps: nothing was committed between."""
        return Stamp(_stat(self.path), _stat(self._beside(".wal")))

    def data_version(self) -> int:
        """A number that moves with every commit; opens the file only when its stamp moved."""
        seen = self._seen
        if seen is None or seen[0] != self.stamp():
            with self.read():
                pass
            seen = self._seen
            assert seen is not None
        return seen[1]

    @contextmanager
    def at_rest(self) -> Iterator[Path]:
        """The file while nobody has it open, its log folded in where it can be read at all.

        For copying it or putting another in its place; no program of ours opens it meanwhile.
        """
        until = time.monotonic() + self._deadline
        with self._gate.held(self._program, until):
            if self.path.exists():
                with suppress(DamagedDatabaseError):
                    self._engine.let_go(self._connect(until))
            yield self.path
            self._seen = None

    @contextmanager
    def _transaction(self, *, writable: bool) -> Iterator[Tx]:
        until = time.monotonic() + self._deadline
        with self._gate.held(self._program, until):
            self._create_if_missing()
            connection = self._connect(until)
            try:
                version = self._begin(connection)
                tx = Tx(connection, self.path, data_version=version, writable=writable)
                yield tx
                version += self._end(connection, tx)
            except BaseException:
                _roll_back(connection)
                self._engine.abandon(connection)
                raise
            self._engine.let_go(connection)
            self._seen = (self.stamp(), version)

    def _begin(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Begin, with the schema brought up to date first; the data version."""
        with translated(self.path):
            connection.begin()
            state = migrations.bring_up(connection, self.path, self._migrations)
            if state.applied:
                connection.commit()
                connection.begin()
        return state.data_version

    def _end(self, connection: duckdb.DuckDBPyConnection, tx: Tx) -> int:
        """Commit what was written; by how much the data version moved."""
        if not tx.rows_written:
            _roll_back(connection)
            return 0
        with translated(self.path):
            connection.execute(_BUMP)
            connection.commit()
        return 1

    def _create_if_missing(self) -> None:
        """Make the file with its schema under another name, so that it appears whole."""
        if self.path.exists() and self.path.stat().st_size:
            return
        fresh = self._beside(".new")
        try:
            for leftover in (fresh, self._beside(".new.wal")):
                leftover.unlink(missing_ok=True)
            connection = self._engine.attach(fresh)
            try:
                self._begin(connection)
            finally:
                self._engine.let_go(connection)
            with suppress(FileNotFoundError):  # the log of a file that is gone
                self._beside(".wal").rename(self._beside(".wal.old"))
            fresh.rename(self.path)
        except OSError as error:
            raise unwritable(self.path, str(error)) from error
        except duckdb.Error as error:
            raise explained(error, self.path) from error

    def _connect(self, until: float) -> duckdb.DuckDBPyConnection:
        """Open the file; a stranger's hold on it is waited out until the deadline."""
        while True:
            try:
                return self._engine.attach(self.path)
            except duckdb.Error as error:
                holder = held_elsewhere(error)
                if holder is None:
                    raise explained(error, self.path) from error
                if time.monotonic() >= until:
                    raise busy(self.path, holder) from error
            time.sleep(_RETRY_SECONDS)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # a failed commit has ended the transaction already
        connection.rollback()


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
