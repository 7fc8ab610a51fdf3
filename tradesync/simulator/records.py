"""What the paper broker keeps: immutable records, replaced whole when they change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)

OPEN_STATUSES = frozenset(
    {
        "accepted",
        "pending_new",
        "new",
        "partially_filled",
        "pending_cancel",
        "pending_replace",
        "stopped",
        "suspended",
        "done_for_day",
        "accepted_for_bidding",
        "calculated",
        "pending_review",
    }
)
TERMINAL_STATUSES = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})


@dataclass(frozen=True, slots=True)
class Asset:
    """A tradable instrument. `position_id` is the id positions show (differs for crypto)."""

    id: str
    symbol: str
    name: str
    asset_class: str
    exchange: str
    position_id: str
    status: str = "active"
    tradable: bool = True
    marginable: bool = True
    shortable: bool = True
    fractionable: bool = True
    increment: Decimal = Decimal("0.01")
    yearly_volatility: Decimal = Decimal("0.3")
    min_order_size: Decimal | None = None
    underlying: str = ""
    strike: Decimal | None = None
    expiry: date | None = None
    right: str = ""

    @property
    def position_symbol(self) -> str:
        """The symbol in positions and CFEE rows: BTCUSD for BTC/USD."""
        return self.symbol.replace("/", "")


@dataclass(frozen=True, slots=True)
class Price:
    """The market of one symbol: `exact` walks, `last` is it on the tick; day range and close.

    `minute` (since 1970 UTC) is the one its last move fell into, with that minute's range so far.
    """

    symbol: str
    exact: Decimal
    last: Decimal
    lastday: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    at_ns: int
    pinned: bool = False
    minute: int = 0
    minute_open: Decimal = ZERO
    minute_high: Decimal = ZERO
    minute_low: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of one symbol."""

    symbol: str
    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the broker keeps it; `filled_cost` is the sum of quantity x price.

    `chain_filled` are units its replaced predecessors filled that `filled_qty` does not show.
    `slices` are the sizes of partial fills still to come, one a tick.
    """

    id: str
    seq: int
    client_order_id: str
    asset_id: str
    symbol: str
    asset_class: str
    side: str
    type: str
    time_in_force: str
    status: str
    created_ns: int
    updated_ns: int
    submitted_ns: int
    qty: Decimal | None = None
    notional: Decimal | None = None
    filled_qty: Decimal = ZERO
    filled_cost: Decimal = ZERO
    chain_filled: Decimal = ZERO
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None
    triggered: bool = False
    order_class: str = ""
    position_intent: str = ""
    extended_hours: bool = False
    filled_ns: int | None = None
    expired_ns: int | None = None
    expires_ns: int | None = None
    canceled_ns: int | None = None
    failed_ns: int | None = None
    replaced_ns: int | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    parent_id: str | None = None
    group_id: str | None = None
    group_role: str | None = None
    ratio_qty: Decimal | None = None
    reject_reason: str | None = None
    slices: tuple[Decimal, ...] = ()

    @property
    def is_open(self) -> bool:
        """Listed by status=open: alive and not a held leg."""
        return self.status in OPEN_STATUSES

    @property
    def is_strategy_leg(self) -> bool:
        """A leg of a multi-leg order: it lives and fills with its parent."""
        return self.order_class == "mleg" and self.parent_id is not None

    @property
    def is_terminal(self) -> bool:
        """Whether no fill or status can follow."""
        return self.status in TERMINAL_STATUSES

    @property
    def leaves(self) -> Decimal:
        """Units still to fill; fills of replaced predecessors count, shown or not."""
        if self.qty is None:
            return ZERO
        return max(ZERO, self.qty - self.chain_filled - self.filled_qty)

    @property
    def opens(self) -> bool:
        """An opening order that ties up money of its own, so not the exit of a group."""
        exits = {"take_profit", "stop_loss"}
        return (
            self.position_intent in {"buy_to_open", "sell_to_open"} and self.group_role not in exits
        )

    @property
    def fixed_reserve(self) -> Decimal | None:
        """Price units an opening order ties up whatever the market does; None if that moves it."""
        if self.notional is not None:
            return self.notional - self.filled_cost
        price = self.limit_price or self.stop_price
        return None if price is None or self.side != "buy" else self.leaves * price


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of /v2/account/activities; `visible_ns` None hides it until it is released."""

    id: str
    created_ns: int
    body: dict[str, str]
    visible_ns: int | None

    @property
    def type(self) -> str:
        """FILL, CSD, DIV, ..."""
        return self.body["activity_type"]


@dataclass(frozen=True, slots=True)
class Lot:
    """Units left of one day's entries and what they cost (no multiplier), both signed alike."""

    day: date
    qty: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """Holding of one instrument. Signed: a short has negative qty, cost and day basis.

    `cost` is the running weighted average cost; `lots` are whole days carried in, today's
    entries and exits are summed beside them until the end of the day. `day_basis` is what
    today's profit is measured from. No amount here includes the option multiplier.
    """

    symbol: str
    qty: Decimal
    cost: Decimal
    day_basis: Decimal
    lots: tuple[Lot, ...] = ()
    day_in_qty: Decimal = ZERO
    day_in_cost: Decimal = ZERO
    day_out_qty: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class CryptoFee:
    """A fee already taken from coin (qty) or cash (usd), to be booked as CFEE at day's end."""

    symbol: str
    day: date
    qty: Decimal
    usd: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class DayClose:
    """An account's value at the end of a New York day, and that day's cash flows by type."""

    day: date
    equity: Decimal
    flows: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """Equity at an instant, for the intraday portfolio history."""

    at_ns: int
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Switches:
    """How one account's broker behaves where Alpaca's own behaviour varies or is unknown.

    `triggered_stop`: what a group's stop that goes off does to the take-profit and to itself, see
    groups.before_trigger.
    """

    carry_filled_qty: bool = True
    cancels_wait: bool = False
    wash_trade_check: bool = True
    restamp_submitted: bool = True
    triggered_stop: str = "cancels"
    activity_delay_s: Decimal = ZERO
    activities_held: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """One account's totals. Money is exact; nothing is rounded in the books."""

    id: str
    number: str
    name: str
    key: str
    secret: str
    created_ns: int
    epoch: int = 0
    counter: int = 0
    cash: Decimal = ZERO
    net_deposits: Decimal = ZERO
    income: Decimal = ZERO
    fees: Decimal = ZERO
    realized: Decimal = ZERO
    unexplained: Decimal = ZERO
    last_equity: Decimal = ZERO
    last_maintenance: Decimal = ZERO
    balance_asof: date = date(1970, 1, 1)
    day_flows: dict[str, Decimal] = field(default_factory=dict)
    crypto_fees: tuple[CryptoFee, ...] = ()
    switches: Switches = field(default_factory=Switches)
    configuration: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What all accounts share: the seed, the day, the tick count and the clock's standing."""

    seed: int
    day: date
    tick: int
    stepped: bool
    now_ns: int
    offset_ns: int
    hours: str
    paused: bool = False
