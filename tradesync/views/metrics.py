"""The state of syncing as Prometheus reads it: text exposition format 0.0.4, gauges only."""

from __future__ import annotations

from collections.abc import Iterable

from tradesync.domain.syncing import Pulse, StreamWord, SyncState
from tradesync.domain.times import SECOND, Instant

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_HELP = {
    "tradesync_service_up": "1 while the sync service gives signs of life",
    "tradesync_service_accounts": "Accounts the sync service keeps",
    "tradesync_sync_age_seconds": "Age of the record: since the last good sync began to read",
    "tradesync_sync_ok": "1 when the last sync of the account ended well",
    "tradesync_sync_failing_seconds": "For how long syncs have failed; 0 when they do not",
    "tradesync_sync_needs_answer": "1 when syncing waits for a person",
    "tradesync_sync_duration_seconds": "Duration of the last sync",
    "tradesync_sync_calls": "Calls to the broker the last sync made",
    "tradesync_history_progress": "Share of the first history read that is done, 0 to 1",
    "tradesync_stream_live": "1 while the broker's stream is connected and read up on",
    "tradesync_stream_connects": "Connections of the stream since its program started",
    "tradesync_stream_lag_seconds": "From the last ring to what it told being stored",
    "tradesync_clock_skew_seconds": "The broker's clock less this machine's",
}

Sample = tuple[str, str | None, float | None]


def metrics_text(states: Iterable[SyncState], pulse: Pulse | None, now: Instant) -> str:
    """All samples, grouped by name with their help."""
    samples: list[Sample] = [
        ("tradesync_service_up", None, float(pulse is not None)),
        ("tradesync_service_accounts", None, float(pulse.accounts) if pulse else 0.0),
    ]
    for state in states:
        samples += [(name, state.account, value) for name, value in _of_account(state, now)]
    lines: list[str] = []
    for name, words in _HELP.items():
        found = [item for item in samples if item[0] == name and item[2] is not None]
        if found:
            lines += [f"# HELP {name} {words}", f"# TYPE {name} gauge", *map(_line, found)]
    return "\n".join(lines) + "\n"


def _of_account(state: SyncState, now: Instant) -> list[tuple[str, float | None]]:
    last = state.last_result
    failing = (now - state.failing_since) / SECOND if state.failing_since else 0.0
    lag = state.stream.lag_ms
    age = (now - state.fresh_at) / SECOND if state.fresh_at is not None else None
    return [
        ("tradesync_sync_age_seconds", age),
        ("tradesync_sync_ok", None if last is None else float(last.ok)),
        ("tradesync_sync_failing_seconds", failing),
        ("tradesync_sync_needs_answer", float(state.question is not None)),
        (
            "tradesync_sync_duration_seconds",
            None if last is None else (last.ended_at - last.started_at) / SECOND,
        ),
        ("tradesync_sync_calls", None if last is None else float(last.calls)),
        ("tradesync_history_progress", state.history_progress / 100),
        ("tradesync_stream_live", float(state.stream.word is StreamWord.LIVE)),
        ("tradesync_stream_connects", float(state.stream.connects)),
        ("tradesync_stream_lag_seconds", None if lag is None else lag / 1000),
        ("tradesync_clock_skew_seconds", state.clock_skew),
    ]


def _line(sample: Sample) -> str:
    name, account, value = sample
    assert value is not None
    label = "" if account is None else f'{{account="{account}"}}'
    return f"{name}{label} {value:g}"
