"""When what rang is read, with a clock that moves only when told; and how often polls come."""

from __future__ import annotations

import pytest

from tradesync.sync.bell import Bell
from tradesync.sync.cadence import cadence
from tradesync.sync.outcomes import StreamWord


class Clocked:
    """A bell in a world of its own time."""

    def __init__(self, fullness: float = 1.0) -> None:
        self.time = 100.0
        self.fullness = fullness
        self.bell = Bell(lambda: self.fullness, lambda: round(self.time), lambda: self.time)


def test_nothing_rang_nothing_is_due() -> None:
    assert Clocked().bell.due_in() is None


def test_an_order_just_accepted_waits_a_moment_for_its_fill() -> None:
    clocked = Clocked()
    clocked.bell.ring("a", urgent=False)
    assert clocked.bell.due_in() == 0.25
    clocked.time += 0.25
    assert clocked.bell.due_in() == 0
    clocked.bell.ring("a", urgent=True)
    assert clocked.bell.due_in() == 0


def test_fills_are_read_at_once_and_others_every_two_seconds() -> None:
    clocked = Clocked()
    clocked.bell.take()
    clocked.time += 0.5
    clocked.bell.ring("a", urgent=False)
    assert clocked.bell.due_in() == 1.5
    clocked.bell.ring("b", urgent=True)
    assert clocked.bell.due_in() == 0
    rings = clocked.bell.take()
    assert (rings.orders, rings.urgent) == ({"a", "b"}, True)
    assert clocked.bell.due_in() is None


def test_an_emptying_budget_spaces_even_fills() -> None:
    clocked = Clocked(fullness=0.25)
    clocked.bell.take()
    clocked.bell.ring("a", urgent=True)
    assert clocked.bell.due_in() == 5
    clocked.fullness = 0.0
    assert clocked.bell.due_in() == 10


def test_few_orders_are_read_alone_many_or_unknown_ones_with_everything() -> None:
    clocked = Clocked()
    for name in "abc":
        clocked.bell.ring(name, urgent=False)
    assert clocked.bell.take().is_short
    for name in "abcd":
        clocked.bell.ring(name, urgent=False)
    assert not clocked.bell.take().is_short
    clocked.bell.ring(None, urgent=False)
    assert not clocked.bell.take().is_short


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
