"""Alpaca's limit of requests a minute, and the headers that tell of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

ALPACA_LIMIT = 200
WINDOW_SECONDS = 60


@dataclass(slots=True)
class Window:
    """One account's count in the present minute (real time, as HTTP clients live in it)."""

    started: int = 0
    used: int = 0


class RateLimiter:
    """Counts requests by account; `limit` 0 lets everything pass."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.headers_on_refusal = True
        self._windows: dict[str, Window] = {}

    def restart(self) -> None:
        """Forget what was counted."""
        self._windows.clear()

    def take(self, account_id: str) -> bool:
        """Count one request; False when the minute's allowance is spent."""
        window = self._windows.setdefault(account_id, Window())
        minute = int(time.time()) // WINDOW_SECONDS * WINDOW_SECONDS
        if window.started != minute:
            window.started, window.used = minute, 0
        window.used += 1
        return not self.limit or window.used <= self.limit

    def headers(self, account_id: str) -> dict[str, str]:
        """X-RateLimit-*; without a limit of ours they show an untouched allowance."""
        window = self._windows.setdefault(account_id, Window())
        left = max(0, self.limit - window.used) if self.limit else ALPACA_LIMIT - 1
        return {
            "X-RateLimit-Limit": str(self.limit or ALPACA_LIMIT),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(window.started + WINDOW_SECONDS),
        }
