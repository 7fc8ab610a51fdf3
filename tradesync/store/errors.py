"""What can go wrong with the database file, each with a sentence that says what to do.

StoreError
├── DatabaseBusyError        somebody else had it until the deadline
├── NewerDatabaseError       written by a newer version of this program
├── DamagedDatabaseError     unreadable
└── UnwritableDatabaseError  read-only, or the disk is full
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


class StoreError(Exception):
    """The database could not be used; the message says why and what to do."""


class DatabaseBusyError(StoreError):
    """The deadline passed while another process or thread had the database."""


class NewerDatabaseError(StoreError):
    """The file was written by a newer version of this program."""


class DamagedDatabaseError(StoreError):
    """The file cannot be read as a database."""


class UnwritableDatabaseError(StoreError):
    """The file cannot be written: permissions, a read-only disk or a full one."""


_HOLDER = re.compile(r"Conflicting lock is held in (.+?) \(PID (\d+)\)")
_HELD = ("Could not set lock on file", "Unique file handle conflict")
_DAMAGED = (
    "not a valid DuckDB database file",
    "Could not read enough bytes",
    "Corrupt",
    "INTERNAL Error",
    "Serialization Error",
    "database has been invalidated",
)
_UNWRITABLE = (
    "No space left",
    "File too large",
    "Could not write file",
    "Disk quota",
    "Permission denied",
    "Read-only file system",
    "read-only",
    "Operation not permitted",
    "Is a directory",
    "Not a directory",
)
_NEWER_FORMAT = ("newer version of DuckDB", "database with version number")


def held_elsewhere(error: duckdb.Error) -> str | None:
    """Who holds the file, as DuckDB names it; None when the error is another one."""
    text = str(error)
    if not any(mark in text for mark in _HELD):
        return None
    match = _HOLDER.search(text)
    return f"{match[1]} (process {match[2]})" if match else "another program"


def unknown_account(account_id: str) -> StoreError:
    """The error for an account that is not on record."""
    return StoreError(f"The account {account_id} is not known: bind it to a name first.")


def explained(error: duckdb.Error, path: Path) -> StoreError:
    """The StoreError a DuckDB error means."""
    text = str(error).splitlines()[0]
    if any(mark in text for mark in _NEWER_FORMAT):
        return NewerDatabaseError(
            f"The database {path} was written by a newer DuckDB; update this program. ({text})"
        )
    if any(mark in text for mark in _UNWRITABLE):
        return unwritable(path, text)
    if any(mark in text for mark in _DAMAGED):
        return DamagedDatabaseError(
            f"The database {path} is damaged: `python -m tradesync repair` sets it aside and "
            f"rebuilds it from the broker; `python -m tradesync restore FILE` takes a backup. "
            f"({text})"
        )
    return StoreError(f"The database {path} refused: {text}")


def unwritable(path: Path, reason: str) -> UnwritableDatabaseError:
    """The error for a file that cannot be written, `reason` as the system put it."""
    return UnwritableDatabaseError(
        f"The database {path} cannot be written: free disk space or make the file and its "
        f"folder writable. ({reason})"
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Let DuckDB's errors out as StoreErrors."""
    try:
        yield
    except duckdb.Error as error:
        raise explained(error, path) from error
