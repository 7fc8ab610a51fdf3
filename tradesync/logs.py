"""Logging for the programs: readable lines or JSON, with secrets blotted out."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from tradesync.config import Settings

_BLOT = "•••"
_TEXT = "%(asctime)s %(levelname)-7s %(message)s"


class _Redacting(logging.Formatter):
    """A formatter whose output never holds any of the given secrets, whoever logged them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(_TEXT, datefmt="%Y-%m-%d %H:%M:%S")
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        return self._blotted(super().format(record))

    def _blotted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _BLOT)
        return text


about: ContextVar[dict[str, str]] = ContextVar("about")
"""What the lines of the running thread are about: account, run."""


class _JsonLines(_Redacting):
    """One JSON object a line: at (RFC 3339 UTC), level, logger, account, run, message, error."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **about.get({}),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps({key: self._blotted(value) for key, value in line.items()})


def secrets_of(settings: Settings) -> set[str]:
    """Everything in the settings that must never be written."""
    found = {secret for account in settings.accounts for secret in (account.key, account.secret)}
    return found | ({settings.api_token} if settings.api_token else set())


def configure_logging(
    log_format: str,
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
    quiet: bool = False,
) -> None:
    """Send log lines of level INFO and above to `stream` (standard error); replaces earlier set-up.

    `log_format` is "text" or "json". Libraries below us speak only from WARNING on; `quiet`
    leaves errors only, for programs that say themselves how they fared.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonLines(secrets) if log_format == "json" else _Redacting(secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("tradesync").setLevel(logging.ERROR if quiet else logging.INFO)
