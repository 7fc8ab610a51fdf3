"""Log lines: readable or JSON, never with a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from tradesync.config import load_settings
from tradesync.logs import configure_logging, secrets_of


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("tradesync")
    before = (root.handlers[:], root.level, ours.level)
    yield
    root.handlers[:], level, our_level = before
    root.setLevel(level)
    ours.setLevel(our_level)


def logged(log_format: str, *, quiet: bool = False) -> str:
    """What is written of a line, an error with its trace, and a library's chatter."""
    settings = load_settings(
        {
            "ALPACA_API_KEY": "KEY-1234", "ALPACA_SECRET_KEY": "SECRET-5678",
            "TRADESYNC_API_TOKEN": "TOKEN-90",
        },
        None,
    )  # fmt: skip
    stream = io.StringIO()
    configure_logging(log_format, secrets=secrets_of(settings), stream=stream, quiet=quiet)
    log = logging.getLogger("tradesync.tests")
    log.info("main: in sync with KEY-1234 and %s", "TOKEN-90")
    logging.getLogger("some.library").info("chatter")
    try:
        int("SECRET-5678")
    except ValueError:
        log.exception("main: failed")
    return stream.getvalue()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_written_not_even_in_a_trace(log_format: str) -> None:
    text = logged(log_format)
    assert "main: in sync with" in text
    assert "ValueError" in text
    for secret in ("KEY-1234", "SECRET-5678", "TOKEN-90"):
        assert secret not in text


def test_json_is_one_object_a_line() -> None:
    first, second = map(json.loads, logged("json").splitlines())
    assert (first["level"], first["logger"]) == ("info", "tradesync.tests")
    assert first["at"].endswith("Z")
    assert second["message"] == "main: failed"
    assert "Traceback" in second["error"]


def test_libraries_are_silent_and_quiet_leaves_errors() -> None:
    assert "chatter" not in logged("text")
    quiet = logged("text", quiet=True)
    assert "in sync" not in quiet
    assert "main: failed" in quiet
