"""Chains: an order and its replacements, seen as one instruction (design rule 7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

from tradesync.domain.facts import Order
from tradesync.domain.times import Instant

_Birth: TypeAlias = tuple[str, Instant]
"""(instrument, time of creation)."""

_ENTRY_ROLE = "entry"
_MULTI_LEG = "mleg"


@dataclass(frozen=True, slots=True)
class Chain:
    """An order and its replacements. `orders` are those we know, oldest first, never empty."""

    head_id: str
    """Broker id of the first order, even when only a successor of it was read."""
    orders: tuple[Order, ...]
    current: Order
    """The order whose status is the chain's."""
    successor_missing: bool
    """Ended `replaced`, and the order that replaced it is not known."""
    parent_id: str | None
    group_id: str | None

    @property
    def instrument(self) -> str:
        """Key of the instrument it trades."""
        return self.orders[0].instrument

    @property
    def is_buy(self) -> bool:
        """Whether it buys."""
        return self.orders[0].side == "buy"

    @property
    def has_ended(self) -> bool:
        """Whether the broker said so (rule 6); a successor not read yet may still be alive."""
        if not self.current.is_terminal:
            return False
        return not (self.successor_missing and self.current.replaced_by)

    @property
    def head_client_id(self) -> str | None:
        """The head's client order id; None when the head itself was not read."""
        head = self.orders[0]
        return head.client_order_id if head.order_id == self.head_id else None


@dataclass(frozen=True, slots=True)
class ChainIndex:
    """All chains, and which chain an order (known or only named by another) belongs to."""

    chains: tuple[Chain, ...]
    by_head: Mapping[str, Chain]
    head_of: Mapping[str, str]
    entries: Mapping[str, Chain]
    """Group id → the chain of its entry order, where the broker named the roles."""
    legs: Mapping[tuple[str, str], Chain]
    """(multi-leg parent's order id, symbol) → the leg's chain."""
    multi_leg_parents: frozenset[str]
    unlinked_entries: Mapping[_Birth, Chain]
    """The entries of brackets whose legs nothing links to them."""

    def of_order(self, order_id: str) -> Chain | None:
        """The chain an order belongs to, by `replaces` or `replaced_by`."""
        return self.by_head.get(self.head_of.get(order_id, order_id))

    def of_execution(self, order_id: str, symbol: str) -> Chain | None:
        """The chain of a fill; a multi-leg parent's fills belong to its leg of that symbol."""
        if order_id in self.multi_leg_parents:
            return self.legs.get((order_id, symbol))
        return self.of_order(order_id)

    def parent_of(self, chain: Chain) -> Chain | None:
        """The chain this one hangs under in a bracket, OCO or OTO group; a multi-leg has none."""
        parent = self.of_order(chain.parent_id) if chain.parent_id is not None else None
        if parent is None and chain.group_id is not None:
            parent = self.entries.get(chain.group_id)
        if parent is None and is_unlinked(chain.orders[0]):
            parent = self.unlinked_entries.get(_birth(chain))
        return parent if parent is not chain else None

    def entry_of(self, chain: Chain) -> Chain | None:
        """The bracket or OTO entry whose exit this chain is: the leg trades the other way."""
        parent = self.parent_of(chain)
        return parent if parent is not None and parent.is_buy != chain.is_buy else None


def build_chains(orders: Iterable[Order]) -> ChainIndex:
    """Bind orders into chains; multi-leg parents trade nothing themselves and form none."""
    known = {order.order_id: order for order in orders}
    parents = frozenset(key for key, order in known.items() if is_multi_leg_parent(order))
    predecessor = _predecessors(known.values())
    head_of = {order_id: _head(order_id, predecessor) for order_id in (*known, *predecessor)}
    members: dict[str, list[Order]] = {}
    for order_id, order in known.items():
        if order_id not in parents:
            members.setdefault(head_of[order_id], []).append(order)
    chains = {head: _chain(head, members[head]) for head in sorted(members)}
    entries = {
        chain.group_id: chain
        for chain in chains.values()
        if chain.group_id and any(order.group_role == _ENTRY_ROLE for order in chain.orders)
    }
    return ChainIndex(
        chains=tuple(chains.values()),
        by_head=chains,
        head_of=head_of,
        entries=entries,
        legs=_legs(chains.values(), parents),
        multi_leg_parents=parents,
        unlinked_entries=_unlinked_entries(chains.values()),
    )


def is_multi_leg_parent(order: Order) -> bool:
    """Whether an order only holds legs: it has no symbol and no position effect of its own."""
    return order.order_class == _MULTI_LEG and not order.symbol


def is_unlinked(order: Order) -> bool:
    """Whether no reply told which bracket an order of that class belongs to."""
    linked = order.parent_id or order.group_id or order.group_role
    return order.order_class == "bracket" and not linked


def _birth(chain: Chain) -> _Birth:
    head = chain.orders[0]
    return head.instrument, head.created_at


def _unlinked_entries(chains: Iterable[Chain]) -> dict[_Birth, Chain]:
    """Of three orders of one bracket, made at the same instant, the one that trades alone."""
    families: dict[_Birth, list[Chain]] = {}
    for chain in chains:
        if is_unlinked(chain.orders[0]):
            families.setdefault(_birth(chain), []).append(chain)
    found = {}
    for birth, members in families.items():
        buys = [chain for chain in members if chain.is_buy]
        sells = [chain for chain in members if not chain.is_buy]
        if len(members) == 3 and buys and sells:
            found[birth] = min(buys, sells, key=len)[0]
    return found


def _predecessors(orders: Collection[Order]) -> dict[str, str]:
    """Order id → the id it replaced, from either side's link; `replaces` wins."""
    links = {order.order_id: order.replaces for order in orders if order.replaces}
    for order in sorted(orders, key=attrgetter("order_id")):
        if order.replaced_by:
            links.setdefault(order.replaced_by, order.order_id)
    return links


def _head(order_id: str, predecessor: Mapping[str, str]) -> str:
    """Walk back to the first order; a cycle ends at its smallest id."""
    seen = [order_id]
    while (previous := predecessor.get(seen[-1])) is not None:
        if previous in seen:
            return min(seen[seen.index(previous) :])
        seen.append(previous)
    return seen[-1]


def _chain(head_id: str, members: list[Order]) -> Chain:
    if len(members) > 1:
        members.sort(key=lambda row: (row.order_id != head_id, row.created_at, row.order_id))
    current = _current(members)
    return Chain(
        head_id=head_id,
        orders=tuple(members),
        current=current,
        successor_missing=current.status == "replaced",
        parent_id=next((order.parent_id for order in members if order.parent_id), None),
        group_id=next((order.group_id for order in members if order.group_id), None),
    )


def _current(members: list[Order]) -> Order:
    """Follow `replaced` orders to the one whose status counts.

    A successor of an order that is not itself `replaced` is a failed replacement and counts only
    while it is alive: the broker has not ended what still rests there.
    """
    order = members[0]
    own = {member.order_id: member for member in members}
    seen = {order.order_id}
    while order.status == "replaced":
        successor = own.get(order.replaced_by or "") or _named_successor(order, members)
        if successor is None or successor.order_id in seen:
            return order
        seen.add(successor.order_id)
        order = successor
    if order.is_terminal and len(members) > 1:
        alive = [member for member in members if not member.is_terminal]
        return max(alive, key=attrgetter("created_at", "order_id"), default=order)
    return order


def _named_successor(order: Order, members: list[Order]) -> Order | None:
    named = [member for member in members if member.replaces == order.order_id]
    return max(named, key=attrgetter("created_at", "order_id"), default=None)


def _legs(chains: Iterable[Chain], parents: frozenset[str]) -> dict[tuple[str, str], Chain]:
    legs: dict[tuple[str, str], Chain] = {}
    for chain in chains:
        if chain.parent_id in parents and chain.parent_id is not None:
            legs.setdefault((chain.parent_id, chain.orders[0].symbol), chain)
    return legs
