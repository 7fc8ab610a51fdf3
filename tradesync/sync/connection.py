"""Testing an account's connection: every step tried, the first trouble told in one sentence."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tradesync.broker.alpaca import AlpacaBroker
from tradesync.broker.diagnosis import why_unreachable
from tradesync.broker.errors import (
    BrokerError,
    BrokerRateLimited,
    BrokerUnauthorized,
    BrokerUnreachable,
)
from tradesync.broker.quotes import QuoteClient
from tradesync.config import AccountConfig, Environment, Settings
from tradesync.domain.facts import AccountState
from tradesync.domain.times import SECOND
from tradesync.store import accounts
from tradesync.store.database import Database
from tradesync.store.errors import StoreError

_TIMEOUT = 5.0
_MOST_SKEW = 2.0
"""Seconds this machine's clock may be off the broker's before it is worth a word."""
_SYMBOL = "AAPL"
_PREFIXES = {Environment.PAPER: "AK", Environment.LIVE: "PK"}
"""How a key begins that belongs to the other kind of account."""
_KINDS = {"AK": "live keys (they begin with AK)", "PK": "paper keys (they begin with PK)"}


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """How a test went: all well or the first trouble, and every step in a few words each."""

    ok: bool
    sentence: str
    details: tuple[str, ...]


@dataclass(slots=True)
class _Report:
    """The steps so far, and what was wrong with any."""

    details: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def step(self, what: str, said: str, trouble: str = "") -> None:
        """Note a step; with `trouble`, one sentence that says what to do."""
        self.details.append(f"{what}: {said}")
        if trouble:
            self.troubles.append(trouble)

    def ended(self, well: str) -> ConnectionTest:
        """The test as it is told."""
        sentence = self.troubles[0] if self.troubles else well
        return ConnectionTest(not self.troubles, sentence, tuple(self.details))


def connection_test(
    config: AccountConfig, settings: Settings, database: Database
) -> ConnectionTest:
    """Ask the broker for the account, the time and a price. Never raises; tells no secret."""
    report = _Report()
    if config.base_url is None:
        report.step("Address", "none", "The paper broker has not started yet; try again soon.")
        return report.ended("")
    host = urlsplit(config.base_url).netloc
    report.step("Address", f"{host} ({config.environment.value.upper()})")
    broker = AlpacaBroker(config, timeout=min(config.timeout, _TIMEOUT), patience=0.0)
    try:
        state = _read_account(config, broker, report)
        if state is not None:
            _check_identity(config, state, database, report)
            _check_trading(config, state, settings, report)
            _check_clock(config, broker, report)
            _check_data(config, settings, report)
    finally:
        broker.close()
    number = "" if state is None else f" account {state.account_number},"
    return report.ended(f"Connected to{number} {config.environment.value}, at {host}.")


def _read_account(
    config: AccountConfig, broker: AlpacaBroker, report: _Report
) -> AccountState | None:
    began = time.monotonic()
    try:
        state = broker.account().value
    except BrokerUnreachable as error:
        why = why_unreachable(config.base_url or "", min(config.timeout, _TIMEOUT))
        report.step("Connection", "none", why or error.sentence)
    except BrokerUnauthorized as error:
        report.step("Keys", "not accepted", _key_trouble(config) or error.sentence)
    except BrokerRateLimited as error:
        report.step("Keys", "not tried", error.sentence)
    except BrokerError as error:
        report.step("Answer", "an error", error.sentence)
    else:
        report.step("Connection", f"{(time.monotonic() - began) * 1000:.0f} ms")
        report.step("Keys", "accepted")
        return state
    return None


def _key_trouble(config: AccountConfig) -> str | None:
    """Keys of the other kind of account, by how they begin; nothing more of a key is shown."""
    wrong = _PREFIXES.get(config.environment)
    if wrong is None or not config.key.startswith(wrong):
        return None
    word = "true" if config.environment is Environment.LIVE else "false"
    return (
        f"Account {config.name!r} has {_KINDS[wrong]}, which do not work at "
        f"{urlsplit(config.base_url or '').netloc}, the {config.environment.value} address. "
        f"Set its …PAPER={word}, or take the keys of the other account."
    )


def _check_identity(
    config: AccountConfig, state: AccountState, database: Database, report: _Report
) -> None:
    """Whether the keys open the account whose record this name has."""
    try:
        with database.read() as tx:
            bound = accounts.account_by_name(tx, config.name)
    except StoreError as error:
        report.step("Record", "cannot be read", str(error))
        return
    if bound is None or bound.account_id == state.account_id:
        report.step("Account", f"{state.account_number} {state.status}")
        return
    report.step(
        "Account",
        f"{state.account_number}, not {bound.account_number}",
        f"The keys open account {state.account_number}, but the record of {config.name!r} is of "
        f"account {bound.account_number}. Use the other keys, or start a new record: "
        f"python -m tradesync rebind {config.name}",
    )


def _check_trading(
    config: AccountConfig, state: AccountState, settings: Settings, report: _Report
) -> None:
    """What keeps the account from trading, at the broker or here."""
    raw = json.loads(state.raw) if state.raw else {}
    flags = ("account_blocked", "trading_blocked", "trade_suspended_by_user")
    blocked = [name for name in flags if raw.get(name) is True]
    if state.status not in {"ACTIVE", ""}:
        trouble = f"The broker says the account is {state.status}. Ask Alpaca about it."
        report.step("Trading", state.status, trouble)
    elif blocked:
        words = ", ".join(name.replace("_", " ") for name in blocked)
        report.step("Trading", words, f"The broker blocks this account: {words}. Ask Alpaca why.")
    elif settings.read_only:
        report.step("Trading", "allowed by the broker, switched off here (READ_ONLY)")
    elif config.environment is Environment.LIVE and not settings.allow_live_trading:
        report.step("Trading", "allowed by the broker, off here until ALLOW_LIVE_TRADING=true")
    else:
        report.step("Trading", "allowed")


def _check_clock(config: AccountConfig, broker: AlpacaBroker, report: _Report) -> None:
    """How far this machine's clock is off; the paper broker lives in a time of its own."""
    if config.environment is Environment.SIMULATED:
        return
    began = time.time_ns()
    try:
        at = broker.clock().at
    except BrokerError as error:
        report.step("Clock", "not read", error.sentence)
        return
    skew = (at - (began + time.time_ns()) // 2) / SECOND
    trouble = ""
    if abs(skew) > _MOST_SKEW:
        way = "behind" if skew > 0 else "ahead of"
        trouble = f"This machine's clock is {abs(skew):.0f} seconds {way} the broker's; set it."
    report.step("Clock", f"{skew:+.1f} s", trouble)


def _check_data(config: AccountConfig, settings: Settings, report: _Report) -> None:
    """Whether prices can be asked for: another address, and a subscription of its own."""
    client = QuoteClient(config, settings.data_url)
    try:
        client.latest(_SYMBOL, "us_equity")
    except BrokerError as error:
        report.step(
            "Market data",
            "refused" if error.status is not None else "no answer",
            f"The account works, its market data does not: {error.sentence}",
        )
    else:
        report.step("Market data", "answers")
    finally:
        client.close()
