"""Opening balances: the lot that explains what the broker was seen to hold (design, Import)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from tradesync.domain.events import (
    LONG,
    SHORT,
    Arrival,
    CoinFee,
    Departure,
    Event,
    Fill,
    Grow,
    Kind,
    Look,
    Rescale,
)
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO, at_scale, share, times
from tradesync.domain.ours import OpeningBalance
from tradesync.domain.roles import Role
from tradesync.domain.times import Instant

_BY_OBSERVATION = attrgetter("observed_at", "decision_id")


@dataclass(frozen=True, slots=True)
class Known:
    """What facts up to an instant explain: signed quantity, its cost, and whether any exit.

    `before` and `after`: what splits made of so many units of where the lot stands, until then.
    """

    qty: Decimal
    cost: Decimal | None
    has_exit: bool
    before: Decimal
    after: Decimal


def opening_arrivals(
    account_id: str,
    multiplier: int,
    events: Sequence[Event],
    balances: Iterable[OpeningBalance],
) -> list[Arrival]:
    """The lots the observations leave unexplained: Q less everything known up to T.

    The first stands just before the first known fact, so that late facts shrink it and later
    ones never touch it; a second observation is explained by the first as well, and what it
    adds stands just after the first was made. What is too much makes no lot: nothing is closed.
    `events` are in their order; splits among them turn units of T into those of the first fact.
    """
    first = min((event.key[0] for event in events), default=None)
    found: list[Arrival] = []
    previous: Instant | None = None
    for balance in sorted(balances, key=_BY_OBSERVATION):
        known = known_until(merged(events, found), balance, since=previous)
        missing = at_scale(balance.qty) - known.qty
        if missing and (missing > 0) == (balance.qty > 0):
            at = previous + 1 if previous is not None else balance.observed_at
            if previous is None and first is not None:
                at = min(first - 1, at)
            found.append(
                Arrival(
                    key=(at, "", ZERO, balance.decision_id),
                    source_id=balance.decision_id,
                    kind=Kind.OPENING_BALANCE,
                    trade_id=trade_id(account_id, balance.decision_id),
                    direction=LONG if missing > 0 else SHORT,
                    qty=share(abs(missing), known.before, known.after),
                    value=_cost(balance, abs(missing), known, multiplier),
                    known_basis=True,
                )
            )
        previous = balance.observed_at
    return found


def merged(events: Sequence[Event], arrivals: Iterable[Arrival]) -> list[Event]:
    """Ordered events with opening lots among them, each after all that is not later than it."""
    found = list(events)
    for arrival in arrivals:
        found.insert(bisect_right(found, arrival.key[0], key=lambda event: event.key[0]), arrival)
    return found


def known_until(events: Iterable[Event], balance: OpeningBalance, since: Instant | None) -> Known:
    """What all facts effective up to an observation add up to.

    `since`: the observation before it, which is where a lot it makes would stand.
    """
    qty, cost, has_exit, priced = ZERO, ZERO, False, True
    before = after = Decimal(1)
    opens = LONG if balance.qty > 0 else SHORT
    for event in events:
        if event.key[0] > balance.observed_at:
            continue
        match event:
            case Fill() | Arrival():
                qty += event.direction * event.qty
                leaves = isinstance(event, Fill) and event.role is Role.CLOSE
                has_exit = has_exit or leaves or event.direction != opens
                priced = priced and event.value is not None
                cost += event.value or ZERO
            case Departure():
                qty += event.direction * event.qty
                has_exit = True
            case CoinFee():
                qty -= event.qty
            case Rescale():
                qty = share(qty, event.added, event.removed)
                if since is None or event.key[0] > since:
                    before, after = before * event.removed, after * event.added
            case Grow():
                qty += event.qty
            case Look():
                pass
    return Known(qty, cost if priced else None, has_exit, before, after)


def _cost(balance: OpeningBalance, missing: Decimal, known: Known, multiplier: int) -> Decimal:
    """At the price given; else what makes the total cost match; with exits, the average's."""
    if balance.price_override is not None:
        return times(missing, balance.price_override) * multiplier
    at_average = times(missing, balance.avg_price) * multiplier
    if known.has_exit or known.cost is None:
        return at_average
    rest = times(abs(balance.qty), balance.avg_price) * multiplier - known.cost
    return rest if rest > 0 else at_average
