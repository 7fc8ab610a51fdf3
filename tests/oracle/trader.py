"""A random trader at a paper broker of its own, and an owner, whose record follows the account."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from tests.held import let_go
from tests.simulator.broker import PaperBroker
from tests.sync.world import World
from tradesync.domain.times import SECOND, Instant

CENT = Decimal("0.01")
ENDED = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})
DAY: Instant = 86_400 * SECOND
OPTION = 12
"""Contracts have longer symbols than that; nothing else has."""
_OPEN = {"new", "accepted", "pending_new", "partially_filled"}
_SETTLE_SECONDS, _PATIENCE = 0.01, 0.1
END_SECONDS = 30.0
SLICED = 50
"""Percent of orders that fill in slices, where any do."""
_TICKS = 4
"""Prices move so often in a night: a hundred and more would be most of a sequence's cost."""


class Clock:
    """The clock of our programs: it runs, and leaps over the nights the broker skips."""

    def __init__(self) -> None:
        self._ahead: Instant = 0

    def __call__(self) -> Instant:
        return time.time_ns() + self._ahead

    def leap(self, by: Instant) -> None:
        """Let time pass at once."""
        self._ahead += by


@dataclass
class Trader:
    """Who trades at a broker by other programs than ours. What is refused changes nothing."""

    broker: PaperBroker
    refused: int = 0
    log: list[tuple[str, ...]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """First symbol → present one, of what was renamed."""
    imports: bool = False
    """Whether something is held that only an import explains."""
    amended: bool = False
    """Whether a bust or correction was told, which only the stream does."""

    def control(self, path: str, **body: Any) -> None:
        """A control call the broker may refuse."""
        try:
            self.broker.control(path, **body)
        except AssertionError:
            self.refused += 1

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """A request by another program, which may be refused or lost."""
        try:
            self.refused += self.broker.raw(method, f"/v2{path}", json=body).is_error
        except httpx.TransportError:
            self.refused += 1

    def night(self) -> None:
        """To 09:30 of the next day."""
        self.broker.control("step", overnight=True, ticks=_TICKS)

    def end_orders(self) -> None:
        """Bring every order to its end."""
        self.control("switches", cancels_wait=False)
        self.send("DELETE", "/orders")
        self.end_orders_of()
        self.broker.resume()

    def end_orders_of(self, symbol: str | None = None) -> None:
        """The venue ends the orders of a symbol, or all, as it does when what is held changes."""
        for row in self.alive_orders():
            if symbol in {None, row["symbol"]}:
                self.control("orders/cancel", order_id=row["id"])

    def symbol(self, first: str) -> str:
        """What a stock is called by now."""
        return self.names.get(first, first)

    def last(self, symbol: str) -> Decimal:
        """The price now."""
        return Decimal(str(self.prices()[symbol]["last"]))

    def prices(self) -> dict[str, Any]:
        """The broker's prices by symbol."""
        found: dict[str, Any] = self.broker.books()["prices"]
        return found

    def books(self) -> dict[str, Any]:
        """What the broker knows of the account; no fault touches it."""
        return dict(self.broker.books()["accounts"][0])

    def alive_orders(self) -> list[dict[str, Any]]:
        """Orders that have not ended, newest first."""
        orders: list[dict[str, Any]] = self.books()["orders"]
        return [row for row in reversed(orders) if row["status"] not in ENDED]

    def open_orders(self) -> list[dict[str, Any]]:
        """Orders at work, newest first."""
        return [row for row in self.alive_orders() if row["status"] in _OPEN]

    def positions(self) -> dict[str, Decimal]:
        """Signed quantity at the broker by symbol."""
        return {row["symbol"]: Decimal(row["qty"]) for row in self.books()["positions"]}

    def values(self) -> dict[str, Decimal]:
        """What one unit of each holding is worth, by symbol."""
        prices = self.prices()
        return {
            symbol: Decimal(prices[symbol]["last"]) * (100 if len(symbol) > OPTION else 1)
            for symbol in self.positions()
        }

    def held(self, symbol: str) -> Decimal:
        """Signed quantity at the broker."""
        return self.positions().get(symbol, Decimal(0))

    def today(self) -> date:
        """The broker's New York date."""
        return date.fromisoformat(self.broker.books()["world"]["day"])


@dataclass(kw_only=True)
class Owner(Trader):
    """A trader with a record that follows the account."""

    world: World
    clock: Clock
    program: str = "cli"

    @classmethod
    @contextmanager
    def begin(cls, folder: Path, *, carry: bool, sliced: bool) -> Iterator[Owner]:
        """At a broker whose successors carry fills over or not, and fill in slices or whole."""
        clock = Clock()
        with PaperBroker(partials=SLICED if sliced else 0) as broker:
            broker.control("switches", carry_filled_qty=carry)
            owner = cls(broker, world=open_world(broker, folder, clock), clock=clock)
            try:
                yield owner
            finally:
                owner.world.service.close(END_SECONDS)
                let_go(owner.world.settings.database)

    def restart(self, program: str) -> None:
        """Stop our program and start another on the same record."""
        self.world.service.close()
        self.program = program
        folder = self.world.settings.database.parent
        self.world = open_world(self.broker, folder, self.clock, program)

    def night(self) -> None:
        """To 09:30 of the next day, for the broker and for us."""
        super().night()
        self.clock.leap(DAY)


def open_world(broker: PaperBroker, folder: Path, clock: Clock, program: str = "cli") -> World:
    """A program of ours on the record in a folder."""
    return World.begin(
        broker, folder, program=program, now=clock,
        settle_seconds=_SETTLE_SECONDS, patience=_PATIENCE,
    )  # fmt: skip


def cents(amount: Decimal) -> str:
    """A price on the grid of cents."""
    return str(max(amount, CENT).quantize(CENT))
