"""How calls are made: within a budget, reads again after a fault, writes exactly once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Protocol

from tradesync.broker.errors import (
    BrokerError,
    BrokerRateLimited,
    BrokerReplyError,
    BrokerUnreachable,
)
from tradesync.broker.limits import TokenBucket

COMMAND_PATIENCE = 5.0
"""Seconds a write waits for its turn; it has to be sent within ten (design: Commands)."""

_FIRST_WAIT, _LONGEST_BACKOFF = 0.5, 8.0
_GARBLED_TRIES = 2
"""How often a reply that cannot be read is asked for again: it may be cut or a passing error page,
or the address is simply wrong."""

Parameters = Mapping[str, str | int]


class Wire(Protocol):
    """What sends one request: the answer's JSON, or a BrokerError."""

    def get(self, path: str, data: dict[str, str | int] | None = None) -> object: ...
    def post(self, path: str, data: dict[str, object] | None = None) -> object: ...
    def patch(self, path: str, data: dict[str, object] | None = None) -> object: ...
    def delete(self, path: str) -> object: ...


class Caller:
    """Makes the calls of one account. `wait(seconds)` returns True when the program is stopping."""

    def __init__(
        self,
        wire: Wire,
        bucket: TokenBucket,
        *,
        patience: float,
        wait: Callable[[float], bool],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._wire = wire
        self._bucket = bucket
        self._patience = patience
        self._wait = wait
        self._clock = clock
        self._jitter = jitter
        self._lock = Lock()
        self._calls = 0

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._calls

    def read(self, path: str, parameters: Parameters | None = None) -> object:
        """GET, again after 429, 5xx and lost connections until `patience` is over.

        After a reply that cannot be read (cut short, an HTML page) it is tried twice again.
        """
        give_up_at = self._clock() + self._patience
        faults = garbled = 0
        while True:
            self._take_turn(give_up_at, command=False)
            try:
                return self._wire.get(path, dict(parameters or {}))
            except BrokerError as error:
                garbled += is_garbled(error)
                may_pass = error.retryable or (is_garbled(error) and garbled <= _GARBLED_TRIES)
                pause = self._pause_after(error, faults)
                if not may_pass or self._clock() + pause > give_up_at or self._wait(pause):
                    raise
                faults += 1

    def write(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """POST, PATCH or DELETE, sent once."""
        self._take_turn(self._clock() + COMMAND_PATIENCE, command=True)
        try:
            if method == "DELETE":
                return self._wire.delete(path)
            send = self._wire.post if method == "POST" else self._wire.patch
            return send(path, dict(body or {}))
        except BrokerRateLimited as error:
            self._bucket.hold(error.retry_after or 1.0)
            raise

    def _take_turn(self, give_up_at: float, *, command: bool) -> None:
        """Wait for the budget; BrokerRateLimited when it will not be there in time."""
        while (pause := self._bucket.take(command=command)) > 0:
            if self._clock() + pause > give_up_at:
                raise BrokerRateLimited(
                    "The account's calls per minute are used up. Nothing was sent.",
                    retry_after=pause,
                )
            if self._wait(pause):
                raise BrokerUnreachable("The program is stopping. Nothing was sent.")
        with self._lock:
            self._calls += 1

    def _pause_after(self, error: BrokerError, faults: int) -> float:
        """Seconds before the next try: what the broker asked for, else growing; jittered."""
        backoff = min(_FIRST_WAIT * 2.0**faults, _LONGEST_BACKOFF) * (0.5 + self._jitter())
        if isinstance(error, BrokerRateLimited):
            self._bucket.hold(error.retry_after or backoff)
        if error.retry_after is None:
            return backoff
        return error.retry_after + self._jitter()


def is_garbled(error: BrokerError) -> bool:
    """Whether a good status came with a body that is not Alpaca's, or sent us elsewhere."""
    return isinstance(error, BrokerReplyError) and (error.status or 0) < 400
