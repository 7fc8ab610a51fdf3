"""Corporate actions: splits to be placed, and rows that move quantity between instruments."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import attrgetter

from tradesync.domain.booking import Book, step
from tradesync.domain.conclusions import Review
from tradesync.domain.events import Event, Rescale
from tradesync.domain.facts import Activity, Instrument
from tradesync.domain.findings import review
from tradesync.domain.money import ZERO, at_scale, plain
from tradesync.domain.times import SECOND, Instant, new_york_midnight

NEAR: Instant = 10 * 86_400 * SECOND
"""How far from its row's date a split may take effect and still be that split."""


@dataclass(frozen=True, slots=True)
class Split:
    """A REMOVE row and its ADD row, both of one instrument. `low` and `high` are the two rows."""

    source_id: str
    at: Instant
    taken: Decimal
    """Quantity of the negative row, without sign."""
    given: Decimal
    """Quantity of the positive row."""

    def effect_on(self, running: Decimal) -> tuple[Decimal, Decimal] | None:
        """(removed, added) if it fits what runs: a long loses `taken`, a short `given`."""
        if running == self.taken:
            return self.taken, self.given
        if running == -self.given:
            return self.given, self.taken
        return None


def pair_splits(
    instrument: Instrument, rows: Iterable[Activity]
) -> tuple[list[Split], list[Review]]:
    """Splits of one instrument: rows of one group, else of one day, that come in pairs."""
    groups: dict[tuple[str, str], list[Activity]] = {}
    for row in sorted(rows, key=attrgetter("day", "activity_id")):
        groups.setdefault((str(row.day), row.group_id or ""), []).append(row)
    splits: list[Split] = []
    reviews: list[Review] = []
    for members in groups.values():
        taken = [row for row in members if row.qty is not None and row.qty < 0]
        given = [row for row in members if row.qty is not None and row.qty > 0]
        for minus, plus in zip(taken, given, strict=False):
            splits.append(_split(minus, plus))
        for row in (*taken[len(given) :], *given[len(taken) :]):
            detail = f"a split row of {plain(row.qty or ZERO)} {instrument.symbol} on {row.day} "
            detail += "came without its other half; quantities are unchanged until it comes"
            reviews.append(review("split_incomplete", instrument.key, row.activity_id, detail))
    return splits, reviews


def place_splits(
    book: Book, events: Sequence[Event], splits: Iterable[Split]
) -> tuple[list[Event], list[Split]]:
    """Events with each split where the running quantity equals what it removes (rule 11).

    Of several such places, the one nearest the row's date at which the splits placed before it
    still fit; one that fits nowhere is tried again once others stand. Also the splits that fit
    nowhere at all. `book` is an empty book of the instrument; it is not changed.
    """
    placed = list(events)
    done: set[str] = set()
    waiting: list[Split] = []
    unplaced = list(splits)
    while len(waiting) != len(unplaced):
        waiting, unplaced = unplaced, []
        for split in waiting:
            found = _with_split(book, placed, split, done)
            if found is None:
                unplaced.append(split)
            else:
                placed = found
                done.add(split.source_id)
    return placed, unplaced


def _with_split(
    book: Book, events: Sequence[Event], split: Split, done: Container[str]
) -> list[Event] | None:
    """Events with one more split among them; None where it fits nowhere."""
    for index, removed, added in _places(split, events, _running_after(book, events)):
        key = (_time_between(split.at, events, index), "", ZERO, split.source_id)
        trial = list(events)
        trial.insert(index, Rescale(key, split.source_id, removed, added))
        if _still_fit(book, trial, index, done):
            return trial
    return None


def splits_by_date(events: Sequence[Event], splits: Iterable[Split]) -> list[Event]:
    """Events with each split at its row's date: what opening balances are first derived with."""
    dated = [
        Rescale((split.at, "", ZERO, split.source_id), split.source_id, split.taken, split.given)
        for split in splits
    ]
    return sorted([*events, *dated], key=attrgetter("key"))


def unplaced_review(instrument: Instrument, split: Split) -> Review:
    """A split that our running quantity never matched near its date."""
    detail = (
        f"a split turned {plain(split.taken)} {instrument.symbol} into {plain(split.given)}, "
        "but our trades never held that quantity around its date"
    )
    return review("split_unplaced", instrument.key, split.source_id, detail)


def _split(minus: Activity, plus: Activity) -> Split:
    return Split(
        source_id=minus.activity_id,
        at=new_york_midnight(minus.day),
        taken=at_scale(-(minus.qty or ZERO)),
        given=at_scale(plus.qty or ZERO),
    )


def _running_after(book: Book, events: Sequence[Event]) -> list[Decimal]:
    """The running quantity before the first event, and after each."""
    state = Book(book.instrument, book.symbol, book.multiplier)
    running = [state.running]

    def track(state: Book, event: Event) -> Book:
        state = step(state, event)
        running.append(state.running)
        return state

    reduce(track, events, state)
    return running


def _places(
    split: Split, events: Sequence[Event], running: Sequence[Decimal]
) -> list[tuple[int, Decimal, Decimal]]:
    """(index, removed, added) of each place where it fits, the nearest to its date first."""
    found = [
        (distance, index, *effect)
        for index, quantity in enumerate(running)
        if (effect := split.effect_on(quantity)) is not None
        and (distance := _distance(split.at, events, index)) <= NEAR
    ]
    return [place[1:] for place in sorted(found)]


def _still_fit(book: Book, events: Sequence[Event], index: int, done: Container[str]) -> bool:
    """Whether the splits `done` that stand after `index` still meet the quantity they remove."""
    later = [
        (place, event)
        for place, event in enumerate(events)
        if place > index and isinstance(event, Rescale) and event.source_id in done
    ]
    running = _running_after(book, events) if later else ()
    return all(abs(running[place]) == event.removed for place, event in later)


def _distance(at: Instant, events: Sequence[Event], index: int) -> Instant:
    """How far a moment lies from the stretch between event `index` − 1 and event `index`."""
    return abs(at - _time_between(at, events, index))


def _time_between(at: Instant, events: Sequence[Event], index: int) -> Instant:
    """The moment of that stretch which is nearest."""
    if index < len(events):
        at = min(at, events[index].key[0])
    return max(at, events[index - 1].key[0]) if index else at
