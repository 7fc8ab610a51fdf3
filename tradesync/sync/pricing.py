"""What a person about to order is told of a symbol: the asset, and what it costs now.

Kept in the process, so that many open tickets ask the broker no oftener than one does.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tradesync.broker.errors import BrokerError, BrokerNotFound
from tradesync.broker.port import Asset, Broker, Quote
from tradesync.domain.instruments import canonical_symbol
from tradesync.sync.outcomes import SyncError

QUOTE_SECONDS = 1.5
"""A price younger than this is told again without asking."""
ASSET_SECONDS = 600.0
_FAILED_SECONDS = 10.0
"""A market data address that fails is left alone this long."""
_KEPT = 200

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Answer]):
    answer: Answer | None
    error: SyncError | None
    until: float


class Pricing:
    """Answers for one account; thread safe. SyncError when the broker cannot be asked."""

    def __init__(self, broker: Broker, clock: Callable[[], float] = time.monotonic) -> None:
        self._broker = broker
        self._clock = clock
        self._assets: OrderedDict[str, _Kept[Asset]] = OrderedDict()
        self._quotes: OrderedDict[str, _Kept[Quote]] = OrderedDict()
        self._guard = threading.Lock()

    def asset(self, symbol: str) -> Asset | None:
        """What can be done with a symbol; None when the broker does not know it."""

        def ask() -> Asset | None:
            try:
                return self._broker.asset(symbol)
            except BrokerNotFound:
                return None

        return self._answer(self._assets, symbol, ASSET_SECONDS, ask)

    def quote(self, symbol: str, asset_class: str) -> Quote | None:
        """What it costs now; None when there is no price."""
        name = canonical_symbol(symbol, asset_class)
        ask = lambda: self._broker.quote(name, asset_class)  # noqa: E731 (asked at most once)
        return self._answer(self._quotes, f"{asset_class} {name}", QUOTE_SECONDS, ask)

    def _answer(
        self,
        kept: OrderedDict[str, _Kept[Answer]],
        key: str,
        seconds: float,
        ask: Callable[[], Answer | None],
    ) -> Answer | None:
        with self._guard:
            known = kept.get(key)
        if known is None or known.until < self._clock():
            known = self._asked(seconds, ask)
            with self._guard:
                kept[key] = known
                kept.move_to_end(key)
                while len(kept) > _KEPT:
                    kept.popitem(last=False)
        if known.error is not None:
            raise known.error
        return known.answer

    def _asked(self, seconds: float, ask: Callable[[], Answer | None]) -> _Kept[Answer]:
        try:
            return _Kept(ask(), None, self._clock() + seconds)
        except BrokerError as error:
            return _Kept(None, SyncError(error.sentence), self._clock() + _FAILED_SECONDS)
