"""What a sync does when the broker fails, lies, or changes: nothing is lost, nothing invented."""

from __future__ import annotations

from pathlib import Path

from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import TradeStatus
from tradesync.store.accounts import HistoryPhase


def test_a_broker_that_is_down_changes_nothing_but_the_age(world: World) -> None:
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    before = world.contents()
    world.broker.kill()
    result = world.try_sync()
    assert result.error is not None
    assert "secret" not in result.error
    assert world.contents() == before
    state = world.service.state(NAME)
    assert state.failing_since is not None
    assert state.error == result.error
    world.broker.start()
    world.sync()
    assert world.service.state(NAME).error is None


def test_a_record_without_its_board_is_shown_while_the_broker_is_down(world: World) -> None:
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    account_id = world.account_id
    world.service.close()
    for board in world.database.path.parent.glob("*.board-*"):
        board.unlink()
    world.broker.kill()
    reopened = world.reopened()
    assert reopened.try_sync().error is not None
    state = reopened.service.state(NAME)
    assert (state.account_id, state.history_complete) == (account_id, True)
    reopened.service.close()


def test_s19_a_reset_account_stops_syncing_with_a_question(world: World) -> None:
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    before = world.contents()
    world.broker.control("reset")
    reopened = world.reopened()
    result = reopened.try_sync()
    assert result.error is not None
    assert "rebind" in result.error
    assert reopened.service.state(NAME).question == result.error
    assert reopened.contents() == before
    reopened.service.rebind(NAME)
    reopened.sync()
    assert reopened.trades() == []
    assert len(reopened.rows("SELECT 1 FROM trade_rows")) == 1, "the archive is kept"
    reopened.service.close()


def test_keys_the_broker_refuses_are_told_plainly(broker: PaperBroker, tmp_path: Path) -> None:
    broker.secret = "wrong"
    world = World.begin(broker, tmp_path)
    result = world.try_sync()
    assert result.error is not None
    assert "wrong" not in result.error
    assert world.rows("SELECT 1 FROM accounts") == []
    world.service.close()


def test_a_history_read_in_pieces_is_the_same_history(broker: PaperBroker, tmp_path: Path) -> None:
    for step in range(12):
        broker.submit_market("AAPL", 1 + step)
        broker.step()
    whole = World.begin(broker, tmp_path / "whole")
    whole.sync()
    pieces = World.begin(broker, tmp_path / "pieces")
    broker.kill()
    assert pieces.try_sync().error is not None
    broker.start()
    pieces.sync()
    with pieces.database.read() as tx:
        (phase,) = tx.rows("SELECT history_phase FROM accounts")[0]
    assert phase == HistoryPhase.COMPLETE
    assert pieces.trades() == whole.trades()
    whole.service.close()
    pieces.service.close()


def test_a_restart_of_the_broker_is_no_news(world: World) -> None:
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    world.broker.restart(kill=True)
    world.assert_quiet()
    assert world.trade().status == TradeStatus.OPEN
