"""Drift explained, and what a person decides about it: previewed and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Broker
from tradesync.domain.changes import Change, trade_changes
from tradesync.domain.conclusions import Conclusions, Trade
from tradesync.domain.explain import DriftExplained, Evidence, explain, split_ratio
from tradesync.domain.ledger import conclude
from tradesync.domain.money import ZERO
from tradesync.domain.ours import Resolution, ResolutionKind
from tradesync.domain.reconcile import DriftRecord, broker_holdings, holdings
from tradesync.domain.times import Instant, new_york_date
from tradesync.store import (
    accounts,
    conclusions,
    facts,
    journal,
    snapshots,
    sync_reads,
)
from tradesync.store.database import Database
from tradesync.sync.commit import Committer, Plan, load_records
from tradesync.sync.outcomes import PlanChangedError, SyncError, Trigger
from tradesync.sync.partners import with_partners
from tradesync.sync.plan import decided
from tradesync.sync.proving import held_rows
from tradesync.sync.runs import Run, record_at_once

_MOVING = "The difference in {} is changing right now; sync, then look again."
_CHANGED = "The difference changed since this was shown; nothing was stored. Look again."


@dataclass(frozen=True, slots=True)
class Preview:
    """A decision not stored yet, and what it would change about trades."""

    decision: Resolution
    changes: tuple[Change, ...]
    holds_after: Decimal
    """Our signed open quantity once it is applied."""

    @property
    def settles(self) -> bool:
        """Whether we would hold what the broker holds (an ignored difference stays)."""
        return self.holds_after == self.decision.broker_qty


@dataclass(frozen=True, slots=True)
class Resolver:
    """Explains and resolves the drift of one account."""

    name: str
    account_id: str
    broker: Broker
    database: Database
    program: str
    now: Callable[[], Instant]

    def explain(self) -> tuple[DriftExplained, ...]:
        """Every open drift record with its explanations, best first; reads only what is stored
        of the instruments that drift.

        Those ignored for now come last.
        """
        with self.database.read() as tx:
            drifting = journal.open_drift(tx, self.account_id)
            if not drifting:
                return ()
            account = accounts.account(tx, self.account_id)
            found = held_rows(tx, self.account_id)
            names = {name for one in drifting for name in (one.instrument, one.symbol)}
            records = load_records(tx, account, frozenset(names), found.chain_reading)
            first_at = sync_reads.first_execution(tx, self.account_id)
            positions = tuple(snapshots.load_positions(tx, self.account_id))
            state = snapshots.load_account_state(tx, self.account_id)
        known = Evidence(
            records, found, positions, state, len(drifting), self._today(), first_at
        )
        explained = [explain(record, known) for record in drifting]
        return tuple(sorted(explained, key=lambda one: one.ignored is not None))

    def preview(
        self,
        symbol: str,
        kind: ResolutionKind,
        *,
        price: Decimal | None = None,
        until: date | None = None,
    ) -> Preview:
        """What a decision about an instrument's drift would change. SyncError when there is none,
        or when the decision does not fit it."""
        record = self._drift_of(symbol)
        _check(record, kind, until, self._today())
        observed_at = self._observed(record)
        with self.database.read() as tx:
            account = accounts.account(tx, self.account_id)
            touched = with_partners(tx, self.account_id, {record.instrument})
            before = conclusions.load_conclusions(tx, self.account_id, touched)
            records = load_records(tx, account, touched, before.chain_reading)
            known = {item.key: item for item in facts.load_instruments(tx, self.account_id)}
        if holdings(before.trades).get(record.instrument, ZERO) != record.our_qty:
            raise SyncError(_MOVING.format(record.symbol))
        item = known.get(record.instrument)
        decision = Resolution(
            decision_id=str(uuid4()),
            kind=kind,
            instrument=record.instrument,
            symbol=record.symbol,
            asset_class=item.asset_class if item is not None else "us_equity",
            observed_at=observed_at,
            our_qty=record.our_qty,
            broker_qty=record.broker_qty,
            price=price,
            until=until,
            created_at=self.now(),
        )
        after = conclude(replace(records, resolutions=(*records.resolutions, decision)))
        changes = trade_changes(_by_id(before), _by_id(after))
        return Preview(decision, changes, holdings(after.trades).get(record.instrument, ZERO))

    def apply(self, preview: Preview) -> Resolution:
        """Store the previewed decision. PlanChangedError when the difference is another by now."""
        decision = preview.decision
        record = self._drift_of(decision.symbol)
        if (record.our_qty, record.broker_qty) != (decision.our_qty, decision.broker_qty):
            raise PlanChangedError(_CHANGED)
        self._store(decision)
        return decision

    def _observed(self, record: DriftRecord) -> Instant:
        """The broker's time of a look at which it holds what the record says.

        What it held at an earlier read would be stated of a time at which it held something else.
        """
        try:
            at = self.broker.clock().at
            rows = self.broker.positions()
        except BrokerError as error:
            raise SyncError(error.sentence) from error
        held = broker_holdings(rows.items).get(record.instrument)
        if rows.unreadable or (ZERO if held is None else held.qty) != record.broker_qty:
            raise SyncError(_MOVING.format(record.symbol))
        return at

    def _today(self) -> date:
        return new_york_date(self.now())

    def _drift_of(self, symbol: str) -> DriftRecord:
        with self.database.read() as tx:
            found = journal.open_drift(tx, self.account_id)
        for record in found:
            if symbol in {record.symbol, record.instrument}:
                return record
        raise SyncError(f"{symbol} does not drift: we hold what the broker holds, or sync first.")

    def _store(self, decision: Resolution) -> None:
        """Store it with what follows from it, in one transaction."""
        committer = Committer(self.database, self.account_id, self.now)
        run = Run(self.name, Trigger.DECISION, self.program, self.now(), account_id=self.account_id)

        def make_plan() -> Plan:
            plan = committer.plan(lambda _tx: decided([decision]))
            held = holdings(plan.before.trades).get(decision.instrument, ZERO)
            if held != decision.our_qty:
                raise PlanChangedError(_CHANGED)
            return plan

        committer.commit(make_plan, run, lambda tx, _plan: record_at_once(tx, run, self.now))


def _check(record: DriftRecord, kind: ResolutionKind, until: date | None, today: date) -> None:
    """SyncError where a decision cannot be about this difference."""
    ours, theirs = record.our_qty, record.broker_qty
    if kind is ResolutionKind.CLOSE and not (ours and ours * (theirs - ours) < 0):
        raise SyncError(
            f"The broker holds more {record.symbol} than we do: import it instead of closing."
        )
    if kind is ResolutionKind.SPLIT and split_ratio(ours, theirs) is None:
        raise SyncError(f"{theirs} for {ours} {record.symbol} is no split in small terms.")
    if kind is ResolutionKind.IGNORE and until is None:
        raise SyncError("Say until which day the difference shall be ignored.")
    if until is not None and until < today:
        raise SyncError(f"{until} is over: ignore it until today ({today} New York) or later.")


def _by_id(found: Conclusions) -> dict[str, Trade]:
    return {trade.trade_id: trade for trade in found.trades}
