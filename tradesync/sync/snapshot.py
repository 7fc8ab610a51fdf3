"""One reading of a broker account: what was asked, what came, and what it proves.

Orders first, then activities, then positions and account (design, *One account's sync*), so
that executions are never older than the orders they belong to, nor positions than executions.
No database is open while this runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tradesync.broker.errors import (
    BrokerError,
    BrokerNotFound,
    BrokerRefused,
    BrokerReplyError,
)
from tradesync.broker.port import ActivitiesPage, Broker, Rows
from tradesync.domain.facts import (
    AccountState,
    Activity,
    Execution,
    Instrument,
    Order,
    Position,
    UnreadableRow,
)
from tradesync.domain.freshness import later_snapshot
from tradesync.domain.ours import Intent
from tradesync.domain.plausibility import contradicts_account
from tradesync.domain.times import SECOND, Instant, new_york_date, new_york_midnight
from tradesync.sync.memory import Memory

LOOK_UPS = 12
"""Look-ups of vanished orders a cycle; the rest are shown as being looked up."""
ROUND_ROBIN = 2
"""Re-reads a cycle of alive orders no open list shows."""
RESCAN_DAYS = 10
RESCAN_SPAN: Instant = RESCAN_DAYS * 86_400 * SECOND


@dataclass(slots=True)
class Snapshot:
    """What one reading brought. Mutable while it is read, left alone afterwards."""

    first_read_at: Instant
    orders: dict[str, Order] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    unreadable: list[UnreadableRow] = field(default_factory=list)
    orders_read_to: Instant = 0
    """The newest submission the list of recent orders showed; 0: it was not read, or empty."""
    not_found: set[str] = field(default_factory=set)
    """Orders a look-up answered "not found" for."""
    confirmed_unlisted: set[str] = field(default_factory=set)
    still_to_look_up: int = 0
    found_intents: dict[str, str] = field(default_factory=dict)
    """Intent id → broker order id, found by client order id."""
    missing_intents: set[str] = field(default_factory=set)
    positions: tuple[Position, ...] | None = None
    """None: not read, not readable whole, or contradicted by the account."""
    positions_read_at: Instant = 0
    positions_confirmed: bool = True
    """False: no account was read beside them that would show an empty or short list."""
    state: AccountState | None = None
    state_read_at: Instant = 0
    error: BrokerError | None = None
    """What kept positions or account from being read; orders and activities stand."""

    @property
    def has_look_ups(self) -> bool:
        """Whether it answers questions about orders or intents that are to be written down."""
        return bool(self.not_found or self.found_intents or self.missing_intents)

    def add_orders(self, rows: Rows[Order]) -> None:
        """Take in orders, keeping the later snapshot of each."""
        for order in rows.items:
            known = self.orders.get(order.order_id)
            self.orders[order.order_id] = later_snapshot(known, order) if known else order
        self.add_instruments(rows.instruments)
        self.unreadable.extend(rows.unreadable)

    def add_instruments(self, items: Iterable[Instrument]) -> None:
        """Take in what rows say of instruments; an asset id one of them told stays."""
        for item in items:
            known = self.instruments.get(item.key, item)
            self.instruments[item.key] = replace(item, asset_id=item.asset_id or known.asset_id)


@dataclass(frozen=True, slots=True)
class Rescan:
    """What is read again now and then, beside the last ten days' activities."""

    orders: tuple[str, ...] = ()
    """Orders that others, or fills, only name."""


class Reader:
    """Reads one snapshot of an account through its broker."""

    def __init__(self, broker: Broker, now: Callable[[], Instant]) -> None:
        self._broker = broker
        self._now = now

    def read(
        self, memory: Memory, *, rescan: Rescan | None, days: Collection[date] = ()
    ) -> Snapshot:
        """Read what is new since `memory`, and what `rescan` names again.

        `days`: those on which orders state fills whose executions never came (F09).
        BrokerError when orders or activities fail.
        """
        snapshot = Snapshot(first_read_at=self._now())
        listed = self._read_order_lists(snapshot, memory)
        self._settle_intents(snapshot, memory.unsettled_intents)
        if listed is not None:
            self._look_up_vanished(snapshot, memory, listed)
        self._read_activities(snapshot, memory)
        if rescan is not None or days:
            self._read_days_again(snapshot, memory, days, last=rescan is not None)
        self._look_up_unknown_orders(snapshot, memory, rescan.orders if rescan else ())
        self.read_holdings(snapshot)
        return snapshot

    def read_rung(self, memory: Memory, order_ids: Collection[str]) -> Snapshot:
        """Read these orders (a leg by its group's head), what is new, and positions.

        BrokerError when orders or activities fail.
        """
        snapshot = Snapshot(first_read_at=self._now(), positions_confirmed=False)
        alive = memory.alive
        heads = {alive[item].parent_id or item if item in alive else item for item in order_ids}
        for order_id in sorted(heads):
            with suppress(BrokerNotFound):  # absence proves nothing; the next full sync asks again
                snapshot.add_orders(self._broker.order(order_id))
        self._read_activities(snapshot, memory)
        self._look_up_unknown_orders(snapshot, memory)
        try:
            rows = self._broker.positions()
        except BrokerError as error:
            snapshot.error = error
            return snapshot
        snapshot.add_instruments(rows.instruments)
        snapshot.unreadable.extend(rows.unreadable)
        if not rows.unreadable:
            snapshot.positions, snapshot.positions_read_at = rows.items, rows.started_at
        return snapshot

    def read_holdings(self, snapshot: Snapshot) -> None:
        """Read positions and account at once; on failure keep what stands and note the error."""
        try:
            with ThreadPoolExecutor(1) as beside:
                asked = beside.submit(self._broker.account)
                rows = self._broker.positions()
                account = asked.result()
        except BrokerError as error:
            snapshot.error = error
            return
        snapshot.add_instruments(rows.instruments)
        snapshot.unreadable.extend(rows.unreadable)
        snapshot.state, snapshot.state_read_at = account.value, account.started_at
        if not rows.unreadable and not contradicts_account(rows.items, account.value):
            snapshot.positions = rows.items
            snapshot.positions_read_at = rows.started_at

    def _read_order_lists(self, snapshot: Snapshot, memory: Memory) -> frozenset[str] | None:
        """The ids the open list shows; None when an unreadable row lets it prove nothing."""
        opened = self._broker.open_orders()
        snapshot.add_orders(opened)
        page = self._broker.orders_page(after=memory.orders_since, nested=True)
        snapshot.add_orders(page)
        while page.full and page.last_at is not None:
            page = self._broker.orders_page(after=page.last_at, nested=True)
            snapshot.add_orders(page)
        snapshot.orders_read_to = page.last_at or 0
        if opened.unreadable:
            return None
        return frozenset(order.order_id for order in opened.items)

    def _look_up_vanished(self, snapshot: Snapshot, memory: Memory, listed: frozenset[str]) -> None:
        """Re-read alive orders that left the open list; absence itself proves nothing."""
        missing = [
            order_id
            for order_id, order in memory.alive.items()
            if order_id not in listed and not _ended(snapshot.orders.get(order_id))
        ]
        resting = {item for item in missing if item in memory.unlisted}
        restless = {
            item for item in resting if self._group_stirred(memory.alive[item], snapshot, memory)
        }
        due = [item for item in missing if item not in resting or item in restless]
        due = due[:LOOK_UPS]
        spare = [item for item in memory.unlisted if item in resting - restless][:ROUND_ROBIN]
        snapshot.still_to_look_up = max(0, len(missing) - len(resting) - len(due))
        try:
            for order_id in [*due, *spare]:
                if order_id not in snapshot.confirmed_unlisted:
                    self._look_up(snapshot, memory.alive[order_id])
        except BrokerError as error:  # a failed look-up proves nothing and must not stop the rest
            snapshot.error = error

    def _group_stirred(self, order: Order, snapshot: Snapshot, memory: Memory) -> bool:
        """Whether the head of an unlisted leg's group changed in this reading."""
        head = order.parent_id and snapshot.orders.get(order.parent_id)
        if not head:
            return False
        return memory.order_texts.get(head.order_id) != head.raw

    def _look_up(self, snapshot: Snapshot, order: Order) -> None:
        try:
            rows = self._broker.order(order.parent_id or order.order_id)
        except BrokerNotFound:
            snapshot.not_found.add(order.order_id)
            return
        snapshot.add_orders(rows)
        for row in rows.items:
            if not row.is_terminal:
                snapshot.confirmed_unlisted.add(row.order_id)
        if order.order_id not in snapshot.orders:
            self._look_up_alone(snapshot, order.order_id)

    def _look_up_alone(self, snapshot: Snapshot, order_id: str) -> None:
        """Re-read a leg its group no longer shows (a leg replaced by another order)."""
        try:
            rows = self._broker.order(order_id)
        except BrokerNotFound:
            snapshot.not_found.add(order_id)
            return
        snapshot.add_orders(rows)
        snapshot.confirmed_unlisted.update(row.order_id for row in rows.items)

    def _read_activities(self, snapshot: Snapshot, memory: Memory) -> None:
        """What was booked since the last reading."""
        since = memory.activities_since
        page = self._broker.activities(after=since)
        self._add_page(snapshot, page, memory)
        while page.full and page.last_id is not None:
            page = self._broker.activities(after=since, page_token=page.last_id)
            self._add_page(snapshot, page, memory)

    def _read_days_again(
        self, snapshot: Snapshot, memory: Memory, days: Collection[date], *, last: bool
    ) -> None:
        """These days, and `last` ones, by date: rows booked late or lost between two pages.

        Where the newest fill is older than the last days, the dated rows since before it too.
        """
        recent = self._last_days() if last else []
        with suppress(BrokerRefused, BrokerNotFound):  # a broker that lists no single days
            for day in dict.fromkeys((*recent, *days)):
                self._read_day(snapshot, memory, day)
        if recent and memory.newest_execution < new_york_midnight(recent[-1]):
            with suppress(BrokerRefused, BrokerNotFound):
                self._read_dated(snapshot, memory, memory.newest_execution - RESCAN_SPAN)

    def _last_days(self) -> list[date]:
        today = new_york_date(self._broker_time())
        return [today - timedelta(days=back) for back in range(RESCAN_DAYS)]

    def _read_dated(self, snapshot: Snapshot, memory: Memory, since: Instant) -> None:
        """All rows but fills that were booked since, or are dated since."""
        page = self._broker.activities(after=since, fills=False)
        self._add_page(snapshot, page, memory)
        while page.full and page.last_id is not None:
            page = self._broker.activities(after=since, fills=False, page_token=page.last_id)
            self._add_page(snapshot, page, memory)

    def _read_day(self, snapshot: Snapshot, memory: Memory, day: date) -> None:
        page = self._broker.activities(date=day)
        self._add_page(snapshot, page, memory)
        while page.full and page.last_id is not None:  # it may have been cut like any other
            try:
                page = self._broker.activities(date=day, page_token=page.last_id)
            except BrokerReplyError:  # no pages where a day is asked for: that was all of it
                return
            self._add_page(snapshot, page, memory)

    def _broker_time(self) -> Instant:
        """The broker's clock; ours where it does not tell."""
        try:
            return self._broker.clock().at
        except BrokerError:
            return self._now()

    @staticmethod
    def _add_page(snapshot: Snapshot, page: ActivitiesPage, memory: Memory) -> None:
        """Take in a page, but for what is older than the history that was asked for."""
        begins = memory.account.history_from or 0
        first_day = new_york_date(begins)
        snapshot.executions.update(
            (row.execution_id, row) for row in page.executions if row.at >= begins
        )
        snapshot.activities.update(
            (row.activity_id, row) for row in page.activities if row.day >= first_day
        )
        snapshot.unreadable.extend(page.unreadable)

    def _look_up_unknown_orders(
        self, snapshot: Snapshot, memory: Memory, named: Collection[str] = ()
    ) -> None:
        """An execution may be read before its order: ask for the order it names (F11)."""
        wanted = {row.order_id for row in snapshot.executions.values()} | set(named)
        wanted -= snapshot.orders.keys() | memory.order_texts.keys()
        for order_id in sorted(wanted)[:LOOK_UPS]:
            try:
                snapshot.add_orders(self._broker.order(order_id))
            except BrokerNotFound:
                continue
            except BrokerError as error:
                snapshot.error = error
                return

    def _settle_intents(self, snapshot: Snapshot, intents: Iterable[Intent]) -> None:
        """Find what became of commands whose answer was lost, by their client order id."""
        seen = {order.client_order_id: order.order_id for order in snapshot.orders.values()}
        for intent in intents:
            if intent.client_order_id is None:
                continue
            if intent.client_order_id in seen:
                snapshot.found_intents[intent.intent_id] = seen[intent.client_order_id]
                continue
            try:
                rows = self._broker.order_by_client_id(intent.client_order_id)
            except BrokerNotFound:
                snapshot.missing_intents.add(intent.intent_id)
                continue
            except BrokerError as error:  # neither found nor missing
                snapshot.error = error
                continue
            snapshot.add_orders(rows)
            snapshot.found_intents[intent.intent_id] = rows.items[0].order_id


def _ended(order: Order | None) -> bool:
    return order is not None and order.is_terminal
