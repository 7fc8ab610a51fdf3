"""Imports taken back: previewed, honest about what is left, and imported again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.sync.proving import assert_settled, bought, sold
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.ours import OpeningBalance, ResolutionKind
from tradesync.domain.undoing import Decision
from tradesync.sync.outcomes import PlanChangedError, SyncError


def imported(world: World) -> str:
    """Import what nothing explains; the decision's id."""
    world.service.apply_import(NAME, world.service.plan_import(NAME))
    world.sync()
    sql = "SELECT decision_id FROM opening_balances WHERE revoked_at IS NULL"
    ((decision_id,),) = world.rows(sql)
    return str(decision_id)


def undone(world: World, decision_id: str) -> Decision:
    """Take a decision back as shown, and sync."""
    preview = world.service.preview_undo(NAME, decision_id)
    taken_back = world.service.undo(NAME, decision_id, seen=preview)
    world.sync()
    return taken_back


def decision_runs(world: World) -> list[tuple[Any, ...]]:
    """What the recorded runs about decisions changed."""
    sql = "SELECT trades_added, trades_changed, facts_added FROM sync_runs WHERE trigger = ?"
    return world.rows(sql, "decision")


def test_p06_an_import_taken_back_is_drift_again_and_can_be_imported_again(world: World) -> None:
    world.broker.add_position("MSFT", 100, 400)
    world.sync()
    drift = world.drift()
    decision_id = imported(world)
    first = world.trade()
    preview = world.service.preview_undo(NAME, decision_id)
    assert [(row.field, row.old, row.new) for row in preview.changes] == [("status", "open", None)]
    assert [(lot.trade_id, lot.qty) for lot in preview.lots] == [(first.trade_id, 100)]
    assert (preview.realized, preview.unmatched) == (0, ())
    assert (preview.holds_after, preview.broker_qty) == (0, 100)
    assert world.trade() == first, "a preview changes nothing"
    taken_back = undone(world, decision_id)
    assert isinstance(taken_back, OpeningBalance)
    assert (world.trades(), world.drift()) == ([], drift)
    ((kept, at),) = world.rows("SELECT decision_id, revoked_at FROM opening_balances")
    assert (kept, at > taken_back.created_at) == (decision_id, True)
    assert decision_runs(world) == [(0, 1, 0)]
    assert_settled(world)
    for attempt in (world.service.undo, world.service.preview_undo):
        with pytest.raises(SyncError, match="No decision"):
            attempt(NAME, decision_id)
    assert imported(world) != decision_id
    again = world.trade()
    assert again.trade_id != first.trade_id, "another decision is another trade"
    assert (again.open_qty, again.cost) == (first.open_qty, first.cost)
    assert world.drift() == []
    assert_settled(world)


def test_p01_taking_back_leaves_what_the_fills_say(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    before = world.trade()
    world.broker.add_position("AAPL", 50, 180)
    world.sync()
    drift = world.drift()
    decision_id = imported(world)
    assert len(world.trades()) == 2
    undone(world, decision_id)
    assert (world.trade(), world.drift()) == (before, drift)
    assert_settled(world)


def test_s31_exits_of_an_import_taken_back_are_unmatched_until_it_is_imported_again(
    world: World,
) -> None:
    world.broker.add_position("MSFT", 100, 400)
    world.sync()
    decision_id = imported(world)
    sold(world, "MSFT", 40, 410)
    assert (world.trade().open_qty, world.trade().realized_pnl) == (60, 400)
    preview = world.service.preview_undo(NAME, decision_id)
    assert (preview.realized, preview.holds_after, preview.broker_qty) == (-400, 0, 60)
    assert [(row.symbol, row.qty) for row in preview.unmatched] == [("MSFT", 40)]
    undone(world, decision_id)
    assert world.trades() == []
    assert world.unmatched() == preview.unmatched
    assert [(row[0], row[2:]) for row in world.drift()] == [("MSFT", (0, 60))]
    assert_settled(world)
    imported(world)
    trade = world.trade()
    assert (trade.qty, trade.open_qty, trade.realized_pnl) == (100, 60, 400)
    assert (world.unmatched(), world.drift()) == ((), [])
    assert_settled(world)


def test_s31_an_exit_that_names_the_trade_of_an_import_outlives_it(world: World) -> None:
    world.broker.add_position("MSFT", 100, 400)
    world.broker.set_price("MSFT", 410)
    world.sync()
    decision_id = imported(world)
    world.service.close_trade(NAME, world.trade().trade_id, intent_id=str(UUID(int=7)))
    world.broker.step()
    world.sync()
    assert world.trade().status is TradeStatus.CLOSED
    undone(world, decision_id)
    assert [row.qty for row in world.unmatched()] == [100]
    assert world.trades() == []
    assert_settled(world)


def test_what_changed_since_it_was_shown_is_not_taken_back(world: World) -> None:
    world.broker.add_position("MSFT", 100, 400)
    world.sync()
    decision_id = imported(world)
    preview = world.service.preview_undo(NAME, decision_id)
    sold(world, "MSFT", 40, 410)
    with pytest.raises(PlanChangedError, match="Look again"):
        world.service.undo(NAME, decision_id, seen=preview)
    assert world.trade().open_qty == 60
    assert world.rows("SELECT revoked_at FROM opening_balances") == [(None,)]


def test_a_decision_about_drift_is_shown_before_it_is_taken_back(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", -100, 150)
    world.sync()
    closing = world.service.preview_resolution(
        NAME, "AAPL", ResolutionKind.CLOSE, price=Decimal(160)
    )
    decision = world.service.apply_resolution(NAME, closing)
    preview = world.service.preview_undo(NAME, decision.decision_id)
    assert (preview.decision, preview.realized) == (decision, -1000)
    assert (preview.holds_after, preview.broker_qty) == (100, 0)
    assert preview.lots[0].open_qty == 0
