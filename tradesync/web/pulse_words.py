"""What is said of the programs that keep the record true: service, stream, clock, last failure."""

from __future__ import annotations

from datetime import tzinfo

from tradesync.domain.syncing import Pulse
from tradesync.domain.times import SECOND, Instant
from tradesync.sync.outcomes import StreamState, StreamWord, SyncState
from tradesync.web import formatting as f
from tradesync.web.sentences import Line, Tone

_SKEW_NOTICED = 2.0
"""Seconds; more than a network's delay explains."""


def service_line(pulse: Pulse | None, now: Instant) -> Line:
    """Whether the sync service runs, in a sentence: service running, 3 accounts, last pass …"""
    if pulse is None:
        return Line(
            Tone.WARNING,
            "Service not running",
            "Accounts are synced only while a page of them is open. Start it with make run, or "
            "alone with python background_sync.py.",
        )
    count = f"{pulse.accounts} {'account' if pulse.accounts == 1 else 'accounts'}"
    last = "no pass yet"
    if pulse.last_pass_at is not None:
        last = f"last pass {f.age((now - pulse.last_pass_at) / SECOND)}"
    return Line(Tone.GOOD, f"Service running, {count}, {last}")


def short_service_words(pulse: Pulse | None) -> str:
    """The same for the header."""
    return "service running" if pulse is not None else "service not running"


def stream_line(stream: StreamState, zone: tzinfo, now: Instant) -> Line:
    """How the broker's stream of fills stands, since when and why."""
    since = "" if stream.since is None else f" since {f.moment(stream.since, zone, now)}"
    held = f", held by the {stream.program}" if stream.program else ""
    match stream.word:
        case StreamWord.LIVE:
            return Line(Tone.GOOD, f"Stream live{since}{held}{_lag(stream)}")
        case StreamWord.OFF:
            reason = "Nobody listens; changes are found by reading, at every sync."
            return Line(Tone.WARNING, "Stream off", reason)
        case StreamWord.DOWN:
            return Line(Tone.WARNING, f"Stream down{since}", stream.reason)
        case _:
            return Line(Tone.BUSY, f"Stream {stream.word}{since}{held}")


def _lag(stream: StreamState) -> str:
    return "" if stream.lag_ms is None else f", last fill stored after {stream.lag_ms / 1000:.2f} s"


def gap_words(stream: StreamState, zone: tzinfo, now: Instant) -> str | None:
    """The last time nobody listened; None when there was none."""
    if stream.gap_from is None or stream.gap_to is None:
        return None
    length = f.span((stream.gap_to - stream.gap_from) / SECOND)
    start = f.moment(stream.gap_from, zone, now, seconds=True)
    end = f.moment(stream.gap_to, zone, now, seconds=True)
    return f"Last gap: {start} to {end} ({length}), read up on afterwards"


def clock_line(skew: float | None) -> Line:
    """How this machine's clock stands to the broker's."""
    if skew is None:
        return Line(Tone.GOOD, "Clocks not compared yet")
    if abs(skew) < _SKEW_NOTICED:
        return Line(Tone.GOOD, f"Clocks agree within {_SKEW_NOTICED:.0f} s")
    way = "behind" if skew > 0 else "ahead of"
    return Line(
        Tone.WARNING,
        f"This machine's clock is {f.span(abs(skew))} {way} the broker's",
        "Times of the broker are used where it matters; correct this machine's clock.",
    )


def failure_line(state: SyncState, zone: tzinfo, now: Instant) -> Line | None:
    """Why syncs fail, since when, and when the next try is; None while they succeed."""
    if not state.error:
        return None
    parts = []
    if state.failing_since is not None:
        parts.append(f"since {f.moment(state.failing_since, zone, now)}")
    if state.next_attempt_at is not None and state.next_attempt_at > now:
        parts.append(f"next try {f.moment(state.next_attempt_at, zone, now, seconds=True)}")
    request = state.last_result.request_id if state.last_result is not None else None
    named = f" The broker calls the failed request {request}." if request else ""
    return Line(
        Tone.PROBLEM, " · ".join(["Sync fails", *parts]), f"{state.error.rstrip('.')}.{named}"
    )


def state_lines(state: SyncState, pulse: Pulse | None, zone: tzinfo, now: Instant) -> list[Line]:
    """Everything said of an account's syncing, what is wrong among it."""
    lines = [
        service_line(pulse, now),
        failure_line(state, zone, now),
        stream_line(state.stream, zone, now),
        clock_line(state.clock_skew),
    ]
    return [line for line in lines if line is not None]
