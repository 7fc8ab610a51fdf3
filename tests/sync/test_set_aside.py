"""Rows set aside are read again by the next version that starts (design rule 5)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.broker.samples import fill_row, order_row, position_row
from tests.sync.world import World
from tradesync.broker import parsing
from tradesync.broker.fields import Row, canonical_json
from tradesync.domain.facts import Execution, UnreadableRow
from tradesync.sync.set_aside import read_again


def aside(kind: str, row: Row, identity: str | None = None) -> UnreadableRow:
    """A row an older version could not read."""
    return UnreadableRow(kind, identity or str(row["id"]), "why", canonical_json(row))


def test_what_can_be_read_now_is_read_and_the_rest_stays_aside() -> None:
    order, fill = order_row(), fill_row()
    broken = {**fill_row(), "id": "broken", "qty": "many"}
    rows = [
        aside("order", order), aside("execution", fill), aside("execution", broken),
        aside("position", position_row(), "AAPL"),
        aside("position", {**position_row(), "qty": "many"}, "MSFT"),
        UnreadableRow("activity", "torn", "why", '{"id": '),
    ]  # fmt: skip
    found = read_again(rows, {}, (), 5)
    assert [row.identity for row in found.settled] == [order["id"], fill["id"], "AAPL"]
    assert set(found.snapshot.orders) == {order["id"]}
    assert found.snapshot.orders[str(order["id"])].read_at == 0
    assert set(found.snapshot.executions) == {fill["id"]}
    assert len(found.snapshot.instruments) == 1


def test_a_fact_read_meanwhile_settles_its_row_and_a_contradiction_never_is() -> None:
    broken = {**fill_row(), "qty": "many"}
    (order,) = parsing.parse_orders([order_row()], 1).items
    other = aside("order", {**order_row(), "client_order_id": "other"})
    found = read_again([aside("execution", broken), other], {order.order_id: order},
                       {str(broken["id"])}, 5)  # fmt: skip
    assert [row.kind for row in found.settled] == ["execution"]
    assert not found.snapshot.orders
    assert not found.snapshot.executions


def test_a_newer_version_reads_what_an_older_one_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(_row: Row) -> Execution:
        raise ValueError("a word of tomorrow")

    with monkeypatch.context() as older_version:
        older_version.setattr(parsing, "parse_execution", older)
        order = world.broker.submit_limit("AAPL", 10, 150)
        world.sync()
        world.broker.fill(order["id"], 10, 150)
        world.sync()
    assert world.rows("SELECT count(*) FROM unreadable_rows") == [(1,)]
    assert world.rows("SELECT count(*) FROM executions") == [(0,)]
    world.broker.fault("empty", "/v2/account/activities", method="GET")  # it told once
    later = world.reopened()
    later.sync()
    assert later.rows("SELECT count(*) FROM unreadable_rows") == [(0,)]
    assert later.rows("SELECT qty FROM executions") == [(Decimal(10),)]
    assert later.rows("SELECT count(*) FROM provisional_executions") == [(0,)]
    later.assert_equals_broker()
    later.assert_quiet()
    later.service.close()
