"""Orders as screens list them: chains and brackets as one, filters, questions, details."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.web.seed import ACCOUNT, DAY
from tests.web.seed_orders import made, some_orders
from tradesync.store import facts
from tradesync.store.database import Database
from tradesync.store.queries_orders import OrderFilter, OrdersShown
from tradesync.views.orders import (
    OrderPage,
    read_order_detail,
    read_order_page,
    read_order_questions,
    read_working_families,
)

D = Decimal
NOW = time.time_ns()


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A bracket and a chain at work, a rejected and a cancelled order, one nobody knows."""
    database = Database(Path(tmp_path_factory.mktemp("orders")) / "r.duckdb", program="test")
    some_orders(database, NOW)
    return database


def page(record: Database, **wanted: object) -> OrderPage:
    with record.read() as tx:
        return read_order_page(tx, ACCOUNT, OrderFilter(**wanted))  # type: ignore[arg-type]


def heads(record: Database, **wanted: object) -> list[str]:
    return [family.head_id for family in page(record, **wanted).families]


def test_a_family_is_one_row_and_works_while_any_of_it_does(record: Database) -> None:
    found = page(record)
    assert [family.head_id for family in found.families] == ["b-entry", "r-1", "x-lost"]
    assert found.counts == {
        OrdersShown.WORKING: 3, OrdersShown.DONE: 2, OrdersShown.REJECTED: 1, OrdersShown.ALL: 5,
    }  # fmt: skip
    bracket, chain, _ = found.families
    assert [leg.current.order_id for leg in bracket.legs] == ["b-profit", "b-stop"]
    assert [order.order_id for order in bracket.working] == ["b-profit", "b-stop"]
    assert bracket.trade_id == "trade-1"
    assert chain.main.current.order_id == "r-2"


def test_what_a_chain_filled_is_the_sum_of_its_executions(record: Database) -> None:
    chain = page(record).families[1].main
    assert chain.filled_qty == 5  # not the five of a total carried over, nor the last one's two
    assert chain.average == D("189.4")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"shown": OrdersShown.DONE}, ["x-rejected", "x-cancelled"]),
        ({"shown": OrdersShown.REJECTED}, ["x-rejected"]),
        ({"shown": OrdersShown.ALL, "symbol": "TSLA"}, ["x-rejected"]),
        ({"shown": OrdersShown.ALL, "side": "sell"}, ["x-rejected", "x-cancelled"]),
        ({"shown": OrdersShown.ALL, "order_type": "limit"}, ["r-1"]),
        ({"shown": OrdersShown.ALL, "since": NOW - DAY, "until": NOW}, ["b-entry", "x-rejected"]),
        ({"shown": OrdersShown.ALL, "until": NOW - 3 * DAY}, ["x-lost"]),
        ({"search": "b-st"}, ["b-entry"]),
        ({"search": "c-r-2"}, ["r-1"]),
        ({"search": "R-2"}, ["r-1"]),
        ({"shown": OrdersShown.ALL, "search": "tsl"}, ["x-rejected"]),
        ({"search": "-2"}, []),
        ({"shown": OrdersShown.ALL, "limit": 2, "offset": 2}, ["r-1", "x-cancelled"]),
    ],
)
def test_every_question_narrows_the_list(
    record: Database, wanted: dict[str, object], expected: list[str]
) -> None:
    assert heads(record, **wanted) == expected


def test_a_page_beyond_the_end_still_counts(record: Database) -> None:
    found = page(record, offset=100)
    assert found.families == ()
    assert found.counts[OrdersShown.ALL] == 5


def test_any_order_of_a_family_shows_all_of_it(record: Database) -> None:
    with record.read() as tx:
        detail = read_order_detail(tx, ACCOUNT, "r-2")
        by_leg = read_order_detail(tx, ACCOUNT, "b-stop")
        nothing = read_order_detail(tx, ACCOUNT, "no-such")
    assert detail is not None
    assert by_leg is not None
    assert [fill.execution_id for fill in detail.fills] == ["f-1", "f-2"]
    assert [order.order_id for order in detail.family.main.orders] == ["r-1", "r-2"]
    assert by_leg.family.head_id == "b-entry"
    assert nothing is None


def test_an_order_whose_predecessor_was_never_read_is_listed(tmp_path: Path) -> None:
    database = Database(tmp_path / "r.duckdb", program="test")
    some_orders(database, NOW)
    late = replace(made("z-2", NOW), replaces="z-1")
    with database.write() as tx:
        facts.save_orders(tx, ACCOUNT, [late])
    assert heads(database)[0] == "z-2"


def test_questions_are_what_waits_for_a_person(record: Database) -> None:
    with record.read() as tx:
        questions = read_order_questions(tx, ACCOUNT, 0, NOW)
        working = read_working_families(tx, ACCOUNT)
    assert [family.head_id for family in questions.unknown] == ["x-lost"]
    assert [row.source_id for row in questions.unmatched] == ["u-1"]
    assert len(working) == 3
