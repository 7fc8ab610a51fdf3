"""Reading the record for screens: one open for one model, none while nothing changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

from tradesync.domain.times import Instant
from tradesync.store.database import Database, Stamp, Tx
from tradesync.store.errors import StoreError
from tradesync.store.queries import data_version

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Reading(Generic[Model]):
    """A model, the data version it was read at, and why it may be old (one sentence)."""

    model: Model
    version: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: Stamp
    reading: Reading[object]
    until: Instant | None
    """When the model is another though nothing was written; None: never."""

    def is_current(self, now: Instant) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class _Question(Generic[Model]):
    key: Hashable
    load: Callable[[Tx], Model]
    now: Instant
    until: Callable[[Model], Instant | None]


def _never(_model: object) -> None:
    """Most models are what the record says, whatever the time."""


class Reader:
    """Keeps the models last read, each until the record's data version moves, or until the time
    it names itself; thread safe.

    The file's stamp tells whether anything may have changed; only then is it opened, and the
    version it holds decides whether the model is computed again. When the file cannot be
    opened, the last good model is answered with the reason.
    """

    def __init__(self, database: Database, *, entries: int = 64) -> None:
        self._database = database
        self._entries = entries
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._guard = threading.Lock()
        self._loading = threading.Lock()

    def read(
        self,
        key: Hashable,
        load: Callable[[Tx], Model],
        *,
        now: Instant = 0,
        until: Callable[[Model], Instant | None] = _never,
    ) -> Reading[Model]:
        """The model of `key`, computed by `load` in one transaction when it is not current.

        `until`: from when on (by the clock of `now`) a model says something else though nothing
        was written. Raises StoreError when the record cannot be read and was not read before.
        """
        asked = _Question(key, load, now, until)
        stamp = self._database.stamp()
        if kept := self._current(asked, stamp):
            return cast(Reading[Model], kept.reading)
        with self._loading:
            if kept := self._current(asked, stamp):
                return cast(Reading[Model], kept.reading)
            return self._read_again(asked, stamp)

    def _read_again(self, asked: _Question[Model], stamp: Stamp) -> Reading[Model]:
        known = self._kept.get(asked.key)
        try:
            with self._database.read() as tx:
                version = data_version(tx)
                if known and known.reading.version == version and known.is_current(asked.now):
                    reading = cast(Reading[Model], known.reading)
                else:
                    reading = Reading(asked.load(tx), version)
        except StoreError as error:
            if known is None:
                raise
            return cast(Reading[Model], replace(known.reading, problem=str(error)))
        until = asked.until(reading.model)
        self._keep(asked.key, _Kept(stamp, cast(Reading[object], reading), until))
        return reading

    def _current(self, asked: _Question[Model], stamp: Stamp) -> _Kept | None:
        with self._guard:
            kept = self._kept.get(asked.key)
            if kept is None or kept.stamp != stamp or not kept.is_current(asked.now):
                return None
            self._kept.move_to_end(asked.key)
            return kept

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        with self._guard:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)
