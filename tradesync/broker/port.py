"""What the program asks of a broker: reads of facts, and commands. Alpaca's adapter is one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from tradesync.domain.facts import (
    AccountState,
    Activity,
    Execution,
    Instrument,
    Order,
    Position,
    UnreadableRow,
)
from tradesync.domain.times import Instant

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """One value and when its read began, on our clock."""

    value: T
    started_at: Instant


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """A list as read. With an `unreadable` row it proves no absence (design rule 3).

    `full`: the reply was as long as its limit, so there may be more. `last_id` and `last_at`
    (the submission time of an order) are of its last row, readable or not: where to go on.
    """

    items: tuple[T, ...]
    unreadable: tuple[UnreadableRow, ...]
    instruments: tuple[Instrument, ...]
    started_at: Instant
    full: bool = False
    last_id: str | None = None
    last_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class ActivitiesPage:
    """One page of account activities; `full`: as long as the limit, go on after `last_id`."""

    executions: tuple[Execution, ...]
    activities: tuple[Activity, ...]
    unreadable: tuple[UnreadableRow, ...]
    started_at: Instant
    last_id: str | None
    full: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """The equity market's clock at the broker."""

    at: Instant
    is_open: bool
    next_open: Instant
    next_close: Instant


@dataclass(frozen=True, slots=True)
class MarketDay:
    """One trading day with its regular hours; half days close early."""

    day: dt.date
    opens_at: Instant
    closes_at: Instant


@dataclass(frozen=True, slots=True)
class Asset:
    """Something that can be traded."""

    symbol: str
    asset_id: str
    asset_class: str
    name: str
    status: str
    tradable: bool
    shortable: bool
    fractionable: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """What an instrument costs now, per unit in USD, with the market's own times."""

    symbol: str
    price: Decimal | None
    """The latest trade's."""
    at: Instant | None
    bid: Decimal | None
    ask: Decimal | None
    quoted_at: Instant | None


@dataclass(frozen=True, slots=True)
class Bar:
    """What an instrument cost from `at` for the length of the bar, per unit in USD."""

    at: Instant
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """The account's equity at a time, in USD; `profit_loss` None when the broker gave none."""

    at: Instant
    equity: Decimal
    profit_loss: Decimal | None


@dataclass(frozen=True, slots=True)
class StopLoss:
    """The stop leg of a bracket: a stop, or a stop limit when `limit_price` is given."""

    stop_price: Decimal
    limit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order to send. `qty` or `notional`; `take_profit` is the leg's limit price."""

    client_order_id: str
    symbol: str
    side: str
    qty: Decimal | None
    notional: Decimal | None
    order_type: str
    time_in_force: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    position_intent: str | None = None
    order_class: str = ""
    take_profit: Decimal | None = None
    stop_loss: StopLoss | None = None


class Broker(Protocol):
    """A broker account. Reads are retried within a deadline, writes are sent once.

    Every method raises a BrokerError; writes raise OutcomeUnknown when their answer is lost.
    """

    @property
    def calls(self) -> int:
        """HTTP calls made since creation, retries included."""

    def account(self) -> Read[AccountState]:
        """The account itself."""

    def positions(self) -> Rows[Position]:
        """All open positions."""

    def open_orders(self) -> Rows[Order]:
        """Every order in the open list, however many pages that takes (held legs are not in it)."""

    def recent_orders(self, after: Instant | None = None, limit: int = 500) -> Rows[Order]:
        """The newest orders of any status, newest first: one page."""

    def orders_page(
        self,
        *,
        after: Instant | None = None,
        after_order_id: str | None = None,
        limit: int = 500,
        nested: bool = False,
    ) -> Rows[Order]:
        """Orders of any status, oldest submission first, for reading history.

        `after` is widened by a millisecond so that no order sharing a submission time is lost:
        rows repeat, the caller drops known ids. While the page is `full`, ask again with
        `after=page.last_at`; every page reaches further than the one before, or raises.
        """

    def order(self, order_id: str, *, nested: bool = True) -> Rows[Order]:
        """One order with its legs behind it. BrokerNotFound."""

    def order_by_client_id(self, client_order_id: str) -> Rows[Order]:
        """The order sent under this id. BrokerNotFound."""

    def activities(
        self,
        *,
        after: Instant | None = None,
        until: Instant | None = None,
        date: dt.date | None = None,
        page_token: str | None = None,
        direction: str = "asc",
        fills: bool = True,
    ) -> ActivitiesPage:
        """One page of activities by creation time; `after`/`until` are widened to whole seconds.

        Without `fills` only the dated rows are asked for.
        """

    def submit(self, request: OrderRequest) -> Rows[Order]:
        """Send an order: the order as accepted, with its legs behind it."""

    def cancel(self, order_id: str) -> None:
        """Ask for a cancel. "Already filled" and the like come as BrokerRefused."""

    def replace(
        self,
        order_id: str,
        *,
        client_order_id: str,
        qty: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
        trail: Decimal | None = None,
        time_in_force: str | None = None,
    ) -> Rows[Order]:
        """Replace an order: the successor as accepted."""

    def clock(self) -> Clock:
        """Whether the equity market is open."""

    def calendar(self, start: dt.date, end: dt.date) -> tuple[MarketDay, ...]:
        """The trading days from `start` to `end`, both included."""

    def asset(self, symbol: str) -> Asset:
        """What can be done with a symbol. BrokerNotFound."""

    def quote(self, symbol: str, asset_class: str) -> Quote | None:
        """What it costs now, by the market data address; None when there is no price."""

    def bars(
        self, symbols: Sequence[str], asset_class: str, size: str, since: Instant, until: Instant
    ) -> Mapping[str, tuple[Bar, ...]]:
        """What instruments of a class cost, bar by bar (5Min, 1Hour, 1Day), oldest first, by the
        market data address; all together at most ten thousand bars."""

    def portfolio_history(self, period: str, timeframe: str) -> tuple[EquityPoint, ...]:
        """The account's equity over time, oldest first."""
