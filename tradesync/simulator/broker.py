"""The broker as a whole: clock, market and accounts, and the transaction they share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tradesync.simulator.clock import Clock
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.market_calendar import in_extended_hours, in_regular_hours, session
from tradesync.simulator.persistence import Database
from tradesync.simulator.prices import Market
from tradesync.simulator.records import Account, Order, World
from tradesync.simulator.tables import Journal, Table
from tradesync.simulator.wire import new_york_date

WORLD = "world"


class Broker:
    """All state, and what every part needs to ask of it. `partial_rate` is in percent."""

    def __init__(self, database: Database, *, partial_rate: int = 10) -> None:
        self.database = database
        self.partial_rate = partial_rate
        self.journal = Journal(database)
        self.worlds = Table(self.journal, World, WORLD)
        self.market = Market(self.journal)
        self.accounts = Table(self.journal, Account, "account")
        self.ledgers: dict[str, Ledger] = {}
        self.clock = Clock(stepped=True)
        self.accounts.watch(self._index_account)

    def _index_account(self, former: Account | None, current: Account | None) -> None:
        if former is None and current is not None:
            self.ledgers[current.id] = Ledger(self.journal, self.market, self.accounts, current.id)
        if current is None and former is not None:
            self.ledgers.pop(former.id, None)

    @property
    def world(self) -> World:
        """What all accounts share."""
        return self.worlds[WORLD]

    def update_world(self, **changes: Any) -> None:
        """Change fields of the world."""
        self.worlds.put(WORLD, replace(self.world, **changes))

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction; on disk when it ends without an error."""
        with self.journal.change():
            yield
            # A stepped clock's time is state: after a restart it must not run back.
            if self.clock.stepped and WORLD in self.worlds:
                self.update_world(now_ns=self.clock.now())

    def ledger_for(self, key: str, secret: str) -> Ledger | None:
        """The account these credentials open; closed (reset) ones open nothing."""
        for ledger in self.ledgers.values():
            account = ledger.account
            if account.key == key and account.secret == secret:
                return ledger
        return None

    def now(self) -> int:
        """The broker's present instant."""
        return self.clock.now()

    def stamp(self) -> int:
        """A strictly later instant, for an event."""
        return self.clock.stamp()

    def trades_now(self, order: Order) -> bool:
        """Whether the venue of `order` can fill it at this instant."""
        if self.world.hours == "always" or order.asset_class == "crypto":
            return True
        now = self.now()
        return in_extended_hours(now) if order.extended_hours else in_regular_hours(now)

    def routes_now(self, order: Order) -> bool:
        """Whether a new order goes to its venue at once (from 04:00 New York to the close)."""
        if self.world.hours == "always" or order.asset_class == "crypto":
            return True
        now = self.now()
        today = session(new_york_date(now))
        if today is None:
            return False
        end = today.post_close if order.extended_hours else today.close
        return today.pre_open <= now < end
