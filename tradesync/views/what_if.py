"""Realized P&L of a range under other lot methods, beside what is booked. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.money import ZERO
from tradesync.domain.times import Instant
from tradesync.domain.what_if import Fill, LotMethod, realized_under


@dataclass(frozen=True, slots=True)
class MethodLine:
    """What a method realizes in a range, in USD before fees; `unknown` exits are not in it."""

    method: LotMethod
    realized: Decimal
    unknown: int
    difference: Decimal
    """To first in, first out."""


def method_lines(fills: Sequence[Fill], since: Instant) -> tuple[MethodLine, ...]:
    """What each method realizes from an instant on; what came before it is matched too."""
    found: list[MethodLine] = []
    for method in LotMethod:
        rows = [row for row in realized_under(method, fills) if row.at >= since]
        total = sum((row.pnl for row in rows if row.pnl is not None), ZERO)
        first = found[0].realized if found else total
        unknown = sum(row.pnl is None for row in rows)
        found.append(MethodLine(method, total, unknown, total - first))
    return tuple(found)
