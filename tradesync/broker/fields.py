"""Typed reading of a JSON object's fields: exact, tolerant of absence, never of nonsense."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

from tradesync.domain.money import UNIT, at_scale, to_decimal
from tradesync.domain.times import Instant, parse_instant

Row = Mapping[str, object]

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)

_MOST_DIGITS = 26
"""Digits before the point of DECIMAL(38,12)."""

_FINEST = int(UNIT.as_tuple().exponent)

_LARGEST_INSTANT = 2**63
_FLAGS = {"true": True, "false": False}
_GO_ZERO_TIME = "0001-01-01T00:00:00"
_NO_ASSET = "00000000-0000-0000-0000-000000000000"


def text(row: Row, name: str) -> str:
    """A text, "" when absent or null; ValueError when it is something else."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004 (one error for callers)
    if not value.isascii():
        value.encode()  # a lone surrogate cannot be stored: UnicodeEncodeError is a ValueError
    return value


def optional_text(row: Row, name: str) -> str | None:
    """A text, None when absent, null or empty."""
    return text(row, name) or None


def required_text(row: Row, name: str) -> str:
    """A text that must be there."""
    value = text(row, name)
    if not value:
        raise ValueError(f"{name} is missing")
    return value


def asset_id(row: Row) -> str | None:
    """The asset id; None for the empty and the zero id multi-leg parents carry."""
    value = optional_text(row, "asset_id")
    return None if value == _NO_ASSET else value


def flag(row: Row, name: str) -> bool:
    """A boolean, also as a text; False when absent, null or empty."""
    value = row.get(name)
    if value is None or value == "":
        return False
    if isinstance(value, str):
        value = _FLAGS.get(value.lower())
    if not isinstance(value, bool):
        raise ValueError(f"{name} is not true or false")  # noqa: TRY004 (one error for callers)
    return value


def optional_decimal(row: Row, name: str) -> Decimal | None:
    """An exact number at no more than twelve places, None when absent, null or empty."""
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        return _of_text(value) if isinstance(value, str) else _storable(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _storable(value: object) -> Decimal:
    """An exact number that fits its column; ValueError."""
    number = to_decimal(value)
    if number and number.adjusted() >= _MOST_DIGITS:
        raise ValueError("too large")
    # 16 places are seen on dividends; what is stored has twelve, so what is compared has too.
    exponent = number.as_tuple().exponent
    return at_scale(number) if isinstance(exponent, int) and exponent < _FINEST else number


_parse_instant = lru_cache(maxsize=1_024)(parse_instant)
"""An order states most of its times twice."""
_of_text = lru_cache(maxsize=4_096)(_storable)
"""Quantities and prices repeat: most are read once and looked up from then on."""


def decimal(row: Row, name: str) -> Decimal:
    """An exact number that must be there."""
    number = optional_decimal(row, name)
    if number is None:
        raise ValueError(f"{name} is missing")
    return number


def optional_instant(row: Row, name: str) -> Instant | None:
    """A time in nanoseconds; None when absent, null, empty or Go's zero time."""
    value = text(row, name)
    if not value or value.startswith(_GO_ZERO_TIME):
        return None
    instant = _parse_instant(value)
    if abs(instant) >= _LARGEST_INSTANT:
        raise ValueError(f"{name} is out of range: {value}")
    return instant


def instant(row: Row, name: str) -> Instant:
    """A time that must be there."""
    value = optional_instant(row, name)
    if value is None:
        raise ValueError(f"{name} is missing")
    return value


def optional_day(row: Row, name: str) -> date | None:
    """The calendar date a text begins with; None when absent."""
    value = text(row, name)
    return date.fromisoformat(value[:10]) if value else None


def canonical_json(row: object) -> str:
    """One text for equal JSON values: sorted keys, ASCII; a JSON number keeps its digits."""
    return _ENCODER.encode(row)


def identity(row: object) -> str:
    """The id a row states, else a digest of it."""
    if isinstance(row, dict):
        stated = row.get("id")
        if isinstance(stated, str) and stated.isascii() and stated:
            return stated
    return "sha256:" + sha256(canonical_json(row).encode()).hexdigest()
