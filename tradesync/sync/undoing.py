"""Taking a person's decisions back: previewed, then concluded and marked in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tradesync.domain.ledger import conclude
from tradesync.domain.money import ZERO
from tradesync.domain.ours import OpeningBalance
from tradesync.domain.reconcile import broker_holdings
from tradesync.domain.times import Instant
from tradesync.domain.undoing import Decision, Undo, undo_of, without
from tradesync.store import accounts, conclusions, decisions, facts, resolutions, snapshots
from tradesync.store.accounts import HistoryPhase
from tradesync.store.database import Database, Tx
from tradesync.sync.commit import Committer, Plan, load_records
from tradesync.sync.outcomes import PlanChangedError, SyncError, Trigger
from tradesync.sync.partners import with_partners
from tradesync.sync.plan import NO_FACTS
from tradesync.sync.runs import Run, record_at_once


@dataclass(frozen=True, slots=True)
class Undoer:
    """Takes decisions of one account back, imports and those about drift alike."""

    name: str
    account_id: str
    database: Database
    program: str
    now: Callable[[], Instant]

    def preview(self, decision_id: str) -> Undo:
        """What taking a decision back would change. SyncError when none of that id stands."""
        return self._worked_out(decision_id)[1]

    def apply(self, decision_id: str, seen: Undo | None) -> Decision:
        """Take a decision back; the trades are again as if it had never been made.

        PlanChangedError when that would do something else by now than what was `seen`.
        """
        taken_back: list[Decision] = []

        def make_plan() -> Plan:
            plan, undo = self._worked_out(decision_id)
            if seen is not None and undo != seen:
                raise PlanChangedError(
                    "The account changed since this was shown; nothing was taken back. Look again."
                )
            taken_back[:] = [undo.decision]
            return plan

        def write(tx: Tx, _plan: Plan) -> None:
            self._revoke(tx, taken_back[0])
            facts.bump_revision(tx, self.account_id)
            record_at_once(tx, run, self.now)

        run = Run(self.name, Trigger.DECISION, self.program, self.now(), account_id=self.account_id)
        Committer(self.database, self.account_id, self.now).commit(make_plan, run, write)
        return taken_back[0]

    def _worked_out(self, decision_id: str) -> tuple[Plan, Undo]:
        """The books without a decision, from what is stored now."""
        with self.database.read() as tx:
            account = accounts.account(tx, self.account_id)
            decision = self._standing(tx, decision_id)
            if account.history_phase != HistoryPhase.COMPLETE:
                raise SyncError(
                    "The account's history is still being read; take it back when it is complete."
                )
            touched = with_partners(tx, self.account_id, {decision.instrument})
            before = conclusions.load_conclusions(tx, self.account_id, touched)
            records = load_records(tx, account, touched, before.chain_reading)
            held = broker_holdings(snapshots.load_positions(tx, self.account_id))
        after = conclude(without(records, decision_id))
        theirs = held[decision.instrument].qty if decision.instrument in held else ZERO
        undo = undo_of(decision, before, after, theirs)
        plan = Plan(account.revision, NO_FACTS.touching(touched), before, after, undo.changes)
        return plan, undo

    def _standing(self, tx: Tx, decision_id: str) -> Decision:
        found: list[Decision] = [
            *decisions.load_opening_balances(tx, self.account_id),
            *resolutions.load_resolutions(tx, self.account_id),
        ]
        for one in found:
            if one.decision_id == decision_id:
                return one
        raise SyncError(f"No decision {decision_id} stands; nothing was taken back.")

    def _revoke(self, tx: Tx, decision: Decision) -> None:
        revoke = (
            decisions.revoke_opening_balance
            if isinstance(decision, OpeningBalance)
            else resolutions.revoke_resolution
        )
        revoke(tx, self.account_id, decision.decision_id, self.now())
