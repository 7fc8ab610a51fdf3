"""The import plan: what it shows is what confirming it does, once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.holding import position
from tests.domain.make import activity, at, balance, execution, instrument, only, order, records
from tradesync.domain.conclusions import Conclusions, Records, TradeSide, TradeSource
from tradesync.domain.facts import Execution, Order, Position
from tradesync.domain.import_plan import (
    BROKER_AVERAGE,
    GIVEN,
    MATCHES_TOTAL_COST,
    ImportLine,
    ImportPlan,
    opening_balances,
    plan_import,
)
from tradesync.domain.ledger import conclude
from tradesync.domain.reconcile import differences, holdings
from tradesync.domain.times import Instant

AAPL = instrument("AAPL").key
LATER: Instant = at(1000)
CALL = "AAPL260619C00200000"


def figures(*values: object) -> tuple[object, ...]:
    """Some values side by side, to be compared with plain numbers."""
    return values


def bought(
    qty: int = 100, price: int = 10, *, name: str = "o1", symbol: str = "AAPL", t: float = 0
) -> list[object]:
    """An opening order with its only fill."""
    return [
        order(name, "buy", qty, symbol=symbol, filled=qty, avg=price, t=t),
        execution(f"e-{name}", name, "buy", qty, price, symbol=symbol, t=t + 1),
    ]


def sold(qty: int, price: int, *, name: str, t: float, symbol: str = "AAPL") -> list[object]:
    """A closing order with its only fill."""
    return [
        order(name, "sell", qty, symbol=symbol, filled=qty, avg=price, t=t),
        execution(f"e-{name}", name, "sell", qty, price, symbol=symbol, t=t + 1),
    ]


def shorted(qty: int = 100, price: int = 10, *, symbol: str = "AAPL") -> list[object]:
    """A short opening order with its only fill."""
    return [
        order("s1", "sell", qty, symbol=symbol, filled=qty, avg=price, intent="sell_to_open"),
        execution("e-s1", "s1", "sell_short", qty, price, symbol=symbol),
    ]


def confirmed(known: Records, plan: ImportPlan) -> Records:
    """The records once every importable line is confirmed."""
    ids = {line.instrument: f"d-{len(known.opening_balances)}-{line.symbol}" for line in plan.lines}
    made = opening_balances(plan, ids, created_at=plan.observed_at + 1)
    return replace(known, opening_balances=(*known.opening_balances, *made))


def imported(known: Records, *held: Position) -> tuple[ImportLine, Conclusions]:
    """The only line of a plan, and the conclusions after confirming it."""
    plan = plan_import(known, held, LATER)
    return only(plan.lines), conclude(confirmed(known, plan))


def test_p01_what_is_missing_gets_the_price_that_makes_the_total_cost_match() -> None:
    line, after = imported(records(*bought(100, 10)), position(150, 11))
    assert figures(line.broker_qty, line.explained_qty, line.missing_qty) == (150, 100, 50)
    assert figures(line.lot_side, line.lot_qty, line.lot_price) == (TradeSide.LONG, 50, 13)
    assert line.price_basis == MATCHES_TOTAL_COST
    assert line.importable
    assert line.reason == ""
    assert differences(after.trades, [position(150)]) == ()
    assert sum(trade.open_cost for trade in after.trades) == 150 * 11
    assert {trade.source for trade in after.trades} == {TradeSource.BROKER, TradeSource.IMPORT}


def test_p02_the_same_on_the_short_side() -> None:
    line, after = imported(records(*shorted(100, 10)), position(-150, 11))
    assert line.missing_qty == -50
    assert figures(line.lot_side, line.lot_qty, line.lot_price) == (TradeSide.SHORT, 50, 13)
    assert differences(after.trades, [position(-150)]) == ()


def test_p06_a_position_without_any_history_is_one_lot_at_the_brokers_average() -> None:
    line, after = imported(records(instrument("AAPL")), position(100, "12.3456"))
    assert figures(line.lot_qty, line.lot_price) == (100, Decimal("12.3456"))
    assert line.price_basis == BROKER_AVERAGE
    trade = only(after.trades)
    assert figures(trade.source, trade.open_qty, trade.cost) == (
        TradeSource.IMPORT,
        100,
        Decimal("1234.56"),
    )


def test_p06_a_position_whose_fills_are_known_needs_no_import() -> None:
    line, _ = imported(records(*bought(100, 10)), position(100, 10))
    assert not line.importable
    assert line.missing_qty == 0
    assert figures(line.lot_qty, line.lot_price) == (None, None)


@pytest.mark.parametrize(("symbol", "qty", "multiplier"), [("AAPL", -50, 1), (CALL, -1, 100)])
def test_p07_a_short_position_is_imported_as_short(symbol: str, qty: int, multiplier: int) -> None:
    line, after = imported(records(instrument(symbol)), position(qty, 2, symbol=symbol))
    assert figures(line.lot_side, line.lot_qty, line.lot_price) == (TradeSide.SHORT, abs(qty), 2)
    trade = only(after.trades)
    assert (trade.side, trade.open_qty) == (TradeSide.SHORT, abs(qty))
    assert trade.cost == abs(qty) * 2 * multiplier
    assert holdings(after.trades) == {instrument(symbol).key: Decimal(qty)}


def test_p22_what_we_hold_too_much_is_shown_and_not_importable() -> None:
    known = records(*bought(100, 10))
    line, after = imported(known, position(97, 10))
    assert figures(line.missing_qty, line.importable) == (-3, False)
    assert "closes nothing" in line.reason
    assert after == conclude(known)


def test_p12_what_the_broker_does_not_list_is_shown_and_not_importable() -> None:
    line, after = imported(records(*bought(100, 10)))
    assert figures(line.broker_qty, line.missing_qty, line.importable) == (0, -100, False)
    assert holdings(after.trades) == {AAPL: Decimal(100)}


def test_a_position_on_the_other_side_is_not_importable() -> None:
    line, after = imported(records(*bought(100, 10)), position(-150, 10))
    assert not line.importable
    assert "other side" in line.reason
    assert holdings(after.trades) == {AAPL: Decimal(100)}


def test_exits_already_known_close_part_of_the_lot() -> None:
    """History begins after the purchase: the sale is known, what it closed is not."""
    known = records(*sold(30, 15, name="x1", t=5), history_complete=False)
    line, after = imported(known, position(70, 10))
    assert figures(line.missing_qty, line.lot_qty, line.lot_price) == (70, 100, 10)
    assert line.price_basis == BROKER_AVERAGE
    assert "30" in line.note
    trade = only(after.trades)
    assert (trade.open_qty, trade.realized_pnl) == (70, 30 * 5)
    assert after.unmatched_exits == ()


def test_a_partly_closed_import_does_not_import_twice() -> None:
    known = records(instrument("AAPL"))
    once = confirmed(known, plan_import(known, [position(100, 10)], LATER))
    exits = sold(40, 12, name="x1", t=2000)
    closed = replace(
        once,
        orders=tuple(row for row in exits if isinstance(row, Order)),
        executions=tuple(row for row in exits if isinstance(row, Execution)),
    )
    plan = plan_import(closed, [position(60, 10)], at(3000))
    assert plan.importable == ()
    assert holdings(conclude(closed).trades) == {AAPL: Decimal(60)}


def test_a_given_price_wins() -> None:
    known = records(*bought(100, 10))
    plan = plan_import(known, [position(150, 11)], LATER, {AAPL: Decimal("9.99")})
    line = only(plan.lines)
    assert figures(line.lot_price, line.price_basis) == (Decimal("9.99"), GIVEN)
    made = only(opening_balances(plan, {AAPL: "d1"}, LATER, {AAPL: Decimal("9.99")}))
    after = conclude(replace(known, opening_balances=(made,)))
    assert sum(t.open_cost for t in after.trades) == 1000 + 50 * Decimal("9.99")


def test_a_decision_stores_what_was_observed_not_what_was_missing() -> None:
    plan = plan_import(records(*bought(100, 10)), [position(150, 11)], LATER)
    made = only(opening_balances(plan, {AAPL: "d1"}, LATER + 5))
    assert (made.qty, made.avg_price, made.price_override) == (150, 11, None)
    assert (made.observed_at, made.created_at, made.decision_id) == (LATER, LATER + 5, "d1")


def test_only_the_lines_named_become_decisions() -> None:
    known = records(instrument("AAPL"), instrument("MSFT"))
    plan = plan_import(known, [position(1), position(2, symbol="MSFT")], LATER)
    assert [line.symbol for line in plan.importable] == ["AAPL", "MSFT"]
    made = opening_balances(plan, {instrument("MSFT").key: "d"}, LATER)
    assert [row.symbol for row in made] == ["MSFT"]


@pytest.mark.parametrize("price", [0, "-1"])
def test_without_any_price_one_has_to_be_entered(price: str | int) -> None:
    known = records(instrument("AAPL"))
    line = only(plan_import(known, [position(5, price)], LATER).lines)
    assert not line.importable
    assert "Enter one" in line.reason
    given = plan_import(known, [position(5, price)], LATER, {AAPL: Decimal(3)})
    assert only(given.lines).lot_price == 3


def test_a_negative_price_is_refused() -> None:
    plan = plan_import(records(instrument()), [position(5)], LATER, {AAPL: Decimal(-3)})
    assert not only(plan.lines).importable


def test_p24_a_quantity_that_grew_at_no_cost_waits_for_its_split_row() -> None:
    known = records(*bought(100, 200))
    line = only(plan_import(known, [position(400, 50)], LATER).lines)
    assert not line.importable
    assert "split" in line.reason
    all_the_same = plan_import(known, [position(400, 50)], LATER, {AAPL: Decimal(50)})
    assert only(all_the_same.lines).importable


def test_p28_a_booked_transfer_explains_itself() -> None:
    known = records(instrument(), activity("t1", "ACATS", qty=50, price=20))
    line, _ = imported(known, position(50, 20))
    assert figures(line.explained_qty, line.importable) == (50, False)


def test_a_fill_newer_than_the_read_makes_the_line_not_importable() -> None:
    known = records(*bought(100, 10), *bought(5, 10, name="o2", t=2000))
    line = only(plan_import(known, [position(150, 10)], LATER).lines)
    assert not line.importable
    assert "look again" in line.reason


def test_the_token_changes_with_a_difference_and_only_with_one() -> None:
    known = records(*bought(100, 10), *bought(7, 5, name="m1", symbol="MSFT"))
    held = [position(150, 11), position(7, 5, symbol="MSFT")]
    token = plan_import(known, held, LATER).token
    assert plan_import(known, list(reversed(held)), LATER + 9).token == token
    assert plan_import(known, held, LATER, {AAPL: Decimal(1)}).token == token
    assert plan_import(known, [position(151, 11), held[1]], LATER).token != token
    both_traded = records(*bought(100, 10), *bought(8, 5, name="m1", symbol="MSFT"))
    explained = [position(150, 11), position(8, 5, symbol="MSFT")]
    assert plan_import(both_traded, explained, LATER).token == token
    other = replace(known, account_id="b0000000-0000-4000-8000-000000000002")
    assert plan_import(other, held, LATER).token != token


STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 50), st.integers(1, 99), st.booleans()),
    min_size=1,
    max_size=8,
)


def history(steps: list[tuple[bool, int, int, bool]]) -> tuple[list[list[object]], int]:
    """A long account's fills, never below zero, one order each; and what is held at the end."""
    rows: list[list[object]] = []
    running = 0
    for number, (buys, qty, price, _) in enumerate(steps):
        take = qty if buys or not running else min(qty, running)
        is_buy = buys or not running
        made = bought if is_buy else sold
        rows.append(made(take, price, name=f"n{number}", t=number * 10))
        running += take if is_buy else -take
    return rows, running


@given(steps=STEPS, average=st.integers(1, 99), extra=st.integers(0, 30))
def test_importing_makes_it_match_and_importing_twice_changes_nothing(
    steps: list[tuple[bool, int, int, bool]], average: int, extra: int
) -> None:
    rows, running = history(steps)
    seen = [row for shown, (*_, known) in zip(rows, steps, strict=True) if known for row in shown]
    held = running + extra
    assume(held)
    known = records(instrument(), *seen, history_complete=False)
    plan = plan_import(known, [position(held, average)], LATER)
    once = confirmed(known, plan)
    if plan.importable:
        line = only(plan.importable)
        assert line.lot_qty is not None
        assert line.lot_qty >= line.missing_qty > 0
        assert holdings(conclude(once).trades) == {AAPL: Decimal(held)}
    again = plan_import(once, [position(held, average)], LATER + 1)
    assert not plan.importable or again.importable == ()
    assert conclude(confirmed(once, again)).trades == conclude(once).trades


@given(steps=STEPS, average=st.integers(1, 99))
def test_late_facts_shrink_an_import_to_nothing(
    steps: list[tuple[bool, int, int, bool]], average: int
) -> None:
    rows, running = history(steps)
    assume(running)
    seen = [row for shown, (*_, known) in zip(rows, steps, strict=True) if known for row in shown]
    partial = records(instrument(), *seen, history_complete=False)
    plan = plan_import(partial, [position(running, average)], LATER)
    assume(plan.importable)
    everything = records(instrument(), *(row for shown in rows for row in shown))
    decided = confirmed(everything, plan)
    assert decided.opening_balances != ()
    assert conclude(decided) == conclude(everything)


def test_a_second_observation_after_the_first_adds_only_what_it_adds() -> None:
    known = records(instrument(), balance("d0", 100, 10))
    plan = plan_import(known, [position(130, 10)], at(5000))
    after = conclude(confirmed(known, plan))
    assert (only(plan.importable).lot_qty, holdings(after.trades)) == (30, {AAPL: Decimal(130)})
