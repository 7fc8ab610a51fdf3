"""One account's records and their indexes: orders, positions, activities, days."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.books import empty
from tradesync.simulator.dice import identity
from tradesync.simulator.prices import Market
from tradesync.simulator.records import (
    Account,
    Activity,
    Asset,
    DayClose,
    Order,
    Position,
    Sample,
)
from tradesync.simulator.tables import Journal, Table
from tradesync.simulator.wire import MONEY_STEP, ZERO, multiplier, rounded

Listener = Callable[[dict[str, Any]], None]
OrderKey = tuple[int, int, str]


def fixed_reserve(order: Order) -> Decimal | None:
    """Money an opening order ties up whatever the market does; None if that depends on it."""
    fixed = order.fixed_reserve
    if fixed is None or order.notional is not None:
        return fixed
    return fixed * multiplier(order.asset_class)


class Ledger:
    """Everything one account owns. Only `Journal.change()` blocks may alter it."""

    def __init__(self, journal: Journal, market: Market, accounts: Table[Account], key: str):
        self.market = market
        self.journal = journal
        self.accounts = accounts
        self._account_id = key
        owner = key
        self.orders = Table(journal, Order, "order", owner)
        self.positions = Table(journal, Position, "position", owner)
        self.activities = Table(journal, Activity, "activity", owner)
        self.days = Table(journal, DayClose, "day", owner)
        self.samples = Table(journal, Sample, "sample", owner)
        self.client_ids: dict[str, str] = {}
        self.open_ids: set[str] = set()
        self.waiting_ids: set[str] = set()
        self.waiting_by_symbol: dict[str, set[str]] = defaultdict(set)
        # Sums kept as orders change: adding up a thousand for every new order would be slow.
        self.fixed_reserves = ZERO
        self.moving_reserve_ids: set[str] = set()
        self.legs: dict[str, set[str]] = {}
        self.by_submission: list[OrderKey] = []
        self.by_activity_id: list[str] = []
        self.ids_by_type: dict[str, list[str]] = {}
        self.by_creation: list[tuple[int, str]] = []
        self.listeners: list[Listener] = []
        self.orders.watch(self._index_order)
        self.activities.watch(self._index_activity)

    @property
    def account(self) -> Account:
        """The account's totals."""
        return self.accounts[self._account_id]

    def update(self, **changes: Any) -> None:
        """Change fields of the account's totals."""
        self.accounts.put(self._account_id, replace(self.account, **changes))

    def add(self, **amounts: Decimal) -> None:
        """Add to money totals: cash, income, fees, ..."""
        self.update(**{name: getattr(self.account, name) + by for name, by in amounts.items()})

    def new_id(self, kind: str, now: int) -> str:
        """A UUID never given before in this account, the same for the same history."""
        count = self.account.counter + 1
        self.update(counter=count)
        return identity(self.account.id, kind, count, now)

    def next_seq(self) -> int:
        """The next number of a row, in order of making."""
        self.update(counter=self.account.counter + 1)
        return self.account.counter

    def _index_order(self, former: Order | None, current: Order | None) -> None:
        if former is not None:
            self._forget_order(former, current)
        if current is None:
            return
        insort(self.by_submission, (current.submitted_ns, current.seq, current.id))
        self.client_ids.setdefault(current.client_order_id, current.id)
        if current.is_open:
            self.open_ids.add(current.id)
        if not current.is_terminal:
            self.waiting_ids.add(current.id)
            self.waiting_by_symbol[current.symbol].add(current.id)
            self._count_reserve(current, 1)
        if current.parent_id is not None:
            self.legs.setdefault(current.parent_id, set()).add(current.id)

    def _forget_order(self, former: Order, current: Order | None) -> None:
        key = (former.submitted_ns, former.seq, former.id)
        del self.by_submission[bisect_left(self.by_submission, key)]
        self.open_ids.discard(former.id)
        self.waiting_ids.discard(former.id)
        self.waiting_by_symbol[former.symbol].discard(former.id)
        if not former.is_terminal:
            self._count_reserve(former, -1)
        if former.parent_id is not None:
            self.legs[former.parent_id].discard(former.id)
        if current is None and self.client_ids.get(former.client_order_id) == former.id:
            del self.client_ids[former.client_order_id]

    def _count_reserve(self, order: Order, sign: int) -> None:
        if not order.opens:
            return
        fixed = fixed_reserve(order)
        if fixed is not None:
            self.fixed_reserves += sign * fixed
        elif sign > 0:
            self.moving_reserve_ids.add(order.id)
        else:
            self.moving_reserve_ids.discard(order.id)

    def _index_activity(self, former: Activity | None, current: Activity | None) -> None:
        if former is not None:
            del self.by_activity_id[bisect_left(self.by_activity_id, former.id)]
            key = (former.created_ns, former.id)
            del self.by_creation[bisect_left(self.by_creation, key)]
            alike = self.ids_by_type[former.type]
            del alike[bisect_left(alike, former.id)]
        if current is not None:
            insort(self.by_activity_id, current.id)
            insort(self.by_creation, (current.created_ns, current.id))
            insort(self.ids_by_type.setdefault(current.type, []), current.id)

    def snapshot(self) -> Ledger:
        """These books as they stand, to read from; prices go on moving."""
        then = copy(self)
        then.accounts = self.accounts.snapshot()
        then.orders, then.positions = self.orders.snapshot(), self.positions.snapshot()
        then.activities, then.days = self.activities.snapshot(), self.days.snapshot()
        then.samples = self.samples.snapshot()
        then.client_ids = dict(self.client_ids)
        then.open_ids, then.waiting_ids = set(self.open_ids), set(self.waiting_ids)
        then.waiting_by_symbol = defaultdict(set)
        for symbol, ids in self.waiting_by_symbol.items():
            then.waiting_by_symbol[symbol] = set(ids)
        then.moving_reserve_ids = set(self.moving_reserve_ids)
        then.legs = {key: set(legs) for key, legs in self.legs.items()}
        then.by_submission = list(self.by_submission)
        then.by_activity_id = list(self.by_activity_id)
        then.ids_by_type = {kind: list(ids) for kind, ids in self.ids_by_type.items()}
        then.by_creation = list(self.by_creation)
        return then

    def put_order(self, order: Order) -> Order:
        """Store an order and hand it back."""
        self.orders.put(order.id, order)
        return order

    def alive_orders(self) -> list[Order]:
        """Orders that are not terminal (held legs too), oldest first."""
        return sorted((self.orders[key] for key in self.waiting_ids), key=lambda order: order.seq)

    def legs_of(self, order_id: str) -> list[Order]:
        """Child orders in the order they were made."""
        found = (self.orders[key] for key in self.legs.get(order_id, ()))
        return sorted(found, key=lambda order: order.seq)

    def position(self, symbol: str) -> Position:
        """The holding of a symbol, possibly none."""
        return self.positions.get(symbol) or empty(symbol)

    def put_position(self, position: Position) -> None:
        """Store a holding; one of nothing is dropped."""
        if position.qty == 0:
            self.positions.drop(position.symbol)
        else:
            self.positions.put(position.symbol, position)

    def held_positions(self) -> list[tuple[Position, Asset]]:
        """All holdings by symbol."""
        found = sorted(self.positions.values(), key=lambda position: position.symbol)
        return [(position, self.market.assets[position.symbol]) for position in found]

    def market_value(self, position: Position) -> Decimal:
        """Signed money value to six places, as positions show it."""
        asset = self.market.assets[position.symbol]
        exact = position.qty * self.market.last(position.symbol) * multiplier(asset.asset_class)
        return rounded(exact, MONEY_STEP)

    def equity(self) -> Decimal:
        """Cash plus the sum of the positions' shown market values."""
        values = (self.market_value(position) for position in self.positions.values())
        return self.account.cash + sum(values, ZERO)

    def emit(self, frame: dict[str, Any]) -> None:
        """Tell listeners of a trade update, once it is on disk."""
        for listener in self.listeners:
            self.journal.after_commit(lambda send=listener: send(frame))  # type: ignore[misc]
