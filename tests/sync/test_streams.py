"""Pushed fills, end to end: the broker's stream rings, the record follows, polls stand by."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World
from tests.waiting import eventually
from tradesync.domain.conclusions import TradeStatus
from tradesync.sync.outcomes import StreamWord


def listen(broker: PaperBroker, path: Path, program: str = "dashboard") -> World:
    """A program that holds a stream and has read up."""
    world = World.begin(broker, path, program=program)
    eventually(lambda: world.service.state(NAME).stream.word is StreamWord.LIVE, "a live stream")
    return world


@pytest.fixture
def world(broker: PaperBroker, tmp_path: Path) -> Iterator[World]:
    """A dashboard: it never polls by itself."""
    begun = listen(broker, tmp_path)
    yield begun
    begun.service.close()


def open_qty(world: World) -> Decimal:
    return sum((trade.open_qty for trade in world.trades()), Decimal(0))


def test_a_fill_is_in_the_record_without_any_poll(world: World) -> None:
    before = world.service.state(NAME).last_success_at
    world.broker.set_price("AAPL", 200)
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    eventually(lambda: open_qty(world) == 10, "the fill")
    trade = world.trade()
    assert (trade.status, trade.entry_price) == (TradeStatus.OPEN, 200)
    assert world.service.state(NAME).last_success_at == before, "no full sync was needed"
    eventually(lambda: world.service.state(NAME).stream.lag_ms is not None, "the lag")
    runs = world.rows("SELECT trigger, calls FROM sync_runs ORDER BY started_at")
    trigger, calls = runs[-1]
    assert trigger == "stream"
    assert calls <= 3
    world.sync()
    world.assert_equals_broker()
    world.assert_quiet()


def test_a_cancel_elsewhere_is_told_too(world: World) -> None:
    order = world.broker.submit_limit("AAPL", 10, 50)
    eventually(lambda: world.trades(TradeStatus.PENDING), "the pending trade")
    world.broker.cancel(order["id"])
    world.broker.step()
    eventually(lambda: world.trades(TradeStatus.CANCELLED), "the cancelled trade")


def test_s17_f16_frames_shuffled_and_doubled_end_in_the_same_record(world: World) -> None:
    world.broker.set_price("AAPL", 200)
    world.broker.control("stream", hold=True, duplicate=3)
    for qty in (3, 4, 5):
        world.broker.submit_market("AAPL", qty)
        world.broker.step()
    world.broker.control("stream/release", backwards=True)
    eventually(lambda: open_qty(world) == 12, "all three fills")
    world.sync()
    world.assert_equals_broker()
    assert len(world.rows("SELECT 1 FROM executions")) == 3


def test_s08_what_happened_while_disconnected_is_read_before_it_counts_as_live(
    world: World,
) -> None:
    world.broker.control("stream", refuse=True)
    world.broker.control("stream/close")
    eventually(lambda: world.service.state(NAME).stream.word is StreamWord.DOWN, "the loss")
    world.broker.submit_market("AAPL", 7)
    resting = world.broker.submit_limit("KO", 1, 50)
    world.broker.step()
    world.broker.cancel(resting["id"])
    world.broker.restart()  # forgets the refusal, and ends the long wait after it
    reopened = World.begin(world.broker, world.settings.database.parent, program="service")
    world.service.close()
    eventually(lambda: reopened.service.state(NAME).stream.word is StreamWord.LIVE, "live again")
    assert open_qty(reopened) == 7
    reopened.assert_equals_broker()
    reopened.service.close()


def test_s08_the_gap_is_noted(world: World) -> None:
    world.broker.control("stream/close")
    eventually(lambda: world.service.state(NAME).stream.gap_to, "the gap")
    gap = world.service.state(NAME).stream
    assert gap.gap_from is not None
    assert gap.gap_to is not None
    assert gap.gap_from < gap.gap_to
    eventually(lambda: world.service.state(NAME).stream.word is StreamWord.LIVE, "live again")
    assert world.service.state(NAME).stream.connects == 2


def test_s09_a_mute_stream_is_replaced_once_polling_finds_what_it_kept_silent_about(
    world: World,
) -> None:
    world.broker.control("stream", mute=True)
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    world.sync()
    world.broker.control("stream", mute=False)
    eventually(lambda: world.service.state(NAME).stream.connects == 2, "a new connection")
    world.broker.submit_market("AAPL", 5)
    world.broker.step()
    eventually(lambda: open_qty(world) == 15, "the next fill, pushed")


def test_s10_one_lost_frame_is_found_by_the_poll(world: World) -> None:
    world.broker.control("stream", drop=3)
    world.broker.submit_market("AAPL", 10)
    world.broker.step()
    world.sync()
    assert open_qty(world) == 10
    world.assert_equals_broker()


def test_f19_a_bust_voids_the_execution_it_names(world: World) -> None:
    world.broker.submit_market("KO", 10)
    world.broker.step()
    eventually(lambda: open_qty(world) == 10, "the fill")
    row = world.broker.get("/account/activities/FILL")[0]
    world.broker.control("bust", activity_id=row["id"])
    eventually(lambda: open_qty(world) == 0, "the bust")
    world.sync()
    world.assert_equals_broker()
    world.assert_quiet()


def test_f20_a_correction_changes_price_and_keeps_both_values(world: World) -> None:
    world.broker.set_price("KO", 70)
    world.broker.submit_market("KO", 10)
    world.broker.step()
    eventually(lambda: open_qty(world) == 10, "the fill")
    row = world.broker.get("/account/activities/FILL")[0]
    world.broker.control("correct", activity_id=row["id"], price="70.50")
    eventually(lambda: world.trade().entry_price == Decimal("70.5"), "the correction")
    world.sync()
    (detail,) = world.rows("SELECT detail FROM reviews WHERE kind = 'corrected'")[0]
    assert "70 to" in detail
    world.assert_quiet()


def test_s11_one_stream_for_two_programs_and_the_other_takes_over(
    world: World, tmp_path: Path
) -> None:
    other = World.begin(world.broker, tmp_path, program="service")
    other.sync()
    assert world.broker.control("stream")["listening"] == 1
    assert other.service.state(NAME).stream.program == "dashboard"
    world.service.close()
    eventually(lambda: other.service.state(NAME).stream.program == "service", "the take-over")
    eventually(lambda: other.service.state(NAME).stream.word is StreamWord.LIVE, "live")
    world.broker.submit_market("AAPL", 2)
    world.broker.step()
    eventually(lambda: open_qty(other) == 2, "the fill, pushed to the other")
    other.service.close()
    assert other.service.state(NAME).stream.word is StreamWord.OFF


def test_a_fill_in_a_burst_of_orders_is_read_with_everything(world: World) -> None:
    for qty in range(1, 7):
        world.broker.submit_market("AAPL", qty)
    world.broker.step()
    eventually(lambda: open_qty(world) == 21, "all fills")
    world.assert_equals_broker()


def test_the_last_position_closed_is_gone_after_the_ring(world: World) -> None:
    world.broker.submit_market("AAPL", 3)
    world.broker.step()
    eventually(lambda: world.rows("SELECT 1 FROM positions"), "the position")
    world.broker.submit_market("AAPL", 3, "sell")
    world.broker.step()
    eventually(lambda: not world.rows("SELECT 1 FROM positions"), "no position")
    assert world.trade().status == TradeStatus.CLOSED
