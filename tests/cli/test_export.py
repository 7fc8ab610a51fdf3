"""Rows as JSON for scripts: nothing rounded, nothing in a float."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradesync.domain.times import Instant
from tradesync.views.export import as_json, exact, seconds_between

DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=12, min_value=-(10**25), max_value=10**25
)


@given(DECIMALS)
def test_exact_text_reads_back_as_the_same_number(number: Decimal) -> None:
    text = exact(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert not text.endswith(".")
    assert text != "-0"


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+3", "1000"), ("100", "100"), ("1.500", "1.5"), ("-0.000", "0"), ("0E-12", "0")],
)
def test_exact_text_is_plain(number: str, text: str) -> None:
    assert exact(Decimal(number)) == text


@dataclass(frozen=True)
class _Row:
    at: Instant | None
    count: int
    price: Decimal | None
    day: date
    flags: list[str]
    known: bool


def test_instants_become_times_and_counts_stay_numbers() -> None:
    row = _Row(1_500_000_000, 1_500_000_000, None, date(2026, 11, 20), ["a"], known=True)
    assert as_json(row) == {
        "at": "1970-01-01T00:00:01.5Z",
        "count": 1_500_000_000,
        "price": None,
        "day": "2026-11-20",
        "flags": ["a"],
        "known": True,
    }


def test_only_rows_become_json() -> None:
    with pytest.raises(TypeError, match="not a row: dict"):
        as_json({"a": 1})


def test_durations_are_seconds_to_the_millisecond() -> None:
    assert seconds_between(1_000_000_000, 2_234_567_890) == 1.234
    assert seconds_between(None, 1) is None
