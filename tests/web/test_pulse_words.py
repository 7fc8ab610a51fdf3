"""What is said of service, stream, clock and failures: true, with since when and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from tests.web.conftest import finished
from tradesync.domain.syncing import Pulse
from tradesync.domain.times import SECOND, parse_instant
from tradesync.sync.outcomes import StreamState, StreamWord, SyncState
from tradesync.web.pulse_words import (
    clock_line,
    failure_line,
    gap_words,
    service_line,
    state_lines,
    stream_line,
)
from tradesync.web.sentences import Tone

NOW = parse_instant("2026-11-20T15:00:00Z")
PULSE = Pulse(1, NOW - 60 * SECOND, NOW - SECOND, 3, NOW - 4 * SECOND, 30.0)
GOOD = SyncState(
    account="main", account_id="a", running=False, activity="", history_progress=100,
    last_success_at=NOW, last_finished_at=NOW, last_result=finished(NOW), failing_since=None,
    error=None, next_attempt_at=None, question=None, clock_skew=0.3,
    stream=StreamState(StreamWord.LIVE, NOW - 120 * SECOND, program="service", lag_ms=140),
)  # fmt: skip


def test_the_service_says_how_many_accounts_and_its_last_pass() -> None:
    assert service_line(PULSE, NOW).text == "Service running, 3 accounts, last pass 4 s ago"
    one = replace(PULSE, accounts=1, last_pass_at=None)
    assert service_line(one, NOW).text == "Service running, 1 account, no pass yet"
    gone = service_line(None, NOW)
    assert (gone.tone, gone.text) == (Tone.WARNING, "Service not running")
    assert "background_sync.py" in gone.reason


def test_the_stream_says_since_when_who_holds_it_and_why_it_is_down() -> None:
    live = stream_line(GOOD.stream, UTC, NOW)
    words = "Stream live since 14:58, held by the service, last fill stored after 0.14 s"
    assert live.text == words
    down = StreamState(StreamWord.DOWN, NOW - 60 * SECOND, "The broker closed it.")
    line = stream_line(down, UTC, NOW)
    assert (line.tone, line.text, line.reason) == (
        Tone.WARNING, "Stream down since 14:59", "The broker closed it.",
    )  # fmt: skip
    assert stream_line(StreamState(), UTC, NOW).tone is Tone.WARNING
    assert stream_line(StreamState(StreamWord.CATCHING_UP), UTC, NOW).text == "Stream catching up"


def test_a_gap_says_when_and_how_long() -> None:
    assert gap_words(GOOD.stream, UTC, NOW) is None
    gap = replace(GOOD.stream, gap_from=NOW - 90 * SECOND, gap_to=NOW - 30 * SECOND)
    words = gap_words(gap, UTC, NOW)
    assert words == "Last gap: 14:58:30 to 14:59:30 (1 min), read up on afterwards"


def test_a_clock_that_is_off_is_said_with_its_direction() -> None:
    assert clock_line(0.3).tone is Tone.GOOD
    assert clock_line(None).tone is Tone.GOOD
    assert clock_line(300.0).text == "This machine's clock is 5 min behind the broker's"
    assert clock_line(-300.0).text == "This machine's clock is 5 min ahead of the broker's"


def test_a_failure_names_its_reason_next_try_and_the_brokers_request() -> None:
    assert failure_line(GOOD, UTC, NOW) is None
    failed = replace(
        GOOD, error="The broker answered 500.", failing_since=NOW - 60 * SECOND,
        next_attempt_at=NOW + 30 * SECOND,
        last_result=replace(finished(NOW, "The broker answered 500."), request_id="req-7"),
    )  # fmt: skip
    line = failure_line(failed, UTC, NOW)
    assert line is not None
    assert line.text == "Sync fails · since 14:59 · next try 15:00:30"
    assert line.reason == "The broker answered 500. The broker calls the failed request req-7."
    assert line in state_lines(failed, PULSE, UTC, NOW)
    assert len(state_lines(GOOD, PULSE, UTC, NOW)) == 3
