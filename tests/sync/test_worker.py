"""Joining: which run serves which request, in one process and between several."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import time_ns

import pytest

from tradesync.sync.board import Board
from tradesync.sync.locks import Ownership
from tradesync.sync.outcomes import RunResult, Trigger
from tradesync.sync.worker import AccountWorker

SECONDS = 10.0


@dataclass
class Runs:
    """Runs that wait to be let through, counted."""

    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    triggers: list[Trigger] = field(default_factory=list)
    error: str | None = None

    def __call__(self, trigger: Trigger) -> RunResult:
        began = time_ns()
        self.triggers.append(trigger)
        self.began.release()
        assert self.gate.acquire(timeout=SECONDS)
        return RunResult(
            run_id=str(len(self.triggers)), account="a", account_id="id", trigger=trigger,
            program="test", started_at=began, first_read_at=began, ended_at=time_ns(), calls=5,
            facts_added=0, trades_added=0, trades_changed=0, error=self.error, request_id=None,
        )  # fmt: skip


class Office:
    """A worker with runs under the test's control."""

    def __init__(self, path: Path, interval: float | None = None) -> None:
        self.runs = Runs()
        self.stop = threading.Event()
        self.board = Board(path / "db", "a")
        self.worker = AccountWorker(
            "a", self.runs, board=self.board, role=Ownership(path / "db", "a", "sync", "test"),
            now=time_ns, stop=self.stop, interval=lambda: interval,
        )  # fmt: skip
        self.worker.start()

    def close(self) -> None:
        self.stop.set()
        self.runs.gate.release(100)
        self.worker.wake()
        assert self.worker.join(SECONDS)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


def test_requests_during_a_run_share_exactly_one_more(office: Office) -> None:
    first = office.worker.request(Trigger.MANUAL)
    assert office.runs.began.acquire(timeout=SECONDS)
    late = [office.worker.request(Trigger.MANUAL) for _ in range(5)]
    office.runs.gate.release()
    result = office.worker.wait(first, SECONDS)
    assert result is not None
    assert result.run_id == "1"
    office.runs.gate.release(10)
    results = [office.worker.wait(ticket, SECONDS) for ticket in late]
    assert {result.run_id for result in results if result} == {"2"}
    assert len(office.runs.triggers) == 2


def test_a_fresh_record_answers_an_automatic_request(office: Office) -> None:
    office.runs.gate.release()
    assert office.worker.wait(office.worker.request(Trigger.MANUAL), SECONDS)
    ticket = office.worker.request(Trigger.AUTOREFRESH, max_age=24.0)
    assert office.worker.wait(ticket, 0.0) is not None
    assert len(office.runs.triggers) == 1


def test_a_manual_request_is_never_answered_by_an_older_record(office: Office) -> None:
    office.runs.gate.release(2)
    office.worker.wait(office.worker.request(Trigger.MANUAL), SECONDS)
    office.worker.wait(office.worker.request(Trigger.MANUAL), SECONDS)
    assert len(office.runs.triggers) == 2


def test_a_person_s_request_is_not_answered_by_a_run_that_does_not_wait_for_settling(
    tmp_path: Path,
) -> None:
    ours, theirs = Office(tmp_path), Office(tmp_path)
    try:
        theirs.worker.request(Trigger.INTERVAL)
        assert theirs.runs.began.acquire(timeout=SECONDS)
        mine = ours.worker.request(Trigger.MANUAL)
        polled = theirs.worker.request(Trigger.INTERVAL)
        for office in (ours, theirs):  # whoever takes the role first
            office.runs.gate.release(2)
        assert theirs.worker.wait(polled, SECONDS)
        result = ours.worker.wait(mine, SECONDS)
        assert result is not None
        assert result.trigger is Trigger.MANUAL
    finally:
        ours.close()
        theirs.close()


def test_another_program_s_later_run_is_joined(tmp_path: Path) -> None:
    ours, theirs = Office(tmp_path), Office(tmp_path)
    try:
        ours.worker.request(Trigger.MANUAL)
        assert ours.runs.began.acquire(timeout=SECONDS)
        waiting = theirs.worker.request(Trigger.MANUAL)
        again = ours.worker.request(Trigger.MANUAL)
        ours.runs.gate.release(2)
        theirs.runs.gate.release(2)
        assert ours.worker.wait(again, SECONDS)
        assert theirs.worker.wait(waiting, SECONDS)
        assert len(ours.runs.triggers) + len(theirs.runs.triggers) in {2, 3}
        assert len(theirs.runs.triggers) <= 1
    finally:
        ours.close()
        theirs.close()


def test_after_a_failure_automatic_requests_wait_and_manual_ones_do_not(office: Office) -> None:
    office.runs.error = "the broker is down"
    office.runs.gate.release(10)
    office.worker.wait(office.worker.request(Trigger.MANUAL), SECONDS)
    notice = office.board.read()
    assert notice.failures == 1
    assert notice.next_attempt_at is not None
    assert office.worker.done(office.worker.request(Trigger.AUTOREFRESH, max_age=1.0))
    assert len(office.runs.triggers) == 1
    office.runs.error = None
    result = office.worker.wait(office.worker.request(Trigger.MANUAL), SECONDS)
    assert result is not None
    assert result.ok
    assert office.board.read().failures == 0


def test_the_service_syncs_by_itself(tmp_path: Path) -> None:
    office = Office(tmp_path, interval=0.05)
    try:
        for _ in range(3):
            assert office.runs.began.acquire(timeout=SECONDS)
            office.runs.gate.release()
        assert office.runs.triggers[:3] == [Trigger.INTERVAL] * 3
    finally:
        office.close()


def test_stopping_ends_a_wait_for_another_program(tmp_path: Path) -> None:
    ours, theirs = Office(tmp_path), Office(tmp_path)
    ours.worker.request(Trigger.MANUAL)
    assert ours.runs.began.acquire(timeout=SECONDS)
    theirs.worker.request(Trigger.MANUAL)
    theirs.close()
    assert theirs.runs.triggers == []
    ours.close()
