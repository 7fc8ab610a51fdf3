"""When what rang is read, with a clock that moves only when told."""

from __future__ import annotations

from tradesync.sync.bell import Bell


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
