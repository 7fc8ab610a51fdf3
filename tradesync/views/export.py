"""Rows for programs and scripts: REST and command line. Exact decimals as text, times RFC 3339."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from tradesync.config import AccountConfig
from tradesync.domain.money import divided
from tradesync.domain.syncing import RunResult, SyncState
from tradesync.domain.times import SECOND, Instant, format_instant
from tradesync.store.queries import PositionRow
from tradesync.store.queries_trades import TradeRow

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""Floats only for durations in seconds."""


def exact(value: Decimal) -> str:
    """A decimal in full: no exponent, no trailing zeros, no rounding, no negative zero."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def as_json(row: object) -> dict[str, Json]:
    """A row as JSON: decimals as exact strings, instants (by their type) as RFC 3339 UTC."""
    if not is_dataclass(row) or isinstance(row, type):
        raise TypeError(f"not a row: {type(row).__name__}")
    return {
        field.name: _value(getattr(row, field.name), is_instant="Instant" in str(field.type))
        for field in fields(row)
    }


def trade_json(account: str, row: TradeRow) -> dict[str, Json]:
    """A trade as JSON; `floating_pnl_pct` is the exact ratio, 0.05 meaning 5 %."""
    ratio = None
    if row.floating_pnl is not None and row.open_cost:
        ratio = exact(divided(row.floating_pnl, row.open_cost))
    return {"account": account, **as_json(row), "floating_pnl_pct": ratio}


def position_json(account: str, row: PositionRow) -> dict[str, Json]:
    """A position as JSON, the broker's own figures."""
    return {"account": account, "side": "short" if row.qty < 0 else "long", **as_json(row)}


def seconds_between(start: Instant | None, end: Instant | None) -> float | None:
    """A duration in seconds, to the millisecond; None when an end is not known."""
    if start is None or end is None:
        return None
    return (end - start) // (SECOND // 1000) / 1000


def run_json(result: RunResult, now: Instant) -> dict[str, Json]:
    """A finished sync run as JSON; its age is that of what it read, not of its end."""
    return {
        "status": "ok" if result.ok else "failed",
        **as_json(result),
        "duration_seconds": seconds_between(result.started_at, result.ended_at),
        "age_seconds": seconds_between(result.first_read_at, now),
    }


def result_word(state: SyncState) -> str:
    """How an account's syncing stands, in a word or three."""
    if state.question is not None:
        return "needs an answer"
    if state.running:
        return "running"
    if state.last_result is None:
        return "never synced"
    return "ok" if state.last_result.ok else "failed"


def state_json(config: AccountConfig, state: SyncState, now: Instant) -> dict[str, Json]:
    """Where an account's syncing stands as JSON."""
    last = state.last_result
    return {
        "account": config.name,
        "account_id": state.account_id,
        "environment": config.environment.value,
        "enabled": config.enabled,
        "result": result_word(state),
        "running": state.running,
        "activity": state.activity,
        "history_progress": state.history_progress,
        "last_success_at": _value(state.last_success_at, is_instant=True),
        "last_finished_at": _value(state.last_finished_at, is_instant=True),
        "age_seconds": seconds_between(last.first_read_at, now) if last and last.ok else None,
        "failing_since": _value(state.failing_since, is_instant=True),
        "next_attempt_at": _value(state.next_attempt_at, is_instant=True),
        "error": state.error,
        "question": state.question,
    }


def _value(value: object, *, is_instant: bool = False) -> Json:
    """One field's value."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return format_instant(value) if is_instant else value
    if isinstance(value, (Decimal, float)):
        return exact(Decimal(repr(value)) if isinstance(value, float) else value)
    if isinstance(value, (str, date)):
        return str(value)  # the word of an enum; a date as ISO 8601
    if isinstance(value, Sequence):
        return [_value(item) for item in value]
    return as_json(value)
