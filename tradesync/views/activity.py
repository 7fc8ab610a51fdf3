"""The Activity page's read model: sync runs and what they changed."""

from __future__ import annotations

from dataclasses import dataclass

from tradesync.store.database import Tx
from tradesync.store.queries_activity import EventRow, RunRow, event_rows, run_count, run_rows


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of recorded runs and the latest changes (of one run when one is chosen)."""

    runs: tuple[RunRow, ...]
    runs_total: int
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which runs and changes are wanted."""

    only_failed: bool = False
    run_id: str | None = None
    limit: int = 50
    offset: int = 0
    events_limit: int = 200


def read_activity(tx: Tx, account_id: str, wanted: ActivityFilter) -> ActivityPage:
    """Recorded runs and changes, newest first."""
    return ActivityPage(
        runs=run_rows(
            tx,
            account_id,
            only_failed=wanted.only_failed,
            limit=wanted.limit,
            offset=wanted.offset,
        ),
        runs_total=run_count(tx, account_id, only_failed=wanted.only_failed),
        events=event_rows(tx, account_id, run_id=wanted.run_id, limit=wanted.events_limit),
    )
