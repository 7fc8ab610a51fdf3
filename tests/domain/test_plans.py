"""What each order does to the books: its name, role and fills (design rules 1, 7, 8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.domain.make import ACCOUNT, at, execution, instrument, intent, only, order, records
from tradesync.domain.amendments import Amended
from tradesync.domain.chains import build_chains
from tradesync.domain.conclusions import ChainReading, Records
from tradesync.domain.events import LONG, SHORT, Fill, Kind
from tradesync.domain.identity import trade_id
from tradesync.domain.ours import open_client_order_id
from tradesync.domain.plans import OrderPlan, fills_of, named_by_intents, plan_orders
from tradesync.domain.roles import FIFO, Role
from tradesync.domain.symbols import SymbolIndex

CALL = "AAPL260320C00150000"
OPENS = open_client_order_id("11111111-1111-4111-8111-111111111111")


def planned(known: Records) -> tuple[dict[str, OrderPlan], ChainReading | None]:
    """(plans by head order id, the proven reading)."""
    rows = list(known.executions)
    plans, reading = plan_orders(
        known, build_chains(known.orders), SymbolIndex(known.instruments, known.orders),
        Amended(rows, rows, []),
    )  # fmt: skip
    return {plan.head_id: plan for plan in plans}, reading


def plan(*facts: Any, **fields: Any) -> OrderPlan:
    """The only plan that follows from facts."""
    plans, _ = planned(records(*facts, **fields))
    (found,) = plans.values()
    return found


def test_an_intent_names_an_order_only_where_both_ids_are_known() -> None:
    both = intent(OPENS, broker_order_id="o1")
    without_order = intent("other", intent_id="b")
    without_name = intent(None, intent_id="c", broker_order_id="o2")
    assert named_by_intents(records(both, without_order, without_name)) == {"o1": OPENS}


def test_a_plan_says_all_an_order_does() -> None:
    found = plan(order(filled=100, avg=10), execution("e1", qty=60))
    assert (found.head_id, found.instrument) == ("o1", instrument().key)
    assert (found.trade_id, found.role, found.flips) == (trade_id(ACCOUNT, "o1"), Role.OPEN, False)
    assert (found.target, found.reading_unproven, found.exempt) == (FIFO, False, False)
    assert [row.execution_id for row in found.executions] == ["e1"]
    assert found.gap is not None
    assert found.gap.execution.qty == 40


def test_an_order_from_before_the_first_activity_read_is_exempt() -> None:
    found = plan(order(filled=100, avg=10), activities_from=at(1))
    assert (found.exempt, found.gap) == (True, None)


def test_fills_whose_order_was_never_read_are_named_after_it() -> None:
    found = plan(instrument(), execution("e1", "o9"))
    assert (found.head_id, found.instrument, found.chain) == ("o9", instrument().key, None)
    assert (found.trade_id, found.role) == (trade_id(ACCOUNT, "o9"), Role.NET)
    assert (found.flips, found.target, found.gap) == (False, FIFO, None)
    assert (found.reading_unproven, found.exempt) == (False, False)


def test_an_intent_names_the_trade_of_an_order_never_read() -> None:
    found = plan(instrument(), intent(OPENS, broker_order_id="o9"), execution("e1", "o9"))
    assert found.trade_id == trade_id(ACCOUNT, OPENS)


def test_a_contracts_fills_without_order_are_named_by_their_symbol_too() -> None:
    found = plan(instrument(CALL), execution("e1", "o9", symbol=CALL))
    assert found.trade_id == trade_id(ACCOUNT, f"o9:{CALL}")


def test_fills_without_order_open_or_close_as_their_kind_must() -> None:
    assert plan(instrument(), execution("e1", "o9", "sell_short")).role is Role.OPEN
    coin = instrument("BTC/USD")
    assert plan(coin, execution("e1", "o9", "buy", symbol="BTC/USD")).role is Role.OPEN
    assert plan(coin, execution("e1", "o9", "sell", symbol="BTC/USD")).role is Role.CLOSE
    assert plan(instrument(), execution("e1", "o9", "sell")).role is Role.NET


def replaced(head: str, second: str, filled: int, second_filled: int, t: float) -> list[Any]:
    """An order replaced after `filled`, and its successor that ended stating `second_filled`."""
    return [
        order(head, status="replaced", filled=filled, avg=10, replaced_by=second, t=t),
        order(second, filled=second_filled, avg=10, replaces=head, t=t + 1, qty=second_filled),
    ]


def test_what_one_chain_proves_is_read_in_the_others_and_its_own_proof_in_itself() -> None:
    proof = [
        *replaced("a1", "a2", 40, 60, 0),
        execution("e1", "a1", qty=40, t=1), execution("e2", "a2", qty=60, t=2),
    ]  # fmt: skip
    unproven = replaced("b1", "b2", 40, 60, 10)
    plans, reading = planned(records(*proof, *unproven))
    assert reading is ChainReading.OWN
    assert (plans["a1"].gap, plans["a1"].reading_unproven) == (None, False)
    assert plans["b1"].gap is not None
    assert (plans["b1"].gap.execution.qty, plans["b1"].reading_unproven) == (100, False)


def test_chains_that_prove_both_ways_are_each_read_their_own_way() -> None:
    own = [
        *replaced("a1", "a2", 40, 60, 0),
        execution("e1", "a1", qty=40, t=1), execution("e2", "a2", qty=60, t=2),
    ]  # fmt: skip
    carried = [
        *replaced("b1", "b2", 40, 100, 10),
        execution("e3", "b1", qty=40, t=11), execution("e4", "b2", qty=60, t=12),
    ]  # fmt: skip
    plans, reading = planned(records(*own, *carried))
    assert reading is None
    assert (plans["a1"].gap, plans["b1"].gap) == (None, None)
    assert not plans["a1"].reading_unproven
    assert not plans["b1"].reading_unproven


def test_without_any_proof_a_chain_whose_reading_matters_is_told_of() -> None:
    plans, reading = planned(records(*replaced("b1", "b2", 40, 60, 10)))
    assert (reading, plans["b1"].reading_unproven) == (None, True)
    assert plans["b1"].gap is not None
    assert plans["b1"].gap.execution.qty == 60


def test_fills_are_valued_with_the_multiplier_the_provisional_one_included() -> None:
    known = instrument(CALL)
    found = plan(
        known, order(qty=3, symbol=CALL, filled=3, avg=2),
        execution("e1", qty=2, price=2, symbol=CALL, cum=2),
    )  # fmt: skip
    real, provisional = fills_of(found, known, history_complete=False)
    assert real == Fill(
        key=(at(1), f"0{at(0):020d}0o1", Decimal(2), "e1"),
        source_id="e1", kind=Kind.EXECUTION, order_id="o1",
        trade_id=found.trade_id, direction=LONG, role=Role.OPEN, may_short=False, target=FIFO,
        qty=Decimal(2), value=Decimal(400),
    )  # fmt: skip
    assert (provisional.kind, provisional.qty, provisional.value) == (Kind.PROVISIONAL, 1, 200)


def test_a_provisional_fill_without_average_has_no_value() -> None:
    found = plan(order(filled=10, avg=None))
    assert only(fills_of(found, instrument(), history_complete=True)).value is None


def test_the_plain_part_of_a_flip_closes_first_and_may_go_short() -> None:
    found = plan(
        order(side="sell", qty=10, filled=10, avg=10, intent=""),
        execution("e1", side="sell", qty=4, t=1),
        execution("e2", side="sell_short", qty=6, t=2, cum=10),
    )
    plain, short = fills_of(found, instrument(), history_complete=False)
    assert (plain.role, plain.may_short, plain.direction) == (Role.NET, True, SHORT)
    assert (short.role, short.may_short, short.direction) == (Role.OPEN, False, SHORT)


def test_the_legs_of_a_multi_leg_order_never_read_are_trades_of_their_own() -> None:
    whole = order("whole", order_class="mleg", symbol="", instrument="", filled=1)
    put = "AAPL260320P00150000"
    plans, _ = plan_orders(
        records(whole), index := build_chains([whole]),
        SymbolIndex([instrument(CALL), instrument(put)], []),
        Amended(rows := [
            execution("e1", "whole", symbol=CALL, qty=1),
            execution("e2", "whole", symbol=put, qty=1, t=2),
        ], rows, []),
    )  # fmt: skip
    assert index.chains == ()
    assert [one.trade_id for one in plans] == [
        trade_id(ACCOUNT, f"whole:{CALL}"), trade_id(ACCOUNT, f"whole:{put}"),
    ]  # fmt: skip
