"""The total order of executions (design rule 10): the same facts always fold the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import TypeAlias

from tradesync.domain.facts import Execution
from tradesync.domain.times import Instant

SortKey: TypeAlias = tuple[Instant, str, Decimal, str]
"""(time, place, cum_qty, id): where a fact stands among all facts of its instrument.

The place, "" for dated rows, is that of its order among facts of the same instant (plans.py).
"""

_BY_CUM_QTY = attrgetter("cum_qty", "at", "execution_id")


def distinct(executions: Iterable[Execution]) -> tuple[list[Execution], list[str]]:
    """One execution for each id, and the ids that came with differing data (scenario F05)."""
    kept: dict[str, Execution] = {}
    conflicts: set[str] = set()
    for row in executions:
        known = kept.setdefault(row.execution_id, row)
        if known is row or _statement(known) == _statement(row):
            continue
        conflicts.add(row.execution_id)
        kept[row.execution_id] = min(known, row, key=_statement)
    return list(kept.values()), sorted(conflicts)


def settled_times(executions: list[Execution]) -> list[Execution]:
    """Within one order, give the i-th by `cum_qty` the i-th smallest time."""
    if len(executions) == 1:
        return executions
    ordered = sorted(executions, key=_BY_CUM_QTY)
    times = sorted(row.at for row in ordered)
    return [
        row if row.at == at else replace(row, at=at) for row, at in zip(ordered, times, strict=True)
    ]


def _statement(row: Execution) -> tuple[Instant, str, str, Decimal, Decimal, Decimal]:
    return (row.at, row.order_id, row.side, row.cum_qty, row.qty, row.price)
