"""Orders as screens list them: each with its replacements and legs as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.facts import TERMINAL_STATUSES
from tradesync.domain.money import ZERO, divided, times
from tradesync.domain.ours import is_ours
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries_activity import UnmatchedRow, unmatched_rows
from tradesync.store.queries_order_intents import (
    OrderIntentRow,
    intents_of_orders,
    orders_never_made,
)
from tradesync.store.queries_orders import (
    FamilyOrderRow,
    FillRow,
    OrderFilter,
    OrdersShown,
    family_orders,
    family_page,
    fills_of_orders,
    head_of,
    trades_of_orders,
    unknown_order_ids,
)
from tradesync.views.attention import COMMAND_TAKES, commands_until

_MOST = 50
UNKNOWN_AFTER = 3
"""Look-ups answered "not found" in a row that make an order *unknown at broker* (rule 3)."""


def has_ended(order: FamilyOrderRow) -> bool:
    """Whether the broker said so."""
    return order.status in TERMINAL_STATUSES


def is_unknown(order: FamilyOrderRow) -> bool:
    """Whether the broker does not know the order any more."""
    return order.not_found_count >= UNKNOWN_AFTER


@dataclass(frozen=True, slots=True)
class OrderChain:
    """An order and its replacements as one instruction. `orders`: oldest first, never empty."""

    orders: tuple[FamilyOrderRow, ...]
    current: FamilyOrderRow
    filled_qty: Decimal
    """By the executions of all of them, else as the current one states it."""
    average: Decimal | None
    """What those executions cost per unit in USD."""

    @property
    def head(self) -> FamilyOrderRow:
        """The first of them."""
        return self.orders[0]

    @property
    def is_alive(self) -> bool:
        """Whether it can still fill."""
        return not has_ended(self.current)


@dataclass(frozen=True, slots=True)
class OrderFamily:
    """A chain with the chains of its legs, and the trade it belongs to."""

    main: OrderChain
    legs: tuple[OrderChain, ...]
    trade_id: str | None
    reason: str
    """Why the broker refused it, as far as anybody said; empty else."""

    @property
    def head_id(self) -> str:
        """What the family is known by."""
        return self.main.head.order_id

    @property
    def chains(self) -> tuple[OrderChain, ...]:
        """The main chain and the legs."""
        return (self.main, *self.legs)

    @property
    def working(self) -> tuple[FamilyOrderRow, ...]:
        """The orders of it that can still fill or be cancelled."""
        return tuple(chain.current for chain in self.chains if chain.is_alive)

    @property
    def is_ours(self) -> bool:
        """Whether this program placed it."""
        return is_ours(self.main.head.client_order_id)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of families, newest first; the counts are of all that match."""

    families: tuple[OrderFamily, ...]
    counts: Mapping[OrdersShown, int]


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """One family with the executions and the clicks of ours about it, oldest first."""

    family: OrderFamily
    fills: tuple[FillRow, ...]
    intents: tuple[OrderIntentRow, ...]


@dataclass(frozen=True, slots=True)
class OrderQuestions:
    """What about orders waits for a person, each kind newest first."""

    unknown: tuple[OrderFamily, ...]
    unmatched: tuple[UnmatchedRow, ...]
    never_made: tuple[OrderIntentRow, ...]
    until: Instant | None
    """When there may be more though nothing is written by then; None: never."""


def chain_from(orders: Sequence[FamilyOrderRow], fills: Iterable[FillRow]) -> OrderChain:
    """A chain by its orders (oldest first) and their executions; the status follows
    `replaced_by` alone (design rule 7)."""
    known = {order.order_id: order for order in orders}
    current, seen = orders[0], {orders[0].order_id}
    while current.replaced_by in known and current.replaced_by not in seen:
        current = known[current.replaced_by]
        seen.add(current.order_id)
    own = [fill for fill in fills if fill.order_id in known]
    filled = sum((fill.qty for fill in own), ZERO)
    cost = sum((times(fill.qty, fill.price) for fill in own), ZERO)
    if not filled:
        return OrderChain(tuple(orders), current, current.filled_qty, current.filled_avg_price)
    return OrderChain(tuple(orders), current, filled, divided(cost, filled))


def _chains(orders: Sequence[FamilyOrderRow]) -> list[list[FamilyOrderRow]]:
    """The orders of a family by chain, the head's first; each oldest first."""
    first_of: dict[str, str] = {}
    chains: dict[str, list[FamilyOrderRow]] = defaultdict(list)
    members = {order.order_id for order in orders}
    for order in sorted(orders, key=lambda each: (each.submitted_at, each.order_id)):
        before = order.replaces if order.replaces in members else None
        first = first_of.get(before, before) if before else order.order_id
        first_of[order.order_id] = first
        chains[first].append(order)
    for first, chain in chains.items():
        chain.sort(key=lambda order: order.order_id != first)
    return sorted(chains.values(), key=lambda chain: chain[0].order_id != chain[0].head_id)


def families_from(
    orders: Sequence[FamilyOrderRow],
    fills: Sequence[FillRow],
    trades: Mapping[str, str],
    intents: Sequence[OrderIntentRow] = (),
) -> dict[str, OrderFamily]:
    """Head id → its family, made of rows of any number of families."""
    by_head: dict[str, list[FamilyOrderRow]] = defaultdict(list)
    for order in orders:
        by_head[order.head_id].append(order)
    fills_of: dict[str, list[FillRow]] = defaultdict(list)
    for fill in fills:
        fills_of[fill.order_id].append(fill)
    said = {each.client_order_id: each.message for each in intents if each.message}
    found = {}
    for head_id, members in by_head.items():
        own = [fill for order in members for fill in fills_of[order.order_id]]
        main, *legs = (chain_from(chain, own) for chain in _chains(members))
        trade = next((trades[each.order_id] for each in members if each.order_id in trades), None)
        reason = next((said[each.client_order_id] for each in members
                       if each.client_order_id in said), "")  # fmt: skip
        found[head_id] = OrderFamily(main, tuple(legs), trade, reason)
    return found


def _read_families(
    tx: Tx, account_id: str, heads: Mapping[str, int | None]
) -> tuple[OrderFamily, ...]:
    if not heads:
        return ()
    orders = family_orders(tx, account_id, heads)
    ids = [order.order_id for order in orders]
    found = families_from(
        orders,
        fills_of_orders(tx, account_id, ids),
        trades_of_orders(tx, account_id, ids),
        intents_of_orders(tx, account_id, orders),
    )
    return tuple(found[head] for head in heads if head in found)


def read_order_page(tx: Tx, account_id: str, wanted: OrderFilter) -> OrderPage:
    """One page of the families asked for, with the counts of the other kinds."""
    page = family_page(tx, account_id, wanted)
    return OrderPage(_read_families(tx, account_id, page.heads), page.counts)


def read_order_detail(tx: Tx, account_id: str, order_id: str) -> OrderDetail | None:
    """All that is known of the family an order belongs to; None when there is no such order."""
    head = head_of(tx, account_id, order_id)
    if head is None:
        return None
    orders = family_orders(tx, account_id, {head: None})
    ids = [order.order_id for order in orders]
    fills = fills_of_orders(tx, account_id, ids)
    intents = intents_of_orders(tx, account_id, orders)
    trades = trades_of_orders(tx, account_id, ids)
    return OrderDetail(families_from(orders, fills, trades, intents)[head], fills, intents)


def read_working_families(tx: Tx, account_id: str) -> tuple[OrderFamily, ...]:
    """Every family with an order at work, newest first."""
    page = family_page(tx, account_id, OrderFilter(limit=10_000))
    return _read_families(tx, account_id, page.heads)


def read_order_questions(tx: Tx, account_id: str, since: Instant, now: Instant) -> OrderQuestions:
    """Orders unknown at the broker, exits nothing explains, clicks since an instant that became
    no order, and those without an answer."""
    heads = [head_of(tx, account_id, each) or each
             for each in unknown_order_ids(tx, account_id, _MOST)]  # fmt: skip
    return OrderQuestions(
        unknown=_read_families(tx, account_id, dict.fromkeys(heads)),
        unmatched=unmatched_rows(tx, account_id, _MOST),
        never_made=orders_never_made(tx, account_id, since, now - COMMAND_TAKES, _MOST),
        until=commands_until(tx, account_id, now),
    )
