"""Answers that take longer than a page may: computed in a thread, kept until the record moves.

A page asks on every run and is told what is known: the answer, that of an earlier record while
the new one is computed, or nothing yet. `watch_later` lets the page draw itself again when done.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tradesync.domain.times import Instant
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError
from tradesync.web.session import open_dialog_request

_KEPT = 16
_AGAIN_SECONDS = 10.0
"""What went wrong is tried again when somebody asks after this long, of the same record too."""
_TOLD = (StoreError, SyncError)
"""What goes wrong in a way a person can be told."""


@dataclass(slots=True)
class Answer:
    """One computation: of which `version` of the record, since when, and how it ended."""

    version: Hashable
    began: float
    """On the monotonic clock."""
    asked_at: Instant
    value: Any = None
    error: str | None = None
    took: float | None = None
    """Seconds; None while it runs."""

    @property
    def is_ready(self) -> bool:
        """Whether it has ended."""
        return self.took is not None

    def serves(self, version: Hashable, now: float) -> bool:
        """Whether it is the answer of a version, `now` on the monotonic clock."""
        ended = self.began + (self.took or 0.0)
        return self.version == version and (self.error is None or now < ended + _AGAIN_SECONDS)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known now: the newest finished answer, and the one under way."""

    ready: Answer | None
    running: Answer | None


class Later:
    """The answers of a process by what they are about. Thread safe; threads are daemons."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, Known] = OrderedDict()

    def known(self, key: Hashable) -> Known:
        """What is known about `key`; starts nothing."""
        with self._lock:
            return self._known.get(key, Known(None, None))

    def ask(self, key: Hashable, version: Hashable, work: Callable[[], Any]) -> Known:
        """What is known about `key`; unless it is of `version`, `work` begins in a thread."""
        with self._lock:
            known = self._known.get(key, Known(None, None))
            is_current = known.ready is not None and known.ready.serves(version, self._clock())
            if is_current or known.running is not None:
                return known
            answer = Answer(version, self._clock(), time.time_ns())
            known = Known(known.ready, answer)
            self._keep(key, known)
        name = f"later-{key}"
        threading.Thread(
            target=self._run, args=(key, answer, work), name=name, daemon=True
        ).start()
        return known

    def _run(self, key: Hashable, answer: Answer, work: Callable[[], Any]) -> None:
        try:
            answer.value = work()
        except _TOLD as error:
            answer.error = str(error)
        except BaseException:
            answer.error = "This could not be computed; the log says why."
            raise
        finally:
            answer.took = self._clock() - answer.began
            with self._lock:
                self._keep(key, Known(answer, None))

    def _keep(self, key: Hashable, known: Known) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


LATER = Later()


@st.fragment(run_every=1.0)
def watch_later(key: Hashable, words: str) -> None:
    """Say what is being computed and for how long; draw the page again when it is done."""
    running = LATER.known(key).running
    if running is None:
        if open_dialog_request() is None:  # else a rerun would close it under the user's hands
            st.rerun()
        return
    seconds = time.monotonic() - running.began
    st.caption(f":material/hourglass_top: {words}… {seconds:.0f} s")
