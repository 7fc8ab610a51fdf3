"""The token bucket: even refill, a share for commands, the broker's own count believed."""

from __future__ import annotations

from email.utils import formatdate
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradesync.broker.limits import TokenBucket, seconds_to_wait

WALL = 1_790_000_000.0


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def bucket(hand: Hand, per_minute: float = 60) -> TokenBucket:
    return TokenBucket(per_minute, clock=hand, wall_clock=lambda: WALL)


@given(asks=st.lists(st.tuples(st.floats(min_value=0, max_value=5), st.booleans()), max_size=200))
def test_no_minute_grants_more_than_twice_the_limit(asks: list[tuple[float, bool]]) -> None:
    hand = Hand()
    tokens = bucket(hand, 10)
    granted: list[float] = []
    for pause, command in asks:
        hand.now += pause
        if tokens.take(command=command) == 0:
            granted.append(hand.now)
    for start in granted:
        assert sum(start <= at < start + 60 for at in granted) <= 20


@given(level=st.integers(min_value=0, max_value=60), command=st.booleans())
def test_waiting_as_long_as_told_is_long_enough(level: int, command: bool) -> None:
    hand = Hand()
    tokens = bucket(hand)
    for _ in range(level):
        tokens.take(command=True)
    wait = tokens.take(command=command)
    if wait > 0:
        hand.now += wait + 1e-9
        assert tokens.take(command=command) == 0


def test_the_brokers_count_lowers_ours() -> None:
    tokens = bucket(Hand())
    tokens.learn({"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "3"})
    assert tokens.take() > 0
    assert [tokens.take(command=True) for _ in range(3)] == [0, 0, 0]
    assert tokens.take(command=True) > 0


def test_a_higher_limit_is_learnt() -> None:
    hand = Hand()
    tokens = bucket(hand)
    tokens.learn({"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999"})
    hand.now += 60
    assert sum(tokens.take() == 0 for _ in range(1000)) == 800


def test_no_call_passes_before_the_reset_of_an_empty_budget() -> None:
    hand = Hand()
    tokens = bucket(hand)
    tokens.learn({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(WALL + 20))})
    hand.now = 19.0
    assert tokens.take(command=True) > 0
    hand.now = 20.1
    assert tokens.take(command=True) == 0


def test_a_hold_stops_everything_for_its_time() -> None:
    hand = Hand()
    tokens = bucket(hand)
    tokens.hold(5.0)
    assert tokens.take(command=True) == 5.0
    hand.now = 5.0
    assert tokens.take() == 0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": formatdate(WALL + 9, usegmt=True)}, 9.0),
        ({"X-RateLimit-Reset": str(int(WALL + 12))}, 12.0),
        ({"X-RateLimit-Reset": str(int(WALL - 12))}, 0.0),
        ({"X-RateLimit-Reset": str(int(WALL + 90_000))}, 60.0),
        ({"Retry-After": "2", "X-RateLimit-Reset": str(int(WALL + 12))}, 2.0),
    ],
)
def test_the_wait_the_headers_ask_for(headers: dict[str, str], wait: float | None) -> None:
    assert seconds_to_wait(headers, WALL) == wait


@pytest.mark.parametrize("value", ["", "many", "-1", "0", "inf", "nan"])
def test_a_nonsense_limit_is_not_learnt(value: str) -> None:
    tokens = bucket(Hand())
    tokens.learn({"X-RateLimit-Limit": value})
    assert tokens.take() == 0
    assert 0.97 < tokens.fullness < 1


def test_threads_share_one_budget() -> None:
    tokens = bucket(Hand(), 100)
    granted: list[float] = []

    def take_many() -> None:
        granted.extend(wait for wait in (tokens.take(command=True) for _ in range(60)) if wait == 0)

    threads = [Thread(target=take_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 100
