"""Asking the person at the terminal before something is sent to a broker."""

from __future__ import annotations

import sys

from tradesync.cli.session import CommandError
from tradesync.config import AccountConfig, Environment

_YES = {"y", "yes"}


def confirm(question: str, account: AccountConfig, *, word: str, yes: bool) -> None:
    """Return when the person agrees; CommandError when not.

    `--yes` answers for paper accounts. Real money is confirmed by typing `word`, always.
    """
    text = f"{question} on {account.name} ({account.environment.value.upper()})?"
    if account.environment is Environment.LIVE:
        agreed = _ask(f"{text} Real money: type {word} to confirm: ") == word
    else:
        agreed = yes or _ask(f"{text} [y/N] ").lower() in _YES
    if not agreed:
        raise CommandError("Not confirmed; nothing was done.")


def agree(question: str, yes: bool) -> None:
    """Return when the person agrees to something that sends nothing; CommandError when not."""
    if not (yes or _ask(f"{question} [y/N] ").lower() in _YES):
        raise CommandError("Not confirmed; nothing was done.")


def _ask(prompt: str) -> str:
    """One line from the terminal (or a pipe); empty when there is nobody."""
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        print(file=sys.stderr)
    return line.strip()
