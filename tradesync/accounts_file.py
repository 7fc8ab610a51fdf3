"""`accounts.toml`: many accounts in one file, their keys by the names of environment variables.

    [accounts.main]
    key = "$ALPACA_MAIN_KEY"          # the variable that holds it; the key itself is refused
    secret = "$ALPACA_MAIN_SECRET"
    paper = true                      # false: real money
    enabled = true
    base_url = "https://…"            # default: Alpaca's own
    calls_per_minute = 200
    timeout = 10                      # seconds a call may take
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_KINDS: dict[str, tuple[type, ...]] = {
    "key": (str,),
    "secret": (str,),
    "base_url": (str,),
    "paper": (bool,),
    "enabled": (bool,),
    "calls_per_minute": (int, float),
    "timeout": (int, float),
}
_WORDS = {"str": "a text", "bool": "true or false", "int": "a number"}


class AccountsFileError(ValueError):
    """The file cannot be used; the message names the line of it and says what to do."""


@dataclass(frozen=True, slots=True)
class FileAccount:
    """One account of the file. `key` and `secret` are names of environment variables."""

    name: str
    key: str
    secret: str
    base_url: str | None
    paper: bool | None
    enabled: bool
    calls_per_minute: float
    timeout: float


def read_accounts_file(path: Path) -> tuple[FileAccount, ...]:
    """The accounts of a file, in its order; AccountsFileError when it cannot be used."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        kind = type(error).__name__
        detail = f": {error}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise AccountsFileError(f"{path} cannot be read ({kind}{detail}).") from None
    accounts = content.get("accounts")
    if set(content) != {"accounts"} or not isinstance(accounts, dict) or not accounts:
        raise AccountsFileError(f"{path} must hold tables like [accounts.main] and nothing else.")
    return tuple(_account(path, name, table) for name, table in accounts.items())


def _account(path: Path, name: str, table: object) -> FileAccount:
    where = f"{path} [accounts.{name}]"
    if not isinstance(table, dict):
        raise AccountsFileError(f"{where} must be a table.")
    for word, value in table.items():
        if word not in _KINDS:
            raise AccountsFileError(f"{where}: {word} is not known. Use: {', '.join(_KINDS)}.")
        kinds = _KINDS[word]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise AccountsFileError(f"{where}: {word} must be {_WORDS[kinds[0].__name__]}.")
    return FileAccount(
        name=name,
        key=_variable(where, table, "key"),
        secret=_variable(where, table, "secret"),
        base_url=table.get("base_url"),
        paper=table.get("paper"),
        enabled=table.get("enabled", True),
        calls_per_minute=_between(where, table, "calls_per_minute", 200, (10, 10_000)),
        timeout=_between(where, table, "timeout", 10, (1, 10)),
    )


def _variable(where: str, table: Mapping[str, object], word: str) -> str:
    """The variable a key is in. The value is not repeated: it may be the key itself."""
    match = _VARIABLE.fullmatch(str(table.get(word, "")))
    if match is None:
        raise AccountsFileError(
            f'{where}: {word} must name an environment variable, like "$ALPACA_MAIN_KEY". '
            "Keys themselves do not belong into this file."
        )
    return match[1]


def _between(
    where: str, table: Mapping[str, object], word: str, usual: float, bounds: tuple[float, float]
) -> float:
    value = table.get(word, usual)
    assert isinstance(value, int | float)
    low, high = bounds
    if not low <= value <= high:
        raise AccountsFileError(f"{where}: {word} must be from {low:g} to {high:g}.")
    return float(value)
