"""Import from Broker: plan from a settled reading, confirm, store what was observed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Broker, Rows
from tradesync.domain.facts import Position
from tradesync.domain.import_plan import ImportPlan, opening_balances, plan_import
from tradesync.domain.times import Instant
from tradesync.store import accounts, conclusions
from tradesync.store.accounts import HistoryPhase
from tradesync.store.database import Database
from tradesync.sync.commit import Committer, Plan, load_records
from tradesync.sync.outcomes import ImportResult, PlanChangedError, SyncError, Trigger
from tradesync.sync.plan import decided
from tradesync.sync.runs import Run, record_at_once

Prices = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Importer:
    """Plans and confirms imports for one account."""

    name: str
    account_id: str
    broker: Broker
    database: Database
    program: str
    now: Callable[[], Instant]
    stop: threading.Event
    settle_seconds: float

    def plan(self, prices: Prices) -> ImportPlan:
        """What the broker holds, what our trades explain, and the lots an import would create.

        SyncError while the history is not complete or the positions cannot be read settled.
        """
        with self.database.read() as tx:
            account = accounts.account(tx, self.account_id)
            if account.history_phase != HistoryPhase.COMPLETE:
                raise SyncError(
                    "The first sync is still reading the account's history; "
                    "import when it is complete."
                )
            found = conclusions.load_conclusions(tx, self.account_id, None)
            records = load_records(tx, account, None, found.chain_reading)
        observed_at, positions = self._settled_positions()
        return plan_import(records, positions, observed_at, prices)

    def apply(self, plan: ImportPlan, prices: Prices) -> ImportResult:
        """Store what was observed, if it still is so; the lots follow from it."""
        fresh = self.plan(prices)
        if fresh.token != plan.token:
            raise PlanChangedError(
                "The account changed since this plan was made; nothing was imported. "
                "Look at the new plan."
            )
        lines = fresh.importable
        if not lines:
            return ImportResult(0, "There is nothing to import: every position is explained.")
        names = {line.instrument: str(uuid4()) for line in lines}
        balances = opening_balances(fresh, names, self.now(), prices)
        committer = Committer(self.database, self.account_id, self.now)
        run = Run(self.name, Trigger.IMPORT, self.program, self.now(), account_id=self.account_id)

        def make_plan() -> Plan:
            return committer.plan(lambda _tx: decided(balances))

        committer.commit(make_plan, run, lambda tx, _plan: record_at_once(tx, run, self.now))
        made = {balance.symbol: balance.decision_id for balance in balances}
        return ImportResult(len(lines), f"Imported {len(lines)}: {', '.join(made)}.", made)

    def _settled_positions(self) -> tuple[Instant, tuple[Position, ...]]:
        """Two agreeing reads of all positions (design, *Settle*), and the broker's time of them.

        The broker's clock it must be: the observation is compared with times of executions.
        """
        first = self._positions()
        if self.stop.wait(min(1.0, self.settle_seconds)):
            raise SyncError("The program is stopping; nothing was imported.")
        try:
            observed_at = self.broker.clock().at
        except BrokerError as error:
            raise SyncError(error.sentence) from error
        second = self._positions()
        if _quantities(first) != _quantities(second):
            raise SyncError("The account is trading right now; try again in a moment.")
        return observed_at, second.items

    def _positions(self) -> Rows[Position]:
        try:
            rows = self.broker.positions()
        except BrokerError as error:
            raise SyncError(error.sentence) from error
        if rows.unreadable:
            raise SyncError(
                f"{len(rows.unreadable)} positions could not be read, so nothing can be said of "
                "what is missing. See the list of unreadable rows."
            )
        return rows


def _quantities(rows: Rows[Position]) -> dict[str, Decimal]:
    return {position.instrument: position.qty for position in rows.items}
