"""Transactions: what is committed, what moves the stamp and the version, what is refused."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import duckdb
import pytest

from tradesync.store.database import Database
from tradesync.store.errors import (
    DamagedDatabaseError,
    DatabaseBusyError,
    NewerDatabaseError,
    StoreError,
    UnwritableDatabaseError,
)

ADD = "INSERT INTO account_names VALUES (?, 'account-1', 1)"
NAMES = "SELECT name FROM account_names ORDER BY name"


def names(database: Database) -> list[str]:
    with database.read() as tx:
        return [row[0] for row in tx.rows(NAMES)]


def add(database: Database, name: str) -> None:
    with database.write() as tx:
        tx.execute(ADD, [name])


def add_and_fail(database: Database, name: str) -> None:
    with database.write() as tx:
        tx.execute(ADD, [name])
        raise KeyboardInterrupt


def test_nothing_is_opened_or_made_before_the_first_transaction(database: Database) -> None:
    assert not database.path.exists()
    assert database.stamp().file is None


def test_a_write_is_committed_at_the_end_of_its_block(database: Database) -> None:
    add(database, "main")
    assert names(database) == ["main"]


def test_an_exception_rolls_everything_back_and_comes_out(database: Database) -> None:
    add(database, "kept")
    with pytest.raises(KeyboardInterrupt):
        add_and_fail(database, "lost")
    assert names(database) == ["kept"]


def test_a_write_sees_its_own_rows(database: Database) -> None:
    with database.write() as tx:
        assert tx.execute(ADD, ["main"]) == 1
        assert tx.one(NAMES) == ("main",)
        assert tx.one("SELECT name FROM account_names WHERE name = 'other'") is None


def test_a_reading_transaction_refuses_to_write(database: Database) -> None:
    with database.read() as tx, pytest.raises(StoreError, match="only reads"):
        tx.execute(ADD, ["main"])
    assert names(database) == []


def test_reads_and_rollbacks_leave_the_stamp_and_the_version(database: Database) -> None:
    add(database, "main")
    stamp, version = database.stamp(), database.data_version()
    names(database)
    with pytest.raises(KeyboardInterrupt):
        add_and_fail(database, "lost")
    with database.write() as tx:
        assert tx.execute("UPDATE account_names SET bound_at = 2 WHERE name = 'nobody'") == 0
    assert database.stamp() == stamp
    assert database.data_version() == version


def test_a_commit_moves_the_stamp_and_the_version_for_everyone(database: Database) -> None:
    add(database, "main")
    other = Database(database.path)
    stamp, version = other.stamp(), other.data_version()
    add(database, "second")
    assert other.stamp() != stamp
    assert other.data_version() > version
    assert other.data_version() == database.data_version()


def test_the_version_is_told_without_opening_while_the_stamp_stands(database: Database) -> None:
    add(database, "main")
    impatient = Database(database.path, deadline=0)
    version = impatient.data_version()
    with database.read():  # whoever opened now would have to wait
        told: list[int] = []
        reader = threading.Thread(target=lambda: told.append(impatient.data_version()))
        reader.start()
        reader.join()
    assert told == [version]


def test_the_version_of_a_new_file_is_none_of_the_old_ones(database: Database) -> None:
    add(database, "main")
    version = database.data_version()
    database.path.unlink()
    assert database.data_version() > version
    assert names(database) == []


def test_a_second_transaction_inside_the_first_is_an_error_not_a_deadlock(
    database: Database,
) -> None:
    with database.write() as tx:
        tx.execute(ADD, ["main"])
        with pytest.raises(StoreError, match="inside a database transaction already"):
            names(database)
        with pytest.raises(StoreError, match="inside a database transaction already"):
            names(Database(database.path))
    assert names(database) == ["main"]


def test_another_thread_waits_until_the_deadline_and_is_told_who_holds(
    database: Database,
) -> None:
    impatient = Database(database.path, deadline=0.05)
    errors: list[BaseException] = []

    def read() -> None:
        try:
            names(impatient)
        except DatabaseBusyError as error:
            errors.append(error)

    with database.write():
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert f"in use by tests (process {os.getpid()})" in str(errors[0])
    assert names(impatient) == []


def test_another_thread_gets_its_turn(database: Database) -> None:
    waiting = threading.Thread(target=add, args=(database, "second"))
    with database.write() as tx:
        waiting.start()
        tx.execute(ADD, ["first"])
    waiting.join()
    assert names(database) == ["first", "second"]


def test_a_link_to_the_file_is_the_same_database(database: Database, tmp_path: Path) -> None:
    add(database, "main")
    link = tmp_path / "link.duckdb"
    link.symlink_to(database.path)
    linked = Database(link)
    assert linked.path == database.path
    with database.read(), pytest.raises(StoreError, match="already"):
        names(linked)


def test_a_failing_statement_is_a_store_error_and_nothing_is_committed(
    database: Database,
) -> None:
    def write() -> None:
        with database.write() as tx:
            tx.execute(ADD, ["main"])
            tx.execute("INSERT INTO account_names VALUES ('x', NULL, 1)")

    with pytest.raises(StoreError, match="NOT NULL"):
        write()
    assert names(database) == []


def test_arrow_results_are_whole_and_outlive_the_transaction(database: Database) -> None:
    with database.write() as tx:
        tx.execute("INSERT INTO account_names SELECT i::VARCHAR, 'a', i FROM range(5000) r(i)")
    with database.read() as tx:
        table = tx.arrow("SELECT * FROM account_names WHERE bound_at >= ?", [10])
    assert table.num_rows == 4990
    add(database, "main")


def test_a_newer_file_is_refused_with_what_to_do(database: Database) -> None:
    with database.write() as tx:
        tx.execute("INSERT INTO schema_version VALUES (9999, 'later', 1)")
    with pytest.raises(NewerDatabaseError, match="update this program"):
        names(database)


@pytest.mark.parametrize("begin", [4096, 12288])
def test_a_damaged_file_is_said_to_be_damaged(database: Database, begin: int) -> None:
    add(database, "main")
    content = database.path.read_bytes()
    database.path.write_bytes(content[:begin] + b"noise!" * ((len(content) - begin) // 6))
    with pytest.raises(DamagedDatabaseError, match="tradesync repair"):
        names(database)


def test_a_file_cut_short_is_said_to_be_damaged(database: Database) -> None:
    add(database, "main")
    content = database.path.read_bytes()
    database.path.write_bytes(content[: len(content) // 4])
    with pytest.raises(DamagedDatabaseError, match="tradesync repair"):
        names(database)


def test_a_file_that_is_no_database_is_said_to_be_damaged(database: Database) -> None:
    database.path.write_bytes(b"something else entirely, and long enough for a header\n" * 500)
    with pytest.raises(DamagedDatabaseError, match="not a valid DuckDB"):
        names(database)


def test_an_empty_file_is_begun_anew(database: Database) -> None:
    database.path.touch()
    assert names(database) == []


def test_a_creation_that_was_interrupted_is_begun_anew(database: Database) -> None:
    database.path.with_name(database.path.name + ".new").write_bytes(b"half of a file")
    add(database, "main")
    assert names(database) == ["main"]
    assert not database.path.with_name(database.path.name + ".new").exists()


def test_a_log_without_its_file_is_put_aside(database: Database) -> None:
    log = database.path.with_name(database.path.name + ".wal")
    log.write_bytes(b"of a file that was moved away")
    add(database, "main")
    assert names(database) == ["main"]
    aside = database.path.with_name(database.path.name + ".wal.old")
    assert aside.read_bytes() == b"of a file that was moved away"


def test_the_database_of_another_program_is_left_alone(database: Database) -> None:
    with duckdb.connect(str(database.path)) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        names(database)
    with duckdb.connect(str(database.path)) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("theirs",)]


def test_a_folder_that_cannot_be_made_is_said_to_be_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnwritableDatabaseError, match="writable"):
        Database(tmp_path / "file" / "record.duckdb")


def test_a_lock_that_cannot_be_made_is_said_to_be_unwritable(database: Database) -> None:
    database.path.with_name(database.path.name + ".lock").mkdir()
    with pytest.raises(UnwritableDatabaseError, match="writable"):
        names(database)
