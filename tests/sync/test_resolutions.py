"""Drift explained and resolved by a person: previewed, applied, taken back, absorbed by facts."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.simulator.broker import PaperBroker
from tests.sync.proving import assert_settled, bought, open_quantities
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import TradeStatus
from tradesync.domain.explain import Fix, Reason
from tradesync.domain.ours import ResolutionKind
from tradesync.domain.times import day_end, new_york_date
from tradesync.sync.outcomes import SyncError


def reasons(world: World) -> list[Reason]:
    """The reasons of the only drift, best first."""
    (one,) = world.service.explain_drift(NAME)
    return [item.reason for item in one.explanations]


@pytest.mark.parametrize(("price", "realized"), [("160", Decimal(1000)), (None, None)])
def test_p05_a_decision_closes_what_is_gone_and_can_be_taken_back(
    world: World, price: str | None, realized: Decimal | None
) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", -100, 150)
    world.sync()
    assert reasons(world)[0] is Reason.CLOSED_ELSEWHERE
    before = world.trade()
    preview = world.service.preview_resolution(
        NAME, "AAPL", ResolutionKind.CLOSE, price=None if price is None else Decimal(price)
    )
    assert preview.settles
    assert world.trade() == before
    decision = world.service.apply_resolution(NAME, preview)
    world.sync()
    trade = world.trade()
    assert (trade.status, trade.realized_pnl) == (TradeStatus.CLOSED, realized)
    assert trade.close_reason == "closed by decision"
    assert world.drift() == []
    assert_settled(world)
    world.service.undo(NAME, decision.decision_id)
    assert world.trade() == before
    with pytest.raises(SyncError, match="No decision"):
        world.service.undo(NAME, decision.decision_id)
    world.sync()
    assert world.drift() == [("AAPL", "not_at_broker", Decimal(100), Decimal(0))]


def test_p24_a_split_decision_gives_way_to_the_brokers_rows(world: World) -> None:
    bought(world, "AAPL", 100, 200)
    world.broker.delay_activities(until_released=True)
    world.broker.control("split", symbol="AAPL", ratio=4)
    world.sync()
    assert reasons(world)[0] is Reason.SPLIT
    preview = world.service.preview_resolution(NAME, "AAPL", ResolutionKind.SPLIT)
    world.service.apply_resolution(NAME, preview)
    world.sync()
    assert (world.trade().open_qty, world.trade().cost, world.drift()) == (400, 20000, [])
    world.broker.release_activities()
    world.sync()
    assert (world.trade().open_qty, world.trade().cost, world.drift()) == (400, 20000, [])
    assert_settled(world)


def test_p28_shares_marked_as_a_transfer_are_a_trade_at_the_price_given(world: World) -> None:
    world.broker.add_position("MSFT", 10, 400)
    world.sync()
    assert Reason.TRANSFER in reasons(world)
    preview = world.service.preview_resolution(
        NAME, "MSFT", ResolutionKind.TRANSFER, price=Decimal(300)
    )
    world.service.apply_resolution(NAME, preview)
    world.sync()
    assert (world.trade().open_qty, world.trade().cost, world.drift()) == (10, 3000, [])
    assert_settled(world)


def test_shares_marked_as_sent_away_realize_nothing(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", -40, 150)
    world.sync()
    preview = world.service.preview_resolution(NAME, "AAPL", ResolutionKind.TRANSFER)
    world.service.apply_resolution(NAME, preview)
    world.sync()
    assert open_quantities(world) == {"AAPL": 60}
    assert world.drift() == []
    assert_settled(world)


def test_a_late_execution_takes_the_place_of_a_close_decision(world: World) -> None:
    bought(world, "AAPL", 100, 150)
    world.broker.freeze("orders")
    world.broker.delay_activities(until_released=True)
    world.broker.set_price("AAPL", 170)
    world.broker.submit_market("AAPL", 100, "sell")
    world.broker.step()
    world.sync()
    preview = world.service.preview_resolution(NAME, "AAPL", ResolutionKind.CLOSE)
    world.service.apply_resolution(NAME, preview)
    assert world.trade().realized_pnl is None
    world.broker.thaw("orders")
    world.broker.release_activities()
    world.sync()
    assert (world.trade().realized_pnl, world.unmatched()) == (2000, ())
    assert_settled(world)


def ignored_until(world: World) -> date | None:
    """The last day the only drift is left alone."""
    (one,) = world.service.explain_drift(NAME)
    return None if one.ignored is None else one.ignored.until


def test_an_ignored_difference_is_a_question_again_after_its_day_or_at_another_size(
    broker: PaperBroker, tmp_path: Path
) -> None:
    ahead = [0]
    world = World.begin(broker, tmp_path, now=lambda: time.time_ns() + ahead[0])
    world.sync()
    bought(world, "AAPL", 100, 150)
    world.broker.add_position("AAPL", -3, 150)
    world.sync()
    today = new_york_date(time.time_ns())
    for until in (None, today - timedelta(days=1)):
        with pytest.raises(SyncError, match="until"):
            world.service.preview_resolution(NAME, "AAPL", ResolutionKind.IGNORE, until=until)
    preview = world.service.preview_resolution(NAME, "AAPL", ResolutionKind.IGNORE, until=today)
    world.service.apply_resolution(NAME, preview)
    assert ignored_until(world) == today
    assert world.trade().open_qty == 100
    assert_settled(world)
    ahead[0] = day_end(today) + 1 - time.time_ns()
    assert ignored_until(world) is None
    ahead[0] = 0
    world.broker.add_position("AAPL", -1, 150)
    world.sync()
    assert ignored_until(world) is None
    world.broker.add_position("AAPL", 1, 150)
    world.sync()
    assert ignored_until(world) == today
    world.service.close()


def test_more_at_the_broker_is_imported_not_closed(world: World) -> None:
    world.broker.add_position("MSFT", 10, 400)
    world.sync()
    (one,) = world.service.explain_drift(NAME)
    assert any(Fix.IMPORT in item.fixes for item in one.explanations)
    with pytest.raises(SyncError, match="import"):
        world.service.preview_resolution(NAME, "MSFT", ResolutionKind.CLOSE)
