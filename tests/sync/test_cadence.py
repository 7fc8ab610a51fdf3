"""When an account is polled when nobody asks: rarely enough, and never too late."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.sync.world import World
from tradesync.sync.cadence import FRESH_SHARE, Rhythm, cadence, poll_after
from tradesync.sync.outcomes import StreamWord

INTERVALS = st.floats(1.0, 3600.0)
SHARES = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    ("stream", "market_open", "seconds"),
    [
        (StreamWord.LIVE, True, 30.0),
        (StreamWord.LIVE, False, 60.0),
        (StreamWord.DOWN, True, 15.0),
        (StreamWord.DOWN, False, 15.0),
        (StreamWord.OFF, False, 30.0),
    ],
)
def test_s27_polls_are_fewer_when_calm_and_more_when_deaf(
    stream: StreamWord, *, market_open: bool, seconds: float
) -> None:
    assert cadence(30.0, stream, market_open=market_open) == seconds


def test_a_chosen_interval_is_never_shortened_below_itself_when_it_is_short() -> None:
    assert cadence(2.0, StreamWord.DOWN, market_open=True) == 2.0
    assert cadence(600.0, StreamWord.LIVE, market_open=False) == 600.0


@pytest.mark.parametrize(
    ("slowest", "spread", "seconds"),
    [
        (0.5, 0.0, 28.4),
        (0.5, 1.0, 27.5),
        (0.0, 0.0, 29.4),
        (60.0, 0.0, 24.0),
        (None, 0.0, 24.9),
        (None, 1.0, 24.0),
    ],
)
def test_a_poll_begins_before_the_record_is_an_interval_old(
    slowest: float | None, spread: float, seconds: float
) -> None:
    assert poll_after(30.0, slowest, spread) == pytest.approx(seconds)


@given(INTERVALS, st.none() | st.floats(0.0, 600.0), SHARES)
@example(30.0, 6.0, 1.0)
def test_a_poll_is_never_answered_by_the_record_it_shall_renew(
    interval: float, slowest: float | None, spread: float
) -> None:
    after = poll_after(interval, slowest, spread)
    assert FRESH_SHARE * interval <= after + 1e-9
    assert after < interval


@given(INTERVALS, SHARES, st.floats(0.0, 0.09), st.lists(st.floats(0.4, 2.0), max_size=50))
def test_a_record_is_renewed_in_time_though_polls_take_up_to_twice_as_long_as_of_late(
    interval: float, spread: float, share: float, factors: list[float]
) -> None:
    rhythm = Rhythm(lambda: spread)
    rhythm.took(share * interval)
    for factor in factors:
        took = min(factor * (rhythm.slowest or 0.0), 0.19 * interval)
        assert rhythm.after(interval) + took < interval
        rhythm.took(took)


def test_a_poll_known_to_take_longer_begins_earlier_within_bounds() -> None:
    assert poll_after(30.0, 0.5, 0.0, extra=1.5) == pytest.approx(26.9)
    assert poll_after(30.0, 0.5, 0.0, extra=60.0) == pytest.approx(24.0)


def test_a_slow_poll_is_remembered_for_a_while_and_then_forgotten() -> None:
    rhythm = Rhythm(lambda: 0.0)
    rhythm.took(1.0)
    usual = rhythm.after(30.0)
    rhythm.took(2.5)
    rhythm.took(1.0)
    assert rhythm.after(30.0) < usual - 1.0
    for _ in range(5):
        rhythm.took(1.0)
    assert rhythm.after(30.0) == usual


def test_accounts_started_together_are_spread() -> None:
    rhythms = [Rhythm(random.Random(seed).random) for seed in range(50)]
    starts = sorted(rhythm.after(30.0) for rhythm in rhythms)
    assert starts[-1] - starts[0] > 0.5


def test_the_poll_that_reads_the_last_ten_days_again_is_known_to_take_longer(world: World) -> None:
    world.sync()
    (live,) = world.service._roster.all_live()
    assert live.worker._extra(30.0) == 0
    assert live.worker._extra(3601.0) > 0
