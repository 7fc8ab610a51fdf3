"""The Activity page's read model: sync runs and what they changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries_activity import (
    EventRow,
    RunRow,
    event_rows,
    run_count,
    run_row,
    run_rows,
)


@dataclass(frozen=True, slots=True)
class TradeChange:
    """What one run changed of one trade; `is_new`: it saw the trade for the first time."""

    trade_id: str
    symbol: str | None
    at: Instant
    run_id: str
    trigger: str | None
    is_new: bool
    fields: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of recorded runs and the latest changes (of one run when one is chosen)."""

    runs: tuple[RunRow, ...]
    runs_total: int
    chosen: RunRow | None
    """The run asked for, where it is on record."""
    changes: tuple[TradeChange, ...]


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which runs and changes are wanted."""

    only_failed: bool = False
    run_id: str | None = None
    limit: int = 50
    offset: int = 0
    events_limit: int = 500


def grouped(events: Sequence[EventRow]) -> tuple[TradeChange, ...]:
    """Events (newest first) as one change a trade and run, their fields in the order recorded."""
    groups: dict[tuple[str, str], list[EventRow]] = {}
    for event in events:
        groups.setdefault((event.run_id, event.trade_id), []).append(event)
    return tuple(_change(list(reversed(group))) for group in groups.values())


def _change(group: Sequence[EventRow]) -> TradeChange:
    first = group[0]
    is_new = any(event.field == "status" and event.old is None for event in group)
    return TradeChange(
        trade_id=first.trade_id,
        symbol=first.symbol,
        at=first.at,
        run_id=first.run_id,
        trigger=first.trigger,
        is_new=is_new,
        fields=tuple(group),
    )


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
        chosen=None if wanted.run_id is None else run_row(tx, account_id, wanted.run_id),
        changes=grouped(
            event_rows(tx, account_id, run_id=wanted.run_id, limit=wanted.events_limit)
        ),
    )
