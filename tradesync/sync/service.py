"""The sync service of a process: its accounts, their workers, and what may be asked of them.

Every program has one (registry.py). The service program's workers sync on their own interval,
those of the dashboard and the command line when asked; between processes the account's role
(locks.py) and the notice board (board.py) see to it that a run is shared, not repeated.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tradesync.broker.alpaca import PATIENCE
from tradesync.broker.errors import BrokerError
from tradesync.config import AccountConfig, Settings, SettingsError
from tradesync.domain.explain import DriftExplained
from tradesync.domain.import_plan import ImportPlan
from tradesync.domain.ours import Resolution, ResolutionKind
from tradesync.domain.times import SECOND, Instant
from tradesync.paper import (
    PaperBrokerError,
    PaperBrokerHandle,
    join_paper_broker,
    paper_directory,
)
from tradesync.store import accounts, journal
from tradesync.store.database import Database
from tradesync.sync import binding
from tradesync.sync.assembly import LiveAccount, Surroundings, make_account
from tradesync.sync.board import Board, MarketClock, Notice, StreamBoard, process_lives
from tradesync.sync.cadence import cadence
from tradesync.sync.closing import Closing
from tradesync.sync.commands import Commands
from tradesync.sync.holdings import refresh_mark
from tradesync.sync.imports import Importer
from tradesync.sync.outcomes import (
    CommandResult,
    ImportResult,
    OrderTicket,
    Replacement,
    RunResult,
    StreamWord,
    SyncError,
    SyncState,
    Trigger,
    Unprotected,
)
from tradesync.sync.pulse import Pulse, beat, service_pulse
from tradesync.sync.resolutions import Preview, Resolver
from tradesync.sync.sending import WAITS_WITHIN, CommandContext
from tradesync.sync.streams import Streams

log = logging.getLogger("tradesync.sync")

SETTLE_SECONDS = 10.0
"""Positions lag fills by up to this at Alpaca (alpaca-api reference 3; design, *Settle*)."""
_PLAN_TIMEOUT = 60.0
_DAY: Instant = 86_400 * SECOND
KEPT_FOR: Instant = 400 * _DAY
"""How long run records and events of trades are kept; facts are kept for ever."""
SERVICE_PROGRAM = "service"
_LISTENING = frozenset({SERVICE_PROGRAM, "dashboard"})
"""Programs that run long enough to hold streams."""

Prices = Mapping[str, Decimal]


class SyncService:
    """Thread safe; one per process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        program: str,
        settle_seconds: float = SETTLE_SECONDS,
        patience: float = PATIENCE,
        now: Callable[[], Instant] = time.time_ns,
    ) -> None:
        self.settings = settings
        self.database = database
        self.program = program
        self._settle_seconds = settle_seconds
        self._patience = patience
        self._now = now
        self._stop = threading.Event()
        self._opening = threading.Lock()
        self._accounts: dict[str, LiveAccount] = {}
        self._paper: PaperBrokerHandle | None = None
        self._streams: Streams | None = None

    # -- life -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Join the paper broker if one is used, start the workers; safe to call again."""
        with self._opening:
            if self._accounts:
                return
            if self.settings.uses_paper_broker:
                self._paper = join_paper_broker(
                    paper_directory(self.database.path), stop=self._stop
                )
            for config in self.settings.accounts:
                if config.enabled:
                    self._accounts[config.name] = self._make(config)
            for account in self._accounts.values():
                account.worker.start()
            if self.program in _LISTENING:
                self._streams = Streams()
                self._streams.start([one.stream.keep for one in self._accounts.values()])

    def close(self, timeout: float = 1.5) -> None:
        """Stop the workers, waiting no longer than `timeout`; leave the paper broker."""
        self._stop.set()
        deadline = time.monotonic() + timeout
        for account in self._accounts.values():
            account.worker.wake()
        if self._streams is not None and not self._streams.stop(timeout):
            log.warning("The streams have not ended in time")
        for account in self._accounts.values():
            if not account.worker.join(max(0.0, deadline - time.monotonic())):
                log.warning("%s: stopped in the middle of a run", account.config.name)
        if self._paper is not None:
            self._paper.close()

    def _make(self, config: AccountConfig) -> LiveAccount:
        address = config.base_url or (self._paper.base_url if self._paper is not None else None)
        bound = replace(config, base_url=address)
        polls = self.settings.sync_interval if self.program == SERVICE_PROGRAM else None
        return make_account(
            bound,
            Surroundings(
                settings=self.settings,
                database=self.database,
                program=self.program,
                stop=self._stop,
                now=self._now,
                settle_seconds=self._settle_seconds,
                patience=self._patience,
                interval=polls,
            ),
            on_failure=lambda: self._revive_paper_broker(bound),
        )

    def _revive_paper_broker(self, config: AccountConfig) -> None:
        """Start the paper broker again if it has died; at its old address, so all goes on."""
        if self._paper is None or config.base_url != self._paper.base_url:
            return
        try:
            self._paper.revive(timeout=5.0)
        except PaperBrokerError as error:
            log.warning("%s", error)

    # -- syncing --------------------------------------------------------------------------------

    def account_names(self) -> tuple[str, ...]:
        """The enabled accounts, the default first."""
        return tuple(config.name for config in self.settings.accounts if config.enabled)

    def request_sync(self, account: str, *, trigger: Trigger, max_age: float | None = None) -> int:
        """Ask for a sync (or a record younger than `max_age` seconds); a ticket. Never blocks."""
        return self._account(account).worker.request(trigger, max_age)

    def wait(self, account: str, ticket: int, timeout: float) -> RunResult | None:
        """The result that serves a ticket; None when it is still running at the deadline."""
        return self._account(account).worker.wait(ticket, timeout)

    def done(self, account: str, ticket: int) -> bool:
        """Whether a ticket has been served."""
        return self._account(account).worker.done(ticket)

    def sync_now(self, account: str, *, trigger: Trigger, timeout: float) -> RunResult | None:
        """Ask for a sync and wait for it; None when it is still running at the deadline."""
        return self.wait(account, self.request_sync(account, trigger=trigger), timeout)

    def state(self, account: str) -> SyncState:
        """Where the account's syncing stands, whichever program does it. Opens no database."""
        notice = Board(self.database.path, self._config(account).name).read()
        stream = StreamBoard(self.database.path, account)
        running = self._is_running(notice)
        result = notice.last_result
        return SyncState(
            account=account,
            account_id=notice.account_id,
            running=running,
            activity=notice.activity if running else "",
            history_progress=notice.history_progress,
            last_success_at=notice.last_success_at,
            last_finished_at=result.ended_at if result is not None else None,
            last_result=result,
            failing_since=notice.failing_since,
            error=result.error if result is not None else None,
            next_attempt_at=notice.next_attempt_at,
            question=notice.question,
            stream=stream.read(),
            interval=self._interval(stream.read().word, notice),
            fresh_at=notice.last_first_read_at,
            clock_skew=None if notice.market is None else notice.market.skew,
        )

    def _interval(self, word: StreamWord, notice: Notice) -> float | None:
        """Seconds between the polls of the running service; None when none runs."""
        pulse = self.pulse()
        market_open = notice.market is not None and notice.market.is_open
        return None if pulse is None else cadence(pulse.interval, word, market_open=market_open)

    def pulse(self) -> Pulse | None:
        """The sync service's sign of life, whoever asks; None when none runs."""
        return service_pulse(self.database.path, self._now())

    def beat(self, started_at: Instant) -> None:
        """Give this service's sign of life."""
        passes = (one.board.read().last_success_at for one in self._accounts.values())
        beat(
            self.database.path,
            started_at=started_at,
            now=self._now(),
            accounts=len(self._accounts),
            last_pass_at=max((at for at in passes if at is not None), default=None),
            interval=self.settings.sync_interval,
        )

    def compact(self) -> None:
        """Forget runs and events of long ago; once a day is enough."""
        with self.database.write() as tx:
            gone = journal.compact(tx, self._now() - KEPT_FOR)
        if gone:
            log.info("Forgot %d runs and events older than %d days", gone, KEPT_FOR // _DAY)

    def market_clock(self, account: str) -> MarketClock | None:
        """The market's clock as last read by any program; no call to the broker."""
        return Board(self.database.path, self._config(account).name).read().market

    def rebind(self, account: str) -> str:
        """Let the name mean the account its keys open now; the old record is kept. Its number."""
        chosen = self._account(account)
        try:
            read = chosen.broker.account()
        except BrokerError as error:
            raise SyncError(error.sentence) from error
        with chosen.role.held(stop=self._stop, timeout=30.0):
            binding.rebind(chosen.config, read, self.database, self._now())
            chosen.board.write(Notice(account_id=read.value.account_id))
        return read.value.account_number

    @staticmethod
    def _is_running(notice: Notice) -> bool:
        return notice.running_pid is not None and process_lives(notice.running_pid)

    # -- import ---------------------------------------------------------------------------------

    def plan_import(self, account: str, prices: Prices | None = None) -> ImportPlan:
        """What an import would create, from a settled reading; SyncError when there is none.

        The account is synced first: a fill not recorded yet would look like something missing.
        """
        result = self.sync_now(account, trigger=Trigger.COMMAND, timeout=_PLAN_TIMEOUT)
        if result is None:
            raise SyncError("The account is still being synced; try again in a moment.")
        if result.error is not None:
            raise SyncError(result.error)
        return self._importer(account).plan(prices or {})

    def apply_import(
        self, account: str, plan: ImportPlan, prices: Prices | None = None
    ) -> ImportResult:
        """Store what the confirmed plan observed; PlanChangedError when it is not so any more."""
        result = self._importer(account).apply(plan, prices or {})
        self.request_sync(account, trigger=Trigger.COMMAND)  # so that the drift it explains ends
        return result

    def _importer(self, account: str) -> Importer:
        chosen = self._account(account)
        return Importer(
            name=account,
            account_id=self._account_id(chosen),
            broker=chosen.broker,
            database=self.database,
            program=self.program,
            now=self._now,
            stop=self._stop,
            settle_seconds=self._settle_seconds,
        )

    # -- drift ----------------------------------------------------------------------------------

    def explain_drift(self, account: str) -> tuple[DriftExplained, ...]:
        """Every lasting difference to the broker, with ranked explanations."""
        return self._resolver(account).explain()

    def preview_resolution(
        self,
        account: str,
        symbol: str,
        kind: ResolutionKind,
        *,
        price: Decimal | None = None,
        until: date | None = None,
    ) -> Preview:
        """What a decision about a difference would change; SyncError when it does not fit."""
        return self._resolver(account).preview(symbol, kind, price=price, until=until)

    def apply_resolution(self, account: str, preview: Preview) -> Resolution:
        """Store a previewed decision; PlanChangedError when the difference is another by now."""
        return self._resolver(account).apply(preview)

    def undo_resolution(self, account: str, decision_id: str) -> Resolution:
        """Take a decision back; SyncError when none of that id stands."""
        return self._resolver(account).undo(decision_id)

    def _resolver(self, account: str) -> Resolver:
        chosen = self._account(account)
        return Resolver(
            name=account,
            account_id=self._account_id(chosen),
            broker=chosen.broker,
            database=self.database,
            program=self.program,
            now=self._now,
        )

    # -- commands -------------------------------------------------------------------------------

    def place_order(self, account: str, ticket: OrderTicket, *, intent_id: str) -> CommandResult:
        """Send an order; the same intent id again is the same order. CommandRefusedError."""
        return self._commands(account).place_order(ticket, intent_id)

    def cancel_order(self, account: str, order_id: str, *, intent_id: str) -> CommandResult:
        """Ask the broker to cancel an order. CommandRefusedError before anything is sent."""
        return self._commands(account).cancel_order(order_id, intent_id)

    def close_trade(
        self,
        account: str,
        trade_id: str,
        *,
        intent_id: str,
        qty: str | None = None,
        limit_price: str | None = None,
    ) -> CommandResult:
        """Close all or part of an open trade. CommandRefusedError before anything is sent."""
        return self._closing(account).close_trade(trade_id, intent_id, qty, limit_price)

    def close_all(self, account: str, *, intent_id: str) -> tuple[CommandResult, ...]:
        """Close every open trade; one result each."""
        return self._closing(account).close_all(intent_id)

    def replace_order(
        self, account: str, order_id: str, change: Replacement, *, intent_id: str
    ) -> CommandResult:
        """Replace a working order. CommandRefusedError before anything is sent."""
        return self._commands(account).replace_order(order_id, change, intent_id)

    def cancel_all(self, account: str, *, intent_id: str) -> tuple[CommandResult, ...]:
        """Ask for the cancel of every working order; one result each."""
        return self._commands(account).cancel_all(intent_id)

    def unprotected(self, account: str) -> tuple[Unprotected, ...]:
        """Open trades whose stop a close of ours cancelled while the close itself failed."""
        return self._closing(account).unprotected()

    def protect_trade(self, account: str, trade_id: str, *, intent_id: str) -> CommandResult:
        """Place the cancelled exits of an unprotected trade again."""
        return self._closing(account).protect_trade(trade_id, intent_id)

    def update_price(self, account: str, trade_id: str) -> Decimal | None:
        """Read the price of a trade's instrument now; None when the broker has none."""
        chosen = self._account(account)
        try:
            return refresh_mark(
                chosen.broker, self.database, self._account_id(chosen), trade_id, self._now,
                market_open=chosen.board.market_open(),
            )  # fmt: skip
        except BrokerError as error:
            raise SyncError(error.sentence) from error

    def _commands(self, account: str) -> Commands:
        return Commands(self._context(account))

    def _closing(self, account: str) -> Closing:
        return Closing(self._context(account))

    def _context(self, account: str) -> CommandContext:
        chosen = self._account(account)
        return CommandContext(
            config=chosen.config,
            settings=self.settings,
            account_id=self._account_id(chosen),
            database=self.database,
            broker=chosen.broker,
            program=self.program,
            now=self._now,
            stop=self._stop,
            waits_within=min(WAITS_WITHIN, self._patience),
        )

    # -- accounts -------------------------------------------------------------------------------

    def _config(self, name: str) -> AccountConfig:
        try:
            return self.settings.account(name)
        except SettingsError as error:
            raise SyncError(str(error)) from error

    def _account(self, name: str) -> LiveAccount:
        config = self._config(name)
        if not config.enabled:
            raise SyncError(f"The account {name!r} is switched off in the settings.")
        if name not in self._accounts:
            raise SyncError("The sync service is not running; start the program again.")
        return self._accounts[name]

    def _account_id(self, account: LiveAccount) -> str:
        """The broker's id of an account; SyncError before its first sync or under a question."""
        notice = account.board.read()
        if notice.question is not None:
            raise SyncError(notice.question)
        with self.database.read() as tx:
            bound = accounts.account_by_name(tx, account.config.name)
        if bound is None:
            raise SyncError("This account has not been synced yet; sync it first.")
        return bound.account_id
