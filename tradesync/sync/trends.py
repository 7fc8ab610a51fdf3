"""The last daily closes of what is held: read beside the page, kept in the process.

A page never waits for the market data address: it is told what is known and asks again. All
positions of a class are one call, at most every quarter of an hour.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tradesync.broker.bars import BarSize
from tradesync.broker.errors import BrokerError, BrokerRefused
from tradesync.broker.port import Bar, Broker
from tradesync.domain.times import SECOND, Instant

DAYS = 30
"""Closes of so many days are told at most."""
FRESH_SECONDS = 900.0
FAILED_SECONDS = 60.0
"""After a failed reading the market data address is left alone this long."""
_SPAN: Instant = 45 * 86_400 * SECOND
"""Calendar days in which thirty trading days lie."""
_AT_ONCE = 100
_NAME_REFUSED = frozenset({400, 404, 422})
"""What the market data address answers to a symbol it does not take."""
_MOST = 500
"""Of more positions the first ones have trends."""

Held: TypeAlias = Mapping[str, str]
"""Symbol → asset class."""


@dataclass(frozen=True, slots=True)
class Closes:
    """Daily bars by symbol, oldest first, today's last; nothing of a symbol that has none (yet).

    `reading`: others are on their way.
    """

    bars: Mapping[str, tuple[Bar, ...]]
    reading: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    bars: tuple[Bar, ...]
    until: float
    """On the clock: when it is old."""


class Trends:
    """Reads closes for one account in one thread at a time; thread safe."""

    def __init__(
        self,
        broker: Broker,
        now: Callable[[], Instant] = time.time_ns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._now = now
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._is_reading = False
        self._guard = threading.Lock()

    def ask(self, held: Held) -> Closes:
        """The closes as far as they are known; begins to read what is not. Never waits."""
        wanted = dict(tuple(held.items())[:_MOST])
        with self._guard:
            known = {name: self._kept[name].bars for name in wanted if name in self._kept}
            now = self._clock()
            old = {
                name: asset_class
                for name, asset_class in wanted.items()
                if name not in self._kept or self._kept[name].until <= now
            }
            unknown = any(name not in known for name in old)
            if old and not self._is_reading:
                self._is_reading = True
                self._kept = {name: self._kept[name] for name in known}  # what was sold is dropped
                threading.Thread(
                    target=self._read, args=(old,), name="trends", daemon=True
                ).start()
            return Closes(known, reading=unknown)

    def _read(self, wanted: Held) -> None:
        try:
            for asset_class, names in _batches(wanted):
                self._read_batch(asset_class, names)
        finally:
            with self._guard:
                self._is_reading = False

    def _read_batch(self, asset_class: str, names: Sequence[str]) -> None:
        """Read these; one that the broker refuses shall not cost the others theirs."""
        now = self._now()
        try:
            found = self._broker.bars(names, asset_class, BarSize.DAY, now - _SPAN, now)
        except BrokerRefused as error:
            if error.status in _NAME_REFUSED and len(names) > 1:
                middle = len(names) // 2
                self._read_batch(asset_class, names[:middle])
                self._read_batch(asset_class, names[middle:])
            else:
                self._keep_old(names)
        except BrokerError:
            self._keep_old(names)
        else:
            self._keep({name: found[name][-DAYS:] for name in names}, FRESH_SECONDS)

    def _keep_old(self, names: Sequence[str]) -> None:
        with self._guard:
            kept = {name: self._kept.get(name) for name in names}
        self._keep({name: old.bars if old else () for name, old in kept.items()}, FAILED_SECONDS)

    def _keep(self, found: Mapping[str, tuple[Bar, ...]], seconds: float) -> None:
        until = self._clock() + seconds
        with self._guard:
            self._kept |= {name: _Kept(bars, until) for name, bars in found.items()}


def _batches(wanted: Held) -> Iterator[tuple[str, Sequence[str]]]:
    """Asset class and symbols of one call each."""
    for asset_class in dict.fromkeys(wanted.values()):
        names = [name for name, each in wanted.items() if each == asset_class]
        for start in range(0, len(names), _AT_ONCE):
            yield asset_class, names[start : start + _AT_ONCE]
