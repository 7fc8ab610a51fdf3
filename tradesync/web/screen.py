"""What one run of a page knows: whose screen it is, which account, and how it stands."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from tradesync.config import AccountConfig, Environment
from tradesync.domain.times import Instant
from tradesync.store.database import Database
from tradesync.sync import registry
from tradesync.sync.outcomes import SyncState
from tradesync.sync.service import SyncService
from tradesync.views.reading import Reader
from tradesync.web.preferences import keep, preferences_from

_SCREEN = "_screen"
_PROBLEM = "_reading_problem"


@dataclass(frozen=True, slots=True)
class Screen:
    """One run of a page for one viewer and account; `now` is the run's start."""

    service: SyncService
    config: AccountConfig
    state: SyncState
    zone: tzinfo
    dark: bool
    now: Instant

    @property
    def account(self) -> str:
        """The account's configured name."""
        return self.config.name

    @property
    def account_id(self) -> str | None:
        """The broker's id of the account; None before its first read."""
        return self.state.account_id

    @property
    def reader(self) -> Reader:
        """Reads the record for screens."""
        return reader_of(self.service.database)

    @property
    def environment(self) -> Environment:
        """Simulated, paper or live."""
        return self.config.environment

    @property
    def read_only_because(self) -> str | None:
        """Why nothing may be sent to the broker, in one sentence; None when it may."""
        settings = self.service.settings
        if settings.read_only:
            return "Read-only: READ_ONLY=true is set, so nothing is sent to the broker."
        if self.environment is Environment.LIVE and not settings.allow_live_trading:
            return (
                "Read-only: this is a live account. Its owner can allow orders with "
                "ALLOW_LIVE_TRADING=true."
            )
        return None


@cache
def reader_of(database: Database) -> Reader:
    """The process's one reader of a database."""
    return Reader(database)


def viewer_zone() -> tzinfo:
    """The browser's time zone; UTC while it is not known."""
    name = st.context.timezone
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def begin_screen(account: str) -> Screen:
    """Gather what this run knows of an account and keep it for the page that follows."""
    service = registry.service()
    keep(preferences_from(service.preferences()))
    screen = Screen(
        service=service,
        config=service.settings.account(account),
        state=service.state(account),
        zone=viewer_zone(),
        dark=st.context.theme.type == "dark",
        now=time.time_ns(),
    )
    st.session_state[_SCREEN] = screen
    return screen


def current_screen() -> Screen:
    """The screen of the run that is drawing this page."""
    screen = st.session_state[_SCREEN]
    assert isinstance(screen, Screen)
    return screen
