"""Where a split takes effect among the events of its instrument, and what is told of one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.domain.make import activity, at, instrument, only
from tests.domain.test_booking_rules import buy, key, sell, short
from tradesync.domain.booking import new_book
from tradesync.domain.corporate import (
    NEAR,
    Split,
    pair_splits,
    place_splits,
    splits_by_date,
    unplaced_review,
)
from tradesync.domain.events import Event, Look, Rescale
from tradesync.domain.facts import Activity
from tradesync.domain.money import ZERO
from tradesync.domain.times import Instant

AAPL = instrument()


def split(taken: int, given: int, moment: Instant, name: str = "s1") -> Split:
    return Split(name, moment, Decimal(taken), Decimal(given))


def rescale(moment: Instant, removed: int, added: int, name: str = "s1") -> Rescale:
    return Rescale((moment, "", ZERO, name), name, Decimal(removed), Decimal(added))


def placed(events: list[Event], *splits: Split) -> tuple[list[Event], list[Split]]:
    return place_splits(new_book(AAPL), events, splits)


@pytest.mark.parametrize(("of_row", "effect"), [(5, 10), (15, 15), (25, 20)])
def test_a_split_stands_at_its_date_or_as_near_as_its_quantity_allows(
    of_row: int, effect: int
) -> None:
    events: list[Event] = [buy(4, 40, 1), buy(6, 60, 10), buy(1, 10, 20)]
    assert placed(events, split(10, 30, at(of_row))) == (
        [*events[:2], rescale(at(effect), 10, 30), events[2]], [],
    )  # fmt: skip


def test_a_split_after_all_that_is_known_stands_at_its_date() -> None:
    events: list[Event] = [buy(10, 40, 1)]
    found, left = placed(events, split(10, 30, at(500)))
    assert (found[-1], left) == (rescale(at(500), 10, 30), [])


def test_a_short_loses_what_a_long_would_be_given() -> None:
    found, _ = placed([short(30, 40, 1)], split(10, 30, at(5)))
    assert found[-1] == rescale(at(5), 30, 10)


def test_a_split_may_lie_ten_days_from_its_row_and_not_more() -> None:
    events: list[Event] = [buy(10, 100, 1), sell(5, 60, 2)]
    just, beyond = split(10, 20, at(2) + NEAR), split(10, 20, at(2) + NEAR + 1)
    assert placed(events, just) == ([events[0], rescale(at(2), 10, 20), events[1]], [])
    assert placed(events, beyond) == (events, [beyond])


def test_splits_one_after_the_other_leave_each_other_their_quantity() -> None:
    look = Look(key(2), "o5")
    events: list[Event] = [buy(10, 100, 1), look, buy(10, 100, 9)]
    later, earlier = split(30, 60, at(8), "later"), split(10, 20, at(3), "earlier")
    found, left = placed(events, earlier, later)
    assert found == [*events[:2], rescale(at(3), 10, 20, "earlier"), events[2],
                     rescale(at(9), 30, 60, "later")]  # fmt: skip
    assert left == []


def test_by_their_dates_splits_stand_among_the_events_as_the_rows_say() -> None:
    first, second = buy(10, 100, 1), buy(10, 100, 9)
    assert splits_by_date([first, second], [split(10, 20, at(5))]) == [
        first, rescale(at(5), 10, 20), second,
    ]  # fmt: skip


def test_a_split_that_fits_nowhere_is_told_of() -> None:
    found = unplaced_review(AAPL, split(10, 30, at(0)))
    assert (found.kind, found.instrument, found.subject) == ("split_unplaced", AAPL.key, "s1")
    assert found.detail == (
        "a split turned 10 AAPL into 30, but our trades never held that quantity around its date"
    )


def row(name: str, qty: str, *, day: str = "2026-03-03") -> Activity:
    return activity(name, "SPLIT", qty=qty, day=day)


def test_rows_of_one_day_are_paired_by_their_ids_in_whatever_order_they_come() -> None:
    rows = [row("d", "20"), row("c", "-10"), row("b", "9"), row("a", "-3")]
    splits, reviews = pair_splits(AAPL, rows)
    assert [(one.source_id, one.taken, one.given) for one in splits] == [
        ("a", 3, 9), ("c", 10, 20),
    ]  # fmt: skip
    assert reviews == []


def test_rows_of_two_days_are_no_pair() -> None:
    splits, reviews = pair_splits(AAPL, [row("a", "-3"), row("b", "9", day="2026-03-04")])
    assert splits == []
    assert [(one.kind, one.instrument, one.subject) for one in reviews] == [
        ("split_incomplete", AAPL.key, "a"), ("split_incomplete", AAPL.key, "b"),
    ]  # fmt: skip
    assert only(one for one in reviews if one.subject == "b").detail.startswith(
        f"a split row of 9 AAPL on {date(2026, 3, 4)} "
    )
