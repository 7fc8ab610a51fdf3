"""accounts.toml: many accounts, keys by reference only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradesync.config import Environment, Settings, SettingsError, load_settings

TWO = """
[accounts.main]
key = "$MAIN_KEY"
secret = "$MAIN_SECRET"
calls_per_minute = 1000
timeout = 5

[accounts.ira]
key = "$IRA_KEY"
secret = "$IRA_SECRET"
paper = false
enabled = false
"""
KEYS = {"MAIN_KEY": "PK1", "MAIN_SECRET": "s1", "IRA_KEY": "AK2", "IRA_SECRET": "s2"}


def load(path: Path, text: str, **environ: str) -> Settings:
    file = path / "accounts.toml"
    file.write_text(text)
    return load_settings({**KEYS, **environ}, env_file=None, accounts_file=file)


def test_accounts_come_in_order_with_their_keys_from_the_environment(tmp_path: Path) -> None:
    main, ira = load(tmp_path, TWO).accounts
    assert (main.name, main.key, main.secret, main.environment) == (
        "main", "PK1", "s1", Environment.PAPER,
    )  # fmt: skip
    assert (main.calls_per_minute, main.timeout, main.enabled) == (1000, 5, True)
    assert (ira.environment, ira.enabled, ira.calls_per_minute) == (Environment.LIVE, False, 200)


def test_another_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(TWO)
    settings = load_settings(
        {**KEYS, "TRADESYNC_ACCOUNTS_FILE": str(tmp_path / "other.toml")}, env_file=None
    )
    assert [account.name for account in settings.accounts] == ["main", "ira"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "tables like"),
        ("[accounts", "cannot be read"),
        ("[accounts.Main]\nkey='$MAIN_KEY'\nsecret='$MAIN_SECRET'", "no account name"),
        ("[accounts.main]\nkey='$MAIN_KEY'", "secret must name"),
        ("[accounts.main]\nkey='$NOWHERE'\nsecret='$MAIN_SECRET'", "has no NOWHERE"),
        (TWO + "\npapr = true", "papr is not known"),
        (TWO + "\ntimeout = 60", "from 1 to 10"),
        (TWO + "\ntimeout = true", "a number"),
        (TWO.replace("IRA", "MAIN").replace("paper = false", ""), "same key"),
        (TWO.replace("paper = false", "base_url = 'https://api.alpaca.markets'"), "real money"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        load(tmp_path, text)


def test_a_key_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="do not belong") as refused:
        load(tmp_path, TWO.replace("$MAIN_SECRET", "PKREALLYSECRET"))
    assert "PKREALLYSECRET" not in str(refused.value)


def test_two_lists_of_accounts_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Remove one of them"):
        load(tmp_path, TWO, TRADESYNC_ACCOUNTS="main")
