"""What decisions about drift book, each seeing the facts and decisions before it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.domain.make import ACCOUNT, at, balance, instrument
from tests.domain.test_booking_rules import buy, sell, short
from tradesync.domain.corporate import Split
from tradesync.domain.events import LONG, SHORT, Arrival, Departure, Event, Kind, Rescale
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO
from tradesync.domain.ours import OpeningBalance, Resolution, ResolutionKind
from tradesync.domain.resolutions import decided_events
from tradesync.domain.times import SECOND, Instant

DAY: Instant = 86_400 * SECOND


def decision(
    kind: ResolutionKind, ours: int, theirs: int, *, price: str | None = None, t: float = 100,
    name: str = "d1", symbol: str = "AAPL",
) -> Resolution:  # fmt: skip
    """At `t` we held `ours` and the broker `theirs`."""
    known = instrument(symbol)
    return Resolution(
        name, kind, known.key, known.symbol, known.asset_class, at(t), Decimal(ours),
        Decimal(theirs), None if price is None else Decimal(price), None, at(t + 1),
    )  # fmt: skip


def booked(*decisions: Resolution, events: tuple[Event, ...] = (), **given: Any) -> list[Event]:
    """What decisions book where nothing but `events` happened."""
    symbol = given.get("symbol", "AAPL")
    return decided_events(
        ACCOUNT, instrument(symbol), events, decisions,
        balances=given.get("balances", ()), splits=given.get("splits", ()),
        place=given.get("place", lambda known, _: known),
    )  # fmt: skip


def left(kind: Kind, direction: int, qty: int, value: int | None, name: str = "d1") -> Departure:
    return Departure(
        (at(100), "", ZERO, name), name, kind, direction, Decimal(qty),
        None if value is None else Decimal(value),
    )  # fmt: skip


CLOSE, SPLIT, TRANSFER = ResolutionKind.CLOSE, ResolutionKind.SPLIT, ResolutionKind.TRANSFER
HELD = (buy(100, 1000, 1),)


@pytest.mark.parametrize(("price", "value"), [("12", 480), (None, None)])
def test_closed_elsewhere_leaves_at_the_price_given(price: str | None, value: int | None) -> None:
    found = booked(decision(CLOSE, 100, 60, price=price), events=HELD)
    assert found == [left(Kind.DECISION, SHORT, 40, value)]


def test_a_contract_closed_elsewhere_is_valued_with_its_multiplier() -> None:
    call = "AAPL260320C00150000"
    found = booked(decision(CLOSE, 100, 99, price="2", symbol=call), events=HELD, symbol=call)
    assert found == [left(Kind.DECISION, SHORT, 1, 200)]


def test_a_short_covered_elsewhere_leaves_the_other_way() -> None:
    found = booked(decision(CLOSE, -100, -60, price="1"), events=(short(100, 1000, 1),))
    assert found == [left(Kind.DECISION, LONG, 40, 40)]


def test_no_more_is_closed_than_is_held() -> None:
    found = booked(decision(CLOSE, 100, -50), events=HELD)
    assert found == [left(Kind.DECISION, SHORT, 100, None)]


def test_closing_adds_nothing_where_the_broker_holds_more() -> None:
    assert booked(decision(CLOSE, 100, 150), events=HELD) == []
    assert booked(decision(CLOSE, 0, 150)) == []


def test_facts_that_came_later_shrink_what_was_decided() -> None:
    late = (*HELD, sell(30, 300, 50))
    assert booked(decision(CLOSE, 100, 60), events=late) == [left(Kind.DECISION, SHORT, 10, None)]
    assert booked(decision(CLOSE, 100, 100), events=HELD) == []


def test_what_happened_after_the_observation_changes_nothing_of_it() -> None:
    after = (*HELD, buy(7, 70, 101))
    assert booked(decision(CLOSE, 100, 60), events=after) == [left(Kind.DECISION, SHORT, 40, None)]
    at_once = (*HELD, buy(7, 70, 100))
    assert booked(decision(CLOSE, 107, 60), events=at_once) == [
        left(Kind.DECISION, SHORT, 47, None)
    ]


def test_what_is_ignored_books_nothing_and_hides_no_other_decision() -> None:
    ignored = decision(ResolutionKind.IGNORE, 100, 60, t=50, name="d0")
    assert booked(decision(CLOSE, 100, 60), ignored, events=HELD) == [
        left(Kind.DECISION, SHORT, 40, None)
    ]


def test_a_second_decision_sees_the_first() -> None:
    first = decision(CLOSE, 100, 60, t=100, name="d1")
    second = decision(CLOSE, 60, 50, t=200, name="d2")
    one, two = booked(second, first, events=HELD)
    assert isinstance(one, Departure)
    assert isinstance(two, Departure)
    assert (one.source_id, one.qty, two.source_id, two.qty) == ("d1", 40, "d2", 10)


def test_a_transfer_out_leaves_without_value() -> None:
    found = booked(decision(TRANSFER, 100, 60, price="12"), events=HELD)
    assert found == [left(Kind.TRANSFER, SHORT, 40, None)]


@pytest.mark.parametrize(("price", "value"), [("12", Decimal(600)), (None, None)])
def test_a_transfer_in_is_a_lot_of_the_basis_given(
    price: str | None, value: Decimal | None
) -> None:
    assert booked(decision(TRANSFER, 100, 150, price=price), events=HELD) == [
        Arrival(
            (at(100), "", ZERO, "d1"), "d1", Kind.TRANSFER, trade_id(ACCOUNT, "d1"), LONG,
            Decimal(50), value, value is not None,
        )
    ]  # fmt: skip


def test_a_single_share_transferred_in_is_of_its_own_side() -> None:
    (found,) = booked(decision(TRANSFER, 0, -1, price="3"))
    assert isinstance(found, Arrival)
    assert (found.direction, found.qty, found.value) == (SHORT, 1, 3)
    (found,) = booked(decision(TRANSFER, 0, 1, price="3"))
    assert isinstance(found, Arrival)
    assert (found.direction, found.qty) == (LONG, 1)


def test_a_split_decided_rescales_what_was_held_as_observed() -> None:
    assert booked(decision(SPLIT, 100, 400), events=HELD) == [
        Rescale((at(100), "", ZERO, "d1"), "d1", Decimal(100), Decimal(400))
    ]
    assert booked(decision(SPLIT, -100, -400), events=(short(100, 1, 1),)) == [
        Rescale((at(100), "", ZERO, "d1"), "d1", Decimal(100), Decimal(400))
    ]
    assert booked(decision(SPLIT, 90, 360), events=HELD) == []


@pytest.mark.parametrize(
    ("days", "nanos", "given", "is_booked"),
    [
        (0, 0, 400, False), (10, 0, 400, False), (-10, 0, 400, False), (10, 1, 400, True),
        (0, 0, 300, True),
    ],
)  # fmt: skip
def test_the_brokers_own_split_rows_near_it_take_a_decisions_place(
    days: int, nanos: int, given: int, is_booked: bool
) -> None:
    rows = Split("s", at(100) + days * DAY + nanos, Decimal(100), Decimal(given))
    found = booked(decision(SPLIT, 100, 400), events=HELD, splits=[rows])
    assert bool(found) is is_booked


def test_a_decision_sees_the_opening_balances_observed_until_then() -> None:
    seen: list[tuple[list[Event], list[OpeningBalance]]] = []

    def place(known: list[Event], balances: list[OpeningBalance]) -> list[Event]:
        seen.append((known, balances))
        return known

    early, same, late = (balance(f"b{t}", 5, 10, t=t) for t in (50, 100, 101))
    first, second = decision(CLOSE, 100, 60), decision(CLOSE, 60, 50, t=200, name="d2")
    events = (*HELD, buy(1, 1, 300))
    booked(first, second, events=events, balances=[early, same, late], place=place)
    assert seen == [
        (list(events), [early, same]),
        ([HELD[0], left(Kind.DECISION, SHORT, 40, None), events[1]], [early, same, late]),
    ]
