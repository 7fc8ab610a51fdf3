"""Any record of a dataclass, within what a database column holds."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_type_hints

from hypothesis import strategies as st

from tradesync.store.rows import Table

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DECIMALS = st.decimals(-(10**26) + 1, 10**26 - 1, allow_nan=False, places=12) | st.sampled_from(
    [
        Decimal("99999999999999999999999999.999999999999"),
        Decimal("-0.000000000001"),
        Decimal("1E+25"),
        Decimal("1.50000000000000000000"),
        Decimal("-0"),
    ]
)
INTEGERS = st.integers(-(2**63), 2**63 - 1)

_BY_TYPE: dict[type, st.SearchStrategy[Any]] = {
    str: TEXTS,
    Decimal: DECIMALS,
    bool: st.booleans(),
    int: INTEGERS,
    date: st.dates(),
}


def _values(hint: Any) -> st.SearchStrategy[Any]:
    kinds = get_args(hint)
    if NoneType in kinds:
        (kind,) = (item for item in kinds if item is not NoneType)
        return st.none() | _values(kind)
    if kinds:
        return st.lists(TEXTS, max_size=3).map(tuple)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return _BY_TYPE[hint]


def records(table: Table[Any], record: type, **given: Any) -> st.SearchStrategy[Any]:
    """Records as `table` stores them; `given` values are fixed or strategies."""
    hints = get_type_hints(record)
    stored = {column.name for column in table.columns}
    drawn = {
        field.name: _values(hints[field.name]) for field in fields(record) if field.name in stored
    }
    return st.builds(record, **{**drawn, **given})


def batches(table: Table[Any], record: type, **given: Any) -> st.SearchStrategy[list[Any]]:
    """A few records of different identities."""
    return st.lists(records(table, record, **given), max_size=6, unique_by=table.identity)
