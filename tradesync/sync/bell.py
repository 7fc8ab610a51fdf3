"""What the broker's stream rang for, and when it is to be read (*The stream is a doorbell*).

A fill is read at once, other events a moment later and at most every two seconds; as the
account's budget of calls empties the spacing grows. What rings meanwhile is read together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tradesync.domain.times import Instant

SPACING = 2.0
"""Seconds between readings for anything but fills."""
LULL = 0.25
"""Seconds anything but a fill is kept: an order just accepted may be filled the next moment."""
_COMFORT = 0.5
"""Share of the budget above which fills need no spacing."""
_LONGEST_SPACING = 10.0
FEW_ORDERS = 3
"""As many orders are read one by one; a full sync costs less than more of them."""


@dataclass(slots=True)
class Rings:
    """What rang since the last reading. `everything`: which orders is not known."""

    orders: set[str] = field(default_factory=set)
    everything: bool = False
    urgent: bool = False
    first_at: Instant = 0
    last_at: Instant = 0

    def __bool__(self) -> bool:
        return self.everything or bool(self.orders)

    @property
    def is_short(self) -> bool:
        """Whether reading these orders alone will do."""
        return not self.everything and len(self.orders) <= FEW_ORDERS


class Bell:
    """Collects rings until they are due. Thread safe; `fullness` is the budget left, 0 to 1."""

    def __init__(
        self,
        fullness: Callable[[], float],
        now: Callable[[], Instant],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fullness = fullness
        self._now = now
        self._clock = clock
        self._lock = threading.Lock()
        self._rings = Rings()
        self._answered_at = self._rang_at = float("-inf")

    def ring(self, order_id: str | None, *, urgent: bool) -> None:
        """Something happened to an order; None: nobody knows to which."""
        with self._lock:
            rings = self._rings
            rings.last_at = self._now()
            if not rings.first_at:
                rings.first_at, self._rang_at = rings.last_at, self._clock()
            rings.urgent |= urgent
            if order_id is None:
                rings.everything = True
            else:
                rings.orders.add(order_id)

    def due_in(self) -> float | None:
        """Seconds until what rang is to be read; None when nothing rang."""
        with self._lock:
            if not self._rings:
                return None
            urgent = self._rings.urgent
            due = self._answered_at + self._spacing(urgent=urgent)
            if not urgent:
                due = max(due, self._rang_at + LULL)
            return max(0.0, due - self._clock())

    def take(self) -> Rings:
        """All that rang, for a reading that begins now."""
        with self._lock:
            rings, self._rings = self._rings, Rings()
            self._answered_at = self._clock()
            return rings

    def _spacing(self, *, urgent: bool) -> float:
        """Seconds between two readings."""
        hunger = max(0.0, _COMFORT - self._fullness()) / _COMFORT
        return max(0.0 if urgent else SPACING, hunger * _LONGEST_SPACING)
