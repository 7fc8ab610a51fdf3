"""Export: any table as a file, whole, computed when somebody asks for it and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from tradesync.store.database import Database, Tx
from tradesync.sync import registry
from tradesync.views.exports import Frame, csv_bytes, parquet_bytes

_KINDS = (
    ("CSV", "text/csv", csv_bytes),
    ("Parquet", "application/vnd.apache.parquet", parquet_bytes),
)


def draw_export(
    name: str, load: Callable[[Tx], Frame], *, whose: str | None = None, label: str = "Export"
) -> None:
    """A small menu that downloads a table as CSV or Parquet.

    `name` (letters and hyphens, one a page) names the file, with the account `whose` table it
    is; `load` reads the table in one transaction, in a thread of its own, when a file is asked
    for.
    """
    parts = ("tradesync", whose, name, f"{datetime.now(UTC):%Y-%m-%d}")
    file_name = "-".join(part for part in parts if part)
    database = registry.service().database
    with st.popover(label, icon=":material/download:", type="tertiary", key=f"export-{name}"):
        st.caption("All rows as filtered, raw numbers, times in UTC.")
        for kind, mime, write in _KINDS:
            st.download_button(
                kind, lambda write=write: write(_read(database, load)),  # type: ignore[misc]
                file_name=f"{file_name}.{kind.lower()}", mime=mime, on_click="ignore",
                icon=":material/draft:", width="stretch", key=f"download-{name}-{kind}",
            )  # fmt: skip


def _read(database: Database, load: Callable[[Tx], Frame]) -> Frame:
    with database.read() as tx:
        return load(tx)
