"""What the sync service answers: run results, states, command results, and its errors.

What screens only read of them is defined in the domain (syncing.py, tickets.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tradesync.domain.syncing import RunResult, StreamState, StreamWord, SyncState, Trigger
from tradesync.domain.tickets import OrderTicket, Replacement
from tradesync.domain.times import Instant

__all__ = [
    "CommandRefusedError", "CommandResult", "ImportResult", "OrderTicket", "PlanChangedError",
    "Replacement", "RunResult", "StreamState", "StreamWord", "SyncError", "SyncState", "Trigger",
    "Unprotected",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unprotected:
    """An open trade whose exits we cancelled to close it, and which is neither closed nor
    protected now."""

    trade_id: str
    symbol: str
    open_qty: Decimal
    since: Instant
    message: str
    """What became of the close."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended. `state` is an IntentState; `message` a sentence for the person."""

    intent_id: str
    state: str
    message: str
    trade_id: str | None
    order_id: str | None
    client_order_id: str | None
    symbol: str = ""

    @property
    def ok(self) -> bool:
        """Whether the broker took it."""
        return self.state == "accepted"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What confirming an import did."""

    imported: int
    message: str
    decisions: Mapping[str, str] = field(default_factory=dict)
    """Symbol → the id by which it can be taken back."""


class SyncError(Exception):
    """Something the caller must be told, in one plain sentence that says what to do."""


class CommandRefusedError(SyncError):
    """A command was not sent: bad input, read-only, or the record changed meanwhile."""


class PlanChangedError(SyncError):
    """The account changed since the import plan was shown; nothing was stored."""
