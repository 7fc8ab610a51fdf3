"""The broker behind an Alpaca address: alpaca-py's connection, our own reading of the answers."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from threading import Event
from typing import TypeVar
from urllib.parse import quote

from tradesync.broker import market, parsing
from tradesync.broker.bars import BarSize
from tradesync.broker.calls import Caller, Parameters
from tradesync.broker.client import ExactClient
from tradesync.broker.errors import BrokerReplyError, OutcomeUnknown
from tradesync.broker.fields import Row
from tradesync.broker.limits import TokenBucket
from tradesync.broker.memory import OrderMemory
from tradesync.broker.port import (
    ActivitiesPage,
    Asset,
    Bar,
    Clock,
    EquityPoint,
    MarketDay,
    OrderRequest,
    Quote,
    Read,
    Rows,
)
from tradesync.broker.quotes import QuoteClient
from tradesync.broker.replies import unreadable
from tradesync.broker.requests import order_body, replacement_body
from tradesync.config import AccountConfig
from tradesync.domain.facts import AccountState, Order, Position
from tradesync.domain.times import Instant, format_instant

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds within which a read is tried again."""

ORDERS_LIMIT = 500
ACTIVITIES_LIMIT = 100
"""The largest pages Alpaca gives (alpaca-api reference 1.1, 1.4)."""
_ORDERS_UNASKED = 50
"""Orders a page holds where the limit asked for is not heeded."""

_OVERLAP: Instant = 1_000_000
_SECOND: Instant = 1_000_000_000


class AlpacaBroker:
    """One account at an Alpaca-compatible address; may be shared by threads.

    `timeout` in seconds per call; `clock` gives our own time in nanoseconds; once `stop` is set
    no wait goes on. One `bucket` should serve all that calls in the name of the account.
    """

    def __init__(
        self,
        config: AccountConfig,
        *,
        timeout: float = 10.0,
        bucket: TokenBucket | None = None,
        clock: Callable[[], Instant] = time.time_ns,
        stop: Event | None = None,
        patience: float = PATIENCE,
        data_url: str | None = None,
    ) -> None:
        bucket = bucket or TokenBucket()
        self._client = ExactClient(config, timeout=timeout, on_headers=bucket.learn)
        wait = (stop or Event()).wait
        self._caller = Caller(self._client, bucket, patience=patience, wait=wait)
        self._quotes = QuoteClient(config, data_url)
        self._clock = clock
        self._memory = OrderMemory()

    @property
    def calls(self) -> int:
        """HTTP calls made since creation, retries included."""
        return self._caller.calls

    def close(self) -> None:
        """Drop the kept connections."""
        self._client.close()
        self._quotes.close()

    def account(self) -> Read[AccountState]:
        """The account itself."""
        started_at = self._clock()
        return Read(self._one("/account", parsing.parse_account), started_at)

    def positions(self) -> Rows[Position]:
        """All open positions."""
        started_at = self._clock()
        parsed = parsing.parse_positions(self._list("/positions"))
        return Rows(parsed.items, parsed.unreadable, parsed.instruments, started_at)

    def open_orders(self) -> Rows[Order]:
        """Every order in the open list, oldest first.

        Read forwards: an order re-stamped while we page moves ahead of us and is seen again,
        where backwards it would slip behind us and be missed (reference 1.1).
        """
        parameters: dict[str, str | int] = {
            "status": "open",
            "limit": ORDERS_LIMIT,
            "direction": "asc",
        }
        page = merged = self._orders(parameters)
        while page.full:
            page = self._orders_after(page.last_at, parameters)
            merged = _merged(merged, page)
        return merged

    def recent_orders(self, after: Instant | None = None, limit: int = ORDERS_LIMIT) -> Rows[Order]:
        """The newest orders of any status, newest first: one page."""
        parameters: dict[str, str | int] = {"status": "all", "limit": limit, "direction": "desc"}
        if after is not None:
            parameters["after"] = format_instant(after)
        return self._orders(parameters)

    def orders_page(
        self,
        *,
        after: Instant | None = None,
        after_order_id: str | None = None,
        limit: int = ORDERS_LIMIT,
        nested: bool = False,
    ) -> Rows[Order]:
        """Orders of any status, oldest submission first; see `Broker.orders_page`."""
        parameters: dict[str, str | int] = {"status": "all", "limit": limit, "direction": "asc"}
        if nested:
            parameters["nested"] = "true"
        if after is not None:
            return self._orders_after(after, parameters)
        if after_order_id is not None:
            parameters["after_order_id"] = after_order_id
        return self._orders(parameters)

    def _orders_after(self, last_at: Instant | None, parameters: Parameters) -> Rows[Order]:
        """The next page by time, overlapping; it is full only when it reaches past `last_at`.

        Time comes first: an id as cursor jumps ahead when its order is re-stamped meanwhile.
        """
        if last_at is None:
            raise unreadable(self._client.peer)
        page = self._orders({**parameters, "after": format_instant(last_at - _OVERLAP)})
        while page.full and (page.last_at is None or page.last_at <= last_at):
            beyond = self._orders({**parameters, "after_order_id": page.last_id or ""})
            longer = _merged(page, beyond)
            if len(longer.items) == len(page.items):
                raise unreadable(self._client.peer)
            page = longer
        return page

    def order(self, order_id: str, *, nested: bool = True) -> Rows[Order]:
        """One order with its legs behind it. BrokerNotFound."""
        parameters: Parameters = {"nested": "true"} if nested else {}
        return self._order(f"/orders/{quote(order_id, safe='')}", parameters)

    def order_by_client_id(self, client_order_id: str) -> Rows[Order]:
        """The order sent under this id. BrokerNotFound."""
        return self._order("/orders:by_client_order_id", {"client_order_id": client_order_id})

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
        """One page of activities; with `date` all of that day (no page maximum there)."""
        parameters: dict[str, str | int] = {"direction": direction}
        if date is None:
            parameters["page_size"] = ACTIVITIES_LIMIT
        else:
            parameters["date"] = date.isoformat()
        if after is not None:
            parameters["after"] = format_instant(after // _SECOND * _SECOND)
        if until is not None:
            parameters["until"] = format_instant(-(-until // _SECOND) * _SECOND)
        if page_token is not None:
            parameters["page_token"] = page_token
        if not fills:
            parameters["category"] = "non_trade_activity"
        started_at = self._clock()
        rows = self._list("/account/activities", parameters)
        executions, activities, aside = parsing.parse_activities(rows)
        # One of exactly the page size may have been cut, even where a whole day was asked for.
        full = len(rows) == ACTIVITIES_LIMIT
        last_id = _last_id(rows)
        if full and last_id is not None and last_id == page_token:
            raise unreadable(self._client.peer)  # it would go round for ever
        return ActivitiesPage(executions, activities, aside, started_at, last_id, full)

    def submit(self, request: OrderRequest) -> Rows[Order]:
        """Send an order, once: the order as accepted, with its legs behind it."""
        return self._written("POST", "/orders", order_body(request))

    def cancel(self, order_id: str) -> None:
        """Ask for a cancel; "already filled" and the like come as BrokerRefused."""
        self._caller.write("DELETE", f"/orders/{quote(order_id, safe='')}")

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
        """Replace an order, once: the successor as accepted."""
        body = replacement_body(
            client_order_id=client_order_id,
            qty=qty,
            limit_price=limit_price,
            stop_price=stop_price,
            trail=trail,
            time_in_force=time_in_force,
        )
        return self._written("PATCH", f"/orders/{quote(order_id, safe='')}", body)

    def clock(self) -> Clock:
        """Whether the equity market is open."""
        return self._one("/clock", market.parse_clock)

    def calendar(self, start: dt.date, end: dt.date) -> tuple[MarketDay, ...]:
        """The trading days from `start` to `end`, both included."""
        parameters = {"start": start.isoformat(), "end": end.isoformat()}
        rows = self._list("/calendar", parameters)
        return tuple(self._read_as(market.parse_market_day, row) for row in rows)

    def asset(self, symbol: str) -> Asset:
        """What can be done with a symbol. BrokerNotFound."""
        return self._one(f"/assets/{quote(symbol, safe='')}", market.parse_asset)

    def quote(self, symbol: str, asset_class: str) -> Quote | None:
        """What it costs now, asked once; None when there is no price. BrokerError."""
        return self._quotes.latest(symbol, asset_class)

    def bars(
        self, symbols: Sequence[str], asset_class: str, size: str, since: Instant, until: Instant
    ) -> Mapping[str, tuple[Bar, ...]]:
        """What each cost, bar by bar, oldest first, asked once. BrokerError."""
        return self._quotes.bars(symbols, asset_class, BarSize(size), since, until)

    def portfolio_history(self, period: str, timeframe: str) -> tuple[EquityPoint, ...]:
        """The account's equity over time, oldest first."""
        parameters = {"period": period, "timeframe": timeframe}
        return self._one("/account/portfolio/history", market.parse_equity, parameters)

    def _orders(self, parameters: Parameters) -> Rows[Order]:
        """One page of the order list."""
        started_at = self._clock()
        rows = self._list("/orders", parameters)
        parsed = parsing.parse_orders(rows, started_at, self._memory)
        return Rows(
            parsed.items,
            parsed.unreadable,
            parsed.instruments,
            started_at,
            # More than asked for was not cut at what was asked for: it is all there is.
            full=len(rows) in {int(parameters["limit"]), _ORDERS_UNASKED},
            last_id=_last_id(rows),
            last_at=parsing.last_submission(rows),
        )

    def _order(self, path: str, parameters: Parameters) -> Rows[Order]:
        """One order by a look-up."""
        started_at = self._clock()
        parsed = parsing.parse_orders([self._caller.read(path, parameters)], started_at)
        return Rows(parsed.items, parsed.unreadable, parsed.instruments, started_at)

    def _written(self, method: str, path: str, body: Mapping[str, object]) -> Rows[Order]:
        """The order a write answered with; OutcomeUnknown when the answer is no order at all."""
        started_at = self._clock()
        reply = self._caller.write(method, path, body)
        if not isinstance(reply, dict):
            raise OutcomeUnknown(
                "The broker took the request but did not answer with an order. "
                "It is being looked up."
            )
        parsed = parsing.parse_orders([reply], started_at)
        return Rows(parsed.items, parsed.unreadable, parsed.instruments, started_at)

    def _list(self, path: str, parameters: Parameters | None = None) -> list[object]:
        """A reply that is a JSON list."""
        reply = self._caller.read(path, parameters)
        if not isinstance(reply, list):
            raise unreadable(self._client.peer)
        return reply

    def _one(self, path: str, read: Callable[[Row], T], parameters: Parameters | None = None) -> T:
        """A reply that is one JSON object."""
        return self._read_as(read, self._caller.read(path, parameters))

    def _read_as(self, read: Callable[[Row], T], value: object) -> T:
        """A value read from a JSON object; BrokerReplyError names the field that is wrong."""
        try:
            if isinstance(value, dict):
                return read(value)
        except parsing.UNREADABLE as error:
            raise BrokerReplyError(
                f"An answer of {self._client.peer.host} cannot be read: {error}."
            ) from None
        raise unreadable(self._client.peer)


def _last_id(rows: Sequence[object]) -> str | None:
    """The id of the last row, where a page token goes on."""
    last = rows[-1] if rows else None
    stated = last.get("id") if isinstance(last, dict) else None
    return stated if isinstance(stated, str) else None


def _merged(first: Rows[Order], second: Rows[Order]) -> Rows[Order]:
    """Two pages as one; of an order on both, the later-read snapshot, in its first place."""
    items = {order.order_id: order for order in (*first.items, *second.items)}
    aside = {row.identity: row for row in (*first.unreadable, *second.unreadable)}
    instruments = {one.key: one for one in (*first.instruments, *second.instruments)}
    return replace(
        second,
        items=tuple(items.values()),
        unreadable=tuple(aside.values()),
        instruments=tuple(instruments.values()),
        started_at=first.started_at,
    )
