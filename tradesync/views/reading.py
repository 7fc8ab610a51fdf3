"""Reading the record for screens: one open for one model, none while nothing changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

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


class Reader:
    """Keeps the models last read, each until the record's data version moves; thread safe.

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

    def read(self, key: Hashable, load: Callable[[Tx], Model]) -> Reading[Model]:
        """The model of `key`, computed by `load` in one transaction when it is not current.

        Raises StoreError when the record cannot be read and was not read before.
        """
        stamp = self._database.stamp()
        if kept := self._current(key, stamp):
            return cast(Reading[Model], kept.reading)
        with self._loading:
            if kept := self._current(key, stamp):
                return cast(Reading[Model], kept.reading)
            return self._read_again(key, stamp, load)

    def _read_again(
        self, key: Hashable, stamp: Stamp, load: Callable[[Tx], Model]
    ) -> Reading[Model]:
        known = self._kept.get(key)
        try:
            with self._database.read() as tx:
                version = data_version(tx)
                if known is not None and known.reading.version == version:
                    reading = cast(Reading[Model], known.reading)
                else:
                    reading = Reading(load(tx), version)
        except StoreError as error:
            if known is None:
                raise
            return cast(Reading[Model], replace(known.reading, problem=str(error)))
        self._keep(key, _Kept(stamp, cast(Reading[object], reading)))
        return reading

    def _current(self, key: Hashable, stamp: Stamp) -> _Kept | None:
        with self._guard:
            kept = self._kept.get(key)
            if kept is None or kept.stamp != stamp:
                return None
            self._kept.move_to_end(key)
            return kept

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        with self._guard:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)
