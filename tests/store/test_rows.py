"""Records come back from the database exactly as they went in, whatever their type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.held import hold, letting_go
from tests.store.conftest import ACCOUNT
from tests.store.strategies import batches, records
from tradesync.domain.conclusions import (
    Allocation,
    Lot,
    Review,
    Trade,
    UnmatchedExit,
    WorkingExit,
)
from tradesync.domain.facts import (
    AccountState,
    Activity,
    CoinShortfall,
    Execution,
    FactConflict,
    Instrument,
    Order,
    Position,
    UnreadableRow,
)
from tradesync.domain.ours import Intent, OpeningBalance
from tradesync.domain.reconcile import DriftRecord
from tradesync.store import (
    accounts,
    conclusions,
    decisions,
    facts,
    intents,
    journal,
    snapshots,
)
from tradesync.store.accounts import AccountRow, Binding
from tradesync.store.database import Database
from tradesync.store.decisions import TradeNote
from tradesync.store.errors import StoreError
from tradesync.store.journal import SyncRun
from tradesync.store.rows import Table
from tradesync.store.snapshots import EquityRow, Mark, MarketDayRow


@dataclass(frozen=True)
class Case:
    """A table, what it holds and the columns that are no fields of it."""

    table: Table[Any]
    record: type
    others: Mapping[str, object]
    defaulted: tuple[str, ...] = ()
    """Columns the database fills in."""


MINE = {"account_id": ACCOUNT}
CASES = (
    Case(accounts._ACCOUNTS, AccountRow, {}),
    Case(accounts._BINDINGS, Binding, {}),
    Case(conclusions.ALLOCATIONS, Allocation, MINE),
    Case(conclusions.LOTS, Lot, MINE),
    Case(conclusions.TRADES, Trade, {**MINE, "updated_at": 1}),
    Case(conclusions._PROVISIONAL, Execution, {**MINE, "instrument": "a"}),
    Case(conclusions._REVIEWS, Review, MINE),
    Case(conclusions._UNMATCHED, UnmatchedExit, MINE),
    Case(conclusions._WORKING, WorkingExit, MINE),
    Case(decisions._BALANCES, OpeningBalance, MINE, ("revoked_at",)),
    Case(decisions._NOTES, TradeNote, MINE),
    Case(facts.ACTIVITIES, Activity, MINE),
    Case(facts._CONFLICTS, FactConflict, MINE),
    Case(facts.EXECUTIONS, Execution, MINE, ("instrument",)),
    Case(facts._INSTRUMENTS, Instrument, MINE),
    Case(facts.ORDERS, Order, {**MINE, "not_found_count": 0}),
    Case(facts._SHORTFALLS, CoinShortfall, MINE),
    Case(facts._UNREADABLE, UnreadableRow, {**MINE, "seen_at": 1}),
    Case(intents.INTENTS, Intent, MINE),
    Case(journal._DRIFT, DriftRecord, MINE),
    Case(journal._RUNS, SyncRun, {}),
    Case(snapshots._DAYS, MarketDayRow, {"environment": "paper"}),
    Case(snapshots._EQUITY, EquityRow, {**MINE, "timeframe": "1D"}),
    Case(snapshots._MARKS, Mark, MINE),
    Case(snapshots._POSITIONS, Position, {**MINE, "read_at": 1}),
    Case(snapshots._STATES, AccountState, {"read_at": 1}),
)
CASE_NAMES = [case.table.name for case in CASES]
SMALL = st.integers(-(2**31), 2**31 - 1)
"""Columns of type INTEGER: counts and percents."""
SMALL_FIELDS = (
    "history_progress",
    "not_found_count",
    "multiplier",
    "calls",
    "facts_added",
    "trades_added",
    "trades_changed",
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One file for all examples; each empties its table first."""
    path = tmp_path_factory.mktemp("rows") / "record.duckdb"
    with letting_go():
        hold(path)
        yield Database(path)


def small(case: Case) -> dict[str, Any]:
    columns = {column.name for column in case.table.columns}
    return {name: SMALL for name in SMALL_FIELDS if name in columns}


def in_order(table: Table[Any], rows: list[Any]) -> list[Any]:
    return sorted(rows, key=table.identity)


@pytest.mark.parametrize("case", CASES, ids=CASE_NAMES)
def test_every_field_has_its_column_and_every_column_its_field(
    database: Database, case: Case
) -> None:
    with database.read() as tx:
        found = tx.rows(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [case.table.name]
        )
    columns = {column.name for column in case.table.columns}
    assert {row[0] for row in found} == columns | case.others.keys() | set(case.defaulted)


@pytest.mark.parametrize("case", CASES, ids=CASE_NAMES)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_records_come_back_as_they_went_in(
    shared: Database, case: Case, data: st.DataObject
) -> None:
    rows = data.draw(batches(case.table, case.record, **small(case)))
    with shared.write() as tx:
        tx.execute(f"DELETE FROM {case.table.name}")
        case.table.upsert(tx, rows, **case.others)
    with shared.read() as tx:
        found = case.table.load(tx, "")
    assert in_order(case.table, found) == in_order(case.table, rows)
    assert {type(row) for row in found} <= {case.record}


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_an_upsert_overwrites_by_identity_and_leaves_the_rest(
    shared: Database, data: st.DataObject
) -> None:
    table = conclusions.TRADES
    before = data.draw(batches(table, Trade, multiplier=SMALL))
    after = data.draw(batches(table, Trade, multiplier=SMALL))
    with shared.write() as tx:
        tx.execute("DELETE FROM trade_rows")
        table.upsert(tx, before, account_id=ACCOUNT, updated_at=1)
        table.upsert(tx, before, account_id="another", updated_at=1)
        table.upsert(tx, after, account_id=ACCOUNT, updated_at=2)
    with shared.read() as tx:
        mine = table.load(tx, "WHERE account_id = ?", [ACCOUNT])
        others = table.load(tx, "WHERE account_id = 'another'")
    merged = {row.trade_id: row for row in before} | {row.trade_id: row for row in after}
    assert in_order(table, mine) == in_order(table, list(merged.values()))
    assert in_order(table, others) == in_order(table, before)


def lot(**changes: Any) -> Lot:
    one = Decimal(1)
    plain = Lot(
        "lot-1", "trade-1", "AAPL", "execution", "x", 1, one, one, one, one, basis_known=True
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"qty": Decimal("0.0000000000001")}, ["lots lot-1", "qty", "0.0000000000001"]),
        ({"cost": Decimal("123456789012345678901234567")}, ["lots lot-1", "cost"]),
        ({"cost": Decimal("NaN")}, ["lots lot-1", "cost", "NaN"]),
        ({"open_qty": 1.5}, ["lots lot-1", "open_qty", "1.5"]),
        ({"opened_at": 2**63}, ["lots lot-1", "opened_at", str(2**63)]),
        ({"source_id": "\ud800"}, ["lots lot-1", "source_id"]),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_that_names_it(
    database: Database, changes: dict[str, Any], words: list[str]
) -> None:
    fine = [lot(lot_id=f"fine-{number}") for number in range(3)]

    def save() -> None:
        with database.write() as tx:
            conclusions.LOTS.upsert(tx, [*fine, lot(**changes)], account_id=ACCOUNT)

    with pytest.raises(StoreError) as error:
        save()
    for word in words:
        assert word in str(error.value)
    with database.read() as tx:
        assert conclusions.LOTS.load(tx, "") == []


def test_the_last_of_equal_identities_wins(database: Database) -> None:
    with database.write() as tx:
        rows = [lot(source_id="first"), lot(source_id="last")]
        assert conclusions.LOTS.upsert(tx, rows, account_id=ACCOUNT) == 1
        assert conclusions.LOTS.load(tx, "") == [lot(source_id="last")]


def test_an_upsert_of_what_is_stored_already_writes_nothing(database: Database) -> None:
    with database.write() as tx:
        assert conclusions.LOTS.upsert_changed(tx, ACCOUNT, [lot()]) == 1
    stamp = database.stamp()
    with database.write() as tx:
        assert conclusions.LOTS.upsert_changed(tx, ACCOUNT, [lot()]) == 0
    assert database.stamp() == stamp


@settings(max_examples=20)
@given(order=records(facts.ORDERS, Order))
def test_strategies_reach_every_kind_of_value(order: Order) -> None:
    assert isinstance(order.filled_qty, Decimal)
    assert isinstance(order.extended_hours, bool)
