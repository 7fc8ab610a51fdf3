"""How often an account is read when nobody asks, and when such a read must begin."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tradesync.sync.outcomes import StreamWord

FRESH_SHARE = 0.8
"""Automatic requests accept a record younger than this share of the interval (*Joining*)."""
_CALM_SECONDS = 60.0
"""The longest a closed market lengthens the interval to: screens call older figures late."""
_SHORTEST = 5.0
_MARGIN_SHARE = 0.02
"""Share of the interval a read begins earlier than its usual duration asks for."""
_SPREAD_SHARE = 0.03
"""Share of the interval over which the accounts of a service are spread."""
_SLOWNESS = 2.0
"""A read may take so many times as long as the slowest of late."""
_FORGETTING = 0.8
"""What is left of a slow read's duration after each faster one."""


def cadence(interval: float, stream: StreamWord, *, market_open: bool) -> float:
    """Seconds between polls: fewer while the market is closed and the stream tells of
    everything, more while a stream that should be there is down."""
    if stream is StreamWord.DOWN:
        return min(interval, max(_SHORTEST, interval / 2))
    if stream is StreamWord.LIVE and not market_open:
        return max(interval, min(2 * interval, _CALM_SECONDS))
    return interval


def poll_after(interval: float, slowest: float | None, spread: float, extra: float = 0.0) -> float:
    """Seconds from one poll's first read to the start of the next, so that the next is stored
    before the record is an interval old.

    `slowest`: seconds polls take of late, None when not known; `spread`: this account's place
    among the others, 0 to 1; `extra`: seconds the next takes longer than usual. Never less than
    the share of the interval below which an automatic request is answered from the record: one
    poll an interval stays about one.
    """
    spare = 1.0 - FRESH_SHARE
    ahead = (spare - _SPREAD_SHARE) * interval if slowest is None else (
        _SLOWNESS * slowest + _MARGIN_SHARE * interval
    )  # fmt: skip
    return interval - min(ahead + extra + spread * _SPREAD_SHARE * interval, spare * interval)


@dataclass(slots=True)
class Rhythm:
    """When one account is polled next, learnt from how long its polls take."""

    draw: Callable[[], float] = random.random
    """0 to 1, anew for each poll: accounts started together drift apart."""
    slowest: float | None = None
    spread: float = field(init=False)

    def __post_init__(self) -> None:
        self.spread = self.draw()

    def took(self, seconds: float) -> None:
        """A poll took so long, from when it was due to when it was stored and told."""
        self.slowest = max(seconds, _FORGETTING * (self.slowest or 0.0))
        self.spread = self.draw()

    def after(self, interval: float, extra: float = 0.0) -> float:
        """Seconds from the last poll's first read to the start of the next: `poll_after`."""
        return poll_after(interval, self.slowest, self.spread, extra)
