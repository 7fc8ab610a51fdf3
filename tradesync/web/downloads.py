"""Export: any table as a file, whole, computed when somebody asks for it and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

import streamlit as st

from tradesync.domain.times import to_datetime
from tradesync.store.database import Tx
from tradesync.views.exports import Frame, csv_bytes, parquet_bytes
from tradesync.web.screen import Screen, current_screen

_KINDS = (
    ("CSV", "text/csv", csv_bytes),
    ("Parquet", "application/vnd.apache.parquet", parquet_bytes),
)


def draw_export(name: str, load: Callable[[Tx], Frame], *, label: str = "Export") -> None:
    """A small menu that downloads a table as CSV or Parquet.

    `name` (letters and hyphens, one a page) names the file; `load` reads the table in one
    transaction, in a thread of its own, when a file is asked for.
    """
    screen = current_screen()
    file_name = _file_name(screen, name)
    with st.popover(label, icon=":material/download:", type="tertiary", key=f"export-{name}"):
        st.caption("All rows as filtered, raw numbers, times in UTC.")
        for kind, mime, write in _KINDS:
            st.download_button(
                kind, lambda write=write: write(_read(screen, load)),  # type: ignore[misc]
                file_name=f"{file_name}.{kind.lower()}", mime=mime, on_click="ignore",
                icon=":material/draft:", width="stretch", key=f"download-{name}-{kind}",
            )  # fmt: skip


def _read(screen: Screen, load: Callable[[Tx], Frame]) -> Frame:
    with screen.service.database.read() as tx:
        return load(tx)


def _file_name(screen: Screen, name: str) -> str:
    day = to_datetime(screen.now).astimezone(UTC).date()
    return f"tradesync-{screen.account}-{name}-{day}"
