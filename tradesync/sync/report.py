"""A finished sync run in one line, for logs and terminals."""

from __future__ import annotations

from tradesync.domain.times import SECOND
from tradesync.sync.outcomes import RunResult


def run_line(result: RunResult) -> str:
    """What a run did, or why it failed; who asked for it and what it cost."""
    took = f"{(result.ended_at - result.started_at) / SECOND:.2f} s"
    cost = f"{took}, {_count(result.calls, 'call')}, {result.trigger.value}"
    if result.error is not None:
        return f"{result.account}: sync failed: {result.error} ({cost})"
    return f"{result.account}: {_changes(result)} ({cost})"


def _changes(result: RunResult) -> str:
    """What a run changed, in words."""
    parts = [
        _count(result.facts_added, "new fact") if result.facts_added else "",
        _count(result.trades_added, "new trade") if result.trades_added else "",
        f"{_count(result.trades_changed, 'trade')} changed" if result.trades_changed else "",
    ]
    return ", ".join(part for part in parts if part) or "in sync, nothing new"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
