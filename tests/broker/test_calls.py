"""Budget and patience: how reads are tried again, and that writes are not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tradesync.broker.calls import Caller
from tradesync.broker.errors import (
    BrokerError,
    BrokerRateLimited,
    BrokerRefused,
    BrokerServerError,
    BrokerUnreachable,
    OutcomeUnknown,
)
from tradesync.broker.limits import TokenBucket


class HandClock:
    """A clock moved by the waits it is asked for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self.stopping = False

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return self.stopping


class ScriptedWire:
    """Answers in turn; an exception is raised, anything else returned."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.sent: list[str] = []

    def _next(self, method: str) -> object:
        self.sent.append(method)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get(self, path: str, data: Mapping[str, object] | None = None) -> object:
        return self._next("GET")

    def post(self, path: str, data: Mapping[str, object] | None = None) -> object:
        return self._next("POST")

    def patch(self, path: str, data: Mapping[str, object] | None = None) -> object:
        return self._next("PATCH")

    def delete(self, path: str) -> object:
        return self._next("DELETE")


def caller(
    clock: HandClock, *answers: object, patience: float = 20.0, per_minute: float = 200
) -> tuple[Caller, ScriptedWire]:
    wire = ScriptedWire(*answers)
    bucket = TokenBucket(per_minute, clock=clock)
    made = Caller(wire, bucket, patience=patience, wait=clock.wait, clock=clock, jitter=lambda: 0.5)
    return made, wire


@pytest.mark.parametrize("fault", [BrokerServerError("x"), BrokerUnreachable("x")])
def test_a_read_is_tried_again_with_growing_waits(fault: BrokerError) -> None:
    clock = HandClock()
    calls, _ = caller(clock, fault, fault, fault, "answer")
    assert calls.read("/account") == "answer"
    assert clock.waits == [0.5, 1.0, 2.0]
    assert calls.calls == 4


def test_s12_a_read_waits_as_long_as_the_broker_asks() -> None:
    clock = HandClock()
    calls, _ = caller(clock, BrokerRateLimited("x", retry_after=7.0), "answer")
    assert calls.read("/account") == "answer"
    assert sum(clock.waits) == pytest.approx(7.5)


def test_s12_a_429_without_headers_is_tried_again_with_growing_waits() -> None:
    clock = HandClock()
    calls, _ = caller(clock, BrokerRateLimited("x"), BrokerRateLimited("x"), "answer")
    assert calls.read("/account") == "answer"
    assert clock.waits == [0.5, 1.0]


def test_a_read_gives_up_at_its_deadline() -> None:
    clock = HandClock()
    calls, _ = caller(clock, *[BrokerServerError("x")] * 50, patience=20)
    with pytest.raises(BrokerServerError):
        calls.read("/account")
    assert clock.now - 1000 <= 20


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    clock = HandClock()
    calls, _ = caller(clock, BrokerRateLimited("x", retry_after=30.0))
    with pytest.raises(BrokerRateLimited):
        calls.read("/account")
    assert clock.waits == []


def test_a_refusal_is_not_tried_again() -> None:
    clock = HandClock()
    calls, _ = caller(clock, BrokerRefused("no"))
    with pytest.raises(BrokerRefused):
        calls.read("/account")
    assert calls.calls == 1


def test_a_program_that_is_stopping_ends_the_wait() -> None:
    clock = HandClock()
    clock.stopping = True
    calls, _ = caller(clock, BrokerServerError("x"), "answer")
    with pytest.raises(BrokerServerError):
        calls.read("/account")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "fault", [BrokerRateLimited("x"), BrokerUnreachable("x"), OutcomeUnknown("x")]
)
def test_a_write_is_sent_once(method: str, fault: BrokerError) -> None:
    clock = HandClock()
    calls, wire = caller(clock, fault, "second answer")
    with pytest.raises(type(fault)):
        calls.write(method, "/orders", {})
    assert wire.sent == [method]


def test_s12_reads_leave_a_fifth_of_the_budget_to_commands() -> None:
    clock = HandClock()
    calls, wire = caller(clock, *["answer"] * 20, per_minute=10, patience=0)
    for _ in range(8):
        calls.read("/account")
    with pytest.raises(BrokerRateLimited):
        calls.read("/account")
    calls.write("POST", "/orders", {})
    calls.write("DELETE", "/orders/1")
    assert wire.sent == ["GET"] * 8 + ["POST", "DELETE"]


def test_s13_a_used_up_budget_is_an_error_and_sends_nothing() -> None:
    clock = HandClock()
    calls, wire = caller(clock, per_minute=1, patience=0)
    with pytest.raises(BrokerRateLimited, match="Nothing was sent"):
        calls.read("/account")
    assert wire.sent == []
    assert calls.calls == 0


def test_a_read_waits_for_the_budget_within_its_patience() -> None:
    clock = HandClock()
    calls, _ = caller(clock, *["answer"] * 9, per_minute=10, patience=20)
    for _ in range(9):
        calls.read("/account")
    assert clock.waits == [pytest.approx(6.0)]


def test_a_refused_write_holds_the_reads_back() -> None:
    clock = HandClock()
    calls, _ = caller(clock, BrokerRateLimited("x", retry_after=3.0), "answer")
    with pytest.raises(BrokerRateLimited):
        calls.write("POST", "/orders", {})
    calls.read("/account")
    assert sum(clock.waits) >= 3.0
