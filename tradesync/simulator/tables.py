"""Tables in memory that write through: changes are kept with their former value until commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from tradesync.simulator.persistence import Database, Row, decode, encode

R = TypeVar("R")
Watcher = Callable[[R | None, R | None], None]


class Journal:
    """The changes of one transaction: committed together to disk, or taken back together."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._former: dict[tuple[str, str, str], tuple[Table[Any], Any]] = {}
        self._depth = 0
        self._outbox: list[Callable[[], None]] = []

    def note(self, table: Table[Any], key: str, former: object) -> None:
        """Remember what `key` was before this transaction first touched it."""
        if not self._depth:
            raise RuntimeError("records change only inside Journal.change()")
        self._former.setdefault((table.kind, table.owner, key), (table, former))

    def after_commit(self, deliver: Callable[[], None]) -> None:
        """Run `deliver` once the change is on disk; dropped if it is taken back."""
        self._outbox.append(deliver)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction; nested uses join the outer one."""
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self.database.write(self._rows())
                self._former = {}
        except BaseException:
            if self._depth == 1:
                self._take_back()
            raise
        finally:
            self._depth -= 1
        if not self._depth:
            self._deliver()

    def _rows(self) -> list[Row]:
        rows: list[Row] = []
        for (kind, owner, key), (table, former) in self._former.items():
            current = table.get(key)
            if current is not former:
                rows.append((kind, owner, key, None if current is None else encode(current)))
        return rows

    def _take_back(self) -> None:
        former, self._former, self._outbox = self._former, {}, []
        for (_, _, key), (table, record) in former.items():
            table.restore(key, record)

    def _deliver(self) -> None:
        outbox, self._outbox = self._outbox, []
        for deliver in outbox:
            deliver()


class Table(Generic[R]):
    """Records of one kind and owner by key, loaded at once, written through a journal."""

    def __init__(self, journal: Journal, cls: type[R], kind: str, owner: str = "") -> None:
        self.kind = kind
        self.owner = owner
        self._journal = journal
        self._rows: dict[str, R] = {}
        self._watchers: list[Watcher[R]] = []
        for key, body in journal.database.load(kind, owner):
            self._rows[key] = decode(cls, body)

    def watch(self, watcher: Watcher[R]) -> None:
        """Call `watcher(former, current)` now for every record and later on every change."""
        self._watchers.append(watcher)
        for record in self._rows.values():
            watcher(None, record)

    def get(self, key: str) -> R | None:
        """The record, or None."""
        return self._rows.get(key)

    def __getitem__(self, key: str) -> R:
        return self._rows[key]

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def names(self) -> list[str]:
        """All keys, a copy; those loaded from disk sorted, later ones as they came."""
        return list(self._rows)

    def values(self) -> list[R]:
        """All records, a copy."""
        return list(self._rows.values())

    def snapshot(self) -> Table[R]:
        """A copy to read from, which later changes do not reach."""
        copy: Table[R] = object.__new__(Table)
        copy.kind, copy.owner = self.kind, self.owner
        copy._journal, copy._rows, copy._watchers = self._journal, dict(self._rows), []
        return copy

    def put(self, key: str, record: R) -> None:
        """Add or replace."""
        self._journal.note(self, key, self._rows.get(key))
        self.restore(key, record)

    def drop(self, key: str) -> None:
        """Remove; absent keys are ignored."""
        if key in self._rows:
            self._journal.note(self, key, self._rows[key])
            self.restore(key, None)

    def restore(self, key: str, record: R | None) -> None:
        """Set without noting (for the journal itself)."""
        former = self._rows.get(key)
        if record is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = record
        for watcher in self._watchers:
            watcher(former, record)
