"""What follows from facts, intents and decisions: trades, lots, allocations. Rebuildable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.facts import (
    Activity,
    CoinShortfall,
    Execution,
    FactConflict,
    Instrument,
    Order,
)
from tradesync.domain.ours import Intent, OpeningBalance, Resolution
from tradesync.domain.times import Instant


class TradeStatus(StrEnum):
    """Where a trade stands: pending → open → closed, or pending → cancelled."""

    PENDING = "pending"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class TradeSide(StrEnum):
    """The direction of a trade."""

    LONG = "long"
    SHORT = "short"


class TradeSource(StrEnum):
    """Where a trade came from: our own order, the broker's records, or an import decision."""

    APP = "app"
    BROKER = "broker"
    IMPORT = "import"


class ChainReading(StrEnum):
    """What a replacement's `filled_qty` counts: its own fills, or those of the whole chain."""

    OWN = "own"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Records:
    """All facts, intents and decisions the ledger concludes from, for whole instruments.

    The ledger may be given any subset of an account's instruments, as long as each is whole and
    those that exchanges tie together come together (exchanges.exchange_partners).
    """

    account_id: str
    instruments: tuple[Instrument, ...]
    orders: tuple[Order, ...]
    executions: tuple[Execution, ...]
    activities: tuple[Activity, ...]
    intents: tuple[Intent, ...]
    opening_balances: tuple[OpeningBalance, ...]
    history_complete: bool
    """Whether the activities read reach back to the account's creation."""
    activities_from: Instant | None
    """Start of the activity history read; orders from before it may lack executions. None: all."""
    coin_shortfalls: tuple[CoinShortfall, ...] = ()
    """At most one for each instrument: the latest settled read's."""
    chain_reading: ChainReading | None = None
    """What a chain elsewhere in the account proved about replacements (rule 1); None: nothing."""
    sales_by_day: Mapping[date, Decimal] | None = None
    """What the whole account's stock and option sells brought on each New York day, in USD
    (day_fees.sales_by_day): a day's fees are shared by it. A day that lacks keeps its fees."""
    resolutions: tuple[Resolution, ...] = ()
    """Decisions about drift that stand (not those taken back)."""
    conflicts: tuple[FactConflict, ...] = ()
    """What came again with other data, of the executions and activities above."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One round trip. Quantities ≥ 0 in today's units; money in USD, multiplier included."""

    trade_id: str
    instrument: str
    symbol: str
    asset_id: str | None
    asset_class: str
    multiplier: int
    side: TradeSide
    status: TradeStatus
    close_reason: str | None
    source: TradeSource
    ordered_qty: Decimal | None
    qty: Decimal
    open_qty: Decimal
    cost: Decimal
    """Total cost of all its lots (proceeds of the sale for a short)."""
    open_cost: Decimal
    exit_value: Decimal | None
    """What closing brought (or cost, for a short); None when a price is unknown."""
    realized_pnl: Decimal | None
    """Before fees, of what is closed; None when a closing price or a basis is unknown."""
    fees: Decimal
    entry_price: Decimal | None
    exit_price: Decimal | None
    broker_fill_price: Decimal | None
    broker_order_id: str | None
    client_order_id: str | None
    order_status: str | None
    """The opening chain's status, verbatim."""
    ordered_at: Instant
    opened_at: Instant | None
    closed_at: Instant | None
    flags: tuple[str, ...]
    """Sorted words for what is not certain: provisional, average_price, unknown_status,
    unknown_basis, exit_overflow, overfill, outcome_unknown, chain_reading, successor_missing …"""


@dataclass(frozen=True, slots=True)
class Lot:
    """What one execution (or transfer, or opening balance) opened; cost is total, in USD."""

    lot_id: str
    trade_id: str
    instrument: str
    source_kind: str
    """execution, provisional, transfer, opening_balance, …"""
    source_id: str
    opened_at: Instant
    qty: Decimal
    cost: Decimal
    open_qty: Decimal
    open_cost: Decimal
    basis_known: bool


@dataclass(frozen=True, slots=True)
class Allocation:
    """What an exit closed of a lot. `cost`: the lot's part; `value`: what closing it brought."""

    allocation_id: str
    lot_id: str
    trade_id: str
    instrument: str
    source_kind: str
    """execution, provisional, expiry, transfer, crypto_fee, …"""
    source_id: str
    order_id: str | None
    at: Instant
    qty: Decimal
    cost: Decimal
    value: Decimal | None
    realized_pnl: Decimal | None
    is_fee: bool
    """A crypto fee taken in the coin: its cost is the fee, nothing is realized."""
    overflow: bool
    """Went on first in, first out after the named trade could absorb no more."""


@dataclass(frozen=True, slots=True)
class UnmatchedExit:
    """An exit (or part of one) that no lot of ours explains; never a phantom short."""

    source_id: str
    order_id: str | None
    instrument: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal | None
    at: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class WorkingExit:
    """An alive closing order and the trade it will close (as far as it can be told)."""

    order_id: str
    trade_id: str | None
    instrument: str
    side: str
    qty: Decimal
    """What is left to fill."""


@dataclass(frozen=True, slots=True)
class Review:
    """Something a person should look at; it blocks nothing."""

    review_id: str
    kind: str
    instrument: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Conclusions:
    """Everything that follows from `Records`, each tuple sorted by its identity."""

    trades: tuple[Trade, ...]
    lots: tuple[Lot, ...]
    allocations: tuple[Allocation, ...]
    provisional: tuple[Execution, ...]
    unmatched_exits: tuple[UnmatchedExit, ...]
    working_exits: tuple[WorkingExit, ...]
    reviews: tuple[Review, ...]
    chain_reading: ChainReading | None = None
    """What these records prove for the whole account (rule 1); to be kept and passed in again."""
