"""The accounts of this program: which are active, and the workers and streams of those.

An account is active unless the configuration or a person switched it off. A choice made in
another program is followed within a second or two, without a restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tradesync.config import AccountConfig, Environment, Settings, SettingsError
from tradesync.paper import (
    PaperBrokerError,
    PaperBrokerHandle,
    join_paper_broker,
    paper_directory,
)
from tradesync.store.errors import StoreError
from tradesync.sync.assembly import LiveAccount, Surroundings, make_account
from tradesync.sync.choices import Choices
from tradesync.sync.outcomes import SyncError, SyncState
from tradesync.sync.streams import Streams

log = logging.getLogger("tradesync.sync")

SERVICE_PROGRAM = "service"
LISTENING = frozenset({SERVICE_PROGRAM, "dashboard"})
"""Programs that run long enough to hold streams, and to follow what is chosen meanwhile."""

_LOOK_EVERY = 1.0
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 30.0
_STARTING = "The program is still starting; try again in a moment."


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """One configured account: whether the configuration allows it, whether it is synced now."""

    name: str
    environment: Environment
    enabled: bool
    """By the configuration; what that switches off, a person cannot switch on."""
    active: bool
    state: SyncState


class Roster:
    """Thread safe; one per process."""

    def __init__(self, around: Surroundings, choices: Choices) -> None:
        self._around = around
        self._choices = choices
        self._opening = threading.Lock()
        self._opened = False
        self._changing = threading.Lock()
        self._live: dict[str, LiveAccount] = {}
        self._leaving: list[LiveAccount] = []
        self._paper: PaperBrokerHandle | None = None
        self._streams: Streams | None = None
        self._threads: list[threading.Thread] = []
        self._interval = around.settings.sync_interval
        self.problem: str | None = None
        """Why the accounts could not be started yet, in one sentence."""

    # -- life -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Join the paper broker if one is used, start the active accounts; safe to call again."""
        with self._opening:
            if self._opened:
                return
            if self._settings.uses_paper_broker and self._paper is None:
                directory = paper_directory(self._around.database.path)
                self._paper = join_paper_broker(directory, stop=self._around.stop)
            if self._around.program in LISTENING and self._streams is None:
                streams = Streams()
                streams.start()
                self._streams = streams
            self._follow()
            self._opened, self.problem = True, None
            if self._around.program in LISTENING:
                self._thread("choices", self._keep_following)

    def open_soon(self, patience: float) -> None:
        """Open in the background, tried again until it succeeds; wait for it a little.

        `problem` says meanwhile why it did not; never raises.
        """
        tried = threading.Event()

        def attempt() -> None:
            wait = _FIRST_WAIT
            while not self._opened and not self._around.stop.is_set():
                try:
                    self.open()
                except (PaperBrokerError, StoreError, SyncError, OSError) as error:
                    self.problem = str(error)
                    log.error("%s", error)  # noqa: TRY400 (one sentence; the trace says no more)
                except Exception as error:  # a thread that ends would leave "starting" for ever
                    log.exception("The accounts could not be started")
                    self.problem = (
                        f"The accounts could not be started: an unexpected {type(error).__name__}; "
                        "the program's log has the details. It is tried again."
                    )
                tried.set()
                if not self._opened:
                    self._around.stop.wait(wait)
                    wait = min(_LONGEST_WAIT, 2 * wait)

        self._thread("opening", attempt)
        tried.wait(patience)

    def close(self, timeout: float) -> None:
        """Stop everything, waiting no longer than `timeout`; leave the paper broker."""
        deadline = time.monotonic() + timeout
        with self._changing:  # nothing is begun any more
            accounts = [*self._live.values(), *self._leaving]
        for account in accounts:
            account.end()
        if self._streams is not None and not self._streams.stop(timeout):
            log.warning("The streams have not ended in time")
        for account in accounts:
            if not account.ended(max(0.0, deadline - time.monotonic())):
                log.warning("%s: stopped in the middle of a run", account.config.name)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._paper is not None:
            self._paper.close()

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    # -- which accounts -------------------------------------------------------------------------

    @property
    def _settings(self) -> Settings:
        return self._around.settings

    def names(self) -> tuple[str, ...]:
        """The active accounts, the default first."""
        off = self._choices.current().off
        configs = self._settings.accounts
        return tuple(one.name for one in configs if one.enabled and one.name not in off)

    def config(self, name: str) -> AccountConfig:
        """The configuration of an account; SyncError when there is none of that name."""
        try:
            return self._settings.account(name)
        except SettingsError as error:
            raise SyncError(str(error)) from error

    def reachable(self, name: str) -> AccountConfig:
        """The configuration with the address to call, None while the paper broker starts."""
        config = self.config(name)
        paper = self._paper.base_url if self._paper is not None else None
        return replace(config, base_url=config.base_url or paper)

    def live(self, name: str) -> LiveAccount:
        """What works for an active account; SyncError that says why it does not."""
        account = self._live.get(name)
        if account is not None:
            return account
        if not self.config(name).enabled:
            raise SyncError(f"The account {name!r} is switched off in the settings.")
        if name not in self.names():
            raise SyncError(f"The account {name!r} is switched off: switch it on in Settings.")
        if self.is_opening or (self._opened and self._around.program in LISTENING):
            raise SyncError(self.problem or _STARTING)
        raise SyncError("The sync service is not running; start the program again.")

    def all_live(self) -> tuple[LiveAccount, ...]:
        """What works now."""
        return tuple(self._live.values())

    @property
    def is_open(self) -> bool:
        """Whether the accounts have been started."""
        return self._opened

    @property
    def is_opening(self) -> bool:
        """Whether the accounts are about to be started."""
        return not self._opened and bool(self._threads) and not self._around.stop.is_set()

    def set_active(self, name: str, *, active: bool) -> None:
        """Switch an account on or off, here at once, in other programs within seconds.

        SyncError for what the configuration switches off, and for the last active account.
        """
        if not self.config(name).enabled:
            raise SyncError(
                f"The account {name!r} is switched off in the configuration; switch it on there."
            )
        if not active and set(self.names()) <= {name}:
            raise SyncError(f"{name} is the only active account; switch another one on first.")
        self._choices.switch(name, active=active)
        if self._opened:
            self._follow()

    # -- following what is chosen ---------------------------------------------------------------

    @property
    def interval(self) -> float:
        """Seconds between syncs: SYNC_INTERVAL where it is set, else as chosen."""
        return self._interval

    def _chosen_interval(self) -> float:
        usual = self._settings.sync_interval
        if self._settings.interval_is_set:
            return usual
        return self._choices.current().interval or usual

    def _keep_following(self) -> None:
        while not self._around.stop.wait(_LOOK_EVERY):
            try:
                self._follow()
            except Exception:  # the next look tries again
                log.exception("What was chosen on the Settings page could not be followed")

    def follow(self) -> None:
        """Make what is chosen by now so, if this program has started its accounts."""
        if self._opened:
            self._follow()
        else:
            self._interval = self._chosen_interval()

    def _follow(self) -> None:
        with self._changing:
            if self._around.stop.is_set():
                return
            wanted = self.names()
            for name in [name for name in self._live if name not in wanted]:
                self._drop(name)
            for name in [name for name in wanted if name not in self._live]:
                self._begin(name)
            self._leaving = [one for one in self._leaving if not one.ended(0.0)]
            interval = self._chosen_interval()
            if interval != self._interval:
                self._interval = interval
                for account in self._live.values():
                    account.worker.wake()

    def _begin(self, name: str) -> None:
        config = self.reachable(name)
        account = make_account(
            config,
            self._around,
            interval=lambda: self._interval if self._around.program == SERVICE_PROGRAM else None,
            on_failure=lambda: self._revive_paper_broker(config),
        )
        self._live = {**self._live, name: account}
        account.worker.start()
        if self._streams is not None:
            self._streams.keep(name, account.stream.keep)

    def _drop(self, name: str) -> None:
        account = self._live[name]
        self._live = {key: value for key, value in self._live.items() if key != name}
        if self._streams is not None:
            self._streams.drop(name)
        account.end()
        self._leaving.append(account)
        log.info("%s: switched off", name)

    def _revive_paper_broker(self, config: AccountConfig) -> None:
        """Start the paper broker again if it has died; at its old address, so all goes on."""
        if self._paper is None or config.base_url != self._paper.base_url:
            return
        try:
            self._paper.revive(timeout=5.0)
        except PaperBrokerError as error:
            log.warning("%s", error)
