"""Scenario rows 3.1: replacements, and what their totals count (design rules 1, 7)."""

from __future__ import annotations

from tests.domain.make import (
    ACCOUNT,
    execution,
    only,
    order,
    records,
    trades_by_order,
)
from tradesync.domain.conclusions import ChainReading, TradeStatus
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude


def _carried(tail_total: int, tail_own: int) -> list[object]:
    return [
        order("A", qty=100, status="replaced", replaced_by="B", filled=40, avg=10),
        order("B", qty=tail_total, replaces="A", filled=tail_total, avg=10, t=5),
        execution("e1", "A", qty=40),
        *([execution("e2", "B", qty=tail_own, t=6)] if tail_own else []),
    ]


def test_r12_replaced_chain_is_one_trade_filled_once() -> None:
    old = order("A", status="replaced", replaced_by="B")
    new = order("B", replaces="A", filled=100, avg=10, t=5)
    trade = only(conclude(records(old, new, execution("e1", "B", t=6))).trades)
    assert trade.trade_id == trade_id(ACCOUNT, "A")
    assert (trade.status, trade.qty, trade.order_status) == (TradeStatus.OPEN, 100, "filled")


def test_r12_replaced_without_successor_is_cancelled_with_its_fills_kept() -> None:
    gone = only(conclude(records(order("A", status="replaced"))).trades)
    assert (gone.status, gone.close_reason) == (
        TradeStatus.CANCELLED,
        "replaced without successor",
    )
    part = records(order("A", status="replaced", filled=40, avg=10), execution("e1", "A", qty=40))
    kept = only(conclude(part).trades)
    assert (kept.status, kept.open_qty) == (TradeStatus.OPEN, 40)
    assert "successor_missing" in kept.flags


def test_r12_a_successor_not_read_yet_leaves_the_trade_pending() -> None:
    trade = only(conclude(records(order("A", status="replaced", replaced_by="B"))).trades)
    assert trade.status is TradeStatus.PENDING


def test_failed_replacement_is_history_not_status() -> None:
    old = order("A", filled=100, avg=10)
    failed = order("B", status="rejected", replaces="A", t=5)
    trade = only(conclude(records(old, failed, execution("e1", "A"))).trades)
    assert (trade.order_status, trade.open_qty) == ("filled", 100)


def test_r14_cancel_of_the_replaced_half_is_no_phantom_cancel() -> None:
    half = order("A", status="canceled")
    resting = order("B", status="new", replaces="A", t=5)
    trade = only(conclude(records(half, resting)).trades)
    assert trade.status is TradeStatus.PENDING


def test_r15_fill_on_the_successor_before_the_replaced_event_binds_by_replaces() -> None:
    old = order("A", status="pending_replace")
    new = order("B", status="partially_filled", filled=30, avg=10, replaces="A", t=5)
    trade = only(conclude(records(old, new, execution("e1", "B", qty=30, t=6))).trades)
    assert (trade.trade_id, trade.open_qty) == (trade_id(ACCOUNT, "A"), 30)


def test_head_not_read_keeps_the_trade_id_it_will_have() -> None:
    new = order("B", status="new", replaces="A", t=5)
    before = only(conclude(records(new)).trades)
    after = only(conclude(records(new, order("A", status="replaced", replaced_by="B"))).trades)
    assert before.trade_id == after.trade_id


def test_cycle_of_replacements_ends() -> None:
    left = order("A", status="replaced", replaces="B", replaced_by="B")
    right = order("B", status="replaced", replaces="A", replaced_by="A", t=5)
    assert len(conclude(records(left, right)).trades) == 1


def test_carry_over_is_never_counted_twice() -> None:
    concluded = conclude(records(*_carried(tail_total=100, tail_own=60)))
    assert only(concluded.trades).open_qty == 100
    assert concluded.provisional == ()
    assert concluded.chain_reading is ChainReading.CARRIED


def test_own_totals_prove_themselves() -> None:
    concluded = conclude(records(*_carried(tail_total=60, tail_own=60)))
    assert only(concluded.trades).open_qty == 100
    assert concluded.chain_reading is ChainReading.OWN


def test_totals_that_only_together_make_up_the_order_are_each_ones_own() -> None:
    chain = [
        order("A", qty=100, status="replaced", replaced_by="B", filled=40, avg=10),
        order("B", qty=100, replaces="A", filled=60, avg=11, t=5),
    ]
    concluded = conclude(records(*chain))
    trade = only(concluded.trades)
    assert (trade.open_qty, trade.cost) == (100, 1060)
    assert concluded.chain_reading is ChainReading.OWN
    cut_short = [chain[0], order("B", qty=100, replaces="A", filled=60, avg=11, t=5,
                                 status="canceled")]  # fmt: skip
    assert conclude(records(*cut_short)).chain_reading is None


def test_a_total_below_the_one_before_is_the_orders_own() -> None:
    chain = [
        order("A", qty=100, status="replaced", replaced_by="B", filled=40, avg=10),
        order("B", qty=100, replaces="A", filled=30, avg=10, t=5, status="canceled"),
    ]
    concluded = conclude(records(*chain))
    assert only(concluded.trades).open_qty == 70
    none_filled = [chain[0], order("B", qty=100, replaces="A", t=5, status="canceled")]
    assert conclude(records(*none_filled)).chain_reading is None


def test_unproven_reading_takes_the_smaller_and_says_so() -> None:
    rows = _carried(tail_total=60, tail_own=0)
    trade = only(conclude(records(*rows)).trades)
    assert trade.open_qty == 60
    assert "chain_reading" in trade.flags
    proven = only(conclude(records(*rows, chain_reading=ChainReading.OWN)).trades)
    assert proven.open_qty == 100
    assert "chain_reading" not in proven.flags


def test_another_chain_of_the_account_proves_the_reading() -> None:
    rows = _carried(tail_total=60, tail_own=0)
    other = [
        order("C", status="replaced", replaced_by="D", filled=40, avg=10, symbol="MSFT"),
        order("D", replaces="C", filled=60, avg=10, t=5, symbol="MSFT"),
        execution("m1", "C", qty=40, symbol="MSFT"),
        execution("m2", "D", qty=60, t=6, symbol="MSFT"),
    ]
    trades = trades_by_order(conclude(records(*rows, *other)))
    assert trades["B"].open_qty == 100


def test_r15_fill_of_a_successor_only_its_predecessor_names_joins_the_chain() -> None:
    old = order("A", status="replaced", replaced_by="B")
    fill = execution("e1", "B", qty=30, t=6)
    for rows in ([old, fill], [old, fill, order("B", filled=30, avg=10, qty=30, t=5)]):
        trade = only(conclude(records(*rows)).trades)
        assert (trade.trade_id, trade.open_qty) == (trade_id(ACCOUNT, "A"), 30)


def test_fills_on_the_last_order_alone_prove_no_reading() -> None:
    rows = [
        order("A", status="replaced", replaced_by="B"),
        order("B", replaces="A", filled=100, avg=10, t=5),
        execution("e1", "B", t=6),
    ]
    assert conclude(records(*rows)).chain_reading is None
