"""What a person about to order is told of a symbol: the asset, and what it costs now.

Kept in the process, so that many open tickets ask the broker no oftener than one does.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from tradesync.broker.errors import BrokerError, BrokerNotFound
from tradesync.broker.port import Asset, Broker, Quote
from tradesync.domain.instruments import canonical_symbol
from tradesync.sync.outcomes import SyncError

QUOTE_SECONDS = 1.5
"""A price younger than this is told again without asking."""
ASSET_SECONDS = 600.0
WAIT_SECONDS = 3.0
"""How long a person waits; an answer that comes later is kept for the next question."""
_AGAIN_SECONDS = 0.1
"""The same while the broker is late already: a form must not hang at every key."""
_FAILED_SECONDS = 10.0
"""A broker that fails is left alone this long."""
_KEPT = 200

Answer = TypeVar("Answer")
Question = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: object
    error: SyncError | None
    until: float


class Pricing:
    """Answers for one account; thread safe. SyncError when the broker cannot be asked in time."""

    def __init__(
        self,
        broker: Broker,
        clock: Callable[[], float] = time.monotonic,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._kept: OrderedDict[Question, _Kept] = OrderedDict()
        self._asking: dict[Question, threading.Thread] = {}
        self._guard = threading.Lock()

    def asset(self, symbol: str) -> Asset | None:
        """What can be done with a symbol; None when the broker does not know it."""

        def ask() -> Asset | None:
            try:
                return self._broker.asset(symbol)
            except BrokerNotFound:
                return None

        return self._answer(("asset", symbol), ASSET_SECONDS, ask)

    def quote(self, symbol: str, asset_class: str) -> Quote | None:
        """What it costs now; None when there is no price."""
        name = canonical_symbol(symbol, asset_class)
        return self._answer(
            ("quote", asset_class, name),
            QUOTE_SECONDS,
            lambda: self._broker.quote(name, asset_class),
        )

    def _answer(
        self, question: Question, seconds: float, ask: Callable[[], Answer | None]
    ) -> Answer | None:
        known = self._kept.get(question)
        if known is None or known.until < self._clock():
            asking, is_new = self._begin(question, seconds, ask)
            asking.join(self._wait_seconds if is_new else _AGAIN_SECONDS)
            known = self._kept.get(question)
        if known is None:
            raise SyncError("The broker has not answered yet; its answer is shown when it comes.")
        if known.error is not None:
            raise known.error
        return cast(Answer | None, known.answer)

    def _begin(
        self, question: Question, seconds: float, ask: Callable[[], object]
    ) -> tuple[threading.Thread, bool]:
        """The thread that asks, one a question at a time, and whether it has just begun."""
        with self._guard:
            asking = self._asking.get(question)
            is_new = asking is None
            if asking is None:
                asking = threading.Thread(
                    target=self._ask, args=(question, seconds, ask), name="pricing", daemon=True
                )
                self._asking[question] = asking
                asking.start()
            return asking, is_new

    def _ask(self, question: Question, seconds: float, ask: Callable[[], object]) -> None:
        try:
            self._keep(question, _Kept(ask(), None, self._clock() + seconds))
        except BrokerError as error:
            failed = SyncError(error.sentence)
            self._keep(question, _Kept(None, failed, self._clock() + _FAILED_SECONDS))
        finally:
            with self._guard:
                del self._asking[question]

    def _keep(self, question: Question, kept: _Kept) -> None:
        with self._guard:
            self._kept[question] = kept
            self._kept.move_to_end(question)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
