"""What a process remembers of an account between runs, so that a quiet run reads no facts.

A cache and no more: every candidate it lets through is checked against the database again, and
it is dropped when another program has written (`data_version` moved).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tradesync.domain.conclusions import Trade
from tradesync.domain.facts import AccountState, CoinShortfall, Instrument, Order, Position
from tradesync.domain.ours import Intent
from tradesync.domain.reconcile import DriftRecord
from tradesync.domain.times import SECOND, Instant
from tradesync.store import accounts, facts, intents, journal, snapshots, sync_reads
from tradesync.store.accounts import AccountRow
from tradesync.store.database import Tx

if TYPE_CHECKING:
    from tradesync.sync.holdings import HoldingsUpdate
    from tradesync.sync.snapshot import Snapshot

OVERLAP: Instant = 600 * SECOND
"""How far every read of what is new reaches back (design: *Calls*), from the newest stamp of the
broker's that is stored: its clock and ours may differ by more than any overlap."""

_DATED_ROWS_AGAIN = 50
"""So many dated rows booked since the newest fill are read again each time: half a page. Of more
(years of dividends on what was bought once) only the latest, and the days re-read find the rest."""

RESCAN: Instant = 11 * 86_400 * SECOND
"""How far back activities are known by id: the days re-read by date, and one more."""


@dataclass(slots=True)
class Memory:
    """One account as this process last saw it. Owned by the thread that syncs the account."""

    account: AccountRow
    data_version: int
    orders_since: Instant
    activities_since: Instant
    """Where reads of what is new begin, by the broker's clock, overlap included."""
    newest_execution: Instant
    missing_days: tuple[date, ...]
    """The days on which orders state fills that no execution tells of, the latest ones."""
    alive: dict[str, Order]
    order_texts: dict[str, str]
    """Raw text of alive and recently changed orders by id: equal text means nothing new."""
    fact_texts: dict[str, str]
    """Digests of the texts of executions and activities stored, of the rescan window, by id."""
    set_aside: set[str]
    """Identities of unreadable rows stored."""
    instruments: dict[str, Instrument]
    coins: frozenset[str]
    """The instruments that are crypto."""
    positions: dict[str, Position]
    marks: dict[str, Decimal]
    state: AccountState | None
    open_trades: tuple[Trade, ...]
    """The trades that hold something."""
    provisional_fees: Mapping[str, Decimal]
    coins_bought: Mapping[str, Decimal]
    """Of coins held: how much was bought since their last CFEE row."""
    coin_shortfalls: dict[str, CoinShortfall]
    open_drift: tuple[DriftRecord, ...]
    unsettled_intents: tuple[Intent, ...]
    unlisted: deque[str]
    """Alive orders a look-up has confirmed though no open list shows them (held legs), in turn."""

    def remember(self, snapshot: Snapshot, update: HoldingsUpdate, data_version: int) -> None:
        """Take in what a quiet run wrote: positions, marks and the account."""
        if update.positions is not None:
            self.positions = {item.instrument: item for item in update.positions}
        if update.state is not None:
            self.state = update.state
        self.marks.update((key, mark[0]) for key, mark in update.marks.items())
        if update.drift:
            kept = {(item.instrument, item.kind): item for item in self.open_drift}
            kept.update(((item.instrument, item.kind), item) for item in update.drift)
            self.open_drift = tuple(item for item in kept.values() if item.closed_at is None)
        self.data_version = data_version
        self.orders_since = max(self.orders_since, snapshot.orders_read_to - OVERLAP)
        self.note_unlisted(snapshot)

    def note_unlisted(self, snapshot: Snapshot) -> None:
        """Orders a look-up confirmed to be alive take their turn in the round robin."""
        waiting = [
            item
            for item in self.unlisted
            if item in self.alive and item not in snapshot.confirmed_unlisted
        ]
        self.unlisted.clear()
        self.unlisted.extend([*waiting, *sorted(snapshot.confirmed_unlisted)])


def load_memory(tx: Tx, account_id: str, unlisted: deque[str]) -> Memory:
    """Read an account's memory from the database.

    `unlisted` is the caller's: it is of this process, not of the database.
    """
    account = accounts.account(tx, account_id)
    begins = account.history_from or 0
    submitted = account.orders_read_at or begins
    executed = sync_reads.newest_execution(tx, account_id) or begins
    booked = sync_reads.newest_booked(tx, account_id, skip=_DATED_ROWS_AGAIN) or begins
    since = min(submitted, executed) - RESCAN
    alive = {order.order_id: order for order in facts.alive_orders(tx, account_id)}
    instruments = facts.load_instruments(tx, account_id)
    open_trades = tuple(sync_reads.open_trades(tx, account_id))
    held_coins = {trade.instrument for trade in open_trades if trade.asset_class == "crypto"}
    return Memory(
        account=account,
        data_version=tx.data_version,
        orders_since=submitted - OVERLAP,
        activities_since=max(executed, booked) - OVERLAP,
        newest_execution=executed,
        missing_days=sync_reads.days_of_missing_fills(tx, account_id),
        alive=alive,
        order_texts=facts.recent_order_texts(tx, account_id, since),
        fact_texts=facts.execution_digests(tx, account_id, since)
        | facts.activity_digests(tx, account_id, since),
        set_aside={row.identity for row in facts.load_set_aside(tx, account_id)},
        instruments={item.key: item for item in instruments},
        coins=frozenset(item.key for item in instruments if item.asset_class == "crypto"),
        positions={item.instrument: item for item in snapshots.load_positions(tx, account_id)},
        marks=snapshots.load_mark_prices(tx, account_id),
        state=snapshots.load_account_state(tx, account_id),
        open_trades=open_trades,
        provisional_fees=sync_reads.provisional_fees(tx, account_id),
        coins_bought=sync_reads.coins_bought(tx, account_id, held_coins),
        coin_shortfalls={
            item.instrument: item for item in facts.load_coin_shortfalls(tx, account_id)
        },
        open_drift=tuple(journal.open_drift(tx, account_id)),
        unsettled_intents=tuple(intents.unsettled_intents(tx, account_id)),
        unlisted=unlisted,
    )
