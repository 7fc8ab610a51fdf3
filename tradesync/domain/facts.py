"""What the broker states, as read: orders, executions, activities, positions, the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradesync.domain.times import Instant

TERMINAL_STATUSES = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})
"""The only statuses that end an order (alpaca-api reference 2.1)."""

ALIVE_STATUSES = frozenset(
    {
        "new", "partially_filled", "accepted", "pending_new", "pending_cancel", "pending_replace",
        "held", "done_for_day", "stopped", "suspended", "accepted_for_bidding", "pending_review",
        "calculated",
    }
)  # fmt: skip
"""Known statuses that are not an end. Any other word is *unknown*: neither alive nor ended."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing that can be held. `key`: the canonical symbol for crypto, else the asset id."""

    key: str
    symbol: str
    asset_id: str | None
    asset_class: str

    @property
    def multiplier(self) -> int:
        """Units of the underlying behind one contract: 100 for options, else 1."""
        return 100 if self.asset_class == "us_option" else 1


@dataclass(frozen=True, slots=True)
class Order:
    """The latest snapshot of one instruction at the broker; identity = account + order_id."""

    order_id: str
    client_order_id: str
    instrument: str
    symbol: str
    asset_class: str
    side: str
    status: str
    order_type: str
    time_in_force: str
    order_class: str
    position_intent: str
    qty: Decimal | None
    notional: Decimal | None
    filled_qty: Decimal
    filled_avg_price: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail_price: Decimal | None
    trail_percent: Decimal | None
    extended_hours: bool
    created_at: Instant
    submitted_at: Instant
    updated_at: Instant
    filled_at: Instant | None
    canceled_at: Instant | None
    expired_at: Instant | None
    failed_at: Instant | None
    replaced_at: Instant | None
    replaces: str | None
    replaced_by: str | None
    parent_id: str | None
    """The group's head this order hangs under, once a nested read or POST reply showed it."""
    group_id: str | None
    group_role: str | None
    read_at: Instant
    """When the read that brought this snapshot began, on our clock."""
    raw: str

    @property
    def is_terminal(self) -> bool:
        """Whether the broker says this order has ended."""
        return self.status in TERMINAL_STATUSES


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill of an order. `side` is buy, sell or sell_short; `cum_qty` of the order after it."""

    execution_id: str
    order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    at: Instant
    cum_qty: Decimal
    raw: str
    provisional: bool = False
    """Inferred from the order's totals until the real execution arrives (design rule 1)."""
    price_is_average: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """Any other dated broker fact: split, dividend, fee, transfer, expiry, assignment."""

    activity_id: str
    activity_type: str
    sub_type: str
    day: date
    symbol: str | None
    qty: Decimal | None
    price: Decimal | None
    net_amount: Decimal | None
    per_share_amount: Decimal | None
    group_id: str | None
    order_id: str | None
    status: str
    description: str
    created_at: Instant | None
    raw: str


@dataclass(frozen=True, slots=True)
class Position:
    """What the broker says is held now; `qty` signed. Never an input to trades."""

    instrument: str
    symbol: str
    asset_id: str
    asset_class: str
    qty: Decimal
    qty_available: Decimal | None
    avg_entry_price: Decimal
    cost_basis: Decimal | None
    market_value: Decimal | None
    current_price: Decimal | None
    lastday_price: Decimal | None
    change_today: Decimal | None
    unrealized_pl: Decimal | None
    unrealized_plpc: Decimal | None
    unrealized_intraday_pl: Decimal | None
    unrealized_intraday_plpc: Decimal | None
    raw: str


@dataclass(frozen=True, slots=True)
class CoinShortfall:
    """Coin missing at a settled read: probably a fee the broker has not booked yet (rule 11).

    `qty` ≥ 0 is what executions, transfers, opening balances and CFEE rows add up to, less what
    the broker held: our open quantity *before* any provisional fee.
    """

    instrument: str
    qty: Decimal
    observed_at: Instant


@dataclass(frozen=True, slots=True)
class AccountState:
    """The account as `/v2/account` gave it, in USD."""

    account_id: str
    account_number: str
    status: str
    currency: str
    cash: Decimal
    equity: Decimal
    last_equity: Decimal | None
    """At the last close; None where it is not stated."""
    buying_power: Decimal | None
    long_market_value: Decimal
    short_market_value: Decimal
    trading_blocked: bool
    created_at: Instant | None
    balance_asof: date | None
    raw: str


@dataclass(frozen=True, slots=True)
class FactConflict:
    """An identity that came again with other data; the first stands (scenario F05)."""

    kind: str
    """execution or activity."""
    identity: str
    raw: str
    """What came again, as the broker sent it."""
    seen_at: Instant


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row our parsing could not read, set aside with its text (design rule 5)."""

    kind: str
    identity: str
    reason: str
    raw: str
