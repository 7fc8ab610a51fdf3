"""The identity and bookkeeping of one sync run while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from tradesync.domain.times import Instant
from tradesync.store import journal
from tradesync.store.database import Tx
from tradesync.store.journal import SyncRun
from tradesync.sync.outcomes import RunResult, Trigger


@dataclass(slots=True)
class Run:
    """One pass over one account, counted as it goes."""

    account: str
    trigger: Trigger
    program: str
    started_at: Instant
    run_id: str = field(default_factory=lambda: str(uuid4()))
    account_id: str | None = None
    first_read_at: Instant = 0
    facts_added: int = 0
    trades_added: int = 0
    trades_changed: int = 0
    calls_before: int = 0
    """Calls of the broker's connection before the run."""
    recorded: bool = False
    error: str | None = None
    request_id: str | None = None

    @property
    def changed(self) -> bool:
        """Whether the run stored anything but marks and snapshots."""
        return bool(self.facts_added or self.trades_added or self.trades_changed)

    def result(self, now: Callable[[], Instant], calls: int) -> RunResult:
        """The finished run as it is told to everyone."""
        return RunResult(
            run_id=self.run_id,
            account=self.account,
            account_id=self.account_id,
            trigger=self.trigger,
            program=self.program,
            started_at=self.started_at,
            first_read_at=self.first_read_at or self.started_at,
            ended_at=now(),
            calls=calls,
            facts_added=self.facts_added,
            trades_added=self.trades_added,
            trades_changed=self.trades_changed,
            error=self.error,
            request_id=self.request_id,
        )


def record_at_once(tx: Tx, run: Run, now: Callable[[], Instant], calls: int = 0) -> None:
    """Record what is no sync but changed trades all the same, in its own transaction."""
    if run.trades_added or run.trades_changed:
        journal.add_run(tx, record_of(run.result(now, calls)))


def record_of(result: RunResult) -> SyncRun:
    """The run record of a result."""
    return SyncRun(
        run_id=result.run_id,
        account_id=result.account_id,
        account_name=result.account,
        trigger=result.trigger.value,
        program=result.program,
        started_at=result.started_at,
        ended_at=result.ended_at,
        calls=result.calls,
        facts_added=result.facts_added,
        trades_added=result.trades_added,
        trades_changed=result.trades_changed,
        error=result.error,
        request_id=result.request_id,
    )
