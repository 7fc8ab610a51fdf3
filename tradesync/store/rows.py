"""Frozen dataclasses to table rows and back: a column for each field, of the same name.

Rows go in through Arrow, which is fast for many and no slower for one, and exact: a value that
does not fit its column is an error, never a rounded value.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from tradesync.store.database import Tx
from tradesync.store.errors import StoreError

T = TypeVar("T")

_ARROW_TYPES: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    Decimal: pa.decimal128(38, 12),
    bool: pa.bool_(),
    date: pa.date32(),
    tuple: pa.list_(pa.string()),
}
_SQL_TYPES = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.date32(): "DATE"}
"""Of the columns that name a record."""
_MISFITS = (pa.ArrowException, OverflowError, UnicodeError)


@dataclass(frozen=True, slots=True)
class Column:
    """One field and how it is written and read; `decode` None: as it comes."""

    name: str
    arrow_type: pa.DataType
    decode: Callable[[Any], object] | None


class Table(Generic[T]):
    """A table that holds records of one dataclass, by identity within an account."""

    def __init__(
        self,
        name: str,
        record: Callable[..., T],
        key: str,
        *,
        conflict: Sequence[str] | None = None,
        keeps: Collection[str] = (),
        without: Collection[str] = (),
    ) -> None:
        """`key`: the field that names a record, in errors too.

        `conflict`: the primary key, (account_id, key) unless given. `keeps`: columns where a new
        NULL leaves what stands. `without`: fields the table lacks (the last ones, with defaults).
        """
        self.name = name
        self.key = key
        self.identity: Callable[[T], str] = attrgetter(key)
        self.columns = tuple(_columns(record, without))
        self._record = record
        self._conflict = tuple(conflict or ("account_id", key))
        self._keeps = frozenset(keeps)
        (of_key,) = (column for column in self.columns if column.name == key)
        self._among_keys = among(key, _SQL_TYPES[of_key.arrow_type])
        self._values_of = attrgetter(*(column.name for column in self.columns))
        names = _quoted(column.name for column in self.columns)
        self._select = f"SELECT {names} FROM {name} "  # noqa: S608 (names from our own types)
        self._decoders = [
            (index, column.decode) for index, column in enumerate(self.columns) if column.decode
        ]

    def load(self, tx: Tx, where: str, params: Sequence[object] = ()) -> list[T]:
        """The records that satisfy `where` (from WHERE onwards)."""
        found = tx.rows(self._select + where, params)
        if not self._decoders:
            return [self._record(*row) for row in found]
        return [self._decoded(row) for row in found]

    def load_ids(self, tx: Tx, account_id: str, ids: Iterable[str]) -> list[T]:
        """The records of these identities."""
        return self.load(tx, f"WHERE account_id = ? AND {among(self.key)}", [account_id, list(ids)])

    def upsert(self, tx: Tx, records: Iterable[T], **others: object) -> int:
        """Insert records or overwrite those of the same identity; the last of equals wins.

        `others` are the columns that are no fields, the same for all (account_id, read_at …).
        """
        known, new = self._known_and_new(tx, records, others)
        return self._insert(tx, new, others) + self._update(tx, known, others)

    def upsert_changed(
        self, tx: Tx, account_id: str, records: Iterable[T], **others: object
    ) -> int:
        """Upsert only the records that are not stored exactly so; how many those were."""
        wanted = list(records)
        if not wanted:
            return 0
        stored = set(self.load_ids(tx, account_id, map(self.identity, wanted)))
        changed = [record for record in wanted if record not in stored]
        return self.upsert(tx, changed, account_id=account_id, **others)

    def put_changed(
        self, tx: Tx, records: Iterable[T], stored: Mapping[Any, T], **others: object
    ) -> int:
        """Upsert the records that differ from what is `stored` of their identities; how many."""
        latest = {self.identity(record): record for record in records}
        new = [record for key, record in latest.items() if key not in stored]
        moved = [record for key, record in latest.items() if stored.get(key, record) != record]
        return self._insert(tx, new, others) + self._update(tx, moved, others)

    def insert(self, tx: Tx, records: Iterable[T], **others: object) -> int:
        """Insert records whose identities are not there yet."""
        _, new = self._known_and_new(tx, records, others)
        return self._insert(tx, new, others)

    def append(self, tx: Tx, records: Sequence[T], **others: object) -> int:
        """Insert records of a table that gives them their identity."""
        return self._insert(tx, records, others)

    def overwrite(self, tx: Tx, records: Sequence[T], **others: object) -> int:
        """Upsert records that are known to be stored: their table is not searched for them."""
        return self._update(tx, records, others)

    def delete(self, tx: Tx, account_id: str, ids: Iterable[str]) -> int:
        """Delete the records of these identities."""
        gone = list(ids)
        if not gone:
            return 0
        condition = f"account_id = ? AND {among(self.key)}"
        sql = f"DELETE FROM {self.name} WHERE {condition}"  # noqa: S608 (names from our own types)
        return tx.execute(sql, [account_id, gone])

    def arrow(self, records: Sequence[T]) -> pa.Table:
        """At least one record as an Arrow table; StoreError for a value that does not fit."""
        values = zip(*map(self._values_of, records), strict=True)
        arrays = [
            self._array(column, of_column, records)
            for column, of_column in zip(self.columns, values, strict=True)
        ]
        return pa.Table.from_arrays(arrays, names=[column.name for column in self.columns])

    def _known_and_new(
        self, tx: Tx, records: Iterable[T], others: Mapping[str, object]
    ) -> tuple[list[T], list[T]]:
        """The records whose identities are stored and those whose are not; the last of equals.

        An INSERT … ON CONFLICT would tell them apart by itself, but takes twice as long.
        """
        names = [name for name in self._conflict if name not in others]
        fixed = {name: others[name] for name in self._conflict if name in others}
        key_of = self._key_of(names)
        latest = {key_of(record): record for record in records}
        if not latest:
            return [], []
        where = " AND ".join([*(f'"{name}" = ?' for name in fixed), self._among_keys])
        sql = f"SELECT {_quoted(names)} FROM {self.name} WHERE {where}"  # noqa: S608 (names from our own types)
        ids = [self.identity(record) for record in latest.values()]
        stored = set(tx.rows(sql, [*fixed.values(), ids]))
        if not stored:
            return [], list(latest.values())
        known = [record for key, record in latest.items() if key in stored]
        return known, [record for key, record in latest.items() if key not in stored]

    @staticmethod
    def _key_of(names: Sequence[str]) -> Callable[[T], tuple[object, ...]]:
        """What a record's values of these columns are read with, as a query's row shows them."""
        values = attrgetter(*names)
        return values if len(names) > 1 else lambda record: (values(record),)

    def _insert(self, tx: Tx, records: Sequence[T], others: Mapping[str, object]) -> int:
        if not records:
            return 0
        constants = "".join(f', ? AS "{name}"' for name in others)
        sql = f"INSERT INTO {self.name} BY NAME SELECT *{constants} FROM incoming"  # noqa: S608 (names from our own types)
        return tx.execute(sql, list(others.values()), incoming=self.arrow(records))

    def _update(self, tx: Tx, records: Sequence[T], others: Mapping[str, object]) -> int:
        """Overwrite stored records."""
        if not records:
            return 0
        columns = [column.name for column in self.columns]
        said = {name: f'incoming."{name}"' for name in columns} | dict.fromkeys(others, "?")
        changed = [name for name in said if name not in self._conflict]
        sets = ", ".join(f'"{name}" = {self._kept(name, said[name])}' for name in changed)
        where = " AND ".join(f'{self.name}."{name}" = {said[name]}' for name in self._conflict)
        params = [others[name] for name in (*changed, *self._conflict) if name in others]
        sql = f"UPDATE {self.name} SET {sets} FROM incoming WHERE {where}"  # noqa: S608 (names from our own types)
        return tx.execute(sql, params, incoming=self.arrow(records))

    def _kept(self, name: str, said: str) -> str:
        """What a column becomes: what is said, or where that is NULL what it `keeps`."""
        return f'coalesce({said}, {self.name}."{name}")' if name in self._keeps else said

    def _array(
        self, column: Column, values: Sequence[object], records: Sequence[T]
    ) -> pa.Array:  # fmt: skip
        try:
            return pa.array(values, column.arrow_type)
        except _MISFITS as error:
            raise self._misfit(column, records) from error

    def _misfit(self, column: Column, records: Sequence[T]) -> StoreError:
        """The error that names the record whose value does not fit."""
        for record in records:
            value = getattr(record, column.name)
            try:
                pa.array([value], column.arrow_type)
            except _MISFITS:
                where = f"{self.name} {self.identity(record)}: {column.name} {_shown(value)}"
                limits = _limits(column.arrow_type)
                return StoreError(f"{where} does not fit {limits}; the row was not stored.")
        return StoreError(f"{self.name}: a value of {column.name} does not fit its column.")

    def _decoded(self, row: tuple[Any, ...]) -> T:
        values = list(row)
        for index, decode in self._decoders:
            if values[index] is not None:
                values[index] = decode(values[index])
        return self._record(*values)


def among(column: str, sql_type: str = "VARCHAR") -> str:
    """The SQL condition that a column is one of a list given as the next parameter."""
    return f'"{column}" IN (SELECT unnest(?::{sql_type}[]))'


def _columns(record: Callable[..., object], without: Collection[str]) -> Iterable[Column]:
    hints = get_type_hints(record)
    for field in fields(record):  # type: ignore[arg-type]
        if field.name not in without:
            yield _column(field.name, hints[field.name])


def _column(name: str, hint: object) -> Column:
    kind = _bare(hint)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Column(name, pa.string(), kind)
    return Column(name, _ARROW_TYPES[kind], tuple if kind is tuple else None)


def _bare(hint: Any) -> type:
    """The type of a hint without its None and its parameters."""
    if get_origin(hint) in (types.UnionType, Union):
        (hint,) = (item for item in get_args(hint) if item is not types.NoneType)
    bare = get_origin(hint) or hint
    assert isinstance(bare, type)
    return bare


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _shown(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def _limits(arrow_type: pa.DataType) -> str:
    if pa.types.is_decimal(arrow_type):
        return "26 digits before the point and 12 after"
    return f"a column of {arrow_type}"
