"""Export: any table as a file, whole, computed when somebody asks for it and not before.

A file that could not be made is told in one sentence: where it was asked for, and as a toast by
the watcher of the page (watch.py), for Streamlit makes the file in a thread without a page.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tradesync.store.database import Database, Tx
from tradesync.store.errors import StoreError
from tradesync.sync import registry
from tradesync.views.exports import Frame, csv_bytes, parquet_bytes
from tradesync.web.formatting import plain

_KINDS = (
    ("CSV", "text/csv", csv_bytes),
    ("Parquet", "application/vnd.apache.parquet", parquet_bytes),
)
_NOT_TWICE = "<style>[data-testid=stDownloadButtonError] { display: none }</style>"
"""Streamlit says for five seconds, under the button, that it failed and not why."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Failure:
    sentence: str
    is_told: bool = False


class ExportFailures:
    """Why the last export of a table failed, by tab and table, until it succeeds. Thread safe."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], _Failure] = {}
        self._guard = threading.Lock()

    def make(self, tab: str, name: str, work: Callable[[], bytes]) -> bytes:
        """The file that `work` makes; a failure is noted and raised again."""
        try:
            made = work()
        except Exception as error:
            reason = str(error) if isinstance(error, StoreError) else "The log says why."
            with self._guard:
                self._found[tab, name] = _Failure(_sentence(name, reason))
            _log.exception("The export %s failed", name)
            raise
        with self._guard:
            self._found.pop((tab, name), None)
        return made

    def of(self, tab: str, name: str) -> str | None:
        """Why a table's last export failed; None when it did not."""
        with self._guard:
            failure = self._found.get((tab, name))
        return None if failure is None else failure.sentence

    def untold(self, tab: str) -> str | None:
        """A failure the tab has not been told of yet; told with this call."""
        with self._guard:
            for (whose, _), failure in self._found.items():
                if whose == tab and not failure.is_told:
                    failure.is_told = True
                    return failure.sentence
        return None


def _sentence(name: str, reason: str) -> str:
    return f"No file of {name.replace('-', ' ')} was made; press the button again. {reason}"


FAILURES = ExportFailures()


def this_tab() -> str:
    """The browser tab this run draws for."""
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else context.session_id


def draw_export(
    name: str,
    load: Callable[[Tx], Frame],
    *,
    whose: str | None = None,
    label: str = "Export",
    period: str | None = None,
) -> None:
    """A small menu that downloads a table as CSV or Parquet.

    `name` (letters and hyphens, one a page) names the file, with the account `whose` table it
    is and the `period` it is about (None: what the filters say); `load` reads the table in one
    transaction, in a thread of its own, when a file is asked for.
    """
    subject = name if period is None else f"{name}-{period.lower()}"
    parts = ("tradesync", whose, subject, f"{datetime.now(UTC):%Y-%m-%d}")
    file_name = "-".join(part for part in parts if part)
    database, tab = registry.service().database, this_tab()
    which = "All rows as filtered" if period is None else f"Period: {period}. All rows"
    # With another key it would be another menu, and an open one would close: no period in it.
    with st.popover(label, icon=":material/download:", type="tertiary", key=f"export-{name}"):
        st.caption(f"{which}, raw numbers, times in UTC.")
        for kind, mime, write in _KINDS:
            st.download_button(
                kind, _maker(tab, subject, lambda write=write: write(_read(database, load))),  # type: ignore[misc]
                file_name=f"{file_name}.{kind.lower()}", mime=mime, on_click="ignore",
                icon=":material/draft:", width="stretch", key=f"download-{name}-{kind}",
            )  # fmt: skip
        if failure := FAILURES.of(tab, subject):
            st.error(plain(failure), icon=":material/error:")
            st.html(_NOT_TWICE)


def _maker(tab: str, name: str, work: Callable[[], bytes]) -> Callable[[], bytes]:
    return lambda: FAILURES.make(tab, name, work)


def _read(database: Database, load: Callable[[Tx], Frame]) -> Frame:
    with database.read() as tx:
        return load(tx)
