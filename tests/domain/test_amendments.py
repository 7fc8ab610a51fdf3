"""Busts and corrections: what they name, and what they do to it (design rule 11)."""

from __future__ import annotations

import json

import pytest

from tests.domain.make import activity, execution, num
from tradesync.domain.amendments import Amended, amend_executions, standing_activities
from tradesync.domain.facts import Activity, Execution

UUID = "6f1c2f3a-0000-4000-8000-000000000001"


def bust(said: str = "", *, order_id: str | None = None, qty: str | int | None = 100) -> Activity:
    return activity("b", "TRADE_BUST", description=said, order_id=order_id, qty=qty)


def correction(said: str = "", *, order_id: str | None = "o1", **fields: str | int) -> Activity:
    return activity("c", "TRADE_CORRECT", description=said, order_id=order_id, **fields)  # type: ignore[arg-type]


def amended(note: Activity, *rows: Execution) -> Amended:
    return amend_executions(rows, [note], {"o1": "asset-AAPL"})


@pytest.mark.parametrize("said", [f"20260302::{UUID}", UUID, f" {UUID} "])
def test_a_bust_voids_the_execution_it_names_by_either_half_of_its_id(said: str) -> None:
    found = amended(bust(said), execution(f"20260302::{UUID}"), execution("other", t=2))
    assert [row.execution_id for row in found.effective] == ["other"]
    assert [row.kind for row in found.reviews] == ["busted"]


def test_the_raw_row_may_name_it_instead() -> None:
    note = activity("b", "TRADE_BUST", raw=json.dumps({"previous_id": "e1"}))
    assert amended(note, execution("e1"), execution("e2", t=2)).effective[0].execution_id == "e2"


@pytest.mark.parametrize("raw", ["no json", "[]", json.dumps({"previous_id": 5})])
def test_raw_text_that_names_nothing_voids_nothing(raw: str) -> None:
    found = amended(activity("b", "TRADE_BUST", raw=raw), execution("e1"))
    assert len(found.effective) == 1
    assert [row.kind for row in found.reviews] == ["unnamed_amendment"]


def test_a_bust_that_names_nothing_takes_the_only_fill_of_its_order_and_quantity() -> None:
    rows = execution("e1", qty=100), execution("e2", qty=50, t=2)
    assert [row.execution_id for row in amended(bust(order_id="o1"), *rows).effective] == ["e2"]


@pytest.mark.parametrize("qty", [99, 1, None])
def test_a_bust_of_another_quantity_is_for_a_person(qty: int | None) -> None:
    found = amended(bust(order_id="o1", qty=qty), execution("e1", qty=100))
    assert len(found.effective) == 1
    assert [(row.kind, row.instrument) for row in found.reviews] == [
        ("unnamed_amendment", "asset-AAPL")
    ]


def test_a_bust_without_quantity_fits_no_fill_of_one_either() -> None:
    assert len(amended(bust(order_id="o1", qty=None), execution("e1", qty=1)).effective) == 1


def test_what_was_done_is_told_with_its_instrument_and_execution() -> None:
    def told(note: Activity) -> list[tuple[str, str, str]]:
        reviews = amended(note, execution("e1")).reviews
        return [(row.instrument, row.subject, row.detail) for row in reviews]

    assert told(bust("e1", order_id="o1")) == [
        ("asset-AAPL", "e1", "busted: buy 100 at 10 no longer counts")
    ]
    assert told(correction("e1", price=11)) == [
        ("asset-AAPL", "e1", "corrected from buy 100 at 10 to buy 100 at 11")
    ]
    assert told(bust("e9", order_id="o9")) == [
        ("", "b", "TRADE_BUST names no execution known here: “e9”")
    ]


def test_notes_take_effect_in_the_order_of_their_ids() -> None:
    first = activity("a", "TRADE_CORRECT", description="e1", price=11)
    second = activity("b", "TRADE_CORRECT", description="e1", price=12)
    for notes in ([first, second], [second, first]):
        (row,) = amend_executions([execution("e1")], notes, {}).effective
        assert row.price == 12


def test_of_two_fills_that_fit_none_is_guessed() -> None:
    found = amended(bust(order_id="o1"), execution("e1"), execution("e2", t=2))
    assert len(found.effective) == 2


def test_a_correction_may_change_the_quantity_of_the_only_fill() -> None:
    found = amended(correction(qty=60, price=11), execution("e1", qty=100))
    (row,) = found.effective
    assert (row.qty, row.price) == (60, 11)
    assert found.stated[0].qty == 100
    assert found.reviews[0].detail == "corrected from buy 100 at 10 to buy 60 at 11"


def test_what_a_correction_leaves_out_stays() -> None:
    (row,) = amended(correction("e1"), execution("e1", qty=100, price=10)).effective
    assert (row.qty, row.price) == (num(100), num(10))


def test_rows_amended_by_a_later_row_do_not_stand() -> None:
    old = activity(f"20260302::{UUID}", "DIV", net=5)
    void = activity("x", "DIV", status="canceled", raw=json.dumps({"previous_id": UUID}))
    named = json.dumps({"previous_id": old.activity_id})
    new = activity("y", "DIV", net=6, status="correct", raw=named)
    kept = activity("z", "DIV", net=7)
    assert standing_activities([void, old, kept]) == [kept]
    assert standing_activities([new, old]) == [new]
