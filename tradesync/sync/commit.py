"""Plan and commit: what new facts change, written in one short transaction.

The plan is computed with no database open. If the account's revision moved meanwhile (another
program wrote facts, intents or decisions), it is made again from what is stored then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tradesync.domain.changes import Change, trade_changes
from tradesync.domain.conclusions import ChainReading, Conclusions, Records, Trade
from tradesync.domain.continuation import Base
from tradesync.domain.facts import AccountState, Instrument, Order
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import OpeningBalance
from tradesync.domain.times import Instant
from tradesync.store import (
    accounts,
    conclusions,
    decisions,
    facts,
    intents,
    journal,
    resolutions,
    snapshots,
)
from tradesync.store.accounts import AccountRow, HistoryPhase
from tradesync.store.database import Database, Tx
from tradesync.sync.continuing import continued
from tradesync.sync.day_sales import account_sales, sharing_fees
from tradesync.sync.outcomes import SyncError
from tradesync.sync.partners import also_about, with_partners
from tradesync.sync.plan import NO_FACTS, NewFacts, with_new_facts
from tradesync.sync.runs import Run

_ATTEMPTS = 8
EMPTY = Conclusions((), (), (), (), (), (), ())

Gather = Callable[[Tx], NewFacts]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one commit will write, and the revision it was computed from."""

    revision: int
    facts: NewFacts
    before: Conclusions
    after: Conclusions
    changes: tuple[Change, ...]

    @property
    def instruments(self) -> frozenset[str]:
        """The instruments concluded anew."""
        rows = (*self.before.trades, *self.after.trades)
        return self.facts.touched | {trade.instrument for trade in rows}

    @property
    def filled_instruments(self) -> frozenset[str]:
        """Instruments with new executions or fills of orders."""
        orders = {order.order_id: order.instrument for order in self.facts.orders}
        filled = {order.instrument for order in self.facts.orders if order.filled_qty}
        return frozenset(
            filled
            | {orders[row.order_id] for row in self.facts.executions if row.order_id in orders}
        )


Write = Callable[[Tx, Plan], None]


class Committer:
    """Writes what runs and commands bring for one account."""

    def __init__(self, database: Database, account_id: str, now: Callable[[], Instant]) -> None:
        self._database = database
        self._account_id = account_id
        self._now = now

    def plan(self, gather: Gather, *, conclude_all: bool = False) -> Plan:
        """Gather new facts against what is stored and conclude the instruments they touch.

        Nothing is concluded before the history is complete, but with `conclude_all`, which ends it.
        """
        account_id = self._account_id
        with self._database.read() as tx:
            account = accounts.account(tx, account_id)
            new = gather(tx)
            complete = conclude_all or account.history_phase == HistoryPhase.COMPLETE
            if not conclude_all:
                borne = sharing_fees(tx, account_id, new)
                new = new.touching(borne | also_about(tx, account_id, new))
            if not complete:
                return Plan(account.revision, new, EMPTY, EMPTY, ())
            basis = read_basis(tx, account, new, whole=conclude_all)
        after = conclude(basis.records, basis.base)
        if not conclude_all and after.chain_reading not in {None, basis.before.chain_reading}:
            return self.plan(gather, conclude_all=True)  # proved: older chains read so too
        changes = trade_changes(_by_id(basis.before), _by_id(after))
        return Plan(account.revision, new, basis.before, after, changes)

    def commit(self, make_plan: Callable[[], Plan], run: Run, write: Write | None = None) -> Plan:
        """Write a plan; it is made again whenever the account's revision has moved since.

        `write` may add to the same transaction.
        """
        for _ in range(_ATTEMPTS):
            plan = make_plan()
            with self._database.write() as tx:
                if facts.revision(tx, self._account_id) != plan.revision:
                    continue
                self._write(tx, plan, run)
                if write is not None:
                    write(tx, plan)
            return plan
        raise SyncError(
            "Other programs kept changing this account, so nothing was stored; try again."
        )

    def _write(self, tx: Tx, plan: Plan, run: Run) -> None:
        account_id, now, new = self._account_id, self._now(), plan.facts
        if new:
            write_facts(tx, account_id, new, now)
        diff = conclusions.save_conclusions(tx, account_id, plan.before, plan.after, now)
        journal.add_trade_events(tx, account_id, run.run_id, now, plan.changes)
        run.facts_added += new.count
        run.trades_added += diff.trades_added
        run.trades_changed += diff.trades_changed + diff.trades_removed


@dataclass(frozen=True, slots=True)
class Basis:
    """What conclusions are made from: all rows they replace, the records, and the books so far."""

    before: Conclusions
    records: Records
    base: Base | None


def read_basis(tx: Tx, account: AccountRow, new: NewFacts, *, whole: bool) -> Basis:
    """The basis for new facts: the end of the books where that will do, else all that is stored
    of the instruments they touch; `whole`: of every instrument."""
    blank = blank_records(tx, account)
    found = None if whole else continued(tx, account.account_id, new, blank)
    if found is not None:
        records, base = found
        return Basis(base.stored, records, base)
    touched = None if whole else with_partners(tx, account.account_id, new.touched, new)
    before = conclusions.load_conclusions(tx, account.account_id, touched)
    return Basis(before, load_records(tx, account, touched, before.chain_reading, new), None)


def write_facts(tx: Tx, account_id: str, new: NewFacts, now: Instant) -> None:
    """Store new facts, intents and decisions; the account's revision moves."""
    facts.save_instruments(tx, account_id, new.instruments)
    facts.save_orders(tx, account_id, new.orders)
    facts.add_executions(tx, account_id, new.executions)
    facts.add_activities(tx, account_id, new.activities)
    facts.add_conflicts(tx, account_id, new.conflicts)
    facts.save_coin_shortfalls(tx, account_id, new.coin_shortfalls)
    facts.set_aside(tx, account_id, new.unreadable, now)
    for intent in new.intents:
        intents.save_intent(tx, account_id, intent)
    for one in new.decisions:
        if isinstance(one, OpeningBalance):
            decisions.add_opening_balance(tx, account_id, one)
        else:
            resolutions.add_resolution(tx, account_id, one)
    facts.bump_revision(tx, account_id)


def blank_records(tx: Tx, account: AccountRow) -> Records:
    """The account's records without any facts but its instruments."""
    opened = snapshots.load_account_state(tx, account.account_id)
    return Records(
        account_id=account.account_id,
        instruments=tuple(facts.load_instruments(tx, account.account_id)),
        orders=(),
        executions=(),
        activities=(),
        intents=(),
        opening_balances=(),
        history_complete=_reaches_back(account, opened),
        activities_from=account.history_from,
        chain_reading=account.chain_reading,
    )


def load_records(
    tx: Tx,
    account: AccountRow,
    instruments: frozenset[str] | None,
    chain_reading: ChainReading | None,
    new: NewFacts = NO_FACTS,
) -> Records:
    """Everything stored about some instruments (None: all) and new, as the ledger takes it."""
    account_id = account.account_id
    blank = blank_records(tx, account)
    wanted = None if instruments is None else instruments | {""}  # multi-leg parents have none
    orders = facts.load_orders(tx, account_id, wanted)
    order_ids = {order.order_id for order in orders}
    symbols = None if instruments is None else _symbols(instruments, blank.instruments, orders)
    activities = facts.load_activities(tx, account_id, symbols)
    executions = [
        row
        for row in facts.load_executions(tx, account_id, instruments)
        if symbols is None or row.order_id in order_ids or row.symbol in symbols
    ]
    fact_ids = {row.execution_id for row in executions} | {row.activity_id for row in activities}
    stored = replace(
        blank,
        orders=tuple(orders),
        executions=tuple(executions),
        activities=tuple(activities),
        intents=tuple(intents.load_intents(tx, account_id, instruments=instruments)),
        opening_balances=tuple(decisions.load_opening_balances(tx, account_id, instruments)),
        coin_shortfalls=tuple(
            row
            for row in facts.load_coin_shortfalls(tx, account_id)
            if instruments is None or row.instrument in instruments
        ),
        chain_reading=chain_reading,
        resolutions=tuple(resolutions.load_resolutions(tx, account_id, instruments)),
        conflicts=tuple(
            row for row in facts.fact_conflicts(tx, account_id) if row.identity in fact_ids
        ),
    )
    records = with_new_facts(stored, new)
    sales = account_sales(tx, account_id, records, new.executions)
    return replace(records, sales_by_day=sales)


def _symbols(
    instruments: frozenset[str], known: Iterable[Instrument], orders: Iterable[Order]
) -> set[str]:
    """Every spelling under which activities may speak of these instruments."""
    symbols = {item.symbol for item in known if item.key in instruments}
    symbols |= {order.symbol for order in orders} | instruments
    return symbols | {symbol.replace("/", "") for symbol in symbols}


def _reaches_back(account: AccountRow, state: AccountState | None) -> bool:
    """Whether the history read begins no later than the account itself."""
    if account.history_from is None or state is None or state.created_at is None:
        return True
    return account.history_from <= state.created_at


def _by_id(found: Conclusions) -> dict[str, Trade]:
    return {trade.trade_id: trade for trade in found.trades}
