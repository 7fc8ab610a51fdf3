"""Consent: typed for real money, whatever the options say."""

from __future__ import annotations

import io
import sys

import pytest

from tradesync.cli.asking import confirm
from tradesync.cli.session import CommandError
from tradesync.config import AccountConfig, Environment


def ask(
    monkeypatch: pytest.MonkeyPatch, environment: Environment, typed: str, *, yes: bool
) -> bool:
    """Whether the question was agreed to."""
    account = AccountConfig("main", "k", "s", "https://broker.example", environment)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    try:
        confirm("Buy 1 AAPL at market", account, word="AAPL", yes=yes)
    except CommandError:
        return False
    return True


@pytest.mark.parametrize(
    ("typed", "agreed"), [("AAPL\n", True), ("aapl\n", False), ("y\n", False), ("", False)]
)
@pytest.mark.parametrize("yes", [True, False])
def test_real_money_is_confirmed_by_typing_even_with_yes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    *,
    agreed: bool,
    yes: bool,
) -> None:
    assert ask(monkeypatch, Environment.LIVE, typed, yes=yes) is agreed
    question = capsys.readouterr().err
    assert "Buy 1 AAPL at market on main (LIVE)? Real money: type AAPL to confirm:" in question


@pytest.mark.parametrize("environment", [Environment.PAPER, Environment.SIMULATED])
@pytest.mark.parametrize(
    ("typed", "yes", "agreed"),
    [("", True, True), ("y\n", False, True), ("YES\n", False, True), ("\n", False, False)],
)
def test_paper_accounts_take_a_yes(
    monkeypatch: pytest.MonkeyPatch,
    environment: Environment,
    typed: str,
    *,
    yes: bool,
    agreed: bool,
) -> None:
    assert ask(monkeypatch, environment, typed, yes=yes) is agreed
