"""Decisions, balances and intents brought to the books beside the facts (design rule 10)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.domain.make import (
    ACCOUNT,
    activity,
    at,
    balance,
    execution,
    instrument,
    intent,
    only,
    order,
    records,
    sold,
    trades_of,
)
from tests.domain.test_resolutions import CLOSE, SPLIT, TRANSFER, decision
from tradesync.domain.conclusions import Review, TradeStatus
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.money import ZERO
from tradesync.domain.ours import (
    IntentKind,
    Resolution,
    ResolutionKind,
    open_client_order_id,
)

CALL, COIN = "AAPL260320C00150000", "BTC/USD"
DAY = 86_400
OPENS = open_client_order_id("11111111-1111-4111-8111-111111111111")


def bought() -> list[object]:
    return [order(filled=100, avg=10), execution("e1")]


def test_a_decision_closes_what_the_facts_leave_open() -> None:
    found = conclude(records(*bought(), resolutions=(decision(CLOSE, 100, 60, price="12"),)))
    row = only(found.trades)
    assert (row.open_qty, row.realized_pnl, row.exit_value) == (60, 80, 480)
    assert only(found.allocations).at == at(100)


def test_a_decision_counts_the_lots_of_what_was_observed_before_it() -> None:
    seen = balance("b1", 130, 10, t=50)
    known = records(*bought(), seen, resolutions=(decision(CLOSE, 130, 90),))
    found = conclude(known)
    assert sum(row.open_qty for row in found.trades) == 90
    assert sum(row.qty for row in found.allocations) == 40


def test_a_decision_after_a_split_is_in_units_of_its_time_and_the_split_is_told_of_once() -> None:
    split = [
        activity("s1", "SPLIT", qty=-100, day="2026-03-02", group_id="g"),
        activity("s2", "SPLIT", qty=400, day="2026-03-02", group_id="g"),
    ]
    found = conclude(records(*bought(), *split, resolutions=(decision(CLOSE, 400, 300),)))
    assert only(found.trades).open_qty == 300
    assert found.reviews == ()
    odd = activity("s9", "SPLIT", qty=-7, group_id="h")
    other = conclude(records(*bought(), odd, resolutions=(decision(CLOSE, 100, 60),)))
    assert [row.kind for row in other.reviews] == ["split_incomplete"]


def splitting(removed: int, added: int, day: str = "2026-03-03") -> list[object]:
    return [
        activity("s1", "SPLIT", qty=-removed, day=day, group_id="g"),
        activity("s2", "SPLIT", qty=added, day=day, group_id="g"),
    ]


def test_a_split_that_fits_nowhere_is_told_of_once_beside_the_rest_also_with_a_decision() -> None:
    came = activity("t1", "ACATS", qty=5, day="2026-03-02")
    for decided in ((), (decision(CLOSE, 105, 60),)):
        found = conclude(records(*bought(), came, *splitting(90, 180), resolutions=decided))
        assert [row.kind for row in found.reviews] == ["split_unplaced", "transfer_basis"]


def test_a_decided_split_gives_way_to_the_brokers_own_rows() -> None:
    decided = (decision(SPLIT, 100, 400),)
    assert only(conclude(records(*bought(), resolutions=decided)).trades).open_qty == 400
    found = conclude(records(*bought(), *splitting(100, 400), resolutions=decided))
    assert (only(found.trades).open_qty, found.reviews) == (400, ())


def test_a_split_and_an_opening_lot_that_keep_moving_each_other_leave_the_split_out() -> None:
    """With the split the lot is 20 and nothing fits the split, without it 40 and it fits."""
    sale = sold(20, 10, t=2 * DAY)
    seen = balance("d", 20, 10, t=4 * DAY)
    found = conclude(records(*sale, *splitting(20, 40, "2026-03-05"), seen))
    row = only(found.trades)
    assert (row.trade_id, row.qty, row.open_qty) == (trade_id(ACCOUNT, "d"), 40, 20)
    assert [item.kind for item in found.reviews] == ["split_unplaced"]


MOVED = activity("t", "ACATS", symbol=COIN, qty=1, day="2026-03-02")
SEEN = balance("d", 10, 100, symbol=COIN)
IGNORED = replace(decision(ResolutionKind.IGNORE, 10, 9), instrument=COIN, symbol=COIN)


@pytest.mark.parametrize(
    ("more", "decided", "first"),
    [((), (), "0"), ((MOVED,), (), "0.025"), ((SEEN,), (), "0.025"), ((), (IGNORED,), "0.025")],
)
def test_what_was_sold_tells_of_coin_fees_only_where_nothing_else_moved_the_coin(
    more: tuple[object, ...], decided: tuple[Resolution, ...], first: str
) -> None:
    """All of the first purchase was sold, so nothing can have been taken of it."""
    rows = [
        instrument(COIN), activity("f", "CFEE", symbol=COIN, qty="-0.05", day="2026-03-02"),
        order("b1", qty=10, filled=10, avg=100, symbol=COIN),
        execution("e1", "b1", qty=10, price=100, symbol=COIN),
        order("s", "sell", 10, filled=10, avg=100, symbol=COIN, t=50),
        execution("x", "s", "sell", 10, 100, symbol=COIN, t=51),
        order("b2", qty=10, filled=10, avg=100, symbol=COIN, t=100),
        execution("e2", "b2", qty=10, price=100, symbol=COIN, t=101),
    ]  # fmt: skip
    found = conclude(records(*rows, *more, resolutions=decided))
    taken = {row.source_id: row.qty for row in found.allocations if row.is_fee}
    assert taken.get("f@e1", ZERO) == Decimal(first)
    assert taken["f@e2"] == Decimal("0.05") - Decimal(first)


def test_a_decision_makes_an_instrument_known_that_no_fact_names() -> None:
    known = records(resolutions=(decision(TRANSFER, 0, 2, price="3", symbol=CALL),))
    row = only(conclude(known).trades)
    assert (row.symbol, row.asset_class, row.multiplier) == (CALL, "us_option", 100)
    assert (row.instrument, row.open_qty, row.cost) == (instrument(CALL).key, 2, 600)
    assert row.trade_id == trade_id(ACCOUNT, "d1")


def test_an_opening_intent_makes_an_instrument_known_and_others_do_not() -> None:
    first = intent("c1", symbol=CALL, instrument="key")
    row = only(conclude(records(first)).trades)
    assert (row.symbol, row.asset_class, row.instrument) == (CALL, "us_option", "key")
    closing = intent("c2", kind=IntentKind.CLOSE, symbol="MSFT", intent_id="b")
    nowhere = intent("c3", instrument="", intent_id="c")
    assert len(conclude(records(closing, nowhere, first)).trades) == 1


def test_every_opening_intent_without_an_order_is_a_trade_and_no_closing_one_is() -> None:
    intents = [
        intent("c1"), intent("c2", intent_id="b", qty=5),
        intent("c3", kind=IntentKind.CLOSE, intent_id="c"), intent(None, intent_id="d"),
    ]  # fmt: skip
    found = trades_of(conclude(records(*bought(), *intents)))
    assert {row.client_order_id: row.ordered_qty for row in found} == {
        "client-o1": 100, "c1": 100, "c2": 5,
    }  # fmt: skip


def test_an_intents_message_explains_how_its_order_ended() -> None:
    said = intent(OPENS, broker_order_id="o1", message="halted")
    silent = intent(OPENS, broker_order_id="o1", intent_id="b")
    refused = order(status="rejected", client_order_id=OPENS)
    row = only(conclude(records(silent, said, refused)).trades)
    assert (row.status, row.close_reason) == (TradeStatus.CANCELLED, "rejected: halted")


def told(*facts: object) -> Review:
    found: Review = only(conclude(records(*facts)).reviews)
    return found


def test_what_does_not_fit_together_is_told_with_its_subject() -> None:
    key = instrument().key
    unknown = told(order(status="mystery"))
    assert (unknown.kind, unknown.instrument, unknown.subject) == ("unknown_status", key, "o1")
    assert unknown.detail == (
        "the broker calls this order “mystery”, a word not known here; "
        "it is treated as neither working nor ended"
    )
    over = told(order(qty=90, filled=100, avg=10), execution("e1"))
    assert (over.kind, over.instrument, over.subject, over.detail) == (
        "overfill", key, "o1", "more was filled than ordered",
    )  # fmt: skip
    named = told(order(client_order_id="x"), intent("y", broker_order_id="o1"))
    assert (named.kind, named.instrument, named.subject, named.detail) == (
        "identity_conflict", key, "o1", "the broker names it x, we sent y",
    )  # fmt: skip


def test_an_execution_that_came_with_other_data_is_told_of() -> None:
    rows = execution("e1", qty=100), execution("e1", qty=90)
    found = told(order(filled=90, avg=10), *rows)
    assert (found.kind, found.instrument, found.subject) == (
        "execution_conflict", instrument().key, "e1",
    )  # fmt: skip
    assert found.detail == (
        "the same execution came with different data; the first statement is kept"
    )


def test_an_execution_of_an_order_never_read_is_told_of_for_no_instrument() -> None:
    rows = instrument(), execution("e1", "gone", qty=100), execution("e1", "gone", qty=90)
    found = conclude(records(*rows)).reviews
    assert only(row for row in found if row.kind == "execution_conflict").instrument == ""


def test_only_an_order_that_answers_an_intent_under_another_id_is_told_of() -> None:
    """A replacement has an id of its own, and one intent not answered hides no other."""
    rows = [
        order("o1", client_order_id="x"), order("o2", client_order_id="y", replaces="o0", t=5),
        intent("sent", broker_order_id="o2"), intent(None, broker_order_id="o1", intent_id="b"),
        intent("z", intent_id="c"), intent("w", broker_order_id="o1", intent_id="d"),
    ]  # fmt: skip
    found = conclude(records(*rows)).reviews
    assert [row.detail for row in found if row.kind == "identity_conflict"] == [
        "the broker names it x, we sent w"
    ]


def test_a_contracts_balance_is_valued_with_its_multiplier() -> None:
    row = only(conclude(records(balance("b1", 2, "1.5", symbol=CALL))).trades)
    assert (row.symbol, row.cost) == (CALL, Decimal(300))
