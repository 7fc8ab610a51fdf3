"""Exact decimal arithmetic at the database's scale, DECIMAL(38,12)."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal, InvalidOperation

ZERO = Decimal(0)
UNIT = Decimal("0.000000000001")
"""The smallest amount stored: twelve places."""

_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)


def to_decimal(value: object) -> Decimal:
    """Read a JSON string or integer exactly; ValueError for floats, NaN and anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"not an exact number: {value!r}")  # noqa: TRY004 (one error for callers)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"not a number: {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"not a finite number: {value!r}")
    return number


def at_scale(value: Decimal) -> Decimal:
    """Round to twelve places, half to even."""
    return value.quantize(UNIT, context=_EXACT)


def times(left: Decimal, right: Decimal) -> Decimal:
    """left × right at twelve places."""
    return at_scale(_EXACT.multiply(left, right))


def times_up(left: Decimal, right: Decimal, step: Decimal) -> Decimal:
    """left × right rounded up to a multiple of `step`, a power of ten."""
    return _EXACT.multiply(left, right).quantize(step, ROUND_UP, context=_EXACT)


def divided(left: Decimal, right: Decimal) -> Decimal:
    """left ÷ right at twelve places; ZeroDivisionError (decimal.DivisionByZero) at zero."""
    return at_scale(_EXACT.divide(left, right))


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """total × part ÷ whole at twelve places; all of it when part equals whole."""
    if part == whole:
        return total
    return at_scale(_EXACT.divide(_EXACT.multiply(total, part), whole))


def plain(value: Decimal) -> str:
    """Exact text without exponent and without trailing zeros of the fraction."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
