"""How syncing goes: who asked for a run, what it came to, and where an account stands."""

from __future__ import annotations

from dataclasses import dataclass
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
class Pulse:
    """The service as last heard of."""

    pid: int
    started_at: Instant
    beat_at: Instant
    accounts: int
    last_pass_at: Instant | None
    """When a sync of any of its accounts last ended well."""
    interval: float
