"""Files to take away read back to the very values, and no cell of them runs as a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web import seed
from tradesync.domain.times import Instant, parse_instant
from tradesync.store.arrow import TIME, table_as
from tradesync.store.database import Database
from tradesync.views.exports import Frame, csv_bytes, guarded, parquet_bytes

D = Decimal
AT = "2026-03-01T14:30:00.123456789Z"


def frame(heading: str | None = None) -> Frame:
    """One row of every kind of column, and one of nothing."""
    table = pa.table(
        {
            "symbol": pa.array(["AAPL", None]),
            "qty": pa.array([D("-0.000000001"), None], pa.decimal128(38, 12)),
            "at": pa.array([parse_instant(AT), None]).cast(TIME),
            "day": pa.array([date(2026, 3, 1), None]),
            "known": pa.array([True, None]),
            "count": pa.array([3, None]),
            "tags": pa.array([["core", "=x"], None]),
        }
    )
    return Frame(table, heading)


def rows_of(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode(), newline="")))


def test_csv_writes_exact_numbers_utc_times_and_nothing_for_the_unknown() -> None:
    head, first, second = rows_of(csv_bytes(frame()))
    assert head == ["symbol", "qty", "at", "day", "known", "count", "tags"]
    assert first == ["AAPL", "-0.000000001", AT, "2026-03-01", "true", "3", "core;=x"]
    assert second == [""] * 7


def test_a_heading_is_a_comment_pandas_skips_and_stands_in_parquet_too() -> None:
    text = csv_bytes(frame("not a tax document"))
    assert text.startswith(b"# not a tax document\r\n")
    read = pd.read_csv(io.BytesIO(text), comment="#")
    assert list(read["symbol"].dropna()) == ["AAPL"]
    stored = pq.read_schema(io.BytesIO(parquet_bytes(frame("not a tax document"))))
    assert stored.metadata[b"heading"] == b"not a tax document"


def test_parquet_keeps_the_very_values() -> None:
    assert pq.read_table(io.BytesIO(parquet_bytes(frame()))).equals(frame().table)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"
    table = pa.table({"note": pa.array([text])})
    assert rows_of(csv_bytes(Frame(table)))[1] == [f"'{text}"]


def test_numbers_are_not_guarded() -> None:
    table = pa.table({"pnl": pa.array([D("-3.5")], pa.decimal128(38, 12))})
    assert rows_of(csv_bytes(Frame(table)))[1] == ["-3.5"]


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8")).map(guarded))))
def test_any_text_comes_back_from_csv(texts: list[str | None]) -> None:
    table = pa.table({"number": range(len(texts)), "text": pa.array(texts, pa.string())})
    out = io.StringIO(csv_bytes(Frame(table)).decode(), newline="")
    assert [row[1] for row in csv.reader(out)][1:] == [guarded(text or "") for text in texts]


@dataclass(frozen=True, slots=True)
class Opened:
    symbol: str
    cost: Decimal
    opened_at: Instant


def test_a_query_becomes_a_typed_table(tmp_path: Path) -> None:
    database = Database(tmp_path / "record.duckdb")
    seed.small_account(database, now=parse_instant(AT))
    with database.read() as tx:
        table = table_as(tx, Opened, "FROM trade_rows WHERE symbol = ?", ["AAPL"])
    assert [str(kind) for kind in table.schema.types] == [
        "string", "decimal128(38, 12)", "timestamp[ns, tz=UTC]",
    ]  # fmt: skip
    assert rows_of(csv_bytes(Frame(table)))[1:] == [
        ["AAPL", "2000", "2026-02-27T14:30:00.123456789Z"]
    ]
