"""Which of two snapshots of one order is the later one (design rule 10)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradesync.domain.facts import Order
from tradesync.domain.times import Instant


def _rank(order: Order) -> tuple[Instant, Decimal, bool, Instant]:
    return (order.updated_at, order.filled_qty, order.is_terminal, order.read_at)


def later_snapshot(stored: Order, seen: Order) -> Order:
    """The later of two snapshots, keeping links to its group that either of them knew.

    Later `updated_at` in full nanoseconds wins, then larger `filled_qty`, then an end state,
    then the later-started read. Links come from nested reads only and are never lost.
    """
    newer, other = (seen, stored) if _rank(seen) > _rank(stored) else (stored, seen)
    return replace(
        newer,
        parent_id=newer.parent_id or other.parent_id,
        group_id=newer.group_id or other.group_id,
        group_role=newer.group_role or other.group_role,
    )


def says_the_same(stored: Order, seen: Order) -> bool:
    """Whether two snapshots differ in nothing but when they were read."""
    return replace(seen, read_at=stored.read_at) == stored
