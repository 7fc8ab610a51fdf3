"""Booking onto the stored books gives the rows of a whole rebuild, whatever arrives when."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.histories import SYMBOLS as ALL_SYMBOLS
from tests.domain.histories import History, any_activity, heaps, histories
from tests.domain.make import ACCOUNT, activity, at, execution, instrument, order
from tradesync.domain.conclusions import Conclusions
from tradesync.domain.facts import Activity, Execution, Instrument, Order
from tradesync.domain.ledger import conclude
from tradesync.domain.money import at_scale
from tradesync.domain.ours import Intent, OpeningBalance
from tradesync.store import accounts, conclusions, decisions, facts, sync_reads
from tradesync.store.database import Database, Tx
from tradesync.sync import plan
from tradesync.sync.commit import Basis, load_records, read_basis, write_facts
from tradesync.sync.day_sales import sharing_fees
from tradesync.sync.plan import NO_FACTS, Candidates, NewFacts

pytestmark = pytest.mark.filterwarnings("ignore")
moderate = settings(
    max_examples=int(os.environ.get("CONTINUING_EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SYMBOLS = ("AAPL", "BTC/USD")


class _UndoneError(Exception):
    """Ends a transaction without a trace."""


@dataclass
class Record:
    """One account whose history is complete, in a transaction that is never committed."""

    tx: Tx
    continued: int = 0
    """How many arrivals were booked onto the stored books."""

    def begin(self) -> None:
        """Bind the account and give it its instruments."""
        accounts.bind_account(
            self.tx, "test", ACCOUNT, account_number="1", environment="simulated", at=at()
        )
        accounts.finish_history(self.tx, ACCOUNT)
        known = [instrument(symbol) for symbol in ALL_SYMBOLS]
        facts.save_instruments(self.tx, ACCOUNT, known)

    def arrive(self, rows: Sequence[Any]) -> None:
        """Take in rows as one sync does; the rest of what it does not know is left out."""
        new = self.new_facts(rows)
        new = new.touching(sharing_fees(self.tx, ACCOUNT, new))
        account = accounts.account(self.tx, ACCOUNT)
        basis = read_basis(self.tx, account, new, whole=False)
        after = conclude(basis.records, basis.base)
        if after.chain_reading not in {None, basis.before.chain_reading}:
            basis = read_basis(self.tx, account, new, whole=True)
            after = conclude(basis.records, basis.base)
        self.continued += basis.base is not None
        self._store(new, basis, after, rows)

    def _store(self, new: NewFacts, basis: Basis, after: Conclusions, rows: Sequence[Any]) -> None:
        write_facts(self.tx, ACCOUNT, new, at())
        conclusions.save_conclusions(self.tx, ACCOUNT, basis.before, after, at())
        touched = set()
        for row in rows:
            if isinstance(row, OpeningBalance):
                decisions.add_opening_balance(self.tx, ACCOUNT, row)
                touched.add(row.instrument)
        if touched:
            whole = NO_FACTS.touching(frozenset(touched))
            basis = read_basis(
                self.tx, accounts.account(self.tx, ACCOUNT), whole, whole=False
            )  # fmt: skip
            after = conclude(basis.records, basis.base)
            conclusions.save_conclusions(self.tx, ACCOUNT, basis.before, after, at())

    def new_facts(self, rows: Sequence[Any]) -> NewFacts:
        """What of these rows a sync would write."""
        found = Candidates(
            orders=tuple(row for row in rows if isinstance(row, Order)),
            executions=tuple(row for row in rows if isinstance(row, Execution)),
            activities=tuple(row for row in rows if isinstance(row, Activity)),
            instruments=(),
            unreadable=(),
        )
        ids = {row.order_id for row in found.orders}
        ids |= {row.order_id for row in found.executions}
        stored = facts.load_orders(self.tx, ACCOUNT, order_ids=ids)
        fact_ids = {row.execution_id for row in found.executions}
        fact_ids |= {row.activity_id for row in found.activities}
        return plan.new_facts(
            found,
            {row.order_id: row for row in stored},
            sync_reads.stored_ids(self.tx, ACCOUNT, fact_ids),
            facts.load_instruments(self.tx, ACCOUNT),
            tuple(row for row in rows if isinstance(row, Intent)),
        )

    def stored(self) -> Conclusions:
        """All conclusions as they are stored."""
        return conclusions.load_conclusions(self.tx, ACCOUNT)

    def rebuilt(self) -> Conclusions:
        """All conclusions, from all records."""
        account = accounts.account(self.tx, ACCOUNT)
        return conclude(load_records(self.tx, account, None, account.chain_reading))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database(tmp_path_factory.mktemp("continuing") / "record.duckdb")


@pytest.fixture
def record(database: Database) -> Iterator[Record]:
    with suppress(_UndoneError), database.write() as tx:
        begun = Record(tx)
        begun.begin()
        yield begun
        raise _UndoneError


def assert_same_rows(record: Record) -> None:
    """What is stored is what a whole rebuild concludes."""
    stored, rebuilt = record.stored(), record.rebuilt()
    for kind in ("trades", "lots", "allocations", "provisional", "unmatched_exits",
                 "working_exits", "reviews"):  # fmt: skip
        assert getattr(stored, kind) == getattr(rebuilt, kind), kind


def arrivals(rows: Sequence[Any], batches: Sequence[int]) -> list[list[Any]]:
    """Rows in as many arrivals as there are numbers among `batches`, in their order."""
    found: dict[int, list[Any]] = {}
    for row, number in zip(rows, batches, strict=True):
        found.setdefault(number, []).append(row)
    return [found[number] for number in sorted(found)]


def in_stages(rows: Sequence[Any]) -> list[Any]:
    """Each order as it was when it was new, before all as it ended."""
    early = [
        replace(row, status="new", filled_qty=Decimal(0), filled_avg_price=None, filled_at=None,
                updated_at=row.created_at, replaced_by=None, raw=f"{row.raw} ")
        for row in rows if isinstance(row, Order)
    ]  # fmt: skip
    return [*early, *rows]


def storable(row: Any) -> Any:
    """A row as it would be read: an average at twelve places, an intent with an id of its own."""
    if isinstance(row, Intent):
        return replace(row, intent_id=f"intent-{row.client_order_id}")
    if isinstance(row, Order) and row.filled_avg_price is not None:
        return replace(row, filled_avg_price=at_scale(row.filled_avg_price))
    return row


def without_instruments(rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if not isinstance(row, Instrument)]


@moderate
@given(history=histories(SYMBOLS, steps=8), data=st.data())
def test_histories_that_add_up_in_any_order(
    database: Database, history: History, data: st.DataObject
) -> None:
    rows = in_stages(history.rows) if data.draw(st.booleans()) else history.rows
    rows = data.draw(st.permutations(rows)) if data.draw(st.booleans()) else rows
    _assert_arrives_right(database, rows, data)


@moderate
@given(history=histories(("AAPL",), steps=8), data=st.data())
def test_dated_rows_among_fills(database: Database, history: History, data: st.DataObject) -> None:
    dated = data.draw(st.lists(any_activity, max_size=3, unique_by=lambda row: row.activity_id))
    _assert_arrives_right(database, data.draw(st.permutations([*history.rows, *dated])), data)


@moderate
@given(heap=heaps(), data=st.data())
def test_heaps_that_need_not_fit(
    database: Database, heap: list[Any], data: st.DataObject
) -> None:  # fmt: skip
    _assert_arrives_right(database, data.draw(st.permutations(without_instruments(heap))), data)


def _assert_arrives_right(database: Database, rows: Sequence[Any], data: st.DataObject) -> None:
    batches = data.draw(
        st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)).map(sorted)
    )
    with suppress(_UndoneError), database.write() as tx:
        record = Record(tx)
        record.begin()
        for batch in arrivals([storable(row) for row in rows], batches):
            record.arrive(batch)
            assert_same_rows(record)
        raise _UndoneError


def test_fills_of_a_successor_that_was_never_read(record: Record) -> None:
    replaced = order("o1", "buy", 5, status="new", replaced_by="o2")
    record.arrive([replaced, execution("e1", "o2", "buy", "58", "1", t=1, cum="58")])
    record.arrive([order("o3", "buy", 5, status="new", t=2)])
    assert_same_rows(record)


def test_a_new_fill_reads_only_what_it_concerns(record: Record) -> None:
    for number in range(6):
        side = "buy" if number % 2 == 0 else "sell"
        record.arrive([
            order(f"o{number}", side, 10, filled=10, avg=5, t=number * 1000),
            execution(f"e{number}", f"o{number}", side, "10", "5", t=number * 1000 + 1, cum="10"),
        ])  # fmt: skip
    made = record.new_facts([
        order("o9", "buy", 10, filled=10, avg=5, t=9000),
        execution("e9", "o9", "buy", "10", "5", t=9001, cum="10"),
    ])  # fmt: skip
    basis = read_basis(record.tx, accounts.account(record.tx, ACCOUNT), made, whole=False)
    assert basis.base is not None
    assert [row.order_id for row in basis.records.orders] == ["o9"]
    assert basis.before.trades == ()
    assert record.continued == 6
    assert_same_rows(record)


def test_a_bust_that_comes_before_its_order_and_execution(record: Record) -> None:
    record.arrive([order("o0", "buy", 5, filled=5, avg=2)])
    bust = activity("b", "TRADE_BUST", order_id="o1", qty=5, description="e1")
    record.arrive([bust])
    assert [row.kind for row in record.stored().reviews] == ["unnamed_amendment"]
    record.arrive([
        order("o1", "buy", 5, filled=5, avg=3, t=5),
        execution("e1", "o1", "buy", "5", "3", t=6, cum="5"),
    ])  # fmt: skip
    assert_same_rows(record)


def test_an_order_older_than_a_fill_whose_order_was_never_read(record: Record) -> None:
    record.arrive([execution("e1", "o1", "sell", "4", "1", symbol="BTC/USD", t=100)])
    record.arrive([order("o0", "buy", 18, filled=18, avg=5, symbol="BTC/USD")])
    assert_same_rows(record)
