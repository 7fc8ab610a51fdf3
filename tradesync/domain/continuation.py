"""Going on from stored books: what a new fill needs of a long history.

Booking is a fold, and the rows it left say how the books stood at any instant since which no
split took effect: what was open of a lot then is what is open of it now and what was taken since.
So a change among the latest facts is booked by folding only the events after such an instant,
over the trades that may still move; all other rows stand. The rows are those of a whole rebuild.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tradesync.domain.amendments import amend_executions
from tradesync.domain.booking import Book, OpenLot, begin_lot, new_book
from tradesync.domain.chains import build_chains
from tradesync.domain.conclusions import Allocation, Conclusions, Lot, Records, TradeSide
from tradesync.domain.desks import look_of
from tradesync.domain.events import LONG, SHORT, Event, Fill, Kind, Look
from tradesync.domain.facts import Instrument
from tradesync.domain.money import ZERO
from tradesync.domain.plans import OrderPlan, fills_of, plan_orders
from tradesync.domain.sequence import SortKey, distinct
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import Instant

NOTHING_MOVES: Instant = 2**63 - 1
"""After all events: the facts change what orders say, but nothing that is booked."""


@dataclass(frozen=True, slots=True)
class Base:
    """How the books stood when `until` ended, as far as the trades concerned go."""

    until: Instant
    stored: Conclusions
    """All that is stored of the trades concerned, later lots and allocations with them."""
    orders: frozenset[str]
    """The orders whose trades are concluded; the others given only tell what closed them."""
    instruments: frozenset[str]
    fees: Mapping[str, Decimal] = field(init=False)
    """Trade id → its part of the day fees, which later events do not move."""

    def __post_init__(self) -> None:
        """Reckon the day fees: a trade's fees but for those taken in the coin."""
        fees = {trade.trade_id: trade.fees for trade in self.stored.trades}
        for row in self.stored.allocations:
            if row.is_fee:
                fees[row.trade_id] -= row.cost
        object.__setattr__(self, "fees", fees)

    def concerns(self, plan: OrderPlan) -> bool:
        """Whether a chain's trade is concluded, not only looked up."""
        if plan.chain is None:
            return plan.head_id in self.orders
        return any(order.order_id in self.orders for order in plan.chain.orders)

    def later(self, events: Iterable[Event]) -> list[Event]:
        """The events that are still to be booked."""
        return [event for event in events if event.key[0] > self.until]

    def book(self, instrument: Instrument, events: Iterable[Event]) -> Book:
        """The state of the fold at `until`; `events` are all those of the trades concerned."""
        key_of = {event.source_id: event.key for event in events if isinstance(event, Fill)}
        book = new_book(instrument)
        sides = {trade.trade_id: trade.side for trade in self.stored.trades}
        taken = self._taken_since()
        for lot in sorted(
            (row for row in self.stored.lots if row.instrument == instrument.key),
            key=lambda row: key_of.get(row.source_id, (row.opened_at, "", ZERO, row.source_id)),
        ):
            if lot.opened_at <= self.until:
                begin_lot(book, _reopened(lot, sides[lot.trade_id], taken.get(lot.lot_id)))
        place = {lot.lot_id: number for number, lot in enumerate(book.lots)}
        book.allocations += sorted(
            (row for row in self.stored.allocations
             if row.lot_id in place and row.at <= self.until),
            key=lambda row: (_key_of(row, key_of), place[row.lot_id]),
        )  # fmt: skip
        return book

    def _taken_since(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Lot id → (quantity, cost) that left it after `until`."""
        taken: dict[str, tuple[Decimal, Decimal]] = {}
        for row in self.stored.allocations:
            if row.at > self.until:
                qty, cost = taken.get(row.lot_id, (ZERO, ZERO))
                taken[row.lot_id] = (qty + row.qty, cost + row.cost)
        return taken


def first_change(before: Records, after: Records) -> Instant:
    """When the first event stands that the new facts add, move or take away.

    Both are records of the same whole chains. An order without fills that must be asked what it
    would have done counts as changed, so that it is asked anew.
    """
    old_plans, old_symbols = _plans(before)
    plans, symbols = _plans(after)
    old, new = _fills(before, old_plans, old_symbols), _fills(after, plans, symbols)
    moved: list[Event] = [fill for source, fill in new.items() if old.get(source) != fill]
    moved += [fill for source, fill in old.items() if new.get(source) != fill]
    moved += _looks((*old_plans, *plans))
    return min((event.key[0] for event in moved), default=NOTHING_MOVES)


def must_be_asked_before(records: Records, base: Base) -> bool:
    """Whether an order concerned needs the running quantity of an instant the base lies after."""
    plans, _ = _plans(records)
    return any(look.key[0] <= base.until for look in _looks(filter(base.concerns, plans)))


def _plans(records: Records) -> tuple[list[OrderPlan], SymbolIndex]:
    """The plans of the orders given."""
    index = build_chains(records.orders)
    symbols = SymbolIndex(records.instruments, records.orders)
    executions, _ = distinct(records.executions)
    plans, _ = plan_orders(records, index, symbols, amend_executions(executions, (), {}))
    return plans, symbols


def _fills(
    records: Records, plans: Iterable[OrderPlan], symbols: SymbolIndex
) -> dict[str, Fill]:  # fmt: skip
    """What the orders do to the books, by the execution it comes from."""
    complete = records.history_complete
    return {
        fill.source_id: fill
        for plan in plans
        for fill in fills_of(plan, symbols.known(plan.instrument), history_complete=complete)
    }


def _looks(plans: Iterable[OrderPlan]) -> list[Look]:
    return [look for plan in plans if (look := look_of(plan)) is not None]


def _reopened(lot: Lot, side: TradeSide, taken: tuple[Decimal, Decimal] | None) -> OpenLot:
    """A stored lot as it stood before what was taken of it since."""
    qty, cost = taken or (ZERO, ZERO)
    return OpenLot(
        lot_id=lot.lot_id,
        trade_id=lot.trade_id,
        side=LONG if side is TradeSide.LONG else SHORT,
        kind=Kind(lot.source_kind),
        source_id=lot.source_id,
        opened_at=lot.opened_at,
        qty=lot.qty,
        cost=lot.cost,
        open_qty=lot.open_qty + qty,
        open_cost=lot.open_cost + cost,
        basis_known=lot.basis_known,
    )


def _key_of(row: Allocation, key_of: Mapping[str, SortKey]) -> SortKey:
    """Where the event stands that an allocation comes from."""
    return key_of.get(row.source_id, (row.at, row.order_id or "", ZERO, row.source_id))
