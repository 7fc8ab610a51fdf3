"""Records in SQLite: a JSON document a row, decimals as text, one transaction a change."""

from __future__ import annotations

import json
import sqlite3
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Row = tuple[str, str, str, str | None]
"""kind, owner, key, JSON body (None deletes)."""

LOCK_SECONDS = 1.0
_SCHEMA = """CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, owner, key)) WITHOUT ROWID"""
_UPSERT = """INSERT INTO records (kind, owner, key, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, owner, key) DO UPDATE SET body = excluded.body"""
_DELETE = "DELETE FROM records WHERE kind = ? AND owner = ? AND key = ?"


class Database:
    """The file under the data directory. A commit survives the process being killed."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            directory / "paper-broker.sqlite", timeout=LOCK_SECONDS, isolation_level=None
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        # A second server on the same books would corrupt them: the first keeps the file.
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._connection.execute(_SCHEMA)

    def load(self, kind: str, owner: str) -> list[tuple[str, str]]:
        """All (key, body) of a kind of one owner, by key."""
        return self._connection.execute(
            "SELECT key, body FROM records WHERE kind = ? AND owner = ? ORDER BY key", (kind, owner)
        ).fetchall()

    def write(self, rows: Iterable[Row]) -> None:
        """Apply all rows or none."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for kind, owner, key, body in rows:
                if body is None:
                    self._connection.execute(_DELETE, (kind, owner, key))
                else:
                    self._connection.execute(_UPSERT, (kind, owner, key, body))
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def encode(record: object) -> str:
    """A record as JSON text."""
    return json.dumps(_plain(record), separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value


def decode(cls: type[T], text: str) -> T:
    """The record a JSON text stands for; fields it lacks take their defaults."""
    return typing.cast("T", _reader(typing.cast("Any", cls))(json.loads(text)))


def _same(raw: Any) -> Any:
    return raw


_SCALARS: dict[Any, Callable[[Any], Any]] = {Decimal: Decimal, date: date.fromisoformat}


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    if is_dataclass(hint):
        return _dataclass_reader(typing.cast("type[Any]", hint))
    return _SCALARS.get(hint) or _generic_reader(hint)


def _generic_reader(hint: Any) -> Callable[[Any], Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        some = _reader(next(arg for arg in inner if arg is not types.NoneType))
        return lambda raw: None if raw is None else some(raw)
    if origin is tuple:
        item = _reader(inner[0])
        return lambda raw: tuple(item(each) for each in raw)
    if origin is dict:
        value = _reader(inner[1])
        return lambda raw: {key: value(each) for key, each in raw.items()}
    return _same


def _dataclass_reader(cls: type[Any]) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(cls)
    readers = {f.name: _reader(hints[f.name]) for f in fields(cls)}
    return lambda raw: cls(**{k: readers[k](v) for k, v in raw.items() if k in readers})
