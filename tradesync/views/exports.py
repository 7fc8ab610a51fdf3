"""Tables to take away, as CSV and as Parquet: every row, raw numbers, UTC times.

Numbers are exact: text without exponent in CSV, DECIMAL(38,12) in Parquet. Unknown is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tradesync.domain.times import format_instant
from tradesync.views.export import exact

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text cell for a formula."""
_HEADING = b"heading"


@dataclass(frozen=True, slots=True)
class Frame:
    """A table to take away; `heading`: one sentence that goes with it wherever it goes."""

    table: pa.Table
    heading: str | None = None


def csv_bytes(frame: Frame) -> bytes:
    """CSV (RFC 4180) in UTF-8, the heading as a first line after `#`; times RFC 3339 UTC.

    Text a spreadsheet would run as a formula gets an apostrophe in front.
    """
    out = io.StringIO(newline="")
    if frame.heading:
        out.write(f"# {frame.heading}\r\n")
    writer = csv.writer(out)
    writer.writerow(frame.table.column_names)
    writer.writerows(zip(*map(_texts, frame.table.columns), strict=True))
    return out.getvalue().encode()


def parquet_bytes(frame: Frame) -> bytes:
    """Parquet with typed columns, the heading in the file's metadata."""
    metadata = {_HEADING: frame.heading.encode()} if frame.heading else None
    out = io.BytesIO()
    pq.write_table(frame.table.replace_schema_metadata(metadata), out)
    return out.getvalue()


def guarded(text: str) -> str:
    """Text that a spreadsheet shows and does not run."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _texts(column: pa.ChunkedArray) -> Iterator[str]:
    """The cells of a column as CSV texts; each distinct value is written out once."""
    write = _writer(column.type)
    if pa.types.is_list(column.type):
        return ("" if value is None else write(value) for value in column.to_pylist())
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    texts = [write(value) for value in encoded.dictionary.to_pylist()]
    return ("" if place is None else texts[place] for place in encoded.indices.to_pylist())


_WRITERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], str]], ...] = (
    (pa.types.is_timestamp, format_instant),
    (pa.types.is_decimal, exact),
    (pa.types.is_boolean, lambda value: str(value).lower()),
    (pa.types.is_date, lambda value: str(value.isoformat())),
    (pa.types.is_list, lambda value: guarded(";".join(value))),
    (pa.types.is_string, guarded),
)


def _writer(kind: pa.DataType) -> Callable[[Any], str]:
    return next((write for fits, write in _WRITERS if fits(kind)), str)
