"""Decisions are stored with what follows from them, once, and say nothing that was not so."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.sync.proving import assert_settled, bought, open_quantities
from tests.sync.world import NAME, World
from tradesync.domain.ours import ResolutionKind
from tradesync.store import conclusions
from tradesync.sync.outcomes import PlanChangedError, SyncError
from tradesync.sync.resolutions import Preview


def decisions(world: World) -> list[tuple[Any, ...]]:
    """Everything a person decided."""
    sql = "SELECT decision_id FROM opening_balances UNION ALL SELECT decision_id FROM resolutions"
    return world.rows(sql)


def transfer(world: World, symbol: str) -> Preview:
    """A difference read as a transfer, not stored yet."""
    return world.service.preview_resolution(NAME, symbol, ResolutionKind.TRANSFER)


class Killed(BaseException):
    """The program ended here."""


@pytest.mark.parametrize("way", ["import", "resolve"])
def test_p06_a_program_killed_before_the_trades_were_stored_has_stored_no_decision(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    world.broker.add_position("MSFT", 10, 400)
    world.sync()
    plan, preview = world.service.plan_import(NAME), transfer(world, "MSFT")
    ways: dict[str, Callable[[], object]] = {
        "import": lambda: world.service.apply_import(NAME, plan),
        "resolve": lambda: world.service.apply_resolution(NAME, preview),
    }

    def killed(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(conclusions, "save_conclusions", killed)
        with pytest.raises(Killed):
            ways[way]()
    assert (decisions(world), world.trades()) == ([], [])
    again = world.reopened()
    again.sync()
    assert_settled(again)
    again.service.apply_import(NAME, again.service.plan_import(NAME))
    again.sync()
    assert (open_quantities(again), again.drift()) == ({"MSFT": Decimal(10)}, [])
    assert_settled(again)
    again.service.close()


def test_one_difference_is_decided_about_once(world: World) -> None:
    world.broker.add_position("MSFT", 10, 400)
    world.sync()
    first, second = transfer(world, "MSFT"), transfer(world, "MSFT")
    world.service.apply_resolution(NAME, first)
    with pytest.raises(PlanChangedError, match="nothing was stored"):
        world.service.apply_resolution(NAME, second)
    with pytest.raises(SyncError, match="sync, then look again"):
        transfer(world, "MSFT")
    assert decisions(world) == [(first.decision.decision_id,)]
    assert open_quantities(world) == {"MSFT": Decimal(10)}


def test_nothing_is_decided_about_what_the_broker_held_before(world: World) -> None:
    bought(world, "AAPL", 10, 150)
    world.broker.add_position("AAPL", 5, 150)
    world.sync()
    world.broker.submit_market("AAPL", 3)
    world.broker.step()
    with pytest.raises(SyncError, match="sync, then look again"):
        transfer(world, "AAPL")
    world.sync()
    world.service.apply_resolution(NAME, transfer(world, "AAPL"))
    world.sync()
    assert (open_quantities(world), world.drift()) == ({"AAPL": Decimal(18)}, [])
    assert_settled(world)
