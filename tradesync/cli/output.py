"""Printing rows as a table, CSV or JSON. Figures are exact in all three."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.times import SECOND, Instant, to_datetime
from tradesync.views.export import Json, exact


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def figure(value: Decimal | None, *, signed: bool = False) -> str:
    """A number as a person reads it, exact; a dash for what is unknown."""
    if value is None:
        return "—"
    text = exact(value)
    return f"+{text}" if signed and value > 0 else text


def local_time(at: Instant | None) -> str:
    """A time in this machine's zone, to the minute; a dash for none."""
    return "—" if at is None else f"{to_datetime(at).astimezone():%Y-%m-%d %H:%M}"


def age(at: Instant | None) -> str:
    """How long ago an instant is, in its largest unit."""
    if at is None:
        return "never"
    seconds = max(0, int(datetime.now(UTC).timestamp()) - at // SECOND)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: range) -> None:
    """Aligned columns, those of `numbers` to the right."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    for row in table:
        cells = [
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def print_csv(records: Sequence[dict[str, Json]], columns: Sequence[str]) -> None:
    """CSV with a heading line even when there is nothing; lists joined by semicolons."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(record[column]) for column in columns])


def print_json(value: Json | Sequence[dict[str, Json]]) -> None:
    """Indented JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(_cell(item) for item in value)
    return str(value)
