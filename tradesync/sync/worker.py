"""One thread per account that serves its sync requests, one run at a time.

A request joins a run only if that run's first broker read begins after the request; whatever
comes during a run is served by exactly one more (design, *Joining*). The same holds across
processes: after waiting for the account's sync role, a run that another program began after the
request is as good as our own.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tradesync.domain.times import SECOND, Instant
from tradesync.logs import about
from tradesync.sync.bell import Bell, Rings
from tradesync.sync.board import Board, Notice, StreamBoard
from tradesync.sync.cadence import FRESH_SHARE, Rhythm, cadence
from tradesync.sync.locks import Ownership, OwnershipBusyError
from tradesync.sync.outcomes import RunResult, SyncError, Trigger
from tradesync.sync.report import run_line
from tradesync.sync.runs import Run

log = logging.getLogger("tradesync.sync")

ROLE_TIMEOUT = 60.0
"""Seconds to wait for another program's run before saying so."""
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 60.0

_LOOKING = frozenset({Trigger.AUTOREFRESH, Trigger.MANUAL})
"""Requests that come from somebody who looks at a page."""

_FOLLOW_UP: Instant = 10 * SECOND
"""After a fill was read alone, all is read once more when positions have settled."""

DoRun = Callable[[Trigger], RunResult]
DoShort = Callable[[Rings], RunResult]


@dataclass(slots=True)
class _Requests:
    """What has been asked for and what has been served; guarded by the worker's condition."""

    asked: int = 0
    served: int = 0
    asked_at: Instant = 0
    max_age: float | None = None
    trigger: Trigger = Trigger.INTERVAL
    result: RunResult | None = None


class AccountWorker:
    """Serves one account's requests; with an `interval` (in seconds) it also syncs by itself.

    `extra` says how many seconds a run begun within so many takes longer than usual.
    """

    def __init__(
        self,
        account: str,
        do_run: DoRun,
        *,
        board: Board,
        role: Ownership,
        now: Callable[[], Instant],
        stop: threading.Event,
        interval: Callable[[], float | None],
        do_short: DoShort | None = None,
        warm_up: Callable[[], None] = lambda: None,
        extra: Callable[[float], float] = lambda _within: 0.0,
        fullness: Callable[[], float] = lambda: 1.0,
        stream: StreamBoard | None = None,
    ) -> None:
        self.account = account
        self._do_run = do_run
        self._do_short = do_short
        self._warm_up = warm_up
        self._extra = extra
        self._bell = Bell(fullness, now)
        self._stream = stream
        self._follow_up_at: Instant | None = None
        self._board = board
        self._role = role
        self._now = now
        self._stop = stop
        self._interval = interval
        self._rhythm = Rhythm()
        self._changed = threading.Condition()
        self._requests = _Requests()
        self._thread = threading.Thread(target=self._serve, name=f"sync-{account}", daemon=True)

    def start(self) -> None:
        """Start serving."""
        self._thread.start()

    def wake(self) -> None:
        """Let the thread notice that it shall stop."""
        with self._changed:
            self._changed.notify_all()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end; whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def request(self, trigger: Trigger, max_age: float | None = None) -> int:
        """Ask for a run (or a record younger than `max_age` seconds); a ticket to wait on."""
        if trigger in _LOOKING:
            self._board.watch()
        with self._changed:
            requests = self._requests
            if max_age is not None and self._answered_by_record(max_age):
                return requests.served
            idle = requests.asked == requests.served
            requests.asked += 1
            requests.asked_at = self._now()
            stricter = max_age is None or (not idle and requests.max_age is None)
            requests.max_age = None if stricter else max_age
            if idle or trigger.is_manual:
                requests.trigger = trigger
            self._changed.notify_all()
            return requests.asked

    def ring(self, order_id: str | None, *, urgent: bool) -> None:
        """The broker's stream told of an order (None: of something). Never blocks for long."""
        with self._changed:
            self._bell.ring(order_id, urgent=urgent)
            self._changed.notify_all()

    def wait(self, ticket: int, timeout: float) -> RunResult | None:
        """The result that serves a ticket; None when it is still to come at the deadline."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._requests.served >= ticket or self._stop.is_set(), timeout
            )
            if self._requests.served < ticket:
                return None
            return self._requests.result or self._board.read().last_result

    def done(self, ticket: int) -> bool:
        """Whether a ticket has been served."""
        return self._requests.served >= ticket

    def _answered_by_record(self, max_age: float) -> bool:
        notice = self._board.read()
        if notice.next_attempt_at is not None and self._now() < notice.next_attempt_at:
            return True  # failing: its own waits decide when to try again
        read_at = notice.last_first_read_at
        return read_at is not None and self._now() - read_at < max_age * SECOND

    def _serve(self) -> None:
        while not self._stop.is_set():
            about.set({"account": self.account})  # no run is under way
            try:
                self._serve_once()
            except Exception:  # the account must be synced whatever one pass meets
                log.exception("%s: serving failed unexpectedly", self.account)
                self._stop.wait(_FIRST_WAIT)

    def _serve_once(self) -> None:
        """Wait until there is something to do, and do it."""
        with self._changed:
            waiting = self._requests.asked > self._requests.served
            if not waiting:
                self._changed.wait(min(self._until_due(), self._until_rung()))
        if self._stop.is_set():
            return
        if self._requests.asked > self._requests.served:
            self._serve_requests()
        elif self._until_rung() <= 0:
            self._answer_bell()
        elif self._until_due() <= 0:
            self._ask_of_our_own_accord()

    def _ask_of_our_own_accord(self) -> None:
        """The interval, a fill read alone, or the wait after a failure is over."""
        following, self._follow_up_at = self._follow_up_at is not None, None
        failing = self._board.read().failures > 0  # its wait is over: try, however fresh
        interval = self.current_interval()
        fresh_enough = failing or following or interval is None
        self.request(
            Trigger.STREAM if following else Trigger.INTERVAL,
            max_age=None if fresh_enough else FRESH_SHARE * (interval or 0.0),
        )

    def current_interval(self) -> float | None:
        """Seconds between polls at present; None when this worker only serves requests."""
        interval = self._interval()
        if interval is None or self._stream is None:
            return interval
        word = self._stream.read().word
        return cadence(interval, word, market_open=self._board.market_open())

    def _until_due(self) -> float:
        """Seconds until the next run of our own accord; an hour when there is none to come."""
        interval = self.current_interval()
        dues = [] if self._follow_up_at is None else [self._follow_up_at]
        notice = self._board.read()
        if interval is not None:
            after = self._rhythm.after(interval, self._extra(interval))
            dues.append((notice.last_first_read_at or 0) + round(after * SECOND))
        if not dues:
            return 3600.0
        due = notice.next_attempt_at or min(dues)
        return max(0.0, (due - self._now()) / SECOND)

    def _until_rung(self) -> float:
        """Seconds until what rang is to be read; an hour when nothing did."""
        due_in = self._bell.due_in() if self._do_short is not None else None
        if due_in is None:
            return 3600.0
        failing_until = self._board.read().next_attempt_at or 0
        return max(due_in, (failing_until - self._now()) / SECOND)

    def _answer_bell(self) -> None:
        """Read what rang: the orders alone when they are few, else everything."""
        rings = self._bell.take()
        notice = self._board.read()
        if self._do_short is None or not rings.is_short or notice.history_progress < 100:
            self.request(Trigger.STREAM)
            return
        try:
            with self._role.held(stop=self._stop, timeout=ROLE_TIMEOUT):
                if (self._board.read().last_first_read_at or 0) > rings.last_at:
                    return  # another program has read all since
                result = self._do_short(rings)
        except (OwnershipBusyError, SyncError):
            self.request(Trigger.STREAM)
            return
        if not result.ok:
            self.request(Trigger.STREAM)  # which notes the failure and waits with the next
            return
        log.info("%s", run_line(result))
        if rings.urgent:
            self._follow_up_at = self._now() + _FOLLOW_UP
        if self._stream is not None:
            self._stream.update(lag_ms=(self._now() - rings.first_at) // 1_000_000)
        self._warm_up()

    def _serve_requests(self) -> None:
        try:
            with self._role.held(stop=self._stop, timeout=ROLE_TIMEOUT):
                covered, result = self._run_or_join()
        except OwnershipBusyError as busy:
            if self._stop.is_set():
                return
            log.warning("%s: %s has been syncing it for a minute", self.account, busy.holder)
            covered, result = self._requests.asked, self._board.read().last_result
        except SyncError as error:
            self._serve_all(self._not_run(error))
            self._stop.wait(_FIRST_WAIT)  # the board cannot say when to try again
            return
        self._serve_all(result, covered)
        self._warm_up()

    def _serve_all(self, result: RunResult | None, covered: int | None = None) -> None:
        """Give a result to the requests up to `covered`; None: to all there are."""
        with self._changed:
            served = self._requests.asked if covered is None else covered
            self._requests.served = max(self._requests.served, served)
            self._requests.result = result
            self._changed.notify_all()

    def _run_or_join(self) -> tuple[int, RunResult | None]:
        """Run, unless another program's run began after the last request."""
        with self._changed:
            requests = self._requests
            covered, trigger = requests.asked, requests.trigger
            asked_at, max_age = requests.asked_at, requests.max_age
        notice = self._board.read()
        if _serves(notice, trigger, asked_at, max_age, self._now()):
            return covered, notice.last_result
        self._follow_up_at = None
        rung = self._bell.take()  # a full run reads whatever rang before it
        result = self._do_run(trigger)
        if rung and not result.ok:
            self._bell.ring(None, urgent=rung.urgent)
        self._note(result)
        if result.ok and trigger is Trigger.INTERVAL and notice.history_progress == 100:
            self._rhythm.took((self._now() - asked_at) / SECOND)
        return covered, result

    def _not_run(self, error: SyncError) -> RunResult:
        """The result of a run that could not begin."""
        trigger = self._requests.trigger
        run = Run(self.account, trigger, self._role.program, self._now(), error=str(error))
        result = run.result(self._now, calls=0)
        self._note(result)
        return result

    def _note(self, result: RunResult) -> None:
        """Put the outcome on the board; after a failure the waits grow."""
        log.log(logging.INFO if result.ok else logging.WARNING, "%s", run_line(result))
        notice = self._board.read()
        if result.ok:
            self._board.update(
                running_pid=None, activity="", last_result=result, failures=0,
                failing_since=None, next_attempt_at=None, question=None,
                last_first_read_at=result.first_read_at, last_success_at=result.ended_at,
            )  # fmt: skip
            return
        failures = notice.failures + 1
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311 (jitter)
        self._board.update(
            running_pid=None, activity="", last_result=result, failures=failures,
            failing_since=notice.failing_since or result.started_at,
            next_attempt_at=self._now() + round(wait * SECOND),
        )  # fmt: skip


def _serves(
    notice: Notice, trigger: Trigger, asked_at: Instant, max_age: float | None, now: Instant
) -> bool:
    """Whether the record is as good as a run of our own, for whoever asked at `asked_at`.

    A person's run waits until a new difference has settled; only another such run is as good.
    """
    read_at = notice.last_first_read_at
    if read_at is None or notice.last_result is None or not notice.last_result.ok:
        return False
    if trigger.is_manual and not notice.last_result.trigger.is_manual:
        return False
    if read_at > asked_at:
        return True
    return max_age is not None and now - read_at < max_age * SECOND
