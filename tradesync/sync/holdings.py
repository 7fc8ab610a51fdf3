"""Positions, account and marks as read, and the drift they show against our trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tradesync.broker.port import Broker
from tradesync.domain.coin_fees import FEE_LIMIT
from tradesync.domain.conclusions import Trade
from tradesync.domain.facts import AccountState, CoinShortfall, Position
from tradesync.domain.money import ZERO
from tradesync.domain.reconcile import (
    Difference,
    DriftRecord,
    Settling,
    differences,
    settle,
    settled_by,
    update_drift,
)
from tradesync.domain.sessions import price_session
from tradesync.domain.times import SECOND, Instant
from tradesync.store import journal, snapshots, sync_reads
from tradesync.store.database import Database, Tx
from tradesync.sync.commit import Plan
from tradesync.sync.memory import Memory
from tradesync.sync.snapshot import Snapshot

Mark = tuple[Decimal, Instant, str]


@dataclass(frozen=True, slots=True)
class HoldingsUpdate:
    """What of a snapshot's holdings is to be written; falsy when nothing is."""

    positions: tuple[Position, ...] | None = None
    positions_read_at: Instant = 0
    marks: Mapping[str, Mark] = field(default_factory=dict)
    state: AccountState | None = None
    state_read_at: Instant = 0
    drift: tuple[DriftRecord, ...] = ()
    coin_shortfalls: tuple[CoinShortfall, ...] = ()
    settling: tuple[Difference, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.positions is not None or self.marks or self.state is not None or self.drift
        )

    @property
    def opens_drift(self) -> bool:
        """Whether something differs that did not before."""
        return any(item.closed_at is None and item.opened_at == item.updated_at
                   for item in self.drift)  # fmt: skip

    def write(self, tx: Tx, account_id: str) -> None:
        """Store it; only what differs from what is stored."""
        if self.state is not None:
            snapshots.save_account_state(tx, self.state, self.state_read_at)
        if self.positions is not None:
            snapshots.save_positions(tx, account_id, self.positions, self.positions_read_at)
        if self.marks:
            snapshots.save_marks(tx, account_id, self.marks)
        if self.drift:
            journal.save_drift(tx, account_id, self.drift)


class Holdings:
    """Compares what the broker holds with what our trades hold, reading after reading.

    Differences younger than the settle time live here, in memory; only drift is stored.
    """

    def __init__(
        self, settle_seconds: float, now: Callable[[], Instant], market_open: Callable[[], bool]
    ) -> None:
        self._quiet = round(settle_seconds * SECOND)
        self._now = now
        self._market_open = market_open
        self._settling = Settling()
        self._fills: dict[str, Instant] = {}

    def update(self, memory: Memory, snapshot: Snapshot, plan: Plan | None) -> HoldingsUpdate:
        """What of the snapshot differs from memory, and the drift it opens or closes."""
        state = snapshot.state
        if state is not None and memory.state is not None and state.raw == memory.state.raw:
            state = None
        if snapshot.positions is None:
            return HoldingsUpdate(state=state, state_read_at=snapshot.state_read_at)
        ours = self._ours(memory, plan)
        if not snapshot.positions_confirmed and _lacks_known(snapshot.positions, memory, ours):
            return HoldingsUpdate(state=state, state_read_at=snapshot.state_read_at)
        found = differences(ours, snapshot.positions)
        self._settling, settled, settling = settle(
            self._settling, found, self._now(), self._fills, quiet=self._quiet
        )
        shortfalls = _coin_shortfalls(settled, memory)
        drifting = tuple(
            item for item in settled if item.instrument not in {s.instrument for s in shortfalls}
        )
        drift = update_drift(memory.open_drift, drifting, settling, self._now())
        positions = {item.instrument: item for item in snapshot.positions}
        return HoldingsUpdate(
            positions=snapshot.positions if positions != memory.positions else None,
            positions_read_at=snapshot.positions_read_at,
            marks=_new_marks(positions, memory, snapshot, market_open=self._market_open()),
            state=state,
            state_read_at=snapshot.state_read_at,
            drift=(*drift.opened, *drift.updated, *drift.closed),
            coin_shortfalls=shortfalls,
            settling=settling,
        )

    def settled_in(self) -> float:
        """Seconds until another read would find the differences of the last one settled."""
        at = settled_by(self._settling, self._fills, quiet=self._quiet)
        return 0.0 if at is None else max(0.0, (at - self._now()) / SECOND)

    def _ours(self, memory: Memory, plan: Plan | None) -> list[Trade]:
        """Our open trades as they stand once the plan is written."""
        if plan is None:
            return list(memory.open_trades)
        self._fills |= dict.fromkeys(plan.filled_instruments, self._now())
        untouched = (t for t in memory.open_trades if t.instrument not in plan.instruments)
        return [*untouched, *plan.after.trades]


def _lacks_known(positions: Iterable[Position], memory: Memory, ours: Iterable[Trade]) -> bool:
    """Whether a list read without its account lacks what it showed before and we still hold:
    it may be cut short (design rule 3)."""
    held = {trade.instrument for trade in ours if trade.open_qty}
    return not {item.instrument for item in positions} >= held & memory.positions.keys()


def _coin_shortfalls(settled: tuple[Difference, ...], memory: Memory) -> tuple[CoinShortfall, ...]:
    """Settled differences small enough to be a fee taken in the coin and not booked yet.

    The shortfall counts from before the provisional fees that are booked already, and covers
    every buy known when the positions were read (by the broker's clock).
    """
    found = []
    for item in settled:
        if item.instrument not in memory.coins or item.broker_qty < ZERO:
            continue
        booked = memory.provisional_fees.get(item.instrument, ZERO)
        missing = item.our_qty + booked - item.broker_qty
        known = memory.coin_shortfalls.get(item.instrument)
        fresh = known is None or known.qty != missing
        bought = memory.coins_bought.get(item.instrument, ZERO)
        if fresh and ZERO <= missing <= bought * FEE_LIMIT:
            found.append(CoinShortfall(item.instrument, missing, memory.newest_execution))
    return tuple(found)


def _new_marks(
    positions: Mapping[str, Position], memory: Memory, snapshot: Snapshot, *, market_open: bool
) -> dict[str, Mark]:
    """Prices that moved since they were last stored; an unchanged mark is not written again."""
    read_at = snapshot.positions_read_at
    return {
        key: (
            position.current_price,
            read_at,
            price_session(read_at, position.asset_class, market_open=market_open),
        )
        for key, position in positions.items()
        if position.current_price is not None and memory.marks.get(key) != position.current_price
    }


def refresh_mark(
    broker: Broker,
    database: Database,
    account_id: str,
    trade_id: str,
    now: Callable[[], Instant],
    *,
    market_open: bool,
) -> Decimal | None:
    """Read the price of a trade's instrument now and store it; None when the broker has none."""
    with database.read() as tx:
        trade = sync_reads.load_trade(tx, account_id, trade_id)
    if trade is None:
        return None
    rows = broker.positions()
    for position in rows.items:
        if position.instrument == trade.instrument and position.current_price is not None:
            session = price_session(now(), position.asset_class, market_open=market_open)
            mark = (position.current_price, rows.started_at, session)
            with database.write() as tx:
                snapshots.save_marks(tx, account_id, {trade.instrument: mark})
            return position.current_price
    return None
