"""What each explanation of a difference tells a person: its weight, its words, its fixes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.domain.holding import position
from tests.domain.make import activity, execution, order, records
from tradesync.domain.conclusions import Records
from tradesync.domain.explain import Evidence, Explanation, Fix, Reason, explain
from tradesync.domain.facts import Activity, Position
from tradesync.domain.ledger import conclude
from tradesync.domain.reconcile import DriftKind, DriftRecord, open_holdings


def told(
    known: Records, theirs: str | int, *, ours: str | None = None, held: tuple[Position, ...] = ()
) -> dict[Reason, Explanation]:
    """The explanations of AAPL's difference, by reason; `ours`: another quantity than held."""
    found = conclude(known)
    (mine,) = (h for h in open_holdings(found.trades).values() if h.symbol == "AAPL")
    drift = DriftRecord(
        mine.instrument, DriftKind.QUANTITY, "AAPL", Decimal(ours) if ours else mine.qty,
        Decimal(theirs), 1, 1, None,
    )  # fmt: skip
    known_now = Evidence(known, found, held, None, 1, date(2026, 3, 2), None)
    return {one.reason: one for one in explain(drift, known_now).explanations}


def bought(*more: object) -> Records:
    """100 AAPL bought at 10, and 5 MSFT that must not matter."""
    return records(
        order("o1", filled=100, avg=10), execution("e1", "o1"),
        order("o2", symbol="MSFT", qty=5, filled=5, avg=7, t=50),
        execution("e2", "o2", symbol="MSFT", qty=5, price=7, t=50),
        *more,
    )  # fmt: skip


def test_what_was_filled_beyond_its_executions_is_waited_for() -> None:
    known = bought(
        order("o3", qty=50, filled=20, avg=10, status="partially_filled", t=60),
        order("o4", qty=50, filled=30, avg=10, status="partially_filled", t=61),
        order("o5", symbol="MSFT", qty=9, filled=9, avg=10, t=62),
    )
    assert told(known, 100)[Reason.LATE_EXECUTIONS] == Explanation(
        Reason.LATE_EXECUTIONS, 90,
        "2 orders filled 50 more than their executions show so far", (Fix.WAIT,),
    )  # fmt: skip


def test_an_order_that_is_filling_now_is_waited_for() -> None:
    known = bought(
        order("o3", qty=50, filled=20, avg=10, status="partially_filled", t=60),
        execution("e3", "o3", qty=20, t=61),
    )
    assert told(known, 130)[Reason.LATE_EXECUTIONS] == Explanation(
        Reason.LATE_EXECUTIONS, 50, "1 orders of AAPL are filling right now", (Fix.WAIT,)
    )


@pytest.mark.parametrize("status", ["new", "accepted"])
def test_an_order_that_only_waits_explains_nothing(status: str) -> None:
    waiting = order("o3", qty=50, status=status, t=60)
    other = order("o4", symbol="MSFT", qty=50, filled=5, avg=7, status="partially_filled", t=60)
    fill = execution("e4", "o4", symbol="MSFT", qty=5, price=7, t=61)
    assert Reason.LATE_EXECUTIONS not in told(bought(waiting, other, fill), 130)


def test_a_part_that_is_gone_was_closed_elsewhere_since_the_last_execution_of_it() -> None:
    assert told(bought(), 63)[Reason.CLOSED_ELSEWHERE] == Explanation(
        Reason.CLOSED_ELSEWHERE, 55,
        "the broker holds 63 of our 100: 37 left, and no execution of it was read since the last "
        "execution at 2026-03-02T15:00:01Z", (Fix.CLOSE, Fix.IGNORE),
    )  # fmt: skip


def test_a_holding_that_is_gone_whole_was_more_likely_closed() -> None:
    assert told(bought(), 0)[Reason.CLOSED_ELSEWHERE].weight == 60


def test_a_short_that_was_covered_elsewhere_is_told_without_its_sign() -> None:
    assert told(bought(), -30, ours="-100")[Reason.CLOSED_ELSEWHERE].evidence.startswith(
        "the broker holds 30 of our 100: 70 left"
    )


@pytest.mark.parametrize(("ours", "theirs"), [("100", "100"), ("100", "-5"), ("100", "101")])
def test_as_much_more_or_the_other_side_was_not_closed(ours: str, theirs: str) -> None:
    assert Reason.CLOSED_ELSEWHERE not in told(bought(), theirs, ours=ours)


def test_without_executions_of_it_there_is_no_last_one() -> None:
    moved = records(activity("t", "JNLS", qty=100, price=10), history_complete=True)
    evidence = told(moved, 40)[Reason.CLOSED_ELSEWHERE].evidence
    assert evidence.endswith("60 left, and no execution of it was read ever")


def stated(qty: int, basis: str | None) -> tuple[Position, ...]:
    """The broker's AAPL and, before it, a holding that must not matter."""
    cost = None if basis is None else Decimal(basis)
    return (
        replace(position(5, symbol="MSFT"), cost_basis=Decimal(1)),
        replace(position(qty), cost_basis=cost),
    )


@pytest.mark.parametrize("basis", ["1000", "1010", "990", "-1000"])
def test_four_for_one_at_the_same_cost_is_very_likely_a_split(basis: str) -> None:
    assert told(bought(), 400, held=stated(400, basis))[Reason.SPLIT] == Explanation(
        Reason.SPLIT, 85, "the broker holds 4 for every 1 of ours, at the same total cost",
        (Fix.SPLIT, Fix.WAIT),
    )  # fmt: skip


@pytest.mark.parametrize("basis", ["1010.01", "989.99", "4000", None])
def test_shares_that_cost_something_are_hardly_a_split(basis: str | None) -> None:
    assert told(bought(), 400, held=stated(400, basis))[Reason.SPLIT] == Explanation(
        Reason.SPLIT, 25,
        "the broker holds 4 for every 1 of ours, though its cost differs from ours",
        (Fix.SPLIT, Fix.WAIT),
    )  # fmt: skip


def test_a_split_of_what_the_broker_does_not_list_has_no_cost_to_agree() -> None:
    assert told(bought(), 200)[Reason.SPLIT].weight == 25


TRANSFERS = ["ACATS", "ACATC", "JNLS", "JNL", "TRANS", "FOPT", "OCT"]


@pytest.mark.parametrize("kind", TRANSFERS)
def test_rows_of_transfers_about_it_are_named_with_their_days(kind: str) -> None:
    def row(name: str, day: str, symbol: str = "AAPL") -> Activity:
        return activity(name, kind, symbol=symbol, qty=1, price=1, day=day)

    rows = row("a", "2026-03-05"), row("b", "2026-03-04"), row("c", "2026-03-05")
    known = bought(*rows, row("d", "2026-03-09", symbol="MSFT"))
    assert told(known, 500)[Reason.TRANSFER] == Explanation(
        Reason.TRANSFER, 70,
        "the account has transfer rows about AAPL on 2026-03-04, 2026-03-05",
        (Fix.TRANSFER, Fix.WAIT),
    )  # fmt: skip


@pytest.mark.parametrize(("theirs", "moved"), [(137, 37), (63, 37)])
def test_without_a_row_it_moved_without_one(theirs: int, moved: int) -> None:
    known = bought(activity("d", "DIV", net=5))
    assert told(known, theirs)[Reason.TRANSFER] == Explanation(
        Reason.TRANSFER, 20, f"{moved} moved without an order or a row",
        (Fix.TRANSFER, Fix.IGNORE),
    )  # fmt: skip


def test_more_at_the_broker_may_have_been_bought_before_what_was_read() -> None:
    assert told(bought(), 137)[Reason.BEFORE_HISTORY] == Explanation(
        Reason.BEFORE_HISTORY, 30,
        "every fact since the account was opened is read, and none explains it", (Fix.IMPORT,),
    )  # fmt: skip
    partly = replace(bought(), history_complete=False)
    assert told(partly, 137)[Reason.BEFORE_HISTORY] == Explanation(
        Reason.BEFORE_HISTORY, 75,
        "the history read does not reach back to the opening of the account", (Fix.IMPORT,),
    )  # fmt: skip


@pytest.mark.parametrize("theirs", [100, -100, 99])
def test_no_more_than_ours_was_not_bought_before(theirs: int) -> None:
    assert Reason.BEFORE_HISTORY not in told(bought(), theirs)


def test_the_best_supported_explanation_stands_first() -> None:
    found = list(told(bought(), 400, held=stated(400, "1000")).values())
    weights = [one.weight for one in found]
    assert weights == sorted(weights, reverse=True)
    assert found[0].reason is Reason.SPLIT
