"""Busts and corrections: facts that void or correct the fact they name (design rule 11).

A dated row with status `canceled` or `correct` names what it amends in `previous_id`. A bust or
correction the trade stream stated is kept as an activity of type TRADE_BUST or TRADE_CORRECT:
`order_id` is the order, `description` the execution it amends, `qty` and `price` the new values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from tradesync.domain.conclusions import Review
from tradesync.domain.facts import Activity, Execution
from tradesync.domain.findings import review
from tradesync.domain.money import plain

BUST = "TRADE_BUST"
CORRECTION = "TRADE_CORRECT"
_VOID = "canceled"
_AMENDS = frozenset({_VOID, "correct"})


@dataclass(frozen=True, slots=True)
class Amended:
    """Executions after busts and corrections, and as first stated (order totals may still be)."""

    effective: list[Execution]
    stated: list[Execution]
    reviews: list[Review]


def standing_activities(activities: Iterable[Activity]) -> list[Activity]:
    """The dated rows that count: neither cancelled nor amended by a later row."""
    rows = sorted(activities, key=lambda row: row.activity_id)
    named = amended_ids(rows)
    return [
        row for row in rows
        if row.status != _VOID and not _names_of(row.activity_id) & named
    ]  # fmt: skip


def amended_ids(activities: Iterable[Activity]) -> set[str]:
    """The ids, or their uuid halves, of the dated rows that these cancel or correct."""
    return {name for row in activities if row.status in _AMENDS and (name := _previous_id(row))}


def amend_executions(
    executions: Iterable[Execution],
    activities: Iterable[Activity],
    instrument_of: Mapping[str, str],
) -> Amended:
    """Void or correct what busts and corrections name; what they do not name is for a person.

    `instrument_of`: order id → instrument key, for the review items.
    """
    effective = {row.execution_id: row for row in executions}
    stated = dict(effective)
    reviews: list[Review] = []
    notes = [row for row in activities if row.activity_type in {BUST, CORRECTION}]
    if not notes:
        return Amended(list(effective.values()), list(stated.values()), reviews)
    for note in sorted(notes, key=lambda row: row.activity_id):
        instrument = instrument_of.get(note.order_id or "", "")
        old = _named_execution(note, effective.values())
        if old is None:
            detail = f"{note.activity_type} names no execution known here: “{note.description}”"
            reviews.append(review("unnamed_amendment", instrument, note.activity_id, detail))
        elif note.activity_type == BUST:
            del effective[old.execution_id]
            detail = f"busted: {_text(old)} no longer counts"
            reviews.append(review("busted", instrument, old.execution_id, detail))
        else:
            new = replace(old, qty=abs(note.qty or old.qty), price=note.price or old.price)
            effective[old.execution_id] = new
            stated[old.execution_id] = max(old, new, key=lambda row: row.qty)
            detail = f"corrected from {_text(old)} to {_text(new)}"
            reviews.append(review("corrected", instrument, old.execution_id, detail))
    return Amended(list(effective.values()), list(stated.values()), reviews)


def _named_execution(note: Activity, executions: Iterable[Execution]) -> Execution | None:
    """By the execution's id or its uuid half; else the only fill of that order and quantity."""
    names = _names_of(note.description.strip()) | _names_of(_previous_id(note) or "")
    of_order: list[Execution] = []
    for row in executions:
        if _names_of(row.execution_id) & names:
            return row
        if row.order_id == note.order_id and _fits(note, row):
            of_order.append(row)
    return of_order[0] if len(of_order) == 1 else None


def _fits(note: Activity, row: Execution) -> bool:
    """A bust repeats the quantity it takes back; a correction's may be new."""
    return note.activity_type == CORRECTION or abs(note.qty or Decimal(0)) == row.qty


def _names_of(identity: str) -> set[str]:
    """An id and, for `time::uuid`, its uuid half."""
    return {identity, identity.rpartition("::")[2]} - {""}


def _previous_id(row: Activity) -> str | None:
    """What the broker's row names as amended; only its raw text carries it."""
    try:
        said = json.loads(row.raw)
    except ValueError:
        return None
    name = said.get("previous_id") if isinstance(said, dict) else None
    return name if isinstance(name, str) else None


def _text(row: Execution) -> str:
    return f"{row.side} {plain(row.qty)} at {plain(row.price)}"
