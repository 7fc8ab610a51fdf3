"""The schema, brought up by numbered SQL files, each applied once, all in one transaction."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tradesync.store.errors import DamagedDatabaseError, NewerDatabaseError, StoreError

FOLDER = Path(__file__).parent / "migrations"

_NAME = re.compile(r"(\d{4})_\w+\.sql")
_BOOTSTRAP = """
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    applied_at BIGINT NOT NULL
);
CREATE TABLE meta (data_version BIGINT NOT NULL);
"""
_FIRST_DATA_VERSION = "INSERT INTO meta VALUES (?)"
_APPLIED = "INSERT INTO schema_version VALUES (?, ?, ?)"
_VERSIONS = "SELECT version, data_version FROM schema_version, meta"
"""Asked at every begin: the largest is found here, for to plan a maximum takes twice as long."""
_TABLES = "SELECT table_name FROM duckdb_tables()"


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class State:
    """A file's data version, and whether migrations were applied (and wait for a commit)."""

    data_version: int
    applied: bool


def known_migrations(folder: Path) -> tuple[Migration, ...]:
    """The migrations this program brings, in order."""
    found = ((path, _NAME.fullmatch(path.name)) for path in sorted(folder.iterdir()))
    return tuple(
        Migration(int(match[1]), path.name, path.read_text("utf-8"))
        for path, match in found
        if match
    )


def bring_up(
    connection: duckdb.DuckDBPyConnection, path: Path, migrations: tuple[Migration, ...]
) -> State:
    """Check the schema inside the open transaction and apply what is missing."""
    schema, data_version = _versions(connection, path) or _bootstrapped(connection, path)
    newest = migrations[-1].version
    if schema > newest:
        raise NewerDatabaseError(
            f"The database {path} is of version {schema}, this program knows {newest}: "
            "update this program, or choose another file with TRADESYNC_DB."
        )
    missing = [item for item in migrations if item.version > schema]
    for item in missing:
        connection.execute(item.sql)
        connection.execute(_APPLIED, [item.version, item.name, time.time_ns()])
    return State(data_version, applied=bool(missing))


def _versions(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, int] | None:
    """Schema and data version; None when the file has no such tables."""
    try:
        rows = connection.execute(_VERSIONS).fetchall()
    except duckdb.CatalogException:  # which has ended the transaction
        connection.rollback()
        connection.begin()
        return None
    if not rows:
        raise DamagedDatabaseError(f"The database {path} has lost its version: restore a backup.")
    return max(rows)


def _bootstrapped(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, int]:
    """Begin an empty database. Data versions start at the time: another file, other versions."""
    if connection.execute(_TABLES).fetchall():
        raise StoreError(
            f"The file {path} is a DuckDB database of another program: choose another file with "
            "TRADESYNC_DB."
        )
    connection.execute(_BOOTSTRAP)
    data_version = time.time_ns()
    connection.execute(_FIRST_DATA_VERSION, [data_version])
    return 0, data_version
