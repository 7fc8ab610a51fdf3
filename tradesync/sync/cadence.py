"""How often an account is read when nobody asks."""

from __future__ import annotations

from tradesync.sync.outcomes import StreamWord

_CALM_SECONDS = 60.0
"""The longest a closed market lengthens the interval to: screens call older figures late."""
_SHORTEST = 5.0


def cadence(interval: float, stream: StreamWord, *, market_open: bool) -> float:
    """Seconds between polls: fewer while the market is closed and the stream tells of
    everything, more while a stream that should be there is down."""
    if stream is StreamWord.DOWN:
        return min(interval, max(_SHORTEST, interval / 2))
    if stream is StreamWord.LIVE and not market_open:
        return max(interval, min(2 * interval, _CALM_SECONDS))
    return interval
