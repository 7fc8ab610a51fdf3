"""Which trading session a price belongs to (alpaca-api reference 3: current_price source)."""

from __future__ import annotations

from datetime import time

from tradesync.domain.times import NEW_YORK, Instant, to_datetime

_PRE_OPENS = time(4, 0)
_OPENS = time(9, 30)
_AFTER_ENDS = time(22, 0)


def price_session(at: Instant, asset_class: str, *, market_open: bool) -> str:
    """The session of a price read at `at`: continuous, regular, pre, after or closed."""
    if asset_class == "crypto":
        return "continuous"
    if market_open:
        return "regular"
    local = to_datetime(at).astimezone(NEW_YORK)
    if local.weekday() >= 5:
        return "closed"
    if _PRE_OPENS <= local.time() < _OPENS:
        return "pre"
    if _OPENS <= local.time() < _AFTER_ENDS:
        return "after"
    return "closed"
