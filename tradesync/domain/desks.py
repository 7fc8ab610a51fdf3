"""One desk for each instrument: all that happens to it, brought into one order (rule 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter

from tradesync.domain.activities import Happenings, read_activities
from tradesync.domain.booking import new_book
from tradesync.domain.coin_fees import coin_fees
from tradesync.domain.conclusions import Records
from tradesync.domain.corporate import place_splits, splits_by_date, unplaced_review
from tradesync.domain.events import Arrival, Event, Fill, Look
from tradesync.domain.facts import Activity, CoinShortfall, Instrument
from tradesync.domain.money import ZERO
from tradesync.domain.opening import merged, opening_arrivals
from tradesync.domain.ours import IntentKind, OpeningBalance, Resolution
from tradesync.domain.plans import OrderPlan, fills_of
from tradesync.domain.resolutions import decided_events
from tradesync.domain.roles import Role
from tradesync.domain.symbols import SymbolIndex

_BY_KEY = attrgetter("key")
_ROUNDS = 4
_LAST = "~"
"""A place after that of any fill."""


@dataclass(slots=True)
class Desk:
    """Everything about one instrument on its way into the books."""

    instrument: Instrument
    plans: list[OrderPlan] = field(default_factory=list)
    happenings: Happenings = field(default_factory=Happenings)
    balances: list[OpeningBalance] = field(default_factory=list)
    shortfall: CoinShortfall | None = None
    resolutions: list[Resolution] = field(default_factory=list)


def set_up_desks(
    records: Records,
    plans: Iterable[OrderPlan],
    activities: Collection[Activity],
    symbols: SymbolIndex,
) -> dict[str, Desk]:
    """Instrument key → desk, for each instrument any fact, intent or decision speaks of."""
    happenings = read_activities(records.account_id, activities, symbols)
    desks: dict[str, Desk] = {}
    for plan in plans:
        if plan.instrument:
            _desk(desks, symbols, plan.instrument).plans.append(plan)
    for key, found in happenings.items():
        _desk(desks, symbols, key).happenings = found
    _add_ours(desks, symbols, records)
    for shortfall in records.coin_shortfalls:
        if shortfall.instrument in desks:
            desks[shortfall.instrument].shortfall = shortfall
    return desks


def _add_ours(desks: dict[str, Desk], symbols: SymbolIndex, records: Records) -> None:
    """Opening balances, other decisions, and instruments only an opening intent names."""
    for decision in records.resolutions:
        symbols.learn(decision.instrument, decision.symbol, decision.asset_class)
        _desk(desks, symbols, decision.instrument).resolutions.append(decision)
    for balance in records.opening_balances:
        symbols.learn(balance.instrument, balance.symbol, balance.asset_class)
        _desk(desks, symbols, balance.instrument).balances.append(balance)
    for intent in records.intents:
        if intent.kind is IntentKind.OPEN and intent.instrument:
            symbols.learn(intent.instrument, intent.symbol, intent.asset_class)
            _desk(desks, symbols, intent.instrument)


def _desk(desks: dict[str, Desk], symbols: SymbolIndex, key: str) -> Desk:
    if key not in desks:
        desks[key] = Desk(symbols.known(key))
    return desks[key]


def desk_events(desk: Desk, records: Records) -> list[Event]:
    """All events of one instrument in their total order; adds what did not fit to its reviews."""
    fills: list[Fill] = []
    for plan in desk.plans:
        fills += fills_of(plan, desk.instrument, history_complete=records.history_complete)
    events: list[Event] = [*fills, *(_as_booked(event, fills) for event in desk.happenings.events)]
    if desk.instrument.asset_class == "crypto":
        alone = not (desk.happenings.events or desk.balances or desk.resolutions)
        events += coin_fees(fills, desk.happenings.coin_fees, desk.shortfall, alone=alone)
    events += [look for plan in desk.plans if (look := look_of(plan)) is not None]
    events.sort(key=_BY_KEY)
    if desk.resolutions:
        events = sorted([*events, *_decided(desk, records.account_id, events)], key=_BY_KEY)
    if not desk.balances and not desk.happenings.splits:
        return events
    return _with_splits_and_balances(desk, records.account_id, events)


def _as_booked(event: Event, fills: Iterable[Fill]) -> Event:
    """Shares that were not there yet at their date's beginning come when they were booked.

    An order that covered, or went short, before they were booked would else find them in its way.
    """
    if not isinstance(event, Arrival) or event.booked is None or event.exchange is not None:
        return event
    covers = (event.direction, Role.CLOSE)
    opens = (-event.direction, Role.OPEN)
    came_late = any(
        (fill.direction, fill.role) in {covers, opens} and event.key < fill.key < event.booked
        for fill in fills
    )
    return replace(event, key=event.booked) if came_late else event


def _decided(desk: Desk, account_id: str, events: list[Event]) -> list[Event]:
    """What the decisions about drift book."""

    def place(known: list[Event], balances: list[OpeningBalance]) -> list[Event]:
        happened = replace(desk.happenings, reviews=[])
        trial = Desk(desk.instrument, happenings=happened, balances=balances)
        return _with_splits_and_balances(trial, account_id, known)

    return decided_events(
        account_id,
        desk.instrument,
        events,
        desk.resolutions,
        balances=desk.balances,
        splits=desk.happenings.splits,
        place=place,
    )


def _with_splits_and_balances(desk: Desk, account_id: str, events: list[Event]) -> list[Event]:
    """Place splits by what runs, and opening lots by what the events explain.

    Each needs the other: a split is matched with the opening lot in place, whose size depends on
    which facts stand before the split. Row dates are the first guess; guesses are repeated until
    they stand, else the splits are left out and are for a person.
    """
    splits, book = desk.happenings.splits, new_book(desk.instrument)
    scale = desk.instrument.multiplier
    known = splits_by_date(events, splits)
    for _ in range(_ROUNDS):
        arrivals = opening_arrivals(account_id, scale, known, desk.balances)
        whole, unplaced = place_splits(book, merged(events, arrivals), splits)
        guess, known = known, [event for event in whole if event not in arrivals]
        if known == guess or not desk.balances:
            break
    else:
        unplaced = splits
        whole = merged(events, opening_arrivals(account_id, scale, events, desk.balances))
    desk.happenings.reviews += [unplaced_review(desk.instrument, split) for split in unplaced]
    return whole


def look_of(plan: OrderPlan) -> Look | None:
    """Only a silent order without fills needs to be asked what it would have done.

    It is asked after all that was filled at the instant of its creation.
    """
    if plan.chain is None or plan.role is not Role.NET or plan.executions or plan.gap is not None:
        return None
    order = plan.chain.orders[0]
    return Look((order.created_at, _LAST, ZERO, order.order_id), plan.head_id)
