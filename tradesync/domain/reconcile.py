"""Our open trades against the broker's positions: differences, and those that last (drift)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tradesync.domain.conclusions import Trade, TradeSide
from tradesync.domain.facts import Position
from tradesync.domain.money import ZERO
from tradesync.domain.times import SECOND, Instant

QUIET: Instant = 10 * SECOND
"""How long after a fill the broker's lists may still disagree with each other (design: Settle)."""

LONGEST_SETTLE: Instant = 60 * SECOND
"""From when on a difference counts although fills go on."""

AGREEING_READS = 2
"""Reads in a row that must show the same difference."""


class DriftKind(StrEnum):
    """How our open quantity and the broker's position differ."""

    QUANTITY = "quantity"
    NOT_AT_BROKER = "not_at_broker"
    UNTRACKED = "untracked"


@dataclass(frozen=True, slots=True)
class Holding:
    """Our open quantity of one instrument, signed; it is what its open trades add up to."""

    instrument: str
    symbol: str
    asset_class: str
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """One instrument of which we and the broker hold different quantities (signed)."""

    instrument: str
    symbol: str
    kind: DriftKind
    our_qty: Decimal
    broker_qty: Decimal

    @property
    def gap(self) -> Decimal:
        """What the broker holds more than we do."""
        return self.broker_qty - self.our_qty


@dataclass(frozen=True, slots=True)
class Watch:
    """One instrument that differs: since when (broker time), and how often by the same gap."""

    gap: Decimal
    first_seen_at: Instant
    agreeing_reads: int


@dataclass(frozen=True, slots=True)
class Settling:
    """What one account's reads have shown so far, by instrument; kept in memory between reads."""

    watches: Mapping[str, Watch] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DriftRecord:
    """A difference that outlived the settle time; open while `closed_at` is None."""

    instrument: str
    kind: DriftKind
    symbol: str
    our_qty: Decimal
    broker_qty: Decimal
    opened_at: Instant
    updated_at: Instant
    closed_at: Instant | None


class DriftChange(NamedTuple):
    """What a read changes in the drift records."""

    opened: tuple[DriftRecord, ...]
    updated: tuple[DriftRecord, ...]
    closed: tuple[DriftRecord, ...]


def open_holdings(trades: Iterable[Trade]) -> dict[str, Holding]:
    """What our trades hold, by instrument; long and short trades of one are added up."""
    found: dict[str, Holding] = {}
    for trade in trades:
        if trade.open_qty:
            signed = trade.open_qty if trade.side is TradeSide.LONG else -trade.open_qty
            known = found.get(trade.instrument)
            found[trade.instrument] = Holding(
                trade.instrument,
                trade.symbol,
                trade.asset_class,
                signed if known is None else known.qty + signed,
            )
    return found


def holdings(trades: Iterable[Trade]) -> dict[str, Decimal]:
    """Our signed open quantity by instrument."""
    return {key: holding.qty for key, holding in open_holdings(trades).items()}


def broker_holdings(positions: Iterable[Position]) -> dict[str, Holding]:
    """What the broker says is held, by instrument."""
    found: dict[str, Holding] = {}
    for row in positions:
        known = found.get(row.instrument)
        qty = row.qty if known is None else known.qty + row.qty
        found[row.instrument] = Holding(row.instrument, row.symbol, row.asset_class, qty)
    return found


def differences(trades: Iterable[Trade], positions: Iterable[Position]) -> tuple[Difference, ...]:
    """Where they differ, over the union of both, by instrument.

    `positions` must be a whole list: one with an unreadable row proves no absence (rule 3).
    """
    ours, theirs = open_holdings(trades), broker_holdings(positions)
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        our_qty = ours[key].qty if key in ours else ZERO
        broker_qty = theirs[key].qty if key in theirs else ZERO
        if our_qty != broker_qty:
            symbol = (theirs.get(key) or ours[key]).symbol
            found.append(Difference(key, symbol, _kind(our_qty, broker_qty), our_qty, broker_qty))
    return tuple(found)


def _kind(our_qty: Decimal, broker_qty: Decimal) -> DriftKind:
    if not broker_qty:
        return DriftKind.NOT_AT_BROKER
    return DriftKind.QUANTITY if our_qty else DriftKind.UNTRACKED


def settle(
    state: Settling,
    found: Sequence[Difference],
    now: Instant,
    last_fill_at: Mapping[str, Instant],
    *,
    quiet: Instant = QUIET,
) -> tuple[Settling, tuple[Difference, ...], tuple[Difference, ...]]:
    """Take in one complete read: the new state, the settled differences, those still settling.

    `now` and `last_fill_at` (by instrument) are of one clock, the broker's where it is known;
    `quiet` is how long after a fill nothing settles. A read that failed is not taken in.
    """
    watches: dict[str, Watch] = {}
    settled: list[Difference] = []
    settling: list[Difference] = []
    for one in found:
        watch = _watched(state.watches.get(one.instrument), one.gap, now)
        watches[one.instrument] = watch
        ripe_at = _ripe_at(watch, last_fill_at.get(one.instrument), quiet)
        is_settled = watch.agreeing_reads >= AGREEING_READS and now >= ripe_at
        (settled if is_settled else settling).append(one)
    return Settling(watches), tuple(settled), tuple(settling)


def settled_by(
    state: Settling, last_fill_at: Mapping[str, Instant], *, quiet: Instant = QUIET
) -> Instant | None:
    """When, on the same clock, another read would find all of it settled; None: nothing differs.

    A manual run waits until then and reads once more (design: Settle).
    """
    return max(
        (_ripe_at(watch, last_fill_at.get(key), quiet) for key, watch in state.watches.items()),
        default=None,
    )


def _watched(known: Watch | None, gap: Decimal, now: Instant) -> Watch:
    """The watch after one more read of a difference."""
    if known is None:
        return Watch(gap, now, 1)
    if known.gap != gap:
        return Watch(gap, known.first_seen_at, 1)
    return replace(known, agreeing_reads=known.agreeing_reads + 1)


def _ripe_at(watch: Watch, last_fill_at: Instant | None, quiet: Instant) -> Instant:
    """From when on a difference is old enough to count."""
    if last_fill_at is None:
        return watch.first_seen_at
    return min(last_fill_at + quiet, watch.first_seen_at + LONGEST_SETTLE)


def update_drift(
    open_records: Iterable[DriftRecord],
    settled: Iterable[Difference],
    unsettled: Iterable[Difference],
    now: Instant,
) -> DriftChange:
    """One open record for each instrument and kind that has settled; none for what is gone.

    A record whose difference is merely settling again stays as it is.
    """
    records = {(record.instrument, record.kind): record for record in open_records}
    moving = {one.instrument for one in unsettled}
    opened: list[DriftRecord] = []
    updated: list[DriftRecord] = []
    for one in settled:
        record = records.pop((one.instrument, one.kind), None)
        if record is None:
            opened.append(_record(one, now))
        elif (record.our_qty, record.broker_qty) != (one.our_qty, one.broker_qty):
            updated.append(
                replace(record, our_qty=one.our_qty, broker_qty=one.broker_qty, updated_at=now)
            )
    closed = [
        replace(record, updated_at=now, closed_at=now)
        for record in records.values()
        if record.instrument not in moving
    ]
    return DriftChange(tuple(opened), tuple(updated), tuple(closed))


def _record(one: Difference, now: Instant) -> DriftRecord:
    """A difference as a new record."""
    return DriftRecord(
        instrument=one.instrument,
        kind=one.kind,
        symbol=one.symbol,
        our_qty=one.our_qty,
        broker_qty=one.broker_qty,
        opened_at=now,
        updated_at=now,
        closed_at=None,
    )
