"""The ledger: from facts, intents and decisions to trades, lots, allocations (design rules 1–11).

Which module holds which rule: see the package's docstring.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from itertools import chain
from operator import attrgetter
from typing import TypeVar

from tradesync.domain.amendments import amend_executions, standing_activities
from tradesync.domain.booking import Book, OpenLot, step
from tradesync.domain.chains import build_chains
from tradesync.domain.conclusions import (
    Allocation,
    Conclusions,
    Lot,
    Records,
    Trade,
    WorkingExit,
)
from tradesync.domain.conflicts import conflict_reviews
from tradesync.domain.continuation import Base
from tradesync.domain.day_fees import day_fees
from tradesync.domain.desks import Desk, desk_events, set_up_desks
from tradesync.domain.events import Event
from tradesync.domain.exchanges import fold_books
from tradesync.domain.facts import Activity, Execution
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO
from tradesync.domain.ours import IntentKind
from tradesync.domain.plans import OrderPlan, plan_orders
from tradesync.domain.reviews import record_reviews
from tradesync.domain.sequence import distinct
from tradesync.domain.standing import begins_trade, working_exits
from tradesync.domain.sums import Booked
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.trades import Context, arrival_trade, chain_trade, intent_trade

_Row = TypeVar("_Row")
_NOTHING = Booked()


def conclude(records: Records, base: Base | None = None) -> Conclusions:
    """Everything that follows from the records; the same rows for the same facts in any order.

    With a base the records are those of the orders it names and of what closed their trades, and
    the conclusions those of these trades (continuation.py).
    """
    index = build_chains(records.orders)
    symbols = SymbolIndex(records.instruments, records.orders)
    executions, conflicts = distinct(records.executions)
    activities = standing_activities(records.activities)
    amended = amend_executions(
        executions, activities, _instruments_of_orders(records, activities, symbols)
    )
    plans, reading = plan_orders(records, index, symbols, amended)
    desks = _desks(records, plans, activities, symbols, base)
    books, fees = _books(records, desks, activities, symbols, base)
    context = Context(index, _plans_by_order(plans), _messages(records), fees)
    reviews = (
        *record_reviews(records, plans, index, conflicts),
        *conflict_reviews(records, amended.effective, index, symbols),
        *amended.reviews,
        *(row for desk in desks.values() for row in desk.happenings.reviews),
    )
    every = books.values()
    return Conclusions(
        trades=_trades(records, desks, books, context),
        lots=_sorted((_lot(book, lot) for book in every for lot in book.lots), "lot_id"),
        allocations=_sorted(_joined(book.allocations for book in every), "allocation_id"),
        provisional=_sorted(_provisional(plans), "execution_id"),
        unmatched_exits=_sorted(_joined(book.unmatched for book in every), "source_id"),
        working_exits=_sorted(_working_exits(records, desks, books), "order_id"),
        reviews=_sorted(reviews, "review_id"),
        chain_reading=reading,
    )


def _desks(
    records: Records,
    plans: Sequence[OrderPlan],
    activities: Sequence[Activity],
    symbols: SymbolIndex,
    base: Base | None,
) -> dict[str, Desk]:
    """The desks of all plans, or of those a base concerns and of every instrument it holds."""
    if base is None:
        return set_up_desks(records, plans, activities, symbols)
    desks = set_up_desks(records, filter(base.concerns, plans), activities, symbols)
    for key in base.instruments - desks.keys():
        desks[key] = Desk(symbols.known(key))
    return desks


def _books(
    records: Records,
    desks: Mapping[str, Desk],
    activities: Sequence[Activity],
    symbols: SymbolIndex,
    base: Base | None,
) -> tuple[Mapping[str, Book], Mapping[str, Decimal]]:
    """The folded books by instrument, from a base where there is one, and each trade's day fees.

    What did not fit is added to the desks' reviews.
    """
    events = {key: desk_events(desk, records) for key, desk in desks.items()}
    if base is not None:
        return _continued_books(base, desks, events), dict(base.fees)
    books = fold_books({key: desk.instrument for key, desk in desks.items()}, events)
    return books, day_fees(books, events, activities, symbols, records.sales_by_day or {})


def _continued_books(
    base: Base, desks: Mapping[str, Desk], events: Mapping[str, Sequence[Event]]
) -> dict[str, Book]:
    return {
        key: reduce(step, base.later(events[key]), base.book(desk.instrument, events[key]))
        for key, desk in desks.items()
    }


def _provisional(plans: Iterable[OrderPlan]) -> Iterable[Execution]:
    return (plan.gap.execution for plan in plans if plan.gap is not None and plan.instrument)


def _working_exits(
    records: Records, desks: Mapping[str, Desk], books: Mapping[str, Book]
) -> Iterable[WorkingExit]:
    complete = records.history_complete
    return _joined(
        working_exits(desk.plans, books[key], history_complete=complete)
        for key, desk in desks.items()
    )


def _trades(
    records: Records, desks: Mapping[str, Desk], books: Mapping[str, Book], context: Context
) -> tuple[Trade, ...]:
    rows: dict[str, Trade] = {}
    for key, desk in desks.items():
        book = books[key]
        booked = _booked(book, context.fees)
        planned = {plan.trade_id for plan in desk.plans}
        for plan in desk.plans:
            if begins_trade(plan, book, history_complete=records.history_complete):
                own = booked.get(plan.trade_id, _NOTHING)
                rows[plan.trade_id] = chain_trade(plan, desk.instrument, own, context)
        for own_id, own in booked.items():
            if own_id not in planned:
                rows[own_id] = arrival_trade(desk.instrument, own, context)
    for own_id, row in _intent_trades(records, desks, context).items():
        rows.setdefault(own_id, row)
    return _sorted(rows.values(), "trade_id")


def _intent_trades(
    records: Records, desks: Mapping[str, Desk], context: Context
) -> dict[str, Trade]:
    """Trades of opening intents for which no order was read."""
    named = {plan.trade_id for plan in context.plan_of.values()}
    found = {}
    for intent in records.intents:
        if intent.kind is not IntentKind.OPEN or not intent.client_order_id:
            continue
        own_id = trade_id(records.account_id, intent.client_order_id)
        if own_id not in named and intent.instrument in desks:
            found[own_id] = intent_trade(intent, own_id, desks[intent.instrument].instrument)
    return found


def _booked(book: Book, fees: Mapping[str, Decimal]) -> dict[str, Booked]:
    """Trade id → its lots and allocations, in the order they were booked, and its day fees."""
    allocations: dict[str, list[Allocation]] = {}
    for row in book.allocations:
        allocations.setdefault(row.trade_id, []).append(row)
    return {
        own_id: Booked(lots, allocations.get(own_id, ()), fees.get(own_id, ZERO))
        for own_id, lots in book.by_trade.items()
    }


def _instruments_of_orders(
    records: Records, activities: Iterable[Activity], symbols: SymbolIndex
) -> dict[str, str]:
    """Order id → instrument key; of orders only an amendment names so far, by its symbol."""
    named: dict[str, str] = {}
    for row in activities:
        if row.order_id and row.symbol:
            found = symbols.find(row.symbol)
            named[row.order_id] = row.symbol if found is None else found.key
    return named | {order.order_id: order.instrument for order in records.orders}


def _plans_by_order(plans: Iterable[OrderPlan]) -> dict[str, OrderPlan]:
    found: dict[str, OrderPlan] = {}
    for plan in plans:
        found[plan.head_id] = plan
        if plan.chain is not None:
            found |= {order.order_id: plan for order in plan.chain.orders}
        found |= {row.order_id: plan for row in plan.executions}
    return found


def _messages(records: Records) -> dict[str, str]:
    """Client order id → what the broker or we said about it."""
    return {
        intent.client_order_id: intent.message
        for intent in sorted(records.intents, key=attrgetter("intent_id"))
        if intent.client_order_id and intent.message
    }


def _lot(book: Book, lot: OpenLot) -> Lot:
    return Lot(
        lot_id=lot.lot_id,
        trade_id=lot.trade_id,
        instrument=book.instrument,
        source_kind=lot.kind.value,
        source_id=lot.source_id,
        opened_at=lot.opened_at,
        qty=lot.qty,
        cost=lot.cost,
        open_qty=lot.open_qty,
        open_cost=lot.open_cost,
        basis_known=lot.basis_known,
    )


_joined = chain.from_iterable


def _sorted(rows: Iterable[_Row], identity: str) -> tuple[_Row, ...]:
    return tuple(sorted(rows, key=attrgetter(identity)))
