"""What the proof of the books reads."""

from __future__ import annotations

from tests.store.conftest import ACCOUNT
from tests.store.make import execution, order
from tradesync.store import facts, proof_reads
from tradesync.store.database import Database


def test_parts_of_executions_are_all_of_them_once(bound: Database) -> None:
    rows = [execution(f"e{number}") for number in range(20)]
    with bound.write() as tx:
        facts.add_executions(tx, ACCOUNT, rows)
        parts = [proof_reads.executions_part(tx, ACCOUNT, part, 4) for part in range(4)]
    assert sorted(row.execution_id for part in parts for row in part) == sorted(
        row.execution_id for row in rows
    )
    assert max(map(len, parts)) < 20


def test_the_first_and_last_order_of_a_symbol_and_its_instrument_name_it(bound: Database) -> None:
    rows = [order(f"o{number}", created_at=100 + number) for number in range(4)]
    renamed = order("o9", symbol="NEW", created_at=50)
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [*rows, renamed])
        found = {row.order_id for row in proof_reads.naming_orders(tx, ACCOUNT)}
        of_order = proof_reads.instruments_of_orders(tx, ACCOUNT)
    assert found == {"o0", "o3", "o9"}
    assert of_order == {row.order_id: row.instrument for row in [*rows, renamed]}
