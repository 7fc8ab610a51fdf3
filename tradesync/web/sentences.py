"""What the screens say in sentences: freshness, market clock, how a run went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum

from tradesync.domain.times import SECOND, Instant
from tradesync.sync.board import MarketClock
from tradesync.sync.outcomes import RunResult, StreamWord, SyncState
from tradesync.web import formatting as f

STALE_AFTER = 90.0
"""Seconds after which a record is called old, if its syncs are not farther apart on purpose."""
_LATE = 2.5
"""A sync is late after this many intervals."""


class Tone(StrEnum):
    """How a line is meant."""

    GOOD = "good"
    BUSY = "busy"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of status; `reason` says why, when something is wrong."""

    tone: Tone
    text: str
    reason: str = ""
    short: str = ""
    """The same where space is short; empty: as it is."""


def freshness(state: SyncState, zone: tzinfo, now: Instant, *, waiting: bool) -> Line:
    """How fresh the record is, and why it may not be; `waiting`: this tab asked for a sync."""
    line = _trouble(state, zone, now)
    if line is not None:
        return line
    at = state.last_success_at
    seconds = None if at is None else f.seconds_between(at, now)
    is_old = seconds is not None and seconds > stale_after(state)
    line = _progress(state, waiting=waiting)
    if line is not None and is_old:
        return replace(line, text=f"{line.text} · {_last_good(state, zone, now)}")
    if line is not None:
        return line
    if seconds is None:
        return Line(Tone.WARNING, "Never synced", "Press Sync with Broker to read the account.")
    if is_old:
        reason = f"Figures are {f.span(seconds)} old. Press Sync with Broker to read them again."
        short = f"Old: {_shortly(state, zone, now)}"
        return Line(Tone.WARNING, _last_good(state, zone, now), reason, short)
    parts = (_last_good(state, zone, now), _outcome(state.last_result), _stream(state, zone, now))
    words = " · ".join(filter(None, parts))
    return Line(Tone.GOOD, words, short=_shortly(state, zone, now))


def stale_after(state: SyncState) -> float:
    """Seconds after which the account's record is called old."""
    return max(STALE_AFTER, _LATE * (state.interval or 0.0))


def _trouble(state: SyncState, zone: tzinfo, now: Instant) -> Line | None:
    if state.question:
        return Line(Tone.PROBLEM, "Syncing has stopped", state.question)
    if state.error:
        reason = f"{state.error} It is tried again by itself; what is shown is as last read."
        short = f"Sync fails · {_shortly(state, zone, now)}"
        return Line(Tone.PROBLEM, f"Sync fails · {_last_good(state, zone, now)}", reason, short)
    return None


def _progress(state: SyncState, *, waiting: bool) -> Line | None:
    if not state.history_complete and (state.running or state.last_finished_at):
        return Line(
            Tone.BUSY, _capital(state.activity or f"reading history {state.history_progress} %")
        )
    if state.running or waiting:
        return Line(Tone.BUSY, f"Syncing… {state.activity}".rstrip())
    return None


def _last_good(state: SyncState, zone: tzinfo, now: Instant) -> str:
    if state.last_success_at is None:  # the record may be there and only its board be gone
        return "time of the last sync unknown" if state.history_complete else "never synced"
    at = _when(state, zone, now)
    ago = f.age(f.seconds_between(state.last_success_at, now))
    return f"Last sync {at} {f.zone_name(zone, now)} ({ago})"


def _shortly(state: SyncState, zone: tzinfo, now: Instant) -> str:
    if state.last_success_at is None:
        return _last_good(state, zone, now)
    ago = f.age(f.seconds_between(state.last_success_at, now))
    return f"{_when(state, zone, now)} ({ago})"


def _when(state: SyncState, zone: tzinfo, now: Instant) -> str:
    return f.moment(state.last_success_at, zone, now, seconds=True)


def _stream(state: SyncState, zone: tzinfo, now: Instant) -> str:
    """How the broker's stream stands, where there is something to say."""
    stream = state.stream
    if stream.word is StreamWord.LIVE:
        return "stream on"
    if stream.word is StreamWord.CATCHING_UP:
        return "stream catching up"
    if stream.word is StreamWord.DOWN:
        since = f.moment(stream.since, zone, now)
        return f"stream down since {since}, polling: {stream.reason}".rstrip(": ")
    return ""


def _outcome(result: RunResult | None) -> str:
    if result is None:
        return "done"
    return changes_in_words(result.trades_added, result.trades_changed)


def changes_in_words(added: int, changed: int) -> str:
    """What a run did to trades: no changes, 2 new trades, 1 changed."""
    parts = []
    if added:
        parts.append(f"{added} new {'trade' if added == 1 else 'trades'}")
    if changed:
        parts.append(f"{changed} changed")
    return ", ".join(parts) or "no changes"


def run_in_words(result: RunResult) -> str:
    """A finished run as a toast says it."""
    if result.error:
        return f"Sync failed: {result.error}"
    took = f.span((result.ended_at - result.started_at) / SECOND)
    changes = changes_in_words(result.trades_added, result.trades_changed)
    return f"Synced in {took}: {changes}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def market_line(clock: MarketClock | None, zone: tzinfo, now: Instant) -> tuple[bool | None, str]:
    """Whether the market is open (None: unknown) and the words for it, with until when."""
    if clock is None:
        return None, "Market hours unknown"
    turns_at = clock.next_close if clock.is_open else clock.next_open
    if now >= turns_at:  # the clock was read before it turned
        is_open = not clock.is_open
        return is_open, f"Market {'open' if is_open else 'closed'}"
    left = f.span(f.seconds_between(now, turns_at))
    when = f"{f.market_moment(turns_at, zone, now)}, in {left}"
    if clock.is_open:
        return True, f"Market open · closes {when}"
    return False, f"Market closed · opens {when}"
