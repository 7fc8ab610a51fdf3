"""Whether new facts can be booked onto the stored books, and what of the record that takes.

Everything the ledger may need of the past must be at hand; wherever that is not certain, the
instrument is concluded from its whole history instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tradesync.domain.activities import is_money_only
from tradesync.domain.amendments import BUST, CORRECTION
from tradesync.domain.chains import is_unlinked
from tradesync.domain.conclusions import Records
from tradesync.domain.continuation import (
    NOTHING_MOVES,
    Base,
    first_change,
    must_be_asked_before,
)
from tradesync.domain.corporate import NEAR
from tradesync.domain.day_fees import fee_day
from tradesync.domain.facts import Activity, Instrument, Order
from tradesync.domain.times import SECOND, Instant, new_york_date
from tradesync.store import continuation, decisions, facts, resolutions
from tradesync.store.database import Tx
from tradesync.sync.plan import NewFacts, with_new_facts

_SPLIT_DAYS = timedelta(days=NEAR // (86_400 * SECOND) + 2)
"""Within this of its row a split may still find another place."""
_AMENDMENTS = frozenset({BUST, CORRECTION})


@dataclass(frozen=True, slots=True)
class _Scope:
    """The orders concerned, with their fills and intents, as stored; and what is new."""

    instruments: Mapping[str, Instrument]
    """Those touched, by key."""
    orders: Mapping[str, Order]
    """As new where they are, else as stored."""
    records: Records
    """As stored, the new facts left out."""

    @property
    def symbols(self) -> set[str]:
        """Every name their activities may go by."""
        named = {item.symbol for item in self.instruments.values()}
        return named | {order.symbol for order in self.orders.values()} | set(self.instruments)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads scopes of one account for some new facts."""

    tx: Tx
    account_id: str
    new: NewFacts
    blank: Records
    """The account's records without any facts."""
    touched: Mapping[str, Instrument]

    def scope(self, order_ids: Collection[str], begun: _Scope | None = None) -> _Scope | None:
        """These orders and the new ones with all that belongs to them; what was begun with if it
        has them all. None when one of a chain or group was never read, for its fills may have
        been, or is of another instrument."""
        if begun is not None and begun.orders.keys() >= set(order_ids):
            return begun
        new = {order.order_id: order for order in self.new.orders}
        stored = continuation.related_orders(self.tx, self.account_id, order_ids, new.values())
        orders = stored | new
        wanted = continuation.names_of(orders.values()) | set(order_ids)
        if not orders.keys() >= wanted or not all(map(self._is_ours, orders.values())):
            return None
        executions = continuation.executions_of(self.tx, self.account_id, orders)
        intents = continuation.intents_about(self.tx, self.account_id, orders.values())
        records = replace(
            self.blank,
            orders=tuple(stored.values()),
            executions=tuple(executions),
            intents=tuple(intents),
        )
        return _Scope(self.touched, orders, records)

    def _is_ours(self, order: Order) -> bool:
        """Whether an order is of the instruments touched; multi-leg orders reach beyond, and what
        belongs to a bracket that nothing links cannot be told from a part."""
        alone = order.order_class != "mleg" and not is_unlinked(order)
        return alone and order.instrument in self.touched


def continued(
    tx: Tx, account_id: str, new: NewFacts, blank: Records
) -> tuple[Records, Base] | None:
    """The records and the base new facts are concluded from; None: from the whole history.

    `blank`: the account's records without any facts.
    """
    touched = {item.key: item for item in blank.instruments if item.key in new.touched}
    if not _is_plain(new) or touched.keys() != new.touched:
        return None
    reader = _Reader(tx, account_id, new, blank, touched)
    first = reader.scope(_seeds(tx, account_id, new))
    until = None if first is None else _settled_until(tx, account_id, first, new)
    if first is None or until is None:
        return None
    stirred = continuation.orders_stirred(tx, account_id, touched, until)
    own = reader.scope({*first.orders, *stirred}, first)
    if own is None:
        return None
    trade_ids = continuation.trades_concerned(
        tx, account_id, touched, until, order_ids=own.orders,
        client_order_ids=_client_ids(own.orders.values(), new),
    )  # fmt: skip
    closing = continuation.closing_orders(tx, account_id, trade_ids)
    every = reader.scope({*own.orders, *closing}, own)
    if every is None:
        return None
    stored = continuation.stored_of(
        tx, account_id, touched, until, trade_ids=trade_ids, order_ids=_named(every.orders.values())
    )
    base = Base(until, stored, frozenset(own.orders), frozenset(touched))
    records = with_new_facts(every.records, new)
    return None if must_be_asked_before(records, base) else (records, base)


def _is_plain(new: NewFacts) -> bool:
    """Whether there is nothing but orders, their fills and intents, and rows of money alone."""
    return not (
        new.whole
        or new.instruments
        or new.conflicts
        or any(row.symbol or fee_day(row) is not None for row in new.activities)
    )


def _seeds(tx: Tx, account_id: str, new: NewFacts) -> set[str]:
    """The orders the facts are about, and those at work or holding something."""
    seeds = {row.order_id for row in new.executions}
    seeds |= {item.broker_order_id for item in new.intents if item.broker_order_id}
    named = {item.client_order_id for item in new.intents if item.client_order_id}
    seeds |= continuation.orders_named(tx, account_id, named) if named else set()
    return seeds | continuation.orders_at_work(tx, account_id, new.touched)


def _settled_until(tx: Tx, account_id: str, scope: _Scope, new: NewFacts) -> Instant | None:
    """The last instant before all that the facts change; None when the past may change as well."""
    first = first_change(scope.records, with_new_facts(scope.records, new))
    still = first == NOTHING_MOVES
    day = date.max if still else new_york_date(first) - _SPLIT_DAYS
    rows = continuation.activities_bearing(tx, account_id, scope.symbols, day, _AMENDMENTS)
    if any(row.activity_type in _AMENDMENTS or _stands_after(row, first) for row in rows):
        return None
    if still:
        return NOTHING_MOVES
    until = first - 1
    keys = scope.instruments.keys()
    observed = [row.observed_at for row in decisions.load_opening_balances(tx, account_id, keys)]
    observed += [row.observed_at for row in resolutions.load_resolutions(tx, account_id, keys)]
    observed += [
        row.observed_at
        for row in facts.load_coin_shortfalls(tx, account_id)
        if row.instrument in keys
    ]
    return until if all(at < until for at in observed) else None


def _stands_after(row: Activity, first: Instant) -> bool:
    """Whether a dated row of the last days acts on what happens from `first` on."""
    if row.activity_type in {"FEE", "CFEE"}:
        return (fee_day(row) or row.day) >= new_york_date(first)
    return bool(row.symbol and row.qty) and not is_money_only(row, row.activity_type)


def _client_ids(orders: Iterable[Order], new: NewFacts) -> set[str]:
    named = {order.client_order_id for order in orders}
    return (named | {item.client_order_id or "" for item in new.intents}) - {""}


def _named(orders: Iterable[Order]) -> set[str]:
    """The ids of orders and of those they replace: what review items may be about."""
    rows = list(orders)
    return {row.order_id for row in rows} | {row.replaces for row in rows if row.replaces}
