"""The broker's own time: the real clock with an offset, or one that moves only when told."""

from __future__ import annotations

import time

_STEPPED_STAMP = 1_000_037  # about a millisecond, so stamps carry nanosecond digits


class Clock:
    """Nanoseconds since 1970 UTC; `stamp` never returns the same instant twice."""

    def __init__(self, *, stepped: bool, start_ns: int | None = None, offset_ns: int = 0) -> None:
        self.stepped = stepped
        self.offset_ns = offset_ns
        self._frozen = start_ns if start_ns is not None else time.time_ns()
        self._last = 0

    def now(self) -> int:
        """The present instant."""
        if self.stepped:
            return self._frozen
        return max(time.time_ns() + self.offset_ns, self._last)

    def stamp(self) -> int:
        """A strictly later instant than any stamp before; moves a stepped clock by about 1 ms."""
        if self.stepped:
            self._frozen += _STEPPED_STAMP
            return self._frozen
        self._last = max(time.time_ns() + self.offset_ns, self._last + 1)
        return self._last

    def set(self, ns: int) -> None:
        """Move forward to `ns`; earlier instants are ignored."""
        if self.stepped:
            self._frozen = max(self._frozen, ns)
        else:
            self.offset_ns += max(0, ns - self.now())
