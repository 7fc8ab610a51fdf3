"""Realized P&L of a range under other lot methods, beside what is booked. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.money import ZERO
from tradesync.domain.times import Instant
from tradesync.domain.what_if import Fill, LotMethod, fills_of, realized_under
from tradesync.store.conclusions import load_conclusions
from tradesync.store.database import Tx


@dataclass(frozen=True, slots=True)
class MethodLine:
    """What a method realizes in a range, in USD before fees; `unknown` exits are not in it."""

    method: LotMethod
    realized: Decimal
    unknown: int
    difference: Decimal
    """To first in, first out."""


def read_fills(tx: Tx, account_id: str) -> tuple[Fill, ...]:
    """Every lot and all that closed any of it, of all instruments, in order of time."""
    found = load_conclusions(tx, account_id)
    return fills_of(found.trades, found.lots, found.allocations)


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
