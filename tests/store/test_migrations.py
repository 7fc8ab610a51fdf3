"""The schema is brought up once, in order, all or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tradesync.store import migrations
from tradesync.store.database import Database
from tradesync.store.errors import NewerDatabaseError, StoreError

VERSIONS = "SELECT version, name FROM schema_version ORDER BY version"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations, for a later version of this program."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, copy)
    return copy


def versions(database: Database) -> list[tuple[int, str]]:
    with database.read() as tx:
        return [(row[0], row[1]) for row in tx.rows(VERSIONS)]


def test_the_migrations_are_numbered_without_gaps() -> None:
    found = migrations.known_migrations(migrations.FOLDER)
    assert [item.version for item in found] == list(range(1, len(found) + 1))


def test_a_later_version_adds_to_what_is_stored(database: Database, folder: Path) -> None:
    with database.write() as tx:
        tx.execute("INSERT INTO account_names VALUES ('main', 'account-1', 1)")
    version = database.data_version()
    known = [number for number, _ in versions(database)]
    (folder / "0900_later.sql").write_text(
        "ALTER TABLE account_names ADD COLUMN color VARCHAR DEFAULT 'red';"
        "CREATE TABLE later (a INTEGER);"
    )
    (folder / "notes.txt").write_text("no migration")
    later = Database(database.path, schema=folder)
    assert [number for number, _ in versions(later)] == [*known, 900]
    with later.read() as tx:
        assert tx.rows("SELECT name, color FROM account_names") == [("main", "red")]
        assert tx.rows("SELECT * FROM later") == []
    assert later.data_version() >= version


def test_a_migration_is_applied_once(database: Database) -> None:
    before = versions(database)
    stamp = database.stamp()
    assert versions(Database(database.path)) == before
    assert database.stamp() == stamp


def test_a_running_program_refuses_the_file_once_a_newer_one_has_been_at_it(
    database: Database, folder: Path
) -> None:
    known = len(versions(database))
    (folder / "0900_later.sql").write_text("CREATE TABLE later (a INTEGER)")
    assert len(versions(Database(database.path, schema=folder))) == known + 1
    with pytest.raises(NewerDatabaseError):
        versions(database)


def test_a_migration_that_fails_leaves_the_file_as_it_was(database: Database, folder: Path) -> None:
    before = versions(database)
    (folder / "0900_good.sql").write_text("CREATE TABLE good (a INTEGER)")
    (folder / "0901_bad.sql").write_text("CREATE TABLE bad (a INTEGER); SELECT * FROM nowhere")
    with pytest.raises(StoreError, match="nowhere"):
        versions(Database(database.path, schema=folder))
    assert versions(database) == before
    with database.read() as tx, pytest.raises(StoreError, match="good"):
        tx.rows("SELECT * FROM good")
