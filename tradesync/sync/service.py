"""The sync service of a process: its accounts, their workers, and what may be asked of them.

Every program has one (registry.py). The service program's workers sync on their own interval,
those of the dashboard and the command line when asked; between processes the account's role
(locks.py) and the notice board (board.py) see to it that a run is shared, not repeated.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tradesync.broker.alpaca import PATIENCE
from tradesync.broker.errors import BrokerError
from tradesync.config import Settings
from tradesync.domain.explain import DriftExplained
from tradesync.domain.import_plan import ImportPlan
from tradesync.domain.ours import Resolution, ResolutionKind
from tradesync.domain.syncing import Pulse
from tradesync.domain.times import SECOND, Instant
from tradesync.domain.undoing import Decision, Undo
from tradesync.store import journal
from tradesync.store.database import Database
from tradesync.store.decisions import TradeNote
from tradesync.sync import binding
from tradesync.sync.assembly import Surroundings
from tradesync.sync.board import Board, MarketClock, Notice
from tradesync.sync.choices import Choices
from tradesync.sync.connection import ConnectionTest, connection_test
from tradesync.sync.doors import Doors
from tradesync.sync.holdings import refresh_mark
from tradesync.sync.outcomes import (
    CommandResult,
    ImportResult,
    OrderTicket,
    Replacement,
    RunResult,
    SyncError,
    SyncState,
    Trigger,
    Unprotected,
)
from tradesync.sync.price_bars import BarsAnswer, BarsWanted
from tradesync.sync.pricing import Pricing
from tradesync.sync.pulse import beat, service_pulse
from tradesync.sync.resolutions import Preview
from tradesync.sync.roster import AccountStanding, Roster
from tradesync.sync.states import state_of
from tradesync.sync.trends import Closes, Held

log = logging.getLogger("tradesync.sync")

SETTLE_SECONDS = 10.0
"""Positions lag fills by up to this at Alpaca (alpaca-api reference 3; design, *Settle*)."""
_PLAN_TIMEOUT = 60.0
_STARTS_WITHIN: Instant = 10 * SECOND
_DAY: Instant = 86_400 * SECOND
KEPT_FOR: Instant = 400 * _DAY
"""How long run records and events of trades are kept; facts are kept for ever."""
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
        self._now = now
        self._began_at = now()
        self._stop = threading.Event()
        self._around = Surroundings(
            settings=settings,
            database=database,
            program=program,
            stop=self._stop,
            now=now,
            settle_seconds=settle_seconds,
            patience=patience,
        )
        self._choices = Choices(database, program, now)
        self._roster = Roster(self._around, self._choices)

    # -- life -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Join the paper broker if one is used, start the workers; safe to call again."""
        self._roster.open()

    def open_soon(self, patience: float = 3.0) -> None:
        """Open in the background until it succeeds; wait `patience` seconds for it at most."""
        self._roster.open_soon(patience)

    @property
    def is_open(self) -> bool:
        """Whether the accounts have been started."""
        return self._roster.is_open

    def close(self, timeout: float = 1.5) -> None:
        """Stop the workers, waiting no longer than `timeout`; leave the paper broker."""
        self._stop.set()
        self._roster.close(timeout)

    # -- accounts and choices -------------------------------------------------------------------

    def account_names(self) -> tuple[str, ...]:
        """The active accounts, the default first."""
        return self._roster.names()

    def all_accounts(self) -> tuple[AccountStanding, ...]:
        """Every configured account, those switched off with them, and how each stands."""
        active = set(self.account_names())
        return tuple(
            AccountStanding(
                name=config.name,
                environment=config.environment,
                enabled=config.enabled,
                active=config.name in active,
                state=self.state(config.name),
            )
            for config in self.settings.accounts
        )

    def set_active(self, account: str, active: bool) -> None:
        """Switch an account on or off; other programs follow within seconds.

        SyncError for what the configuration switches off, and for the last active account.
        """
        self._roster.set_active(account, active=active)

    def test_connection(self, account: str) -> ConnectionTest:
        """Whether the account can be used, and if not exactly why; also for inactive ones."""
        return connection_test(self._roster.reachable(account), self.settings, self.database)

    def preferences(self) -> Mapping[str, str]:
        """What was chosen about the program itself, by name."""
        return self._choices.current().preferences

    def set_preference(self, key: str, value: str | None) -> None:
        """Store a choice, None: none any more; SyncError when it cannot be used."""
        self._choices.prefer(key, value)
        self._roster.follow()

    @property
    def sync_interval(self) -> float:
        """Seconds between syncs: SYNC_INTERVAL where it is set, else as chosen, else 30."""
        return self._roster.interval

    # -- syncing --------------------------------------------------------------------------------

    def request_sync(self, account: str, *, trigger: Trigger, max_age: float | None = None) -> int:
        """Ask for a sync (or a record younger than `max_age` seconds); a ticket. Never blocks.

        While the program still starts it is the first sync that serves.
        """
        if self._roster.is_opening:
            return 0
        return self._roster.live(account).worker.request(trigger, max_age)

    def wait(self, account: str, ticket: int, timeout: float) -> RunResult | None:
        """The result that serves a ticket; None when it is still running at the deadline."""
        if self._roster.is_opening:
            self._stop.wait(timeout)
            return None
        return self._roster.live(account).worker.wait(ticket, timeout)

    def done(self, account: str, ticket: int) -> bool:
        """Whether a ticket has been served, or never will: the account was switched off."""
        if self._roster.is_opening:
            return False
        found = [one for one in self._roster.all_live() if one.config.name == account]
        return not found or found[0].worker.done(ticket)

    def sync_now(self, account: str, *, trigger: Trigger, timeout: float) -> RunResult | None:
        """Ask for a sync and wait for it; None when it is still running at the deadline."""
        return self.wait(account, self.request_sync(account, trigger=trigger), timeout)

    def state(self, account: str) -> SyncState:
        """Where the account's syncing stands, whichever program does it. Opens no database."""
        name = self._roster.config(account).name
        return self._as_started(state_of(self.database.path, name, self.pulse()))

    def _as_started(self, state: SyncState) -> SyncState:
        """A state with what this program is starting, where no other program syncs meanwhile."""
        if not self._roster.is_opening or self.pulse() is not None:
            return state
        if self._roster.problem is not None:
            return replace(state, error=self._roster.problem)
        return replace(state, running=True, activity="starting the paper broker")

    def pulse(self) -> Pulse | None:
        """The sync service's sign of life, whoever asks; None when none runs."""
        return service_pulse(self.database.path, self._now())

    def service_word(self) -> str:
        """How the sync service stands: running, starting or not running.

        A program that has just started itself was probably started together with the service,
        which gives its first sign of life a few seconds later.
        """
        pulse = self.pulse()
        if pulse is not None:
            return "running" if pulse.accounts else "starting"
        young = self._now() - self._began_at < _STARTS_WITHIN
        return "starting" if young else "not running"

    def beat(self, started_at: Instant) -> None:
        """Give this service's sign of life."""
        live = self._roster.all_live()
        passes = (one.board.read().last_success_at for one in live)
        beat(
            self.database.path,
            started_at=started_at,
            now=self._now(),
            accounts=len(live),
            last_pass_at=max((at for at in passes if at is not None), default=None),
            interval=self.sync_interval,
        )

    def compact(self) -> None:
        """Forget runs and events of long ago; once a day is enough."""
        with self.database.write() as tx:
            gone = journal.compact(tx, self._now() - KEPT_FOR)
        if gone:
            log.info("Forgot %d runs and events older than %d days", gone, KEPT_FOR // _DAY)

    def market_clock(self, account: str) -> MarketClock | None:
        """The market's clock as last read by any program; no call to the broker."""
        return Board(self.database.path, self._roster.config(account).name).read().market

    def rebind(self, account: str) -> str:
        """Let the name mean the account its keys open now; the old record is kept. Its number."""
        chosen = self._roster.live(account)
        try:
            read = chosen.broker.account()
        except BrokerError as error:
            raise SyncError(error.sentence) from error
        with chosen.role.held(stop=self._stop, timeout=30.0):
            binding.rebind(chosen.config, read, self.database, self._now())
            chosen.board.write(Notice(account_id=read.value.account_id))
        return read.value.account_number

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
        return self._doors(account).importer().plan(prices or {})

    def apply_import(
        self, account: str, plan: ImportPlan, prices: Prices | None = None
    ) -> ImportResult:
        """Store what the confirmed plan observed; PlanChangedError when it is not so any more."""
        result = self._doors(account).importer().apply(plan, prices or {})
        with suppress(SyncError):  # switched off meanwhile: it is imported all the same
            self.request_sync(account, trigger=Trigger.COMMAND)  # so that the drift ends
        return result

    # -- drift ----------------------------------------------------------------------------------

    def explain_drift(self, account: str) -> tuple[DriftExplained, ...]:
        """Every lasting difference to the broker, with ranked explanations."""
        return self._doors(account).resolver().explain()

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
        return self._doors(account).resolver().preview(symbol, kind, price=price, until=until)

    def apply_resolution(self, account: str, preview: Preview) -> Resolution:
        """Store a previewed decision; PlanChangedError when the difference is another by now."""
        return self._doors(account).resolver().apply(preview)

    def preview_undo(self, account: str, decision_id: str) -> Undo:
        """What taking an import or a decision about a difference back would change; SyncError."""
        return self._doors(account).undoer().preview(decision_id)

    def undo(self, account: str, decision_id: str, *, seen: Undo | None = None) -> Decision:
        """Take an import or a decision about a difference back; it stays on record as taken back.

        SyncError when none of that id stands; PlanChangedError when `seen` is not so any more.
        """
        return self._doors(account).undoer().apply(decision_id, seen)

    # -- commands -------------------------------------------------------------------------------

    def place_order(self, account: str, ticket: OrderTicket, *, intent_id: str) -> CommandResult:
        """Send an order; the same intent id again is the same order. CommandRefusedError."""
        return self._doors(account).commands().place_order(ticket, intent_id)

    def cancel_order(self, account: str, order_id: str, *, intent_id: str) -> CommandResult:
        """Ask the broker to cancel an order. CommandRefusedError before anything is sent."""
        return self._doors(account).commands().cancel_order(order_id, intent_id)

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
        return self._doors(account).closing().close_trade(trade_id, intent_id, qty, limit_price)

    def close_all(self, account: str, *, intent_id: str) -> tuple[CommandResult, ...]:
        """Close every open trade; one result each."""
        return self._doors(account).closing().close_all(intent_id)

    def replace_order(
        self, account: str, order_id: str, change: Replacement, *, intent_id: str
    ) -> CommandResult:
        """Replace a working order. CommandRefusedError before anything is sent."""
        return self._doors(account).commands().replace_order(order_id, change, intent_id)

    def cancel_all(self, account: str, *, intent_id: str) -> tuple[CommandResult, ...]:
        """Ask for the cancel of every working order; one result each."""
        return self._doors(account).commands().cancel_all(intent_id)

    def send_again(self, account: str, command_id: str) -> CommandResult:
        """Send a command that never reached the broker once more; pressed twice it is one."""
        return self._doors(account).send_again(command_id)

    def unprotected(self, account: str) -> tuple[Unprotected, ...]:
        """Open trades whose stop a close of ours cancelled while the close itself failed."""
        return self._doors(account).closing().unprotected()

    def protect_trade(self, account: str, trade_id: str, *, intent_id: str) -> CommandResult:
        """Place the cancelled exits of an unprotected trade again."""
        return self._doors(account).closing().protect_trade(trade_id, intent_id)

    # -- one trade ------------------------------------------------------------------------------

    def note_trade(
        self, account: str, trade_id: str, notes: str, tags: Sequence[str], *, seen: Instant | None
    ) -> TradeNote:
        """Keep what a person wrote in place of the note of `seen`; PlanChangedError."""
        return self._doors(account).note_trade(trade_id, notes, tags, seen)

    def price_bars(self, account: str, wanted: BarsWanted) -> BarsAnswer:
        """What an instrument cost, as far as it is read by now; begins to read. Never waits."""
        return self._roster.live(account).bars.ask(wanted)

    def trends(self, account: str, held: Held) -> Closes:
        """The last daily closes of what is held, as far as they are read by now. Never waits."""
        return self._roster.live(account).trends.ask(held)

    def update_price(self, account: str, trade_id: str) -> Decimal | None:
        """Read the price of a trade's instrument now; None when the broker has none."""
        chosen = self._roster.live(account)
        account_id = self._doors(account).account_id
        try:
            return refresh_mark(
                chosen.broker, self.database, account_id, trade_id, self._now,
                market_open=chosen.board.market_open(),
            )  # fmt: skip
        except BrokerError as error:
            raise SyncError(error.sentence) from error

    def pricing(self, account: str) -> Pricing:
        """What a symbol is and costs now, asked of the broker with short patience."""
        return self._roster.live(account).pricing

    def _doors(self, account: str) -> Doors:
        return Doors(self._roster.live(account), self._around)
