"""A file that cannot be made is told once, in words, to the tab that asked for it."""

from __future__ import annotations

import pytest

from tests.web.conftest import Seeded, open_page, text_of
from tradesync.store.errors import DatabaseBusyError
from tradesync.web import downloads
from tradesync.web.downloads import ExportFailures


def broken() -> bytes:
    """A file nobody can make."""
    raise ValueError("secret detail")


def busy() -> bytes:
    """A file whose record another program holds."""
    raise DatabaseBusyError("The record is in use by duckdb (pid 7).")


def test_a_failure_is_told_once_and_gone_after_a_success() -> None:
    failures = ExportFailures()
    assert failures.make("tab", "realized-lots", lambda: b"rows") == b"rows"
    assert failures.untold("tab") is None
    with pytest.raises(DatabaseBusyError):
        failures.make("tab", "realized-lots", busy)
    expected = (
        "No file of realized lots was made; press the button again. "
        "The record is in use by duckdb (pid 7)."
    )
    assert failures.untold("other") is None
    assert failures.untold("tab") == expected
    assert failures.untold("tab") is None
    assert failures.of("tab", "realized-lots") == expected
    failures.make("tab", "realized-lots", lambda: b"rows")
    assert failures.of("tab", "realized-lots") is None


def test_what_nobody_expected_is_for_the_log() -> None:
    failures = ExportFailures()
    with pytest.raises(ValueError, match="secret"):
        failures.make("tab", "trades", broken)
    said = failures.of("tab", "trades")
    assert said == "No file of trades was made; press the button again. The log says why."


def test_the_page_says_it_where_the_file_was_asked_for(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "this_tab", lambda: "tab")
    monkeypatch.setattr(downloads, "FAILURES", ExportFailures())
    with pytest.raises(DatabaseBusyError):
        downloads.FAILURES.make("tab", "trades", busy)
    assert "No file of trades was made" in text_of(open_page("trades", status="All"))
