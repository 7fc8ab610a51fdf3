"""Settings from the environment and `.env`, validated once at start; secrets are never shown."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from math import isfinite
from pathlib import Path
from urllib.parse import urlsplit

from tradesync.accounts_file import AccountsFileError, read_accounts_file
from tradesync.domain.times import Instant, new_york_midnight, parse_instant
from tradesync.settings_values import (
    SettingsError,
    Values,
    file_values,
    is_loopback,
    optional_url,
)

__all__ = [
    "LIVE_URL",
    "LONGEST_INTERVAL",
    "PAPER_BROKER",
    "PAPER_URL",
    "SHORTEST_INTERVAL",
    "SIMULATED_KEY",
    "SIMULATED_SECRET",
    "AccountConfig",
    "Environment",
    "Settings",
    "SettingsError",
    "environment_of",
    "is_loopback",
    "load_settings",
]

PAPER_URL = "https://paper-api.alpaca.markets"
LIVE_URL = "https://api.alpaca.markets"
PAPER_BROKER = "paper-broker"
SIMULATED_KEY = "PKSIMULATED"
SIMULATED_SECRET = "simulated-secret"  # noqa: S105 (the paper broker's well-known one)

_PAPER_HOST = "paper-api.alpaca.markets"
_ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9_-]*")
SHORTEST_INTERVAL, LONGEST_INTERVAL = 1.0, 3600.0
"""Seconds between syncs."""


class Environment(StrEnum):
    """What an account's address means: our own paper broker, Alpaca's paper host, or money."""

    SIMULATED = "simulated"
    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """One configured account. `base_url` None: the paper broker, not started yet."""

    name: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    base_url: str | None
    environment: Environment
    enabled: bool = True
    calls_per_minute: float = 200.0
    timeout: float = 10.0
    """Seconds one call may take, up to ten (sync.plan counts on that)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `sync_interval` in seconds; `data_url` None: not configured."""

    accounts: tuple[AccountConfig, ...]
    database: Path
    sync_interval: float
    history_start: Instant | None
    allow_live_trading: bool
    read_only: bool
    api_token: str | None = field(repr=False)
    log_format: str
    data_url: str | None
    allowed_hosts: tuple[str, ...] = ()
    """Host names the dashboard answers to besides those of this machine."""
    interval_is_set: bool = False
    """SYNC_INTERVAL says it: what is chosen on the Settings page does not count."""

    def account(self, name: str | None = None) -> AccountConfig:
        """The account of that name, or the first one; SettingsError lists the names there are."""
        if name is None:
            return self.accounts[0]
        for account in self.accounts:
            if account.name == name:
                return account
        known = ", ".join(account.name for account in self.accounts)
        raise SettingsError(f"There is no account named {name!r}. Configured: {known}.")

    @property
    def uses_paper_broker(self) -> bool:
        """Whether a program has to start the paper broker before it can sync."""
        return any(account.base_url is None for account in self.accounts)


def load_settings(
    environ: Mapping[str, str] | None = None,
    env_file: Path | None = Path(".env"),
    accounts_file: Path = Path("accounts.toml"),
) -> Settings:
    """Read the settings; the environment wins over `env_file`. SettingsError when unusable.

    `accounts_file` is read where it exists (TRADESYNC_ACCOUNTS_FILE names another).
    """
    values = Values({**file_values(env_file), **(os.environ if environ is None else environ)})
    named = values.text("TRADESYNC_ACCOUNTS_FILE")
    file = Path(named).expanduser() if named else accounts_file
    return Settings(
        accounts=_file_accounts(values, file) if named or file.is_file() else _accounts(values),
        database=Path(values.text("TRADESYNC_DB") or "data/tradesync.duckdb").expanduser(),
        sync_interval=_interval(values),
        history_start=_history_start(values),
        allow_live_trading=values.flag("ALLOW_LIVE_TRADING", default=False),
        read_only=values.flag("READ_ONLY", default=False),
        api_token=values.secret("TRADESYNC_API_TOKEN"),
        log_format=values.choice("LOG_FORMAT", ("text", "json")),
        data_url=optional_url(values, "ALPACA_DATA_URL"),
        allowed_hosts=_hosts(values),
        interval_is_set=values.text("SYNC_INTERVAL") is not None,
    )


def environment_of(url: str) -> Environment:
    """LIVE is every host but Alpaca's paper host and this machine (design: Commands)."""
    if is_loopback(url):
        return Environment.SIMULATED
    host = (urlsplit(url).hostname or "").rstrip(".")
    return Environment.PAPER if host == _PAPER_HOST else Environment.LIVE


def _hosts(values: Values) -> tuple[str, ...]:
    """Host names as browsers send them: lower case, without port."""
    listed = values.text("TRADESYNC_ALLOWED_HOSTS") or ""
    return tuple(name.strip().lower() for name in listed.split(",") if name.strip())


def _interval(values: Values) -> float:
    """Seconds between syncs."""
    text = values.text("SYNC_INTERVAL") or "30"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not isfinite(seconds) or not SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        raise SettingsError(f"SYNC_INTERVAL is {text!r}. Set it to seconds, from 1 to 3600.")
    return seconds


def _history_start(values: Values) -> Instant | None:
    """Where the history read begins: a date (00:00 New York) or an RFC 3339 time."""
    text = values.text("HISTORY_START")
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return new_york_midnight(date.fromisoformat(text))
        return parse_instant(text)
    except ValueError:
        raise SettingsError(
            f"HISTORY_START is {text!r}. Set it to a date like 2026-01-31, "
            "or a time like 2026-01-31T14:30:00Z."
        ) from None


def _accounts(values: Values) -> tuple[AccountConfig, ...]:
    """The configured accounts; one simulated account when no keys are set at all."""
    listed = values.text("TRADESYNC_ACCOUNTS")
    if listed is None:
        return (_single_account(values),)
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if not names:
        raise SettingsError("TRADESYNC_ACCOUNTS names no account. Set it like: main,ira")
    for name in names:
        if not _ACCOUNT_NAME.fullmatch(name):
            raise SettingsError(
                f"TRADESYNC_ACCOUNTS: {name!r} is no account name. "
                "Use small letters, digits, - and _."
            )
    accounts = tuple(_named_account(values, name) for name in names)
    _refuse_doubles(accounts)
    return accounts


def _file_accounts(values: Values, file: Path) -> tuple[AccountConfig, ...]:
    """The accounts of `accounts.toml`, their keys taken from the variables it names."""
    if values.text("TRADESYNC_ACCOUNTS") is not None:
        raise SettingsError(
            f"Both TRADESYNC_ACCOUNTS and {file} list the accounts. Remove one of them."
        )
    try:
        listed = read_accounts_file(file)
    except AccountsFileError as error:
        raise SettingsError(str(error)) from None
    accounts = []
    for item in listed:
        if not _ACCOUNT_NAME.fullmatch(item.name):
            raise SettingsError(
                f"{file}: {item.name!r} is no account name. Use small letters, digits, - and _."
            )
        url, paper = (f"{file} [accounts.{item.name}] {word}" for word in ("base_url", "paper"))
        stated = {url: item.base_url, paper: None if item.paper is None else str(item.paper)}
        account = _account(
            values.plus({name: text for name, text in stated.items() if text is not None}),
            name=item.name,
            names=_Names(item.key, item.secret, url, paper),
            enabled=item.enabled,
        )
        accounts.append(
            replace(account, calls_per_minute=item.calls_per_minute, timeout=item.timeout)
        )
    _refuse_twins(accounts)
    return tuple(accounts)


def _refuse_doubles(accounts: tuple[AccountConfig, ...]) -> None:
    """Two names for one account would sync it twice."""
    by_prefix: dict[str, str] = {}
    for account in accounts:
        other = by_prefix.setdefault(_prefix(account.name), account.name)
        if other != account.name or [a.name for a in accounts].count(account.name) > 1:
            raise SettingsError(
                f"TRADESYNC_ACCOUNTS: {other!r} and {account.name!r} read the same variables. "
                "Rename one."
            )
    _refuse_twins(accounts)


def _refuse_twins(accounts: Iterable[AccountConfig]) -> None:
    """Two names with one key are one account."""
    by_key: dict[tuple[str, str | None], str] = {}
    for account in accounts:
        twin = by_key.setdefault((account.key, account.base_url), account.name)
        if twin != account.name:
            raise SettingsError(
                f"Accounts {twin!r} and {account.name!r} use the same key. Remove one of them."
            )


def _prefix(name: str) -> str:
    """What the variables of a named account begin with."""
    return f"ALPACA_{name.upper().replace('-', '_')}"


def _named_account(values: Values, name: str) -> AccountConfig:
    """One account of `TRADESYNC_ACCOUNTS`."""
    prefix = _prefix(name)
    return _account(
        values,
        name=name,
        names=_Names(
            f"{prefix}_API_KEY", f"{prefix}_SECRET_KEY", f"{prefix}_BASE_URL", f"{prefix}_PAPER"
        ),
        enabled=values.flag(f"{prefix}_ENABLED", default=True),
    )


def _single_account(values: Values) -> AccountConfig:
    """The account of the plain variables, Alpaca's own names for them being aliases."""
    ours = values.text("ALPACA_API_KEY") or values.text("ALPACA_SECRET_KEY")
    theirs = values.text("APCA_API_KEY_ID") or values.text("APCA_API_SECRET_KEY")
    use_theirs = ours is None and theirs is not None
    url_name = "ALPACA_BASE_URL" if values.text("ALPACA_BASE_URL") else "APCA_API_BASE_URL"
    if ours is None and theirs is None and values.text(url_name) is None:
        return AccountConfig(
            PAPER_BROKER, SIMULATED_KEY, SIMULATED_SECRET, None, Environment.SIMULATED
        )
    names = _Names(
        "APCA_API_KEY_ID" if use_theirs else "ALPACA_API_KEY",
        "APCA_API_SECRET_KEY" if use_theirs else "ALPACA_SECRET_KEY",
        url_name,
        "ALPACA_PAPER",
    )
    return _account(values, name="main", names=names, enabled=True)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of one account's variables."""

    key: str
    secret: str
    url: str
    paper: str


def _account(values: Values, *, name: str, names: _Names, enabled: bool) -> AccountConfig:
    """One account with its address and environment; SettingsError when they contradict."""
    paper = values.optional_flag(names.paper)
    url = optional_url(values, names.url)
    if url is None:
        url = LIVE_URL if paper is False else PAPER_URL
    environment = environment_of(url)
    _refuse_contradiction(names, url, environment, paper=paper)
    key, secret = values.secret(names.key), values.secret(names.secret)
    if key is None and secret is None and environment is Environment.SIMULATED:
        key, secret = SIMULATED_KEY, SIMULATED_SECRET
    if key is None or secret is None:
        missing = names.key if key is None else names.secret
        raise SettingsError(
            f"Account {name!r} has no {missing}. Set it in .env or the environment; "
            "key and secret are shown together at alpaca.markets."
        )
    return AccountConfig(name, key, secret, url, environment, enabled)


def _refuse_contradiction(
    names: _Names, url: str, environment: Environment, *, paper: bool | None
) -> None:
    """Refuse an address that is not what the paper setting says (design: Commands)."""
    host = urlsplit(url).netloc
    if environment is Environment.LIVE and paper is not False:
        said = "is not set (so: true)" if paper is None else "is true"
        raise SettingsError(
            f"{names.url} is {host}, an address for real money, but {names.paper} {said}. "
            f"Set {names.paper}=false if you mean real money, or remove {names.url} for paper."
        )
    if environment is not Environment.LIVE and paper is False:
        raise SettingsError(
            f"{names.paper} is false, but {names.url} is {host}, which is {environment.value}. "
            f"Remove {names.url} if you mean real money, or set {names.paper}=true."
        )
