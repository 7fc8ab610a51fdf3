"""Facts: latest snapshots of orders, executions and activities kept once, links kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.store.conftest import ACCOUNT
from tests.store.make import activity, execution, order
from tradesync.domain.facts import CoinShortfall, Execution, Instrument, UnreadableRow
from tradesync.domain.times import new_york_midnight
from tradesync.store import facts
from tradesync.store.database import Database
from tradesync.store.errors import StoreError

AAPL = Instrument("aapl", "AAPL", "aapl", "us_equity")
BITCOIN = Instrument("BTC/USD", "BTC/USD", "coin-id", "crypto")


def ids_of(database: Database, instruments: Collection[str] | None) -> set[str]:
    with database.read() as tx:
        found = facts.load_executions(tx, ACCOUNT, instruments)
        return {row.execution_id for row in found}


def test_a_snapshot_of_an_order_takes_the_place_of_the_last(bound: Database) -> None:
    later = order("order-1", status="filled", filled_qty=Decimal(1), updated_at=300)
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order("order-1"), order("order-2")])
        facts.save_orders(tx, ACCOUNT, [later])
    with bound.read() as tx:
        found = facts.load_orders(tx, ACCOUNT)
    assert sorted(found, key=lambda row: row.order_id) == [later, order("order-2")]


def test_a_flat_snapshot_keeps_the_links_of_a_leg(bound: Database) -> None:
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order("leg", parent_id="head")])
        facts.save_orders(tx, ACCOUNT, [order("leg", group_id="group", group_role="take_profit")])
        facts.save_orders(tx, ACCOUNT, [order("leg", status="held")])
        (found,) = facts.load_orders(tx, ACCOUNT)
    assert found == order(
        "leg", status="held", parent_id="head", group_id="group", group_role="take_profit"
    )


def test_orders_are_loaded_by_instrument_and_by_id(bound: Database) -> None:
    one, two = order("order-1"), order("order-2", instrument="msft")
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [one, two])
        facts.save_orders(tx, "another", [order("order-3")])
        assert facts.load_orders(tx, ACCOUNT, ["msft", "none"]) == [two]
        assert facts.load_orders(tx, ACCOUNT, order_ids={"order-1"}) == [one]
        assert facts.load_orders(tx, ACCOUNT, ["msft"], ["order-1"]) == []
        assert facts.load_orders(tx, ACCOUNT, order_ids=()) == []


def test_alive_orders_are_those_that_have_not_ended_unknown_words_too(bound: Database) -> None:
    words = ("new", "held", "filled", "canceled", "never_seen_before", "replaced", "pending_cancel")
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order(word, status=word) for word in words])
        alive = {row.order_id for row in facts.alive_orders(tx, ACCOUNT)}
    assert alive == {"new", "held", "never_seen_before", "pending_cancel"}


def test_recent_texts_are_of_orders_alive_or_touched_since(bound: Database) -> None:
    rows = [
        order("old", status="filled", submitted_at=10, updated_at=20),
        order("submitted", status="filled", submitted_at=60, updated_at=20),
        order("changed", status="canceled", submitted_at=10, updated_at=50),
        order("alive", status="held", submitted_at=10, updated_at=20),
    ]
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, rows)
        texts = facts.recent_order_texts(tx, ACCOUNT, 50)
    assert texts == {row.order_id: row.raw for row in rows[1:]}


def test_not_found_counts_grow_by_look_up_and_end_with_a_snapshot(bound: Database) -> None:
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order("a"), order("b"), order("c")])
        assert facts.bump_not_found(tx, ACCOUNT, {"a", "b"}) == {"a": 1, "b": 1}
        assert facts.bump_not_found(tx, ACCOUNT, {"a"}) == {"a": 2, "b": 1}
        facts.save_orders(tx, ACCOUNT, [order("a")])
        assert facts.not_found_counts(tx, ACCOUNT) == {"b": 1}
        facts.reset_not_found(tx, ACCOUNT, ["b", "c"])
        assert facts.not_found_counts(tx, ACCOUNT) == {}


def test_executions_are_appended_once(bound: Database) -> None:
    with bound.write() as tx:
        assert facts.add_executions(tx, ACCOUNT, [execution("a"), execution("b")]) == 2
        assert facts.add_executions(tx, ACCOUNT, [execution("b"), execution("c")]) == 1
        assert facts.add_executions(tx, ACCOUNT, []) == 0
        assert facts.fact_conflicts(tx, ACCOUNT) == []
    assert ids_of(bound, None) == {"a", "b", "c"}


def test_an_execution_known_already_writes_nothing(bound: Database) -> None:
    with bound.write() as tx:
        facts.add_executions(tx, ACCOUNT, [execution("a")])
    stamp = bound.stamp()
    with bound.write() as tx:
        facts.add_executions(tx, ACCOUNT, [execution("a"), execution("a")])
    assert bound.stamp() == stamp


def test_the_same_id_with_other_data_is_noted_and_the_first_stands(bound: Database) -> None:
    other = execution("a", price=Decimal("1.01"), raw="other")
    with bound.write() as tx:
        facts.add_executions(tx, ACCOUNT, [execution("a")])
        assert facts.add_executions(tx, ACCOUNT, [other]) == 0
        assert facts.add_executions(tx, ACCOUNT, [other]) == 0
        (conflict,) = facts.fact_conflicts(tx, ACCOUNT)
        assert facts.load_executions(tx, ACCOUNT) == [execution("a")]
    assert (conflict.kind, conflict.identity, conflict.raw) == ("execution", "a", "other")


def test_the_same_id_with_other_data_in_one_batch_is_noted_too(bound: Database) -> None:
    other = activity("a", net_amount=Decimal(2), raw="other")
    with bound.write() as tx:
        assert facts.add_activities(tx, ACCOUNT, [activity("a"), other]) == 1
        assert [row.raw for row in facts.fact_conflicts(tx, ACCOUNT)] == ["other"]
        assert facts.load_activities(tx, ACCOUNT) == [activity("a")]


def test_the_same_data_in_other_words_is_no_conflict(bound: Database) -> None:
    with bound.write() as tx:
        facts.add_executions(tx, ACCOUNT, [execution("a")])
        facts.add_executions(tx, ACCOUNT, [replace(execution("a"), raw="a new field")])
        assert facts.fact_conflicts(tx, ACCOUNT) == []


def test_executions_are_loaded_by_the_instrument_of_their_order(bound: Database) -> None:
    # the symbol changed since, the order's instrument did not
    renamed = execution("renamed", order_id="order-1", symbol="OLD")
    with bound.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL])
        facts.save_orders(tx, ACCOUNT, [order("order-1"), order("order-2", instrument="msft")])
        rows = [renamed, execution("msft", order_id="order-2", symbol="MSFT")]
        facts.add_executions(tx, ACCOUNT, rows)
    assert ids_of(bound, ["aapl"]) == {"renamed"}
    assert ids_of(bound, ["aapl", "msft"]) == {"renamed", "msft"}


def test_f11_an_execution_before_its_order_is_found_by_its_symbol_then_by_its_order(
    bound: Database,
) -> None:
    rows = [
        execution("early", order_id="late", symbol="AAPL"),
        execution("coin", order_id="unknown", symbol="BTCUSD"),
    ]
    with bound.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL, BITCOIN])
        facts.add_executions(tx, ACCOUNT, rows)
    assert ids_of(bound, ["aapl"]) == {"early"}
    assert ids_of(bound, ["BTC/USD"]) == {"coin"}
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order("late", instrument="msft")])
    assert ids_of(bound, ["aapl"]) == set()
    assert ids_of(bound, ["msft"]) == {"early"}


def test_executions_of_another_account_are_never_loaded(bound: Database) -> None:
    with bound.write() as tx:
        facts.save_orders(tx, "another", [order("order-1")])
        facts.add_executions(tx, "another", [execution("theirs")])
        facts.add_executions(tx, ACCOUNT, [execution("mine")])
    assert ids_of(bound, None) == {"mine"}
    assert ids_of(bound, ["aapl"]) == set()  # their order-1 does not place it
    assert ids_of(bound, ["AAPL"]) == {"mine"}  # a key may be the symbol itself


def test_activities_are_loaded_by_symbol_and_those_without_always(bound: Database) -> None:
    rows = [
        activity("apple"),
        activity("coin", symbol="BTCUSD"),
        activity("other", symbol="MSFT"),
        activity("fee", symbol=None),
    ]
    with bound.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL, BITCOIN])
        facts.add_activities(tx, ACCOUNT, rows)
        apple = {row.activity_id for row in facts.load_activities(tx, ACCOUNT, ["aapl"])}
        coin = {row.activity_id for row in facts.load_activities(tx, ACCOUNT, ["BTC/USD"])}
        assert len(facts.load_activities(tx, ACCOUNT)) == 4
    assert apple == {"apple", "fee"}
    assert coin == {"coin", "fee"}


def test_digests_of_known_facts_reach_back_to_a_time(bound: Database) -> None:
    since = new_york_midnight(date(2024, 3, 1))
    dated = activity("dated", day=date(2024, 3, 1))
    late = activity("late", day=date(2024, 2, 1), created_at=since + 1)
    old = activity("old", day=date(2024, 2, 1), created_at=since - 1)
    with bound.write() as tx:
        rows = [execution("old", at=since - 1), execution("new", at=since)]
        facts.add_executions(tx, ACCOUNT, rows)
        facts.add_activities(tx, ACCOUNT, [dated, late, old])
        digests = facts.execution_digests(tx, ACCOUNT, since)
        assert digests == {"new": facts.text_digest(execution("new").raw)}
        assert facts.activity_digests(tx, ACCOUNT, since).keys() == {"dated", "late"}


def test_f05_what_comes_again_with_other_data_is_news_once(bound: Database) -> None:
    other = execution("a", price=Decimal("1.01"), raw="other")
    with bound.write() as tx:
        facts.add_executions(tx, ACCOUNT, [execution("a")])
        found = facts.new_conflicts(tx, ACCOUNT, [execution("b"), other], [])
        assert [row.identity for row in found] == ["a"]
        facts.add_conflicts(tx, ACCOUNT, found)
        assert facts.new_conflicts(tx, ACCOUNT, [other], []) == ()
        assert facts.fact_conflicts(tx, ACCOUNT) == list(found)


def test_instruments_known_as_they_are_write_nothing(bound: Database) -> None:
    with bound.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL])
    stamp = bound.stamp()
    with bound.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL])
    assert bound.stamp() == stamp
    renamed = replace(AAPL, symbol="APPL")
    with bound.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [renamed])
        assert facts.load_instruments(tx, ACCOUNT) == [renamed]


def test_unreadable_rows_are_set_aside_once_and_cleared(bound: Database) -> None:
    rows = [UnreadableRow("order", "1", "no side", "{}"), UnreadableRow("activity", "1", "?", "")]
    with bound.write() as tx:
        facts.set_aside(tx, ACCOUNT, rows, seen_at=5)
    stamp = bound.stamp()
    with bound.write() as tx:
        facts.set_aside(tx, ACCOUNT, rows, seen_at=6)
    assert bound.stamp() == stamp
    with bound.write() as tx:
        facts.clear_set_aside(tx, ACCOUNT, rows[:1])
        assert facts.load_set_aside(tx, ACCOUNT) == rows[1:]


def test_a_coin_shortfall_stands_until_another_quantity_is_seen(bound: Database) -> None:
    bitcoin = CoinShortfall("BTC/USD", Decimal("0.002"), 10)
    ether = CoinShortfall("ETH/USD", Decimal(1), 10)
    with bound.write() as tx:
        assert facts.save_coin_shortfalls(tx, ACCOUNT, [bitcoin, ether]) == 2
        assert facts.save_coin_shortfalls(tx, ACCOUNT, [replace(bitcoin, observed_at=20)]) == 0
        booked = replace(ether, qty=Decimal(0), observed_at=20)
        assert facts.save_coin_shortfalls(tx, ACCOUNT, [booked]) == 1
        assert facts.load_coin_shortfalls(tx, ACCOUNT) == [bitcoin, booked]


def test_the_revision_moves_with_every_bump(bound: Database) -> None:
    with bound.write() as tx:
        assert facts.revision(tx, ACCOUNT) == 0
        facts.bump_revision(tx, ACCOUNT)
        assert facts.revision(tx, ACCOUNT) == 1
        facts.bump_revision(tx, ACCOUNT)
        assert facts.revision(tx, ACCOUNT) == 2
    with bound.read() as tx:
        assert facts.revision(tx, ACCOUNT) == 2
        with pytest.raises(StoreError, match="not known"):
            facts.revision(tx, "nobody")


def test_many_rows_at_once(bound: Database) -> None:
    rows: list[Execution] = [execution(f"e{number}", at=number) for number in range(10_000)]
    with bound.write() as tx:
        facts.save_orders(tx, ACCOUNT, [order("order-1")])
        assert facts.add_executions(tx, ACCOUNT, rows) == 10_000
    assert len(ids_of(bound, ["aapl"])) == 10_000
