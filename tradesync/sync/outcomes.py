"""What the sync service answers: run results, states, command results, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.times import Instant


class Trigger(StrEnum):
    """Who asked for a run."""

    INTERVAL = "interval"
    START = "start"
    AUTOREFRESH = "autorefresh"
    MANUAL = "manual"
    API = "api"
    CLI = "cli"
    COMMAND = "command"
    IMPORT = "import"
    DECISION = "decision"
    """A person settled a difference, or took that back."""
    REBUILD = "rebuild"
    STREAM = "stream"
    """The broker's stream rang, or was connected again."""

    @property
    def is_manual(self) -> bool:
        """Whether a person (or a script) waits for the answer and wants it settled."""
        return self in {Trigger.MANUAL, Trigger.API, Trigger.CLI}


@dataclass(frozen=True, slots=True)
class RunResult:
    """One finished sync run. Times are instants on our clock; `error` is one plain sentence."""

    run_id: str
    account: str
    account_id: str | None
    trigger: Trigger
    program: str
    started_at: Instant
    first_read_at: Instant
    ended_at: Instant
    calls: int
    facts_added: int
    trades_added: int
    trades_changed: int
    error: str | None
    request_id: str | None

    @property
    def ok(self) -> bool:
        """Whether the run ended without an error."""
        return self.error is None


class StreamWord(StrEnum):
    """How the broker's stream of an account stands."""

    OFF = "off"
    """No running program listens."""
    CONNECTING = "connecting"
    CATCHING_UP = "catching up"
    """Connected; what happened meanwhile is being read."""
    LIVE = "live"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class StreamState:
    """The stream of an account, whichever program holds it."""

    word: StreamWord = StreamWord.OFF
    since: Instant | None = None
    """Since when it stands so."""
    reason: str = ""
    """One sentence why it is down."""
    program: str = ""
    connects: int = 0
    gap_from: Instant | None = None
    gap_to: Instant | None = None
    """The last time nobody listened, now read up on."""
    lag_ms: int | None = None
    """From the last ring to what it told being stored."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where an account's syncing stands, whichever program runs it."""

    account: str
    account_id: str | None
    running: bool
    activity: str
    """What it is doing in a few words: "", "reading history 43 %", "settling", …"""
    history_progress: int
    """Percent of the first read of the history; 100 when complete."""
    last_success_at: Instant | None
    last_finished_at: Instant | None
    last_result: RunResult | None
    failing_since: Instant | None
    error: str | None
    next_attempt_at: Instant | None
    question: str | None
    """Why syncing has stopped until a person answers (another account under this name)."""
    stream: StreamState = StreamState()
    interval: float | None = None
    """Seconds between syncs at present; None when no running program syncs by itself."""
    fresh_at: Instant | None = None
    """When the first read of the last good sync began."""
    clock_skew: float | None = None
    """The broker's clock less this machine's, in seconds; None when never compared."""

    @property
    def history_complete(self) -> bool:
        """Whether the first sync has read the whole history."""
        return self.history_progress >= 100


@dataclass(frozen=True, slots=True)
class OrderTicket:
    """What a person asks for when placing an order; numbers as exact decimal strings."""

    symbol: str
    side: str
    order_type: str
    qty: str | None = None
    notional: str | None = None
    limit_price: str | None = None
    time_in_force: str = "day"
    extended_hours: bool = False
    stop_price: str | None = None
    trail_price: str | None = None
    trail_percent: str | None = None
    order_class: str = ""
    """"", bracket, oto (opening, with exits) or oco (the two exits of a position)."""
    take_profit: str | None = None
    """The limit price of the exit that takes the profit."""
    stop_loss: str | None = None
    """The stop price of the exit that limits the loss."""
    stop_loss_limit: str | None = None
    trade_id: str | None = None
    """The trade an exit is meant for."""
    position_seen: str | None = None
    """The signed quantity the person was shown as held; the broker is asked whether it is so."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What of a working order is to change, as exact decimal strings; None stays."""

    qty: str | None = None
    limit_price: str | None = None
    stop_price: str | None = None
    trail: str | None = None
    """Of a trailing stop: dollars or percent, as the order has it."""
    time_in_force: str | None = None


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
