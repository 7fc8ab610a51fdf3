"""How numbers and times are written and read on the wire."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

from tradesync.simulator.errors import invalid

NEW_YORK = ZoneInfo("America/New_York")
SECOND = 1_000_000_000
ZERO = Decimal(0)
QTY_STEP = Decimal("0.000000001")
MONEY_STEP = Decimal("0.000001")
RATIO_STEP = Decimal("0.00001")
CENT = Decimal("0.01")
MAX_DIGITS = 12  # larger amounts are mistakes, and products of two of them would lose cents
MULTIPLIERS = {"us_option": Decimal(100)}

_TIME = re.compile(
    r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?)?$"
)


def number(value: Decimal) -> str:
    """Plain decimal digits without exponent or trailing zeros: Decimal('1.50') -> '1.5'."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def optional(value: Decimal | None) -> str | None:
    """`number`, or None."""
    return None if value is None else number(value)


def rounded(value: Decimal, step: Decimal) -> Decimal:
    """`value` to the nearest multiple of a power-of-ten `step`."""
    return value.quantize(step, ROUND_HALF_EVEN)


def truncated(value: Decimal, step: Decimal = QTY_STEP) -> Decimal:
    """`value` cut toward zero to a multiple of a power-of-ten `step` (quantities: 9 places)."""
    return value.quantize(step, ROUND_DOWN)


def multiplier(asset_class: str) -> Decimal:
    """Units of money one price point of one unit is worth: 100 for option contracts, else 1."""
    return MULTIPLIERS.get(asset_class, Decimal(1))


def decimal_field(raw: object, name: str) -> Decimal | None:
    """A number of a request body (string or JSON number); None if absent or empty."""
    if raw is None or raw == "":
        return None
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        invalid(f"invalid {name}: {raw}")
    if not value.is_finite() or value.adjusted() > MAX_DIGITS:
        invalid(f"invalid {name}: {raw}")
    return value


@lru_cache(maxsize=1 << 16)
def time_text(ns: int) -> str:
    """RFC 3339 in UTC, up to nine fraction digits with trailing zeros trimmed."""
    seconds, fraction = divmod(ns, SECOND)
    stem = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:09d}".rstrip("0")
    return f"{stem}.{digits}Z" if digits else f"{stem}Z"


def optional_time(ns: int | None) -> str | None:
    """`time_text`, or None."""
    return None if ns is None else time_text(ns)


def new_york_text(ns: int) -> str:
    """RFC 3339 with New York's offset, as the clock endpoint writes it."""
    seconds, fraction = divmod(ns, SECOND)
    local = datetime.fromtimestamp(seconds, NEW_YORK)
    digits = f"{fraction:09d}".rstrip("0")
    offset = local.strftime("%z")
    stem = local.strftime("%Y-%m-%dT%H:%M:%S") + (f".{digits}" if digits else "")
    return f"{stem}{offset[:3]}:{offset[3:]}"


def parse_time(raw: str, name: str) -> int:
    """Nanoseconds of an RFC 3339 time or a plain date (midnight UTC); 422 if unreadable."""
    if raw.isdigit():
        return int(raw) * SECOND
    found = _TIME.match(raw.strip().replace("t", "T").replace("z", "Z"))
    if not found:
        invalid(f"invalid {name}: {raw}")
    day, clock, fraction, zone = found.groups()
    try:
        base = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{_offset(zone)}")
    except ValueError:
        invalid(f"invalid {name}: {raw}")
    seconds = int((base - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1))
    return seconds * SECOND + int((fraction or "0").ljust(9, "0")[:9])


def _offset(zone: str | None) -> str:
    if zone is None or zone == "Z":
        return "+00:00"
    return zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"


def new_york(ns: int) -> datetime:
    """The New York wall clock at `ns`, to the microsecond."""
    seconds, fraction = divmod(ns, SECOND)
    return datetime.fromtimestamp(seconds, NEW_YORK).replace(microsecond=fraction // 1000)


def new_york_date(ns: int) -> date:
    """The New York calendar date at `ns`."""
    return datetime.fromtimestamp(ns // SECOND, NEW_YORK).date()


def nanoseconds(moment: datetime) -> int:
    """Nanoseconds since 1970 of an aware datetime."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since // timedelta(microseconds=1)) * 1000
