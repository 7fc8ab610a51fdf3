"""What the header says: honest ages, reasons, market hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tradesync.domain.times import SECOND, from_datetime
from tradesync.sync.board import MarketClock
from tradesync.sync.outcomes import RunResult, StreamState, StreamWord, SyncState, Trigger
from tradesync.web.sentences import (
    STALE_AFTER,
    Tone,
    changes_in_words,
    freshness,
    market_line,
    run_in_words,
)

ZONE = ZoneInfo("Europe/Berlin")
NOW = from_datetime(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))
GOOD = RunResult(
    "r", "main", "a", Trigger.INTERVAL, "service", NOW - 3 * SECOND, NOW - 3 * SECOND,
    NOW - 2 * SECOND, 5, 0, 0, 2, None, None,
)  # fmt: skip
FRESH = SyncState(
    account="main", account_id="a", running=False, activity="", history_progress=100,
    last_success_at=NOW - 2 * SECOND, last_finished_at=NOW - 2 * SECOND, last_result=GOOD,
    failing_since=None, error=None, next_attempt_at=None, question=None,
)  # fmt: skip


def says(state: SyncState, *, waiting: bool = False) -> tuple[Tone, str, str]:
    line = freshness(state, ZONE, NOW, waiting=waiting)
    return line.tone, line.text, line.reason


def test_a_fresh_record_says_when_and_what_changed() -> None:
    assert says(FRESH) == (Tone.GOOD, "Last sync 15:59:58 CET (2 s ago) · 2 changed", "")


def test_an_old_record_is_a_warning_with_its_age() -> None:
    old = replace(FRESH, last_success_at=NOW - round((STALE_AFTER + 31) * SECOND))
    tone, text, reason = says(old)
    assert tone is Tone.WARNING
    assert "(2 min ago)" in text
    assert "2 min old" in reason


def test_an_old_record_says_its_age_while_it_is_read_again() -> None:
    old = replace(FRESH, last_success_at=NOW - 86_400 * SECOND, running=True, activity="settling")
    tone, text, _ = says(old)
    assert tone is Tone.BUSY
    assert text.startswith("Syncing… settling · Last sync ")
    assert "(24 h ago)" in text


def test_a_phone_is_told_when_in_short() -> None:
    line = freshness(FRESH, ZONE, NOW, waiting=False)
    assert line.short == "15:59:58 (2 s ago)"


def test_syncs_far_apart_on_purpose_are_not_called_late() -> None:
    calm = replace(FRESH, last_success_at=NOW - 200 * SECOND, interval=120.0)
    assert says(calm)[0] is Tone.GOOD
    assert says(replace(calm, last_success_at=NOW - 301 * SECOND))[0] is Tone.WARNING


def test_the_stream_is_told_when_it_lives_and_when_it_is_down() -> None:
    live = replace(FRESH, stream=StreamState(StreamWord.LIVE))
    assert says(live)[1].endswith("2 changed · stream on")
    down = replace(
        FRESH, stream=StreamState(StreamWord.DOWN, NOW - 60 * SECOND, "The broker closed it.")
    )
    assert "stream down since 15:59, polling: The broker closed it." in says(down)[1]


def test_a_failing_sync_keeps_the_last_good_time_and_gives_the_reason() -> None:
    failing = replace(FRESH, error="The key is not accepted.", failing_since=NOW)
    tone, text, reason = says(failing)
    assert tone is Tone.PROBLEM
    assert "15:59:58" in text
    assert reason.startswith("The key is not accepted. It is tried again by itself")


def test_a_question_outranks_everything() -> None:
    asked = replace(FRESH, question="Another account answers. Reset?", error="x", running=True)
    assert says(asked) == (Tone.PROBLEM, "Syncing has stopped", "Another account answers. Reset?")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (replace(FRESH, running=True, activity="settling"), "Syncing… settling"),
        (replace(FRESH, running=True, history_progress=43), "Reading history 43 %"),
        (replace(FRESH, history_progress=43), "Reading history 43 %"),
    ],
)
def test_what_is_going_on_is_said(state: SyncState, words: str) -> None:
    tone, text, _ = says(state)
    assert (tone, text) == (Tone.BUSY, words)


def test_waiting_for_ones_own_sync_is_said() -> None:
    assert says(FRESH, waiting=True)[:2] == (Tone.BUSY, "Syncing…")


def test_a_record_whose_last_sync_is_not_known_is_not_called_never_synced() -> None:
    lost = replace(FRESH, last_success_at=None, error="It cannot be reached.")
    assert "unknown" in says(lost)[1]
    assert "never synced" in says(replace(lost, history_progress=0))[1]


def test_never_synced_says_what_to_do() -> None:
    fresh = replace(FRESH, last_success_at=None, last_finished_at=None, last_result=None)
    assert says(fresh)[:2] == (Tone.WARNING, "Never synced")


def test_changes_in_words() -> None:
    assert changes_in_words(0, 0) == "no changes"
    assert changes_in_words(1, 0) == "1 new trade"
    assert changes_in_words(2, 3) == "2 new trades, 3 changed"


def test_a_finished_run_in_words() -> None:
    assert run_in_words(GOOD) == "Synced in 1 s: 2 changed."
    assert run_in_words(replace(GOOD, error="Down.")) == "Sync failed: Down."


def clock(*, is_open: bool) -> MarketClock:
    close = from_datetime(datetime(2026, 11, 20, 21, 0, tzinfo=UTC))
    return MarketClock(is_open, close + 60 * SECOND, close, NOW)


def test_market_hours_are_new_yorks_with_the_viewers_beside() -> None:
    words = (True, "Market open · closes 16:00 New York (22:00 CET), in 6 h")
    assert market_line(clock(is_open=True), ZONE, NOW) == words
    assert market_line(clock(is_open=False), ZONE, NOW)[0] is False
    assert market_line(None, ZONE, NOW) == (None, "Market hours unknown")


def test_a_clock_read_before_the_bell_is_not_believed_after_it() -> None:
    later = clock(is_open=True).next_close + SECOND
    assert market_line(clock(is_open=True), ZONE, later) == (False, "Market closed")
