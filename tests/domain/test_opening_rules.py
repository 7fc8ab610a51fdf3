"""What facts explain of an observed holding, and the lot that makes up for the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.domain.make import ACCOUNT, at, balance, only
from tests.domain.test_booking_rules import buy, coin_fee, grow, key, leave, sell
from tradesync.domain.events import LONG, SHORT, Arrival, Event, Kind, Look, Rescale
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO
from tradesync.domain.opening import Known, known_until, merged, opening_arrivals
from tradesync.domain.ours import OpeningBalance
from tradesync.domain.roles import Role

ONE = Decimal(1)


def known(*events: Event, qty: int = 100, since: float | None = None) -> Known:
    """What events up to t = 1000 explain of a holding of `qty` then."""
    return known_until(events, balance("d1", qty, 10), None if since is None else at(since))


def opened(*events: Event, at_hand: OpeningBalance, multiplier: int = 1) -> list[Arrival]:
    return opening_arrivals(ACCOUNT, multiplier, events, [at_hand])


def test_buys_explain_their_quantity_and_cost() -> None:
    assert known(buy(10, 100, 1), buy(5, 60, 2)) == Known(
        Decimal(15), Decimal(160), has_exit=False, before=ONE, after=ONE
    )


def test_facts_after_the_observation_explain_nothing_of_it_wherever_they_stand() -> None:
    assert known(buy(10, 100, 1001), buy(5, 60, 1000)).qty == 5


def test_a_sell_is_an_exit_of_a_long_holding_and_opens_a_short_one() -> None:
    assert known(sell(10, 100, 1)).has_exit
    assert not known(sell(10, 100, 1), qty=-100).has_exit
    assert known(sell(10, 100, 1, role=Role.CLOSE), qty=-100).has_exit


def test_a_fill_without_price_leaves_the_cost_unknown() -> None:
    assert known(buy(10, None, 1), buy(5, 60, 2)).cost is None


@pytest.mark.parametrize(
    ("event", "qty", "has_exit"),
    [
        (leave(SHORT, 4, None, 2), "6", True),
        (coin_fee("0.5", "e1", 2), "9.5", False),
        (grow(5, 2), "15", False),
        (Rescale(key(2), "split", Decimal(1), Decimal(3)), "30", False),
        (Look(key(2), "o5"), "10", False),
    ],
)
def test_everything_that_moves_quantity_counts(event: Event, qty: str, has_exit: bool) -> None:
    found = known(buy(10, 100, 1), event)
    assert (found.qty, found.has_exit, found.cost) == (Decimal(qty), has_exit, 100)


def test_splits_are_taken_back_to_where_the_lot_stands() -> None:
    split = Rescale(key(50), "split", Decimal(2), Decimal(6))
    found = known(buy(10, 100, 1), split)
    assert (found.qty, found.before, found.after) == (30, 2, 6)
    since = known(buy(10, 100, 1), split, since=50)
    assert (since.qty, since.before, since.after) == (30, 1, 1)


def test_the_lot_stands_before_the_first_fact_and_costs_what_makes_the_total_match() -> None:
    lot = only(opened(buy(10, 200, 1), at_hand=balance("d1", 100, 10)))
    assert lot == Arrival(
        key=(at(1) - 1, "", ZERO, "d1"), source_id="d1", kind=Kind.OPENING_BALANCE,
        trade_id=trade_id(ACCOUNT, "d1"), direction=LONG, qty=Decimal(90), value=Decimal(800),
        known_basis=True,
    )  # fmt: skip


def test_without_facts_the_lot_stands_at_the_observation() -> None:
    lot = only(opened(at_hand=balance("d1", -100, 10)))
    assert (lot.key[0], lot.direction, lot.qty, lot.value) == (at(1000), SHORT, 100, 1000)


def test_a_price_given_or_an_exit_known_values_the_missing_part_by_unit_and_multiplier() -> None:
    given = only(opened(buy(10, 200, 1), at_hand=balance("d1", 100, 10, override=7), multiplier=5))
    assert given.value == 90 * 7 * 5
    after_exit = only(opened(sell(10, 1, 1), at_hand=balance("d1", 100, 10), multiplier=5))
    assert after_exit.value == 110 * 10 * 5


def test_a_rest_of_cost_under_one_cent_counts_but_nothing_does_not() -> None:
    """Facts that cost all the broker states leave the average as the only price there is."""
    half = only(opened(buy(99, "999.5", 1), at_hand=balance("d1", 100, 10)))
    assert half.value == Decimal("0.5")
    nothing = only(opened(buy(99, 1000, 1), at_hand=balance("d1", 100, 10)))
    assert nothing.value == 10


def test_what_is_too_much_makes_no_lot() -> None:
    assert opened(buy(110, 1100, 1), at_hand=balance("d1", 100, 10)) == []
    assert opened(buy(100, 1100, 1), at_hand=balance("d1", 100, 10)) == []


def test_a_second_observation_adds_what_the_first_and_the_facts_leave() -> None:
    first, second = balance("d1", 100, 10, t=1000), balance("d2", 130, 10, t=2000)
    one, two = opening_arrivals(ACCOUNT, 1, [buy(10, 100, 1500)], [second, first])
    assert (one.source_id, one.qty, one.key[0]) == ("d1", 100, at(1000))
    assert (two.source_id, two.qty, two.key[0]) == ("d2", 20, at(1000) + 1)


def test_a_lot_is_merged_after_all_that_is_not_later() -> None:
    lot = only(opened(at_hand=balance("d1", 100, 10, t=5)))
    before, same, later = buy(1, 1, 1), buy(1, 1, 5), buy(1, 1, 6)
    assert merged([before, same, later], [lot]) == [before, same, lot, later]


def test_a_holding_of_less_than_one_is_opened_by_buys_as_any_other() -> None:
    assert not known(buy("0.4", 4, 1), qty=1).has_exit


def test_an_account_seen_empty_makes_no_lot_against_a_short() -> None:
    assert opened(sell(5, 50, 1), at_hand=balance("d1", 0, 10)) == []
