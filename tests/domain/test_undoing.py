"""A decision taken back: the books as if it had never been made, and what that changes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.histories import History, histories
from tests.domain.make import at, balance, execution, instrument, only, order, records
from tradesync.domain.conclusions import Conclusions, Records
from tradesync.domain.ledger import conclude
from tradesync.domain.money import ZERO
from tradesync.domain.ours import Resolution, ResolutionKind
from tradesync.domain.reconcile import holdings
from tradesync.domain.undoing import Decision, Undo, undo_of, without


def undone(known: Records, decision: Decision, broker_qty: int = 0) -> tuple[Undo, Conclusions]:
    """What taking a decision back would change, and the books without it."""
    after = conclude(without(known, decision.decision_id))
    return undo_of(decision, conclude(known), after, Decimal(broker_qty)), after


def sale(qty: int, price: int) -> list[object]:
    """An exit after the observation, with its only fill."""
    return [
        order("x1", "sell", qty, filled=qty, avg=price, t=2000),
        execution("e1", "x1", "sell", qty, price, t=2001),
    ]


def closing(price: int | None) -> Resolution:
    """The decision that 60 of 100 were closed, at a price or an unknown one."""
    return Resolution(
        decision_id="c1", kind=ResolutionKind.CLOSE, instrument=instrument().key, symbol="AAPL",
        asset_class="us_equity", observed_at=at(1500), our_qty=Decimal(100),
        broker_qty=Decimal(40), price=None if price is None else Decimal(price), until=None,
        created_at=at(1501),
    )  # fmt: skip


def test_an_import_taken_back_takes_its_trade_and_lot_along() -> None:
    made = balance("d1", 100, 10)
    undo, after = undone(records(instrument(), made), made, broker_qty=100)
    assert [(row.field, row.old, row.new) for row in undo.changes] == [("status", "open", None)]
    assert [(lot.source_id, lot.qty) for lot in undo.lots] == [("d1", 100)]
    assert (undo.realized, undo.unmatched, undo.holds_after) == (0, (), 0)
    assert (undo.decision, undo.broker_qty) == (made, 100)
    assert (after.trades, after.lots) == ((), ())


def test_what_was_sold_of_it_is_unmatched_and_realized_no_more() -> None:
    made = balance("d1", 100, 10)
    undo, after = undone(records(made, *sale(40, 12), instrument()), made)
    assert (undo.realized, undo.holds_after) == (-80, 0)
    assert [(row.source_id, row.qty) for row in undo.unmatched] == [("e1", 40)]
    assert after.unmatched_exits == undo.unmatched


def test_exits_move_on_to_the_lots_that_are_left() -> None:
    """The sale had closed the import (50 at 9: the total matches), and closes the purchase now."""
    bought = [order("o1", filled=50, avg=11), execution("b1", "o1", "buy", 50, 11)]
    made = balance("d1", 100, 10)
    undo, after = undone(records(made, *bought, *sale(40, 12)), made)
    assert undo.unmatched == ()
    assert (only(after.trades).open_qty, only(after.trades).realized_pnl) == (10, 40)
    assert undo.realized == 40 * (12 - 11) - 40 * (12 - 9)
    assert {lot.source_id for lot in undo.lots} == {"d1", "b1"}
    assert undo.holds_after == 10


def test_a_later_observation_still_stands() -> None:
    first, second = balance("d1", 100, 10), balance("d2", 130, 10, t=1500)
    undo, after = undone(records(first, second, instrument()), first)
    assert undo.holds_after == 130
    assert [(lot.source_id, lot.qty) for lot in after.lots] == [("d2", 130)]


def test_a_decision_about_drift_is_taken_back_alike() -> None:
    made = balance("d1", 100, 10)
    known = records(made, instrument(), resolutions=(closing(13),))
    undo, after = undone(known, closing(13), broker_qty=40)
    assert (undo.realized, undo.holds_after, undo.broker_qty) == (-180, 100, 40)
    assert after == conclude(records(made, instrument()))


def test_what_was_realized_at_an_unknown_price_changes_by_nobody_knows_what() -> None:
    known = records(balance("d1", 100, 10), instrument(), resolutions=(closing(None),))
    undo, _ = undone(known, closing(None))
    assert undo.realized is None


def test_only_the_decision_named_is_left_out() -> None:
    kept, gone = balance("d1", 1, 1), balance("d2", 2, 2)
    known = records(kept, gone, resolutions=(closing(1),))
    assert without(known, "d2") == replace(known, opening_balances=(kept,))
    assert without(known, "c1") == replace(known, resolutions=())
    assert without(known, "another") == known


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.integers(-80, 80).filter(bool), st.integers(0, 4000), st.data())
def test_importing_and_taking_it_back_is_as_before(
    history: History, held: int, t: int, data: st.DataObject
) -> None:
    symbol = data.draw(st.sampled_from(sorted(history.held)))
    before = conclude(records(instrument(symbol), *history.rows))
    made = balance("d1", held, 10, symbol=symbol, t=t)
    with_import = records(instrument(symbol), *history.rows, made)
    known = conclude(with_import)
    undo, after = undone(with_import, made)
    assert after == before
    assert undo.holds_after == holdings(before.trades).get(made.instrument, ZERO)
    assert bool(undo.changes) == (known.trades != before.trades)
    sums = [
        sum((row.realized_pnl for row in found.trades if row.realized_pnl is not None), ZERO)
        for found in (known, before)
    ]
    assert undo.realized == sums[1] - sums[0]
    assert {lot.lot_id for lot in known.lots} - {lot.lot_id for lot in before.lots} <= {
        lot.lot_id for lot in undo.lots
    }
