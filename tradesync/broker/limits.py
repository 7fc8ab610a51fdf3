"""How many calls an account may make: a token bucket that learns from the broker's headers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from threading import Lock

CALLS_PER_MINUTE = 200
"""Alpaca's limit per account (alpaca-api reference 6.1)."""

COMMAND_SHARE = 0.2
"""The part of the budget reads leave to commands (design: HTTP)."""

LONGEST_WAIT = 60.0
"""Seconds; a longer wait named by a header is a clock that differs from ours."""


class TokenBucket:
    """Calls left for one account, refilled evenly; thread safe. Times in seconds."""

    def __init__(
        self,
        per_minute: float = CALLS_PER_MINUTE,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._wall_clock = wall_clock
        self._lock = Lock()
        self._capacity = per_minute
        self._tokens = per_minute
        self._filled_at = clock()
        self._held_until = self._filled_at

    def take(self, *, command: bool = False) -> float:
        """Take one call: 0 when granted, else the seconds until one will be there."""
        with self._lock:
            now = self._refill()
            if now < self._held_until:
                return self._held_until - now
            needed = 1.0 + (0.0 if command else self._capacity * COMMAND_SHARE)
            if self._tokens < needed:
                return (needed - self._tokens) / self._capacity * 60
            self._tokens -= 1.0
            return 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Adopt the broker's own count: X-RateLimit-Limit, -Remaining and -Reset."""
        limit, left = (
            _number(headers, "X-RateLimit-Limit"),
            _number(headers, "X-RateLimit-Remaining"),
        )
        with self._lock:
            now = self._refill()
            if limit is not None and limit >= 1:
                self._capacity = limit
            if left is not None:
                self._tokens = min(self._tokens, left)
            wait = seconds_to_wait(headers, self._wall_clock())
            if left is not None and left < 1 and wait is not None:
                self._held_until = max(self._held_until, now + wait)

    def hold(self, seconds: float) -> None:
        """Let no call pass for a while, few after it: the broker answered "too many"."""
        with self._lock:
            now = self._refill()
            self._tokens = min(self._tokens, 1.0 + self._capacity * COMMAND_SHARE)
            self._held_until = max(self._held_until, now + min(seconds, LONGEST_WAIT))

    @property
    def fullness(self) -> float:
        """How much of the budget is left, 0 to 1."""
        with self._lock:
            self._refill()
            return self._tokens / self._capacity

    def _refill(self) -> float:
        """Add what time has brought; returns now."""
        now = self._clock()
        gained = (now - self._filled_at) / 60 * self._capacity
        self._tokens = min(self._capacity, self._tokens + max(0.0, gained))
        self._filled_at = now
        return now


def seconds_to_wait(headers: Mapping[str, str], wall_now: float) -> float | None:
    """The wait the headers ask for, 0 to 60 s: Retry-After, else X-RateLimit-Reset; else None."""
    wait = _number(headers, "Retry-After")
    if wait is None:
        moment = _http_date(headers.get("Retry-After", "")) or _number(headers, "X-RateLimit-Reset")
        wait = None if moment is None else moment - wall_now
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    """A header's number; None when absent or not a plain one."""
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if isfinite(value) else None


def _http_date(text: str) -> float | None:
    """An HTTP date as seconds since the epoch; None when it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError):
        return None
