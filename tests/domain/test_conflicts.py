"""Facts that came again with other data are for a person, unless a correction says the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.domain.make import activity, at, execution, instrument, only, order, records
from tradesync.domain.facts import FactConflict
from tradesync.domain.ledger import conclude

FILL = execution("20260302::f1", qty=10, price=150)


def again(kind: str, identity: str, **said: str) -> FactConflict:
    """The same id with other data."""
    return FactConflict(kind, identity, json.dumps(said), at(60))


def reviewed(*conflicts: FactConflict, more: tuple[Any, ...] = ()) -> list[tuple[str, str]]:
    """(kind, detail) of the reviews of one bought order."""
    rows = records(order(qty=10, filled=10, avg=150), FILL, *more, conflicts=conflicts)
    return [(row.kind, row.detail) for row in conclude(rows).reviews]


def test_f05_both_statements_are_told() -> None:
    conflict = again("execution", FILL.execution_id, qty="10", price="99.50")
    rows = records(order(qty=10, filled=10, avg=150), FILL, conflicts=(conflict,))
    item = only(conclude(rows).reviews)
    assert (item.kind, item.instrument) == ("execution_conflict", instrument("AAPL").key)
    assert item.detail == (
        "the same execution came again as 10 at 99.5; what came first, 10 at 150, is kept"
    )


def test_f05_all_that_came_again_is_one_item() -> None:
    conflicts = [again("execution", FILL.execution_id, qty="10", price=p) for p in ("99", "98")]
    ((_, detail),) = reviewed(*conflicts)
    assert "came again as 10 at 98 and as 10 at 99;" in detail


@pytest.mark.parametrize("raw", ["not json", "{}", json.dumps({"qty": "10", "price": "150"})])
def test_f05_a_difference_in_nothing_countable_is_other_data(raw: str) -> None:
    conflict = FactConflict("execution", FILL.execution_id, raw, at(60))
    ((_, detail),) = reviewed(conflict)
    assert "came again as other data;" in detail


def test_f20_a_row_that_repeats_its_correction_contradicts_nothing() -> None:
    correction = activity(
        "c", "TRADE_CORRECT", qty=10, price="150.5", order_id="o1", description="f1"
    )
    repeated = again("execution", FILL.execution_id, qty="10", price="150.50")
    assert [kind for kind, _ in reviewed(repeated, more=(correction,))] == ["corrected"]
    another = again("execution", FILL.execution_id, qty="10", price="160")
    kinds = {kind for kind, _ in reviewed(repeated, another, more=(correction,))}
    assert kinds == {"corrected", "execution_conflict"}


def test_f05_a_dated_row_that_comes_again_otherwise_is_listed() -> None:
    paid = activity("d", "DIV", qty=10, net="5")
    conflict = again("activity", "d", qty="10", net_amount="6")
    rows = records(order(qty=10, filled=10, avg=150), FILL, paid, conflicts=(conflict,))
    item = only(conclude(rows).reviews)
    assert (item.kind, item.instrument, item.subject) == (
        "activity_conflict", instrument("AAPL").key, "d",
    )  # fmt: skip
    assert item.detail == (
        "the same activity came again as 10 for 6 USD; what came first, 10 for 5 USD, is kept"
    )


@pytest.mark.parametrize("symbol", [None, "GONE"])
def test_f05_a_dated_row_of_no_instrument_known_is_listed_for_none(symbol: str | None) -> None:
    paid = activity("d", "DIV", symbol=symbol, net="5")
    rows = records(paid, conflicts=(again("activity", "d", net_amount="6"),))
    assert only(conclude(rows).reviews).instrument == ""


def test_f05_a_fill_of_an_order_never_read_is_listed_for_no_instrument() -> None:
    rows = records(FILL, conflicts=(again("execution", FILL.execution_id, qty="9"),))
    item = next(row for row in conclude(rows).reviews if row.kind == "execution_conflict")
    assert (item.instrument, item.subject) == ("", FILL.execution_id)


def test_what_came_again_of_facts_not_looked_at_is_left_out() -> None:
    assert reviewed(again("execution", "another", qty="1")) == []
