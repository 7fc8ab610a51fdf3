"""Exchanges: one instrument becomes another (mergers, new CUSIPs, adjusted contracts), rule 11.

Where a group of rows takes away exactly one instrument and brings exactly one, the cost moves
along, pro rata to the quantity received; cash beside the shares counts against the cost first,
and only what exceeds it is realized. A spin-off leaves all cost with the parent. What rows do not
tell (several instruments brought, lots of unknown basis) stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from typing import TypeAlias

from tradesync.domain.booking import Book, new_book, step
from tradesync.domain.conclusions import Allocation
from tradesync.domain.events import LONG, SHORT, Arrival, Departure, Event, Kind
from tradesync.domain.facts import Activity, Instrument
from tradesync.domain.money import ZERO, share
from tradesync.domain.sequence import SortKey

EXCHANGES = frozenset({"MA", "NC", "SPIN", "OPCA", "REO", "REORG", "VOF", "EXTRD"})
UNIT_SPLIT = "USPLIT"
"""A unit falls apart into other instruments: an exchange, not a split."""
_OLD_NAMES = {"OPXRC": "OPEXC", "SSP": "SPLIT", "SC": "NC", "SSO": "SPIN"}
EXCHANGE_TYPES = EXCHANGES | {"SPLIT", "SSP", "SC", "SSO"}
"""The types, old names among them, of rows that may exchange."""

_Member: TypeAlias = tuple[str, Arrival | Departure]
"""(instrument key, what one row does to it)."""


def kind_of(row: Activity) -> str:
    """Its type by today's name."""
    return _OLD_NAMES.get(row.activity_type, row.activity_type)


def exchange_group(row: Activity) -> tuple[str, str] | None:
    """(type, group id or day) of the exchange a row belongs to; None: it is of none."""
    kind = kind_of(row)
    if kind in EXCHANGES or (kind == "SPLIT" and row.sub_type == UNIT_SPLIT):
        return kind, row.group_id or str(row.day)
    return None


def exchange_partners(
    instruments: Collection[str],
    activities: Iterable[Activity],
    keys_of: Callable[[str], Collection[str]],
) -> frozenset[str]:
    """These instruments and all that exchanges tie to them: none can be concluded alone.

    `keys_of` gives the instrument keys a symbol may mean.
    """
    groups: dict[tuple[str, str], set[str]] = {}
    for row in activities:
        group = exchange_group(row)
        if group is not None and row.symbol:
            groups.setdefault(group, set()).update(keys_of(row.symbol))
    found = set(instruments)
    while tied := [name for name, keys in groups.items() if keys & found]:
        for name in tied:
            found |= groups.pop(name)
    return frozenset(found)


def fold_books(
    instruments: Mapping[str, Instrument], events: Mapping[str, Sequence[Event]]
) -> dict[str, Book]:
    """Instrument key → its book, once all its events are booked in their order.

    Each instrument is folded alone, but for those an exchange ties together.
    """
    books = {key: new_book(instruments[key]) for key in events}
    swaps = _swaps(events)
    tied = {key for members in swaps.values() for key, _ in members}
    for key in events.keys() - tied:
        reduce(step, events[key], books[key])
    for key, event in _in_time(events, tied):
        swap = event.exchange if isinstance(event, (Arrival, Departure)) else None
        if swap is None:
            step(books[key], event)
        else:
            _book_swap(books, swaps.pop(swap, ()))
    return books


def _swaps(events: Mapping[str, Sequence[Event]]) -> dict[str, list[_Member]]:
    """Exchange → the rows' events of it."""
    found: dict[str, list[_Member]] = {}
    for key in sorted(events):
        for event in events[key]:
            if isinstance(event, (Arrival, Departure)) and event.exchange is not None:
                found.setdefault(event.exchange, []).append((key, event))
    return found


def _in_time(
    events: Mapping[str, Sequence[Event]], keys: Collection[str]
) -> list[tuple[str, Event]]:
    """All events of some instruments by time, each instrument's in the order they came."""
    placed: list[tuple[SortKey, str, int, Event]] = []
    for key in keys:
        latest: SortKey | None = None
        for place, event in enumerate(events[key]):
            latest = event.key if latest is None else max(latest, event.key)
            placed.append((latest, key, place, event))
    placed.sort(key=lambda row: row[:3])
    return [(key, event) for _, key, _, event in placed]


def _book_swap(books: Mapping[str, Book], members: Sequence[_Member]) -> None:
    """Book all rows of one exchange at once: what leaves first, then what its cost moves to."""
    if _is_of_short(books, members):
        members = [(key, _turned(event)) for key, event in members]
    departures = [(key, event) for key, event in members if isinstance(event, Departure)]
    arrivals = [(key, event) for key, event in members if isinstance(event, Arrival)]
    left = [_leave(books[key], event) for key, event in departures]
    cost = sum((moving for moving, _ in left), ZERO)
    known = all(is_known for _, is_known in left)
    whole = sum((event.qty for _, event in arrivals), ZERO)
    for key, event in arrivals:
        carried = share(cost, event.qty, whole)
        step(books[key], replace(event, value=carried, known_basis=known))
        cost, whole = cost - carried, whole - event.qty


def _is_of_short(books: Mapping[str, Book], members: Iterable[_Member]) -> bool:
    """Whether what is exchanged was sold short: the row that adds closes, the other opens."""
    leaving = [key for key, event in members if isinstance(event, Departure)]
    coming = [key for key, event in members if isinstance(event, Arrival)]
    held = any(books[key].running > 0 for key in leaving)
    return not held and any(books[key].running < 0 for key in coming)


def _turned(event: Arrival | Departure) -> Arrival | Departure:
    """What the row does where the position is short."""
    if isinstance(event, Departure):
        return Arrival(
            key=event.key, source_id=event.source_id, kind=Kind.REORGANISATION,
            trade_id=event.trade_id, direction=SHORT, qty=event.qty, value=None, known_basis=False,
        )  # fmt: skip
    kind = Kind.REORGANISATION if event.cash is None else Kind.STOCK_AND_CASH
    return Departure(
        key=event.key, source_id=event.source_id, kind=kind, direction=LONG,
        qty=event.qty, value=None, cash=event.cash,
    )  # fmt: skip


def _leave(book: Book, event: Departure) -> tuple[Decimal, bool]:
    """Take the quantity out of its lots: (the cost that moves along, whether that is all of it)."""
    first = len(book.allocations)
    step(book, event)
    rows = book.allocations[first:]
    known = {lot.lot_id for lot in book.lots if lot.basis_known}
    moving, cash, qty = ZERO, event.cash, sum((row.qty for row in rows), ZERO)
    is_known = qty == event.qty and all(row.lot_id in known for row in rows)
    for place, row in enumerate(rows, first):
        if cash is None:
            moving += row.cost
            continue
        paid = share(cash, row.qty, qty)
        cash, qty = cash - paid, qty - row.qty
        kept = max(ZERO, row.cost - paid)
        book.allocations[place] = _with_cash(row, paid + kept, event, known)
        moving += kept
    return moving, is_known


def _with_cash(
    row: Allocation, value: Decimal, event: Departure, known: Collection[str]
) -> Allocation:
    """An allocation that brought cash and the cost that moved along."""
    side = -event.direction
    realized = (value - row.cost) * side if row.lot_id in known else None
    return replace(row, value=value, realized_pnl=realized)
