"""The engine stays while files come and go, and is begun anew after an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tradesync.store import engine
from tradesync.store.database import Database
from tradesync.store.errors import StoreError


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[duckdb.DuckDBPyConnection]:
    """The engines begun during the test."""
    found: list[duckdb.DuckDBPyConnection] = []

    class Counted:
        Error = duckdb.Error

        @staticmethod
        def connect(*args: Any, **kwargs: Any) -> duckdb.DuckDBPyConnection:
            found.append(duckdb.connect(*args, **kwargs))
            return found[-1]

    monkeypatch.setattr(engine, "duckdb", Counted)
    return found


def touch(database: Database) -> None:
    with database.write() as tx:
        tx.execute("UPDATE meta SET data_version = data_version")


def test_one_engine_serves_all_transactions(
    database_path: Path, begun: list[duckdb.DuckDBPyConnection]
) -> None:
    database = Database(database_path)
    for _ in range(3):
        touch(database)
    with database.read():
        pass
    assert len(begun) == 1


def test_an_engine_makes_way_for_another_before_it_has_grown(
    database_path: Path,
    begun: list[duckdb.DuckDBPyConnection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_FILES_OF_ONE", 3)
    database = Database(database_path)  # made in the first transaction: a file more
    for _ in range(8):
        touch(database)
    assert len(begun) == 3
    touch(database)
    assert len(begun) == 4


def test_nothing_is_attached_between_transactions(
    database_path: Path, begun: list[duckdb.DuckDBPyConnection]
) -> None:
    touch(Database(database_path))
    (found,) = begun[0].execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal")\
        .fetchall()  # fmt: skip
    assert found == (1,)  # its own empty one
    with duckdb.connect(str(database_path)) as stranger:  # the lock is free
        assert stranger.execute("SELECT count(*) FROM meta").fetchall() == [(1,)]
    assert not database_path.with_name(database_path.name + ".wal").exists()


def test_after_an_error_another_engine_is_begun(
    database_path: Path, begun: list[duckdb.DuckDBPyConnection]
) -> None:
    database = Database(database_path)
    touch(database)
    with pytest.raises(StoreError, match="nowhere"), database.read() as tx:
        tx.rows("FROM nowhere")
    touch(database)
    assert len(begun) == 2
    with pytest.raises(duckdb.ConnectionException):
        begun[0].execute("SELECT 1")


def test_a_quote_in_the_path_is_part_of_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "the owner's.duckdb")
    touch(database)
    assert database.path.exists()
