"""The first sync: an account's whole history, page by page, resumable.

Facts are committed as they come (several pages at once, for an open and close of the database
costs more than a page), conclusions at the end. Orders first, so that every execution finds its
order; both ascending, pages overlapping, so that rows of equal times are not lost.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from tradesync.broker.port import ActivitiesPage, Broker, Rows
from tradesync.domain.facts import Activity, Execution, Instrument, Order, UnreadableRow
from tradesync.domain.freshness import later_snapshot
from tradesync.domain.times import SECOND, Instant
from tradesync.store import accounts, facts
from tradesync.store.accounts import AccountRow, HistoryPhase
from tradesync.store.database import Database

_FLUSH_ROWS = 20_000
_FLUSH_SECONDS = 5.0
"""What a killed program has to read again at most."""
_FIRST_DAY: Instant = 1_420_070_400 * SECOND
"""2015-01-01: before Alpaca's first account."""

Progress = Callable[[int], None]
Cursor = dict[str, str | int]


@dataclass(slots=True)
class _Batch:
    """Facts of some pages, to be written at once."""

    orders: dict[str, Order] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    unreadable: list[UnreadableRow] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def add_orders(self, page: Rows[Order]) -> None:
        """Take in a page of orders; of one read twice the later snapshot stays."""
        for order in page.items:
            known = self.orders.get(order.order_id)
            self.orders[order.order_id] = later_snapshot(known, order) if known else order
        self.instruments.update((item.key, item) for item in page.instruments)
        self.unreadable.extend(page.unreadable)

    def add_activities(self, page: ActivitiesPage) -> None:
        """Take in a page of executions and activities."""
        self.executions.extend(page.executions)
        self.activities.extend(page.activities)
        self.unreadable.extend(page.unreadable)

    @property
    def rows(self) -> int:
        """How many facts it holds."""
        return len(self.orders) + len(self.executions) + len(self.activities)

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self.rows >= _FLUSH_ROWS or time.monotonic() - self.since >= _FLUSH_SECONDS


class HistoryReader:
    """Reads what is left of an account's history and stores it as facts.

    A list has ended when asking on brings nothing further: a page shorter than asked for may be
    all the broker gives at once.
    """

    def __init__(
        self,
        broker: Broker,
        database: Database,
        now: Callable[[], Instant],
        progress: Progress,
        stop: Event,
    ) -> None:
        """Once `stop` is set, what was read is stored and `progress` told, which may raise."""
        self._broker = broker
        self._database = database
        self._now = now
        self._progress = progress
        self._stop = stop
        self._facts = 0
        self._scale_from: Instant = 0

    def read(self, account: AccountRow, *, start: Instant | None, opened: Instant | None) -> int:
        """Read orders, then activities, from where the last attempt ended; how many facts.

        BrokerError ends it; what was read by then stays.

        `start` is the configured HISTORY_START, `opened` the account's creation: it only scales
        the progress, for a migrated account has rows from before it.
        """
        begins = account.history_from or start or _FIRST_DAY
        self._scale_from = max(begins, opened or begins)
        cursor: Cursor = json.loads(account.history_cursor or "{}")
        phase = account.history_phase
        if phase == HistoryPhase.ORDERS:
            self._read_orders(account, begins, cursor)
            phase, cursor = HistoryPhase.ACTIVITIES, {}
        if phase == HistoryPhase.ACTIVITIES:
            self._read_activities(account, begins, cursor)
        return self._facts

    def _read_orders(self, account: AccountRow, begins: Instant, cursor: Cursor) -> None:
        """All orders ever, legs with their heads; pages overlap, so none of equal times is lost."""
        batch = _Batch()
        after = int(cursor.get("after", begins))
        done = False
        while not done:
            page = self._broker.orders_page(after=after, nested=True)
            batch.add_orders(page)
            done = page.last_at is None or (not page.full and page.last_at <= after)
            after = page.last_at or after
            if done or batch.due or self._stop.is_set():
                percent = 50 if done else self._percent(after) // 2
                phase = HistoryPhase.ACTIVITIES if done else HistoryPhase.ORDERS
                cursor = {} if done else {"after": after}
                self._save(account, begins, batch, phase=phase, cursor=cursor, percent=percent)
                batch = _Batch()

    def _read_activities(self, account: AccountRow, begins: Instant, cursor: Cursor) -> None:
        """All activities since `begins`, ascending."""
        phase = HistoryPhase.ACTIVITIES
        batch = _Batch()
        token = cursor.get("page_token")
        done = False
        while not done:
            page = self._broker.activities(after=begins, page_token=str(token) if token else None)
            batch.add_activities(page)
            done = page.last_id is None or page.last_id == token
            token = page.last_id or token
            if done or batch.due or self._stop.is_set():
                reached = max((row.at for row in page.executions), default=begins)
                percent = 99 if done else 50 + self._percent(reached) // 2
                cursor = {"page_token": token} if token else {}
                self._save(account, begins, batch, phase=phase, cursor=cursor, percent=percent)
                batch = _Batch()

    def _percent(self, reached: Instant) -> int:
        """How much of the time from the beginning to now has been read."""
        span = max(1, self._now() - self._scale_from)
        return max(0, min(100, 100 * (reached - self._scale_from) // span))

    def _save(
        self,
        account: AccountRow,
        begins: Instant,
        batch: _Batch,
        *,
        phase: HistoryPhase,
        cursor: Cursor,
        percent: int,
    ) -> None:
        account_id = account.account_id
        with self._database.write() as tx:
            facts.save_instruments(tx, account_id, tuple(batch.instruments.values()))
            facts.save_orders(tx, account_id, tuple(batch.orders.values()))
            facts.add_executions(tx, account_id, batch.executions)
            facts.add_activities(tx, account_id, batch.activities)
            facts.set_aside(tx, account_id, batch.unreadable, self._now())
            accounts.set_history(
                tx,
                account_id,
                phase=phase,
                history_from=begins,
                cursor=json.dumps(cursor),
                progress=percent,
            )
            facts.bump_revision(tx, account_id)
        self._facts += batch.rows
        self._progress(percent)
