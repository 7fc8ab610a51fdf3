"""Whole results as Arrow tables: hundreds of thousands of rows without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa

from tradesync.store.database import Tx

TIME = pa.timestamp("ns", tz="UTC")


def table_as(tx: Tx, row_type: type[Any], source: str, params: Sequence[Any] = ()) -> pa.Table:
    """The rows of `source` (FROM … onwards) as a table whose columns are the row's fields.

    Decimals stay decimal128(38,12); what the row calls an instant becomes a UTC time.
    """
    named = fields(row_type)
    columns = ", ".join(f'"{field.name}"' for field in named)
    table = tx.arrow(f"SELECT {columns} {source}", params)
    for place, field in enumerate(named):
        if "Instant" in str(field.type):
            times = table.column(place).cast(pa.int64()).cast(TIME)
            table = table.set_column(place, field.name, times)
    return table
