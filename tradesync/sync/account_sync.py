"""One account's sync, start to end: bind, read history or what is new, plan, commit, settle."""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Broker
from tradesync.config import AccountConfig
from tradesync.domain.facts import Activity
from tradesync.domain.times import SECOND, Instant
from tradesync.logs import about
from tradesync.store import accounts, facts, journal, sync_reads
from tradesync.store.accounts import HistoryPhase
from tradesync.store.database import Database, Tx
from tradesync.store.errors import DatabaseBusyError, StoreError
from tradesync.sync.bell import Rings
from tradesync.sync.binding import AnotherAccountError, bound_account
from tradesync.sync.board import Board
from tradesync.sync.commit import Committer, Plan
from tradesync.sync.gather import gather_snapshot
from tradesync.sync.history import HistoryReader
from tradesync.sync.holdings import Holdings, HoldingsUpdate
from tradesync.sync.memory import OVERLAP, Memory, load_memory
from tradesync.sync.outcomes import RunResult, SyncError, Trigger
from tradesync.sync.plan import NO_FACTS, Candidates, candidates, texts_of_known
from tradesync.sync.runs import Run, record_of
from tradesync.sync.set_aside import read_again
from tradesync.sync.snapshot import Reader, Rescan, Snapshot
from tradesync.sync.watched import Watched

log = logging.getLogger("tradesync.sync")

RESCAN_EVERY: Instant = 3_600 * SECOND


@dataclass(slots=True)
class AccountSync:
    """Syncs one configured account. Used by one thread at a time, under the account's role."""

    config: AccountConfig
    broker: Broker
    database: Database
    board: Board
    program: str
    now: Callable[[], Instant]
    stop: threading.Event
    history_start: Instant | None
    holdings: Holdings
    watched: Watched
    memory: Memory | None = None
    unlisted: deque[str] = field(default_factory=deque)
    rescanned_at: Instant = 0
    rescan_took: float = 0.0
    """Seconds, the last time."""
    amendments: deque[Activity] = field(default_factory=deque)
    """Busts and corrections the stream stated, not stored yet; any thread may add."""
    checked: dict[str, str] = field(default_factory=dict)
    """Other texts of stored facts, by id, that say nothing to be stored: see `Memory`."""
    tried_set_aside: bool = False
    """Whether this process has tried to read what an older version could not."""
    last_error: str | None = None
    account_id: str | None = None
    """Known once a run has read the record."""

    def run(self, trigger: Trigger) -> RunResult:
        """One sync run. Never raises: what went wrong is in the result, in one sentence."""
        run = Run(self.config.name, trigger, self.program, self.now())
        self.board.update(
            running_pid=os.getpid(), running_since=run.started_at, activity="reading the account"
        )
        return self._guarded(run, self._pass)

    def run_short(self, rings: Rings) -> RunResult:
        """Read what the stream rang for: its orders, activities and positions. Never raises."""
        run = Run(self.config.name, Trigger.STREAM, self.program, self.now())
        return self._guarded(run, lambda run: self._short_pass(run, rings))

    def warm_up(self) -> None:
        """Read what the next run needs of the record, now that nobody waits for it."""
        if self.memory is not None or self.last_error is not None or not self.account_id:
            return
        run = Run(self.config.name, Trigger.STREAM, self.program, self.now())
        run.account_id = self.account_id
        with suppress(StoreError):  # the next run meets it and says so
            self._recall(run)

    def _guarded(self, run: Run, do_pass: Callable[[Run], None]) -> RunResult:
        """A pass with whatever goes wrong in its result."""
        run.calls_before = self.broker.calls
        about.set({"account": run.account, "run": run.run_id})
        try:
            do_pass(run)
        except BrokerError as error:
            run.error, run.request_id = error.sentence, error.request_id
        except (StoreError, SyncError) as error:
            run.error = str(error)
            run.recorded |= isinstance(error, DatabaseBusyError)  # it would wait once more
        except Exception as error:  # the worker must outlive whatever a run meets
            log.exception("%s: a sync run failed unexpectedly", self.config.name)
            run.error = f"The sync stopped on an unexpected {type(error).__name__}; see the log."
        if run.error is not None:
            self.memory = None
        result = run.result(self.now, self.broker.calls - run.calls_before)
        self._record(run, result)
        return result

    def _pass(self, run: Run) -> None:
        memory = self._recall(run)
        self.watched.refresh_clock()
        if memory.account.history_phase != HistoryPhase.COMPLETE:
            self._read_history(run, memory)
            memory = self._recall(run)
        self.board.update(activity="reading what is new", history_progress=100)
        memory = self._store_set_aside(run, self._store_amendments(run, memory))
        snapshot = self._read(memory, asked=run.trigger.is_manual)
        self._refuse_another_account(memory, snapshot)
        run.first_read_at = snapshot.first_read_at
        settling = self._apply(run, memory, snapshot)
        if settling and run.trigger.is_manual:
            self._read_again_settled(run)
        if not self.rescanned_at and run.trigger.is_manual:  # for what differs anew
            memory = self._recall(run)
            self._apply(run, memory, self._read(memory, asked=True))
        self.watched.refresh_curves(memory.account)
        if snapshot.error is not None:
            raise snapshot.error

    def _short_pass(self, run: Run, rings: Rings) -> None:
        memory = self._store_amendments(run, self._recall(run))
        snapshot = Reader(self.broker, self.now).read_rung(memory, rings.orders)
        run.first_read_at = snapshot.first_read_at
        self._apply(run, memory, snapshot)
        if snapshot.error is not None:
            raise snapshot.error

    def _store_amendments(self, run: Run, memory: Memory) -> Memory:
        """Store the busts and corrections the stream stated: they come by no other way."""
        waiting = list(self.amendments)
        if not waiting:
            return memory
        snapshot = Snapshot(self.now(), activities={row.activity_id: row for row in waiting})
        self._apply(run, memory, snapshot)
        for _ in waiting:
            self.amendments.popleft()
        return self._recall(run)

    def _store_set_aside(self, run: Run, memory: Memory) -> Memory:
        """Try the rows set aside again, once a process: it may be a newer version (rule 5)."""
        if self.tried_set_aside or not memory.set_aside:
            return memory
        account_id = memory.account.account_id
        with self.database.read() as tx:
            rows = facts.load_set_aside(tx, account_id)
            ids = {row.identity for row in rows}
            known = {row.order_id: row for row in facts.load_orders(tx, account_id, order_ids=ids)}
            stored_ids = sync_reads.stored_ids(tx, account_id, ids)
        found = read_again(rows, known, stored_ids, self.now())
        if found.settled:
            self._apply(run, memory, found.snapshot)
            with self.database.write() as tx:
                facts.clear_set_aside(tx, account_id, found.settled)
            memory = self._recall(run)
        self.tried_set_aside = True
        return memory

    def _recall(self, run: Run) -> Memory:
        """What is remembered of the account, read anew when another program has written."""
        if self.memory is None or self.memory.data_version != self.database.data_version():
            account_id = run.account_id or (self.memory and self.memory.account.account_id)
            if not account_id:
                account_id = self._bind()
            with self.database.read() as tx:
                self.memory = load_memory(tx, account_id, self.unlisted)
            self.memory.fact_texts |= self.checked
        self.account_id = run.account_id = self.memory.account.account_id
        return self.memory

    def _bind(self) -> str:
        try:
            account_id = bound_account(self.config, self.broker, self.database, self.now)
        except AnotherAccountError as error:
            self.board.update(question=str(error))
            raise
        except BrokerError:
            self._show_record()
            raise
        self.board.update(account_id=account_id, question=None)
        return account_id

    def _refuse_another_account(self, memory: Memory, snapshot: Snapshot) -> None:
        """Nothing of another account's is kept: the keys may open one since the last run (S19)."""
        if snapshot.state is None or snapshot.state.account_id == memory.account.account_id:
            return
        self._bind()
        raise SyncError("The broker answered for another account meanwhile; nothing was kept.")

    def _show_record(self) -> None:
        """The broker is out of reach: what the record holds under this name can be looked at."""
        if self.board.read().account_id is not None:
            return
        with self.database.read() as tx:
            known = accounts.account_by_name(tx, self.config.name)
        if known is not None:
            progress = known.history_progress
            self.board.update(account_id=known.account_id, history_progress=progress)

    def _read_history(self, run: Run, memory: Memory) -> None:
        """The first sync: everything since the beginning, then all conclusions at once."""
        account_id = memory.account.account_id
        opened = memory.state.created_at if memory.state is not None else None
        reader = HistoryReader(self.broker, self.database, self.now, self._show_progress, self.stop)
        run.facts_added += reader.read(memory.account, start=self.history_start, opened=opened)
        self.board.update(activity="concluding the trades")
        committer = Committer(self.database, account_id, self.now)
        with _no_collection():
            committer.commit(
                lambda: committer.plan(lambda _tx: NO_FACTS, conclude_all=True),
                run,
                lambda tx, _plan: accounts.finish_history(tx, account_id),
            )
        self.memory = None

    def _show_progress(self, percent: int) -> None:
        self.board.update(activity=f"reading history {percent} %", history_progress=percent)
        if self.stop.is_set():
            raise SyncError("Stopped while reading the history; the next start goes on from here.")

    def _read(self, memory: Memory, *, asked: bool) -> Snapshot:
        """What is new; for a person who asked, the fills that lack too, wherever they are."""
        reader = Reader(self.broker, self.now)
        if self.now() - self.rescanned_at <= RESCAN_EVERY:
            return reader.read(memory, rescan=None, days=memory.missing_days if asked else ())
        account_id = memory.account.account_id
        with self.database.read() as tx:
            named = sync_reads.orders_only_named(tx, account_id, turn=str(self.now()))
        snapshot = reader.read(memory, rescan=Rescan(tuple(named)), days=memory.missing_days)
        self.rescanned_at = snapshot.first_read_at
        self.rescan_took = (self.now() - snapshot.first_read_at) / SECOND
        return snapshot

    def extra_seconds(self, within: float) -> float:
        """How much longer than usual a run takes that begins within so many seconds: it may be
        the hourly one that reads the last ten days again."""
        due = self.now() + round(within * SECOND) - self.rescanned_at > RESCAN_EVERY
        return self.rescan_took if due else 0.0

    def _apply(self, run: Run, memory: Memory, snapshot: Snapshot) -> bool:
        """Write what a snapshot changes; whether a difference to the broker is settling."""
        found = candidates(snapshot, memory)
        if found or snapshot.has_look_ups or memory.unsettled_intents:
            update = self._commit_facts(run, memory, snapshot, found)
        else:
            update = self.holdings.update(memory, snapshot, None)
            read_to = _newly_read_to(memory, snapshot)
            version = memory.data_version
            if update or read_to:
                with self.database.write() as tx:
                    update.write(tx, memory.account.account_id)
                    _note_read(tx, memory, read_to)
                if tx.data_version == version:  # else another program has written meanwhile
                    version += bool(tx.rows_written)
            memory.remember(snapshot, update, version)
        if update.coin_shortfalls:
            self._conclude_coin_fees(run, memory, update)
        if update.opens_drift and self.rescanned_at < run.first_read_at:
            self.rescanned_at = 0  # the days are read again before their time
        return bool(update.settling)

    def _commit_facts(
        self, run: Run, memory: Memory, snapshot: Snapshot, found: Candidates
    ) -> HoldingsUpdate:
        account_id = memory.account.account_id
        committer = Committer(self.database, account_id, self.now)
        updates: list[HoldingsUpdate] = []

        def make_plan() -> Plan:
            return committer.plan(
                lambda tx: gather_snapshot(tx, account_id, snapshot, found, self.now())
            )

        def write(tx: Tx, plan: Plan) -> None:
            updates.append(self.holdings.update(memory, snapshot, plan))
            updates[-1].write(tx, account_id)
            _note_read(tx, memory, _newly_read_to(memory, snapshot))
            stored = {order.order_id for order in plan.facts.orders}  # with a count of none
            seen = [row.order_id for row in found.orders if row.order_id not in stored]
            if seen:
                facts.reset_not_found(tx, account_id, seen)
            if snapshot.not_found:
                facts.bump_not_found(tx, account_id, snapshot.not_found)
            # A short run ends here: one transaction less. Another is recorded again at its end,
            # and now already, so that a change never lacks its run whatever ends the program.
            run.recorded = not snapshot.positions_confirmed
            if run.recorded or run.changed:
                calls = self.broker.calls - run.calls_before
                journal.add_run(tx, record_of(run.result(self.now, calls)))

        plan = committer.commit(make_plan, run, write)
        if run.trigger is not Trigger.STREAM:
            self._post_found(plan, snapshot)
        memory.note_unlisted(snapshot)
        self.checked |= texts_of_known(found, plan.facts)
        self.memory = None
        return updates[-1]

    def _post_found(self, plan: Plan, snapshot: Snapshot) -> None:
        """Say which fills a poll has found, for the holder of the stream to compare (S09)."""
        found: dict[str, Decimal] = {}
        for row in plan.facts.executions:
            found[row.order_id] = max(row.cum_qty, found.get(row.order_id, row.cum_qty))
        if found:
            texts = {order_id: str(qty) for order_id, qty in found.items()}
            self.board.update(found_fills=texts, found_read_at=snapshot.first_read_at)

    def _conclude_coin_fees(self, run: Run, memory: Memory, update: HoldingsUpdate) -> None:
        """Coin missing at a settled read is a fee the broker has not booked yet (rule 11).

        Stored with what follows from it, at once: a shortfall known already is none to conclude.
        """
        lacking = NO_FACTS.touching(frozenset(row.instrument for row in update.coin_shortfalls))
        new = replace(lacking, coin_shortfalls=update.coin_shortfalls)
        committer = Committer(self.database, memory.account.account_id, self.now)
        committer.commit(lambda: committer.plan(lambda _tx: new), run)
        self.memory = None

    def _read_again_settled(self, run: Run) -> None:
        """A person waits: read positions once more after settling, before the run ends."""
        self.board.update(activity="settling: reading the positions once more")
        if self.stop.wait(self.holdings.settled_in()):
            return
        memory = self._recall(run)
        snapshot = Snapshot(first_read_at=self.now())
        Reader(self.broker, self.now).read_holdings(snapshot)
        if snapshot.error is not None:
            raise snapshot.error
        self._apply(run, memory, snapshot)

    def _record(self, run: Run, result: RunResult) -> None:
        """Keep a record of runs that changed something, failed anew, or were asked for."""
        news = result.error != self.last_error
        self.last_error = result.error
        if run.recorded or not (run.changed or news or run.trigger.is_manual):
            return
        try:
            with self.database.write() as tx:
                journal.add_run(tx, record_of(result))
        except StoreError as error:
            log.warning("%s: the run could not be recorded: %s", self.config.name, error)


def _newly_read_to(memory: Memory, snapshot: Snapshot) -> Instant | None:
    """How far orders are read, where this reading came further than those before."""
    newer = snapshot.orders_read_to - OVERLAP > memory.orders_since
    return snapshot.orders_read_to if newer else None


def _note_read(tx: Tx, memory: Memory, read_to: Instant | None) -> None:
    if read_to is not None:
        accounts.note_orders_read(tx, memory.account.account_id, read_to)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking a whole history's rows again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
