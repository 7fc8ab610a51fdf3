"""Signs of life and their figures."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from tests.web.seed import settings_of
from tradesync.domain.times import SECOND, Instant
from tradesync.store.database import Database
from tradesync.sync.outcomes import StreamState, StreamWord, SyncState
from tradesync.sync.pulse import beat, service_pulse
from tradesync.sync.service import SyncService
from tradesync.views.metrics import metrics_text

NOW: Instant = 1_000_000 * SECOND
STATE = SyncState(
    account="main", account_id="id", running=False, activity="", history_progress=100,
    last_success_at=NOW - 4 * SECOND, last_finished_at=None, last_result=None,
    failing_since=None, error=None, next_attempt_at=None, question=None,
)  # fmt: skip


def test_a_beating_service_is_running_and_a_silent_one_is_not(tmp_path: Path) -> None:
    database = tmp_path / "db"
    assert service_pulse(database, NOW) is None
    beat(database, started_at=NOW, now=NOW, accounts=3, last_pass_at=NOW - 4 * SECOND, interval=30)
    pulse = service_pulse(database, NOW + SECOND)
    assert pulse is not None
    assert (pulse.accounts, pulse.pid, pulse.last_pass_at) == (3, os.getpid(), NOW - 4 * SECOND)
    assert service_pulse(database, NOW + 60 * SECOND) is None


def test_right_after_the_start_nobody_says_that_the_service_does_not_run(tmp_path: Path) -> None:
    clock = [NOW]
    settings = settings_of(tmp_path / "record.duckdb")
    database = Database(settings.database, program="test")
    dashboard = SyncService(settings, database, program="dashboard", now=lambda: clock[0])
    assert dashboard.service_word() == "starting"
    clock[0] += 11 * SECOND
    assert dashboard.service_word() == "not running"
    for accounts, word in ((0, "starting"), (1, "running")):
        beat(database.path, started_at=NOW, now=clock[0], accounts=accounts,
             last_pass_at=None, interval=30)  # fmt: skip
        assert dashboard.service_word() == word


def test_metrics_are_grouped_and_leave_out_what_is_not_known() -> None:
    live = StreamState(StreamWord.LIVE, connects=2, lag_ms=120)
    states = [STATE, replace(STATE, account="ira", stream=live, fresh_at=NOW - 2 * SECOND)]
    lines = metrics_text(states, None, NOW).splitlines()
    assert "tradesync_service_up 0" in lines
    assert 'tradesync_stream_lag_seconds{account="ira"} 0.12' in lines
    assert 'tradesync_sync_age_seconds{account="ira"} 2' in lines
    assert not [line for line in lines if line.startswith("tradesync_sync_ok{")]
    assert len([line for line in lines if line == "# TYPE tradesync_stream_live gauge"]) == 1
