"""What a trade's instrument cost while it was open: read beside the page, kept in the process.

A page never waits for the market data address: it asks, is told *reading*, and asks again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from tradesync.broker.bars import BarSize, bar_size
from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Bar, Broker
from tradesync.domain.times import SECOND, Instant

FRESH_SECONDS = 60.0
"""Bars of a trade that is still open are read again after this long."""
_FAILED_SECONDS = 20.0
_KEPT = 100
_FEWEST = 3
"""A finer size with fewer bars than this draws nothing; days are read instead."""
_LATE_SHARE = 3
"""So do finer bars that begin after the first third of the trade: older ones are not kept."""
_MARGIN_SHARE = 8
"""The chart shows an eighth of the trade's span before it and after it."""
_LEAST_SPAN: Instant = 7200 * SECOND


@dataclass(frozen=True, slots=True)
class BarsWanted:
    """Whose bars, and between when; `until` None: up to now, read again while it moves."""

    symbol: str
    asset_class: str
    since: Instant
    until: Instant | None


@dataclass(frozen=True, slots=True)
class BarsAnswer:
    """Bars as they stand: `reading` while they are on their way, else bars or why there are none.

    Bars known from before are told also while newer ones are read.
    """

    bars: tuple[Bar, ...] = ()
    size: BarSize | None = None
    reading: bool = False
    problem: str | None = None
    """One sentence."""


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: BarsAnswer
    until: float


class PriceBars:
    """Reads bars for one account in threads of its own, one for each question; thread safe."""

    def __init__(
        self,
        broker: Broker,
        now: Callable[[], Instant] = time.time_ns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._now = now
        self._clock = clock
        self._kept: OrderedDict[BarsWanted, _Kept] = OrderedDict()
        self._asked: set[BarsWanted] = set()
        self._guard = threading.Lock()

    def ask(self, wanted: BarsWanted) -> BarsAnswer:
        """The bars as far as they are known; begins to read them. Never waits."""
        with self._guard:
            kept = self._kept.get(wanted)
            if kept is not None and self._clock() < kept.until:
                self._kept.move_to_end(wanted)
                return kept.answer
            known = kept.answer if kept is not None else BarsAnswer(reading=True)
            if wanted in self._asked:
                return known
            self._asked.add(wanted)
        threading.Thread(
            target=self._read, args=(wanted,), name=f"bars-{wanted.symbol}", daemon=True
        ).start()
        return known

    def _read(self, wanted: BarsWanted) -> None:
        answer, seconds = BarsAnswer(problem="The prices could not be read."), _FAILED_SECONDS
        try:
            answer = self._bars(wanted)
            seconds = FRESH_SECONDS if wanted.until is None else float("inf")
        except BrokerError as error:
            answer = replace(self._known(wanted), reading=False, problem=error.sentence)
        finally:
            with self._guard:
                self._asked.discard(wanted)
                self._kept[wanted] = _Kept(answer, self._clock() + seconds)
                self._kept.move_to_end(wanted)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)

    def _known(self, wanted: BarsWanted) -> BarsAnswer:
        """What was told last."""
        with self._guard:
            kept = self._kept.get(wanted)
        return BarsAnswer() if kept is None else kept.answer

    def _bars(self, wanted: BarsWanted) -> BarsAnswer:
        now = self._now()
        until = now if wanted.until is None else wanted.until
        margin = max(_LEAST_SPAN, until - wanted.since) // _MARGIN_SHARE
        since, until = wanted.since - margin, min(now, until + margin)
        size = bar_size(until - since)
        bars = self._read_bars(wanted, size, since, until)
        late = not bars or bars[0].at - wanted.since > (until - wanted.since) // _LATE_SHARE
        if size is not BarSize.DAY and (late or len(bars) < _FEWEST):
            size, since = BarSize.DAY, since - 30 * 86_400 * SECOND
            bars = self._read_bars(wanted, size, since, until)
        return BarsAnswer(bars, size)

    def _read_bars(
        self, wanted: BarsWanted, size: BarSize, since: Instant, until: Instant
    ) -> tuple[Bar, ...]:
        found = self._broker.bars((wanted.symbol,), wanted.asset_class, size, since, until)
        return found[wanted.symbol]
