"""Decisions of a person about drift, and what they mean to the books.

Each decision states an observation (at T we held P, the broker Q) and how to read the difference.
What it books is derived on every rebuild from what the facts leave of that difference at T, so a
fact that arrives late shrinks it to nothing and nothing is ever counted twice (as opening.py does
for imports).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import reduce
from operator import attrgetter

from tradesync.domain.booking import new_book, step
from tradesync.domain.corporate import Split
from tradesync.domain.events import LONG, SHORT, Arrival, Departure, Event, Kind, Rescale
from tradesync.domain.facts import Instrument
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO, at_scale, times
from tradesync.domain.ours import OpeningBalance, Resolution, ResolutionKind
from tradesync.domain.times import SECOND, Instant

Placing = Callable[[list[Event], list[OpeningBalance]], list[Event]]
"""Puts splits and opening lots among events."""

_BY_OBSERVATION = attrgetter("observed_at", "decision_id")
_SPLIT_ROW_WITHIN: Instant = 10 * 86_400 * SECOND
"""How far from the decision the broker's own split rows may be dated and still be the same."""


def decided_events(
    account_id: str,
    instrument: Instrument,
    events: Sequence[Event],
    resolutions: Iterable[Resolution],
    *,
    balances: Sequence[OpeningBalance],
    splits: Sequence[Split],
    place: Placing,
) -> list[Event]:
    """What the decisions book, each seeing the facts and the decisions observed before it."""
    decided: list[Event] = []
    for one in sorted(resolutions, key=_BY_OBSERVATION):
        if one.kind is ResolutionKind.IGNORE:
            continue
        earlier = [item for item in balances if item.observed_at <= one.observed_at]
        placed = place(sorted([*events, *decided], key=attrgetter("key")), earlier)
        until = [event for event in placed if event.key[0] <= one.observed_at]
        running = reduce(step, until, new_book(instrument)).running
        event = _event_of(account_id, instrument, one, at_scale(running), splits)
        if event is not None:
            decided.append(event)
    return decided


def _event_of(
    account_id: str,
    instrument: Instrument,
    one: Resolution,
    running: Decimal,
    splits: Sequence[Split],
) -> Event | None:
    """What is left of the difference at the observation, as the decision reads it."""
    key = (one.observed_at, "", ZERO, one.decision_id)
    if one.kind is ResolutionKind.SPLIT:
        if running != one.our_qty or any(_is_same(one, split) for split in splits):
            return None
        return Rescale(key, one.decision_id, abs(one.our_qty), abs(one.broker_qty))
    gap = one.broker_qty - running
    if not gap:
        return None
    direction = LONG if gap > 0 else SHORT
    is_transfer = one.kind is ResolutionKind.TRANSFER
    kind = Kind.TRANSFER if is_transfer else Kind.DECISION
    if running * gap < 0:
        qty = min(abs(gap), abs(running))
        value = None if is_transfer else _value(one, instrument, qty)
        return Departure(key, one.decision_id, kind, direction, qty, value)
    if not is_transfer:
        return None
    own_id = trade_id(account_id, one.decision_id)
    value = _value(one, instrument, abs(gap))
    return Arrival(
        key, one.decision_id, kind, own_id, direction, abs(gap), value, value is not None
    )


def _value(one: Resolution, instrument: Instrument, qty: Decimal) -> Decimal | None:
    return None if one.price is None else times(qty, one.price) * instrument.multiplier


def _is_same(one: Resolution, split: Split) -> bool:
    """Whether the broker booked by now what a split decision stated before."""
    is_near = abs(split.at - one.observed_at) <= _SPLIT_ROW_WITHIN
    return is_near and {split.taken, split.given} == {abs(one.our_qty), abs(one.broker_qty)}
