"""Answers computed beside the page: once for a record, the old one shown meanwhile."""

from __future__ import annotations

import threading

from tests.waiting import eventually
from tradesync.sync.outcomes import SyncError
from tradesync.web.later import Later


def test_work_begins_once_and_is_kept_until_the_version_moves() -> None:
    later, gate, begun = Later(), threading.Event(), list[None]()

    def work() -> str:
        begun.append(None)
        assert gate.wait(10)
        return f"answer {len(begun)}"

    assert later.ask("a", 1, work).ready is None
    assert later.ask("a", 1, work).running is not None
    assert later.known("b").running is None
    gate.set()
    eventually(lambda: later.known("a").running is None)
    known = later.ask("a", 1, work)
    assert known.ready is not None
    assert (known.ready.value, len(begun)) == ("answer 1", 1)


def test_the_old_answer_stands_while_the_new_one_is_computed() -> None:
    later, gate = Later(), threading.Event()
    gate.set()
    later.ask("a", 1, lambda: "old")
    eventually(lambda: later.known("a").running is None)
    gate.clear()
    known = later.ask("a", 2, lambda: gate.wait(10) and "new")
    assert known.ready is not None
    assert (known.ready.value, known.running is not None) == ("old", True)
    gate.set()
    eventually(lambda: later.known("a").running is None)
    assert later.known("a").ready.value == "new"  # type: ignore[union-attr]


def test_what_goes_wrong_is_told_in_its_sentence() -> None:
    later = Later()

    def work() -> str:
        raise SyncError("The first sync has not read everything yet.")

    later.ask("a", 1, work)
    eventually(lambda: later.known("a").running is None)
    ready = later.known("a").ready
    assert ready is not None
    assert (ready.value, ready.error) == (None, "The first sync has not read everything yet.")


def test_what_went_wrong_is_tried_again_of_the_same_record_but_not_at_once() -> None:
    now, begun = [100.0], list[None]()
    later = Later(lambda: now[0])

    def work() -> str:
        begun.append(None)
        if len(begun) == 1:
            raise SyncError("The database is busy.")
        return "answer"

    for seconds, times in ((0.0, 1), (5.0, 1), (10.0, 2), (1000.0, 2)):
        now[0] = 100.0 + seconds
        later.ask("a", 1, work)
        eventually(lambda: later.known("a").running is None)
        assert len(begun) == times
    assert later.ask("a", 1, work).ready.value == "answer"  # type: ignore[union-attr]
