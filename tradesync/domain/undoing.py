"""Taking a decision back: the books as if it had never been made, and what that changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from tradesync.domain.changes import Change, trade_changes
from tradesync.domain.conclusions import Conclusions, Lot, Records, Trade, UnmatchedExit
from tradesync.domain.money import ZERO
from tradesync.domain.ours import OpeningBalance, Resolution
from tradesync.domain.reconcile import holdings

Decision = OpeningBalance | Resolution
"""What a person decided about an instrument: an import, or how a difference is read."""

D = TypeVar("D", OpeningBalance, Resolution)
R = TypeVar("R", Lot, UnmatchedExit)


@dataclass(frozen=True, slots=True)
class Undo:
    """What taking a decision back would change. Quantities signed; money in USD."""

    decision: Decision
    changes: tuple[Change, ...]
    lots: tuple[Lot, ...]
    """As booked now: those that would be gone, or be other ones."""
    unmatched: tuple[UnmatchedExit, ...]
    """Exits no lot would explain any more."""
    realized: Decimal | None
    """By how much realized P&L would change; None where a part of it is unknown."""
    holds_after: Decimal
    broker_qty: Decimal = field(compare=False)
    """What the broker holds, as last read."""


def without(records: Records, decision_id: str) -> Records:
    """The records as if a decision had never been made."""
    return replace(
        records,
        opening_balances=_others(records.opening_balances, decision_id),
        resolutions=_others(records.resolutions, decision_id),
    )


def undo_of(
    decision: Decision, before: Conclusions, after: Conclusions, broker_qty: Decimal
) -> Undo:
    """What differs between the books with a decision and those without it."""
    was, now = _by_id(before), _by_id(after)
    return Undo(
        decision=decision,
        changes=trade_changes(was, now),
        lots=_missing(before.lots, after.lots),
        unmatched=_missing(after.unmatched_exits, before.unmatched_exits),
        realized=_realized(was, now),
        holds_after=holdings(after.trades).get(decision.instrument, ZERO),
        broker_qty=broker_qty,
    )


def _others(decisions: Iterable[D], decision_id: str) -> tuple[D, ...]:
    return tuple(one for one in decisions if one.decision_id != decision_id)


def _missing(rows: Iterable[R], others: Iterable[R]) -> tuple[R, ...]:
    """The rows that are not, just so, among the others."""
    known = set(others)
    return tuple(row for row in rows if row not in known)


def _realized(was: Mapping[str, Trade], now: Mapping[str, Trade]) -> Decimal | None:
    """The change of what all trades realized; one that is not there realized nothing."""
    total = ZERO
    for trade_id in was.keys() | now.keys():
        old, new = (
            side[trade_id].realized_pnl if trade_id in side else ZERO for side in (was, now)
        )
        if old == new:
            continue
        if old is None or new is None:
            return None
        total += new - old
    return total


def _by_id(found: Conclusions) -> dict[str, Trade]:
    return {trade.trade_id: trade for trade in found.trades}
