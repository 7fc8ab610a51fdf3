"""The streams of a process's accounts: one per account and machine, all in one thread.

Who holds an account's stream is a file lock (`Ownership`, role *stream*): the others look once a
second whether it has come free, so a holder that is killed is replaced within seconds. The
holder's own worker reads what rings; a connection counts as live only when everything that
happened before it has been read (scenario S08).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from decimal import Decimal
from typing import Any, Protocol

from tradesync.broker.stream import TradeStream
from tradesync.broker.updates import Update
from tradesync.config import AccountConfig
from tradesync.domain.facts import Activity
from tradesync.domain.money import ZERO
from tradesync.domain.times import SECOND, Instant
from tradesync.logs import about
from tradesync.sync.board import Board, StreamBoard
from tradesync.sync.locks import Ownership
from tradesync.sync.outcomes import RunResult, StreamWord, Trigger

log = logging.getLogger("tradesync.stream")

_LOOK_EVERY = 1.0
"""Seconds between looks whether the role is free, and at what polling found."""
_GRACE: Instant = 2 * SECOND
"""How long after a poll the stream may take to tell of what the poll found."""
_CATCH_UP_WAIT, _LONGEST_CATCH_UP_WAIT = 2.0, 30.0
_REMEMBERED = 2000


class Ringer(Protocol):
    """The worker of an account, as its stream sees it."""

    def ring(self, order_id: str | None, *, urgent: bool) -> None: ...
    def request(self, trigger: Trigger, max_age: float | None = None) -> int: ...
    def done(self, ticket: int) -> bool: ...
    def wait(self, ticket: int, timeout: float) -> RunResult | None: ...


class AccountStream:
    """Keeps one account's stream while this process holds the role. Lives in the loop's thread."""

    def __init__(
        self,
        config: AccountConfig,
        worker: Ringer,
        *,
        board: Board,
        stream_board: StreamBoard,
        role: Ownership,
        program: str,
        now: Callable[[], Instant],
        amend: Callable[[Activity], None],
    ) -> None:
        self._name = config.name
        self._worker = worker
        self._board = board
        self._state = stream_board
        self._role = role
        self._program = program
        self._now = now
        self._amend = amend
        self._stream = TradeStream(config, self)
        self._told: OrderedDict[str, Decimal] = OrderedDict()
        self._caught_up_at: Instant | None = None
        self._judged_at: Instant = 0
        self._lost_at: Instant | None = None
        self._connects = 0
        self._catching_up: asyncio.Task[None] | None = None

    async def keep(self) -> None:
        """Wait for the role, then hold the stream until cancelled."""
        about.set({"account": self._name})
        while not self._role.take():  # noqa: ASYNC110 (another process frees it)
            await asyncio.sleep(_LOOK_EVERY)
        try:
            self._post(StreamWord.CONNECTING)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._stream.run())
                group.create_task(self._watch())
        finally:
            if self._catching_up is not None:
                self._catching_up.cancel()
            self._post(StreamWord.OFF)
            self._role.release()

    # -- what the stream tells -------------------------------------------------------------------

    def connected(self) -> None:
        """Read everything once: nothing of what happened before is told."""
        self._connects += 1
        self._told.clear()
        self._post(StreamWord.CATCHING_UP)
        self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())

    def rang(self, update: Update) -> None:
        """Pass the ring on to the worker; keep a bust or correction."""
        if update.amendment is not None:
            self._amend(update.amendment)
        if update.order_id is not None:
            known = self._told.pop(update.order_id, ZERO)
            self._told[update.order_id] = max(known, update.filled_qty or ZERO)
            while len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
        self._worker.ring(update.order_id, urgent=update.is_urgent)

    def lost(self, reason: str, again_in: float) -> None:
        """Say so; the next connection reads up on the gap."""
        log.warning("%s: %s Trying again in %.0f s.", self._name, reason, again_in)
        if self._caught_up_at is not None:
            self._lost_at = self._now()
        self._caught_up_at = None
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._post(StreamWord.DOWN, reason)

    async def _catch_up(self) -> None:
        """A full sync after every connection, until one succeeds."""
        wait = _CATCH_UP_WAIT
        while True:
            ticket = self._worker.request(Trigger.STREAM, max_age=0.0)  # after a failure it waits
            while not self._worker.done(ticket):  # noqa: ASYNC110 (a thread serves it)
                await asyncio.sleep(0.05)
            result = self._worker.wait(ticket, 0.0)
            if result is not None and result.ok:
                break
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_CATCH_UP_WAIT)
        self._caught_up_at = self._now()
        log.info("%s: the stream is live", self._name)
        if self._lost_at is not None:
            self._state.update(gap_from=self._lost_at, gap_to=self._caught_up_at)
            self._lost_at = None
        self._post(StreamWord.LIVE)

    # -- what polling finds ----------------------------------------------------------------------

    async def _watch(self) -> None:
        """Replace a stream that said nothing of a fill polling has found (scenario S09)."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            if self._caught_up_at is not None and (missed := self._missed(self._caught_up_at)):
                orders = ", ".join(missed)
                log.warning("%s: the stream said nothing of fills of %s", self._name, orders)
                self._stream.drop("The stream said nothing of a fill that reading found.")

    def _missed(self, live_since: Instant) -> list[str]:
        """Orders with fills a poll found and the stream has had time to tell of, but did not."""
        notice = self._board.read()
        read_at = notice.found_read_at
        if read_at in {0, self._judged_at} or self._now() - read_at < _GRACE:
            return []
        self._judged_at = read_at
        if read_at <= live_since:
            return []
        return [
            order_id
            for order_id, filled in notice.found_fills.items()
            if self._told.get(order_id, ZERO) < Decimal(filled)
        ]

    def _post(self, word: StreamWord, reason: str = "") -> None:
        self._state.update(
            word=word, since=self._now(), reason=reason, program=self._program,
            connects=self._connects,
        )  # fmt: skip


Keeper = Callable[[], Coroutine[Any, Any, None]]


class Streams:
    """Runs the streams of this process's accounts in one thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def keep(self, name: str, keeper: Keeper) -> None:
        """Keep an account's stream from now on."""
        self._in_loop(lambda: self._begin(name, keeper))

    def drop(self, name: str) -> None:
        """Close an account's stream; waits for nothing."""
        self._in_loop(lambda: self._end(name))

    def stop(self, timeout: float) -> bool:
        """Close all streams, waiting no longer than `timeout` seconds; whether all have ended."""
        if self._thread.ident is None:
            self._loop.close()
            return True
        self._in_loop(self._stopping.set)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _in_loop(self, work: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(work)

    def _begin(self, name: str, keeper: Keeper) -> None:
        self._end(name)
        self._tasks[name] = self._loop.create_task(_for_ever(keeper))

    def _end(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            task.cancel()

    async def _until_stopped(self) -> None:
        await self._stopping.wait()
        for name in list(self._tasks):
            self._end(name)
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._until_stopped())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


async def _for_ever(keep: Keeper) -> None:
    """Keep an account's stream whatever it meets: polling goes on meanwhile."""
    while True:
        began = time.monotonic()
        try:
            await keep()
        except Exception:
            log.exception("A stream failed unexpectedly")
        await asyncio.sleep(max(1.0, 5.0 - (time.monotonic() - began)))
