"""Orders as last parsed: in a quiet cycle nearly every row is what it was the cycle before."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter

from tradesync.domain.facts import Order
from tradesync.domain.times import Instant

_NAMES = [field.name for field in fields(Order)]
_READ_AT = _NAMES.index("read_at")
_values_of = attrgetter(*_NAMES)


class OrderMemory:
    """The latest parsed snapshot per order; at most `most`, then it starts anew."""

    def __init__(self, most: int = 2000) -> None:
        self._most = most
        self._orders: dict[str, Order] = {}

    def recall(self, order_id: object, raw: str, read_at: Instant) -> Order | None:
        """The order this raw text was parsed to, as of another read; None when it has changed."""
        order = self._orders.get(order_id) if isinstance(order_id, str) else None
        if order is None or order.raw != raw:
            return None
        values = list(_values_of(order))
        values[_READ_AT] = read_at
        return Order(*values)

    def keep(self, order: Order) -> None:
        """Remember a parsed order."""
        if len(self._orders) >= self._most:
            self._orders.clear()
        self._orders[order.order_id] = order
