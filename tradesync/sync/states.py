"""Where an account's syncing stands, read from the notice boards: no database, no broker."""

from __future__ import annotations

from pathlib import Path

from tradesync.domain.syncing import Pulse
from tradesync.sync.board import Board, StreamBoard, process_lives
from tradesync.sync.cadence import cadence
from tradesync.sync.outcomes import SyncState


def state_of(database: Path, account: str, pulse: Pulse | None) -> SyncState:
    """The state of an account, whichever program syncs it; `pulse`: of the running service."""
    notice = Board(database, account).read()
    stream = StreamBoard(database, account).read()
    market, result = notice.market, notice.last_result
    running = notice.running_pid is not None and process_lives(notice.running_pid)
    interval = None
    if pulse is not None:
        market_open = market is not None and market.is_open
        interval = cadence(pulse.interval, stream.word, market_open=market_open)
    return SyncState(
        account=account,
        account_id=notice.account_id,
        running=running,
        activity=notice.activity if running else "",
        history_progress=notice.history_progress,
        last_success_at=notice.last_success_at,
        last_finished_at=result.ended_at if result is not None else None,
        last_result=result,
        failing_since=notice.failing_since,
        error=result.error if result is not None else None,
        next_attempt_at=notice.next_attempt_at,
        question=notice.question,
        stream=stream,
        interval=interval,
        fresh_at=notice.last_first_read_at,
        clock_skew=None if market is None else market.skew,
    )
