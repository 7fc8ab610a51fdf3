"""The orders of a trade as people think of them: an order with its replacements is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tradesync.domain.facts import TERMINAL_STATUSES
from tradesync.store.queries_trades import OrderRow


@dataclass(frozen=True, slots=True)
class OrderChain:
    """An order as it stands now, and how it stood before, oldest first."""

    current: OrderRow
    earlier: tuple[OrderRow, ...]

    @property
    def role(self) -> str:
        """Entry or exit."""
        return self.current.role

    @property
    def works(self) -> bool:
        """Whether it can still fill."""
        return self.current.status not in TERMINAL_STATUSES


def order_chains(orders: Sequence[OrderRow]) -> tuple[OrderChain, ...]:
    """The chains among some orders, by the time their first order was submitted.

    A successor of an order that is not itself `replaced` was a failed replacement: it is a chain
    of its own (design rule 7).
    """
    by_id = {order.order_id: order for order in orders}
    chains = [_chain(order, by_id) for order in orders if _next(order, by_id) is None]
    return tuple(sorted(chains, key=lambda chain: (*chain.earlier, chain.current)[0].submitted_at))


def _next(order: OrderRow, by_id: Mapping[str, OrderRow]) -> OrderRow | None:
    """The order that took its place, where that is known."""
    return by_id.get(order.replaced_by or "") if order.status == "replaced" else None


def _chain(current: OrderRow, by_id: Mapping[str, OrderRow]) -> OrderChain:
    earlier: list[OrderRow] = []
    seen = {current.order_id}
    before = by_id.get(current.replaces or "")
    while before is not None and before.order_id not in seen:
        if _next(before, by_id) is None:
            break
        earlier.append(before)
        seen.add(before.order_id)
        before = by_id.get(before.replaces or "")
    return OrderChain(current, tuple(reversed(earlier)))
