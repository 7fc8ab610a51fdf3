"""Going on from stored books gives the rows of a whole rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.domain.histories import CALL, COIN, STOCK, History, histories
from tests.domain.make import (
    activity,
    at,
    bought,
    execution,
    instrument,
    only,
    order,
    records,
    sold,
    trades_by_order,
)
from tradesync.domain.booking import Book
from tradesync.domain.conclusions import Conclusions, Records
from tradesync.domain.continuation import (
    NOTHING_MOVES,
    Base,
    first_change,
    must_be_asked_before,
)
from tradesync.domain.events import LONG, SHORT, Fill, Kind
from tradesync.domain.facts import Execution, Order
from tradesync.domain.ledger import conclude
from tradesync.domain.roles import FIFO, Role

KNOWN = tuple(instrument(symbol) for symbol in (STOCK, COIN, CALL))
moderate = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def known_as(rows: Sequence[Any]) -> Records:
    """Records of rows, of which later ones stand for earlier ones of the same order."""
    latest = {row.order_id if isinstance(row, Order) else row.execution_id: row for row in rows}
    return records(*KNOWN, *latest.values())


def base_for(before: Records, after: Records, stored: Conclusions | None = None) -> Base:
    """How the books stand just before the first change, with every trade concerned."""
    first = first_change(before, after)
    until = first if first == NOTHING_MOVES else first - 1
    orders = {row.order_id for row in after.orders}
    orders |= {row.order_id for row in after.executions}
    stored = conclude(before) if stored is None else stored
    keys = {row.instrument for row in stored.trades}
    return Base(until, stored, frozenset(orders), frozenset(keys))


@moderate
@given(histories((STOCK, COIN, CALL), steps=8), st.data())
def test_whatever_arrives_later_is_as_if_all_were_booked_anew(
    history: History, data: st.DataObject
) -> None:
    new = [
        replace(row, status="new", filled_qty=Decimal(0), filled_avg_price=None, filled_at=None,
                updated_at=row.created_at, replaced_by=None)
        for row in history.rows if isinstance(row, Order)
    ]  # fmt: skip
    rows = data.draw(st.permutations(history.rows)) if data.draw(st.booleans()) else history.rows
    cut = data.draw(st.integers(0, len(rows)))
    before, after = known_as([*new, *rows[:cut]]), known_as([*new, *rows])
    base = base_for(before, after)
    assume(not must_be_asked_before(after, base))
    assert conclude(after, base) == conclude(after)


def test_what_stands_a_nanosecond_before_the_change_is_booked_already() -> None:
    early = replace(execution("e1", "b", qty=60, cum=60), at=at(7) - 1)
    before = records(order("b", status="new"), early)
    after = records(order("b", status="new"), early, execution("e2", "b", qty=40, cum=100, t=7))
    base = base_for(before, after)
    assert base.until == early.at
    assert conclude(after, base) == conclude(after)


def reopened(*facts: object, until: int) -> Book:
    """AAPL's books as they stood then, out of all that is stored now."""
    stored = conclude(records(*facts))
    base = Base(until, stored, frozenset(), frozenset())
    return base.book(instrument(), fills(*facts))


def fills(*facts: object) -> list[Fill]:
    """The fills among facts as events; only their keys count here."""
    return [
        Fill((row.at, row.order_id, row.cum_qty, row.execution_id), row.execution_id,
             Kind.EXECUTION, row.order_id, "", LONG, Role.NET, True, FIFO, row.qty, None)
        for row in facts if isinstance(row, Execution)
    ]  # fmt: skip


def of_lots(book: Book) -> list[tuple[str, int, Decimal, Decimal, Decimal, Decimal]]:
    return [
        (lot.source_id, lot.side, lot.qty, lot.cost, lot.open_qty, lot.open_cost)
        for lot in book.lots
    ]


def test_books_are_reopened_with_what_was_taken_since_put_back() -> None:
    rows = [
        *bought(60, 9, "a"), *bought(40, 12, "b", t=10), *sold(70, 15, t=50),
        *sold(10, 16, "s2", t=100), *sold(5, 17, "s3", t=110), *bought(7, 10, "late", t=200),
        order("m", symbol="MSFT", filled=100, avg=10), execution("e-m", "m", symbol="MSFT"),
    ]  # fmt: skip
    book = reopened(*rows, until=at(60))
    assert of_lots(book) == [
        ("e-a", LONG, 60, 540, 0, 0), ("e-b", LONG, 40, 480, 30, 360)
    ]  # fmt: skip
    assert [(row.source_id, row.qty) for row in book.allocations] == [("x-s", 60), ("x-s", 10)]
    assert book.running == 30
    assert [lot.source_id for lot in book.lots if lot.basis_known] == ["e-a", "e-b"]


def test_what_happened_at_the_very_instant_belongs_to_the_books() -> None:
    rows = [*bought(60, 9, "a"), *sold(20, 15, t=50)]
    closed = reopened(*rows, until=at(51))
    assert of_lots(closed) == [("e-a", LONG, 60, 540, 40, 360)]
    assert [row.source_id for row in closed.allocations] == ["x-s"]
    assert of_lots(reopened(*rows, until=at(51) - 1)) == [("e-a", LONG, 60, 540, 60, 540)]
    assert of_lots(reopened(*rows, until=at(1))) == [("e-a", LONG, 60, 540, 60, 540)]
    assert of_lots(reopened(*rows, until=at(1) - 1)) == []


def test_a_short_is_reopened_as_a_short() -> None:
    rows = [
        order("s", "sell", filled=100, avg=20, intent="sell_to_open"),
        execution("x", "s", "sell", price=20),
        order("c", filled=30, qty=30, avg=15, t=50, intent="buy_to_close"),
        execution("y", "c", qty=30, price=15, t=51),
    ]
    book = reopened(*rows, until=at(60))
    assert of_lots(book) == [("x", SHORT, 100, 2000, 70, 1400)]
    assert book.running == -70


def test_lots_and_closings_of_one_instant_stand_in_the_order_of_their_fills() -> None:
    """Not in that of their ids; only the events tell how much was filled before each."""
    rows = [
        order("b", qty=100, filled=100, avg=10),
        execution("z", "b", qty=60, cum=60), execution("a", "b", qty=40, cum=100),
        order("s", "sell", 90, filled=90, avg=12, t=50),
        execution("y", "s", "sell", 50, 12, t=51, cum=50),
        execution("c", "s", "sell", 40, 12, t=51, cum=90),
    ]  # fmt: skip
    book = reopened(*rows, until=at(60))
    assert [lot.source_id for lot in book.lots] == ["z", "a"]
    assert [(row.source_id, row.lot_id.rpartition(":")[2]) for row in book.allocations] == [
        ("y", "z"), ("c", "z"), ("c", "a"),
    ]  # fmt: skip


def test_what_no_fill_brought_stands_at_its_time() -> None:
    came = activity("t", "ACATS", qty=5, day="2026-03-03")
    rows = [*bought(60, 9, "a"), came, *bought(40, 12, "b", t=86_400)]
    assert [lot.source_id for lot in reopened(*rows, until=at(90_000)).lots] == [
        "e-a", "t", "e-b",
    ]  # fmt: skip


def test_closings_of_orders_not_given_stand_by_their_orders() -> None:
    rows = [
        *bought(60, 9, "a"),
        order("s1", "sell", 20, filled=20, avg=12, t=50),
        execution("z", "s1", "sell", 20, 12, t=51),
        order("s2", "sell", 10, filled=10, avg=12, t=50),
        execution("y", "s2", "sell", 10, 12, t=51),
    ]
    base = Base(at(60), conclude(records(*rows)), frozenset(), frozenset())
    assert [row.source_id for row in base.book(instrument(), []).allocations] == ["z", "y"]


def test_the_day_fees_of_a_trade_stay_without_the_rows_they_came_from() -> None:
    fee = activity("f", "FEE", symbol=None, net="-0.04", day="2026-03-02")
    before = records(*bought(100, 10), *sold(40, 12), fee)
    after = records(*bought(100, 10), *sold(40, 12), *sold(60, 13, "s2", t=86_400))
    found = conclude(after, base_for(replace(before, activities=()), after, conclude(before)))
    row = only(found.trades)
    assert (row.fees, row.flags, row.realized_pnl) == (Decimal("0.04"), ("fee_allocated",), 260)


def test_coin_taken_as_a_fee_is_not_counted_among_the_day_fees() -> None:
    coins = [
        instrument(COIN),
        order("b", qty=10, filled=10, avg=100, symbol=COIN),
        execution("e", "b", qty=10, price=100, symbol=COIN),
    ]
    taken = activity("f", "CFEE", symbol="BTCUSD", qty="-0.025", day="2026-03-02")
    paid = activity("g", "CFEE", symbol="BTCUSD", net="-0.5", day="2026-03-02")
    first = [
        order("s1", "sell", 1, filled=1, avg=120, symbol=COIN, t=50),
        execution("x1", "s1", "sell", 1, 120, symbol=COIN, t=51),
    ]
    later = [
        order("s2", "sell", 1, filled=1, avg=130, symbol=COIN, t=200_000),
        execution("x2", "s2", "sell", 1, 130, symbol=COIN, t=200_001),
    ]
    stored = conclude(records(*coins, *first, taken, paid))
    assert only(stored.trades).fees == 3
    after = records(*coins, *first, *later)
    found = conclude(after, base_for(records(*coins, *first), after, stored))
    assert found == conclude(replace(after, activities=(taken, paid)))


def test_only_the_trades_concerned_are_concluded() -> None:
    """The sale's order is at hand, for it tells what closed the trade; its own trade is not."""
    rows = [*bought(10, 10), *sold(10, 12), *bought(5, 10, "c", t=100)]
    whole = conclude(records(*rows))
    mine = trades_by_order(whole)["b"].trade_id
    stored = replace(
        whole,
        trades=tuple(row for row in whole.trades if row.trade_id == mine),
        lots=tuple(row for row in whole.lots if row.trade_id == mine),
    )
    key = instrument().key
    base = Base(NOTHING_MOVES, stored, frozenset({"b"}), frozenset({key}))
    found = conclude(records(*rows), base)
    assert found == stored
    assert only(found.trades).close_reason == only(stored.trades).close_reason


def test_an_instrument_held_is_concluded_though_none_of_its_orders_is_given() -> None:
    known = records(instrument("MSFT"), activity("t", "ACATS", symbol="MSFT", qty=5))
    stored = conclude(known)
    key = instrument("MSFT").key
    base = Base(NOTHING_MOVES, stored, frozenset(), frozenset({key}))
    found = conclude(replace(known, activities=()), base)
    assert (found.trades, found.lots) == (stored.trades, stored.lots)


def test_a_fill_of_an_order_never_read_concerns_the_order_it_names() -> None:
    lone = execution("e", "gone", qty=5)
    known = records(instrument(), lone)
    stored = conclude(known)
    for orders, count in ((frozenset({"gone"}), 1), (frozenset({"other"}), 0)):
        base = Base(at(-1), replace(stored, trades=(), lots=()), orders, frozenset())
        assert len(conclude(known, base).trades) == count


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ((), NOTHING_MOVES),
        ((execution("e2", "b", qty=40, cum=100, t=7),), at(7)),
        ((execution("e2", "b", qty=40, cum=100, t=7), execution("e3", "o9", qty=1, t=3)), at(3)),
    ],
)
def test_the_first_change_is_where_the_first_new_fill_stands(
    more: tuple[Any, ...], first: int
) -> None:
    bare = order("b", status="new")
    facts = instrument(), bare, execution("e1", "b", qty=60, cum=60)
    assert first_change(records(*facts), records(*facts, *more)) == first


def test_a_fill_that_is_taken_away_or_moved_is_a_change_where_it_stood() -> None:
    one = [order("b", status="new"), execution("e1", "b", qty=60, cum=60, t=5)]
    other = [order("b", status="new"), execution("e1", "b", qty=60, cum=60, t=9)]
    assert first_change(records(*one), records(one[0])) == at(5)
    assert first_change(records(*one), records(*other)) == at(5)
    assert first_change(records(*other), records(*one)) == at(5)


def test_a_silent_order_without_fills_is_asked_anew() -> None:
    silent = order("q", status="new", intent="", t=4)
    assert first_change(records(silent), records(silent)) == at(4)
    filled = order("q", filled=100, avg=10, intent="", t=4), execution("e", "q")
    assert first_change(records(*filled), records(*filled)) == NOTHING_MOVES


@pytest.mark.parametrize(("until", "asked"), [(at(3), False), (at(4), True), (at(5), True)])
def test_a_silent_order_from_before_the_base_must_be_asked_there(until: int, asked: bool) -> None:
    known = records(order("q", status="new", intent="", t=4), *bought(5, 10, "b", t=2))
    for orders in (frozenset({"q"}), frozenset({"b"})):
        base = Base(until, conclude(records()), orders, frozenset())
        assert must_be_asked_before(known, base) == (asked and "q" in orders)
