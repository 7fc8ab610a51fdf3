"""Scenario rows 3.1: order states, chains, brackets (design rules 6, 7, 9)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.domain.make import (
    ACCOUNT,
    at,
    execution,
    intent,
    only,
    order,
    records,
    trades_by_order,
)
from tradesync.domain.conclusions import ChainReading, TradeSide, TradeSource, TradeStatus
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import close_client_order_id, open_client_order_id

OPEN_ID = open_client_order_id("11111111-1111-4111-8111-111111111111")
CLOSE_INTENT = "22222222-2222-4222-8222-222222222222"


def test_r01_rejected_order_makes_no_open_trade() -> None:
    trade = only(conclude(records(order(status="rejected"))).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CANCELLED, "rejected")
    assert trade.qty == 0
    assert trade.closed_at == at(60)


def test_r01_reason_comes_from_the_intent() -> None:
    said = intent(OPEN_ID, message="insufficient buying power")
    rejected = order(status="rejected", client_order_id=OPEN_ID)
    trade = only(conclude(records(rejected, said)).trades)
    assert trade.close_reason == "rejected: insufficient buying power"


def test_r02_external_open_order_is_pending_and_from_the_broker() -> None:
    trade = only(conclude(records(order(status="accepted"))).trades)
    assert (trade.status, trade.source) == (TradeStatus.PENDING, TradeSource.BROKER)
    assert trade.ordered_qty == 100
    assert trade.order_status == "accepted"


@pytest.mark.parametrize("word", ["canceled", "expired"])
def test_r03_r04_unfilled_end_is_cancelled_with_its_own_word(word: str) -> None:
    trade = only(conclude(records(order(status=word))).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CANCELLED, word)


def test_r05_cancel_by_the_user_keeps_the_brokers_time() -> None:
    trade = only(conclude(records(order(status="canceled", canceled_at=at(7)))).trades)
    assert trade.closed_at == at(7)
    assert trade.source is TradeSource.BROKER


def test_r06_partial_fill_then_cancel_keeps_the_filled_part() -> None:
    rows = records(order(status="canceled", filled=50, avg=10), execution("e1", qty=50))
    trade = only(conclude(rows).trades)
    assert (trade.status, trade.open_qty) == (TradeStatus.OPEN, 50)
    assert trade.order_status == "canceled"


def test_r07_fill_not_seen_counts_before_the_expiry() -> None:
    rows = records(order(status="expired", filled=70, avg=10), execution("e1", qty=50))
    concluded = conclude(rows)
    assert only(concluded.trades).open_qty == 70
    assert only(concluded.provisional).qty == 20
    assert only(concluded.trades).status is TradeStatus.OPEN


def test_r09_pending_cancel_is_not_an_end() -> None:
    waiting = only(conclude(records(order(status="pending_cancel"))).trades)
    assert waiting.status is TradeStatus.PENDING
    filled = only(conclude(records(order(filled=100, avg=10), execution("e1"))).trades)
    assert (filled.status, filled.open_qty) == (TradeStatus.OPEN, 100)


@pytest.mark.parametrize(
    "word",
    ["held", "accepted_for_bidding", "calculated", "stopped", "suspended", "done_for_day"],
)
def test_r10_alive_words_stay_pending(word: str) -> None:
    assert only(conclude(records(order(status=word))).trades).status is TradeStatus.PENDING


def test_r11_unknown_word_is_kept_listed_and_neither_open_nor_closed() -> None:
    concluded = conclude(records(order(status="foo")))
    trade = only(concluded.trades)
    assert (trade.order_status, trade.status) == ("foo", TradeStatus.PENDING)
    assert "unknown_status" in trade.flags
    assert only(concluded.reviews).kind == "unknown_status"


def test_r11_unknown_word_on_an_exit_is_no_working_exit() -> None:
    exit_order = order("s", "sell", status="foo", t=10)
    concluded = conclude(records(order(filled=100, avg=10), execution("e1"), exit_order))
    assert concluded.working_exits == ()
    assert only(concluded.reviews).subject == "s"


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


def _carried(tail_total: int, tail_own: int) -> list[object]:
    return [
        order("A", qty=100, status="replaced", replaced_by="B", filled=40, avg=10),
        order("B", qty=100, replaces="A", filled=tail_total, avg=10, t=5),
        execution("e1", "A", qty=40),
        *([execution("e2", "B", qty=tail_own, t=6)] if tail_own else []),
    ]


def test_carry_over_is_never_counted_twice() -> None:
    concluded = conclude(records(*_carried(tail_total=100, tail_own=60)))
    assert only(concluded.trades).open_qty == 100
    assert concluded.provisional == ()
    assert concluded.chain_reading is ChainReading.CARRIED


def test_own_totals_prove_themselves() -> None:
    concluded = conclude(records(*_carried(tail_total=60, tail_own=60)))
    assert only(concluded.trades).open_qty == 100
    assert concluded.chain_reading is ChainReading.OWN


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


def test_r16_order_is_found_under_our_client_id_and_keeps_the_row() -> None:
    said = intent(OPEN_ID)
    before = only(conclude(records(said)).trades)
    assert (before.status, before.source) == (TradeStatus.PENDING, TradeSource.APP)
    named = order(client_order_id=OPEN_ID, filled=100, avg=10)
    after = only(conclude(records(said, named, execution("e1"))).trades)
    assert after.trade_id == before.trade_id
    assert (after.status, after.source) == (TradeStatus.OPEN, TradeSource.APP)


def test_r26_other_client_id_under_the_same_broker_id_is_surfaced() -> None:
    said = intent(OPEN_ID, broker_order_id="o1")
    concluded = conclude(records(said, order(status="new", client_order_id="someone-else")))
    assert only(concluded.reviews).kind == "identity_conflict"


def _bracket(
    tp: str = "new", sl: str = "held", tp_filled: int = 0, sl_filled: int = 0
) -> list[object]:
    return [
        order("P", filled=100, avg=10, order_class="bracket"),
        order("T", "sell", status=tp, parent_id="P", filled=tp_filled, avg=12, t=2),
        order("S", "sell", status=sl, parent_id="P", filled=sl_filled, avg=9, t=2,
              order_type="stop"),
        execution("e1", "P"),
    ]  # fmt: skip


def test_r31_bracket_parent_counts_once_and_legs_are_its_exits() -> None:
    concluded = conclude(records(*_bracket()))
    trade = only(concluded.trades)
    assert (trade.open_qty, trade.side) == (100, TradeSide.LONG)
    assert {(row.order_id, row.trade_id) for row in concluded.working_exits} == {
        ("T", trade.trade_id),
        ("S", trade.trade_id),
    }


def test_r32_take_profit_closes_at_its_own_price() -> None:
    rows = records(
        *_bracket(tp="filled", sl="canceled", tp_filled=100),
        execution("x", "T", "sell", price=12, t=20),
    )
    trade = only(conclude(rows).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CLOSED, "take profit")
    assert (trade.exit_price, trade.realized_pnl) == (12, 200)


def test_r33_partial_take_profit_leaves_the_rest_open() -> None:
    rows = _bracket(tp="partially_filled", tp_filled=60)
    rows[2] = order("S", "sell", 40, status="held", parent_id="P", order_type="stop", t=2)
    concluded = conclude(records(*rows, execution("x", "T", "sell", 60, 12, t=20)))
    assert only(concluded.trades).open_qty == 40
    assert {row.order_id: row.qty for row in concluded.working_exits} == {"T": 40, "S": 40}


def test_legs_close_their_own_trade_not_the_older_one() -> None:
    older = [order("Q", filled=100, avg=5, t=-50), execution("q1", "Q", price=5, t=-49)]
    rows = records(
        *older,
        *_bracket(tp="canceled", sl="filled", sl_filled=100),
        execution("x", "S", "sell", price=9, t=20),
    )
    trades = trades_by_order(conclude(rows))
    assert (trades["P"].status, trades["P"].close_reason) == (TradeStatus.CLOSED, "stop")
    assert trades["P"].realized_pnl == -100
    assert trades["Q"].open_qty == 100


def test_replaced_leg_inherits_its_group() -> None:
    older = [order("Q", filled=100, avg=5, t=-50), execution("q1", "Q", price=5, t=-49)]
    rows = _bracket(tp="canceled")
    rows[2] = order("S", "sell", status="replaced", replaced_by="S2", parent_id="P", t=2)
    fired = order("S2", "sell", replaces="S", filled=100, avg=9, order_type="stop", t=9)
    fill = execution("x", "S2", "sell", price=9, t=20)
    trades = trades_by_order(conclude(records(*older, *rows, fired, fill)))
    assert trades["P"].status is TradeStatus.CLOSED
    assert trades["Q"].open_qty == 100


def test_group_role_links_legs_without_a_nested_read() -> None:
    older = [order("Q", filled=100, avg=5, t=-50), execution("q1", "Q", price=5, t=-49)]
    rows = records(
        *older,
        order("P", filled=100, avg=10, group_id="g", group_role="entry"),
        order("T", "sell", filled=100, avg=12, group_id="g", group_role="take_profit", t=2),
        execution("e1", "P"),
        execution("x", "T", "sell", price=12, t=20),
    )
    trades = trades_by_order(conclude(rows))
    assert trades["P"].status is TradeStatus.CLOSED
    assert trades["Q"].open_qty == 100


def test_named_exit_closes_the_trade_it_names_and_overflows_flagged() -> None:
    newer = trade_id(ACCOUNT, "N")
    name = close_client_order_id(CLOSE_INTENT, newer)
    rows = records(
        order("Q", filled=100, avg=5),
        execution("q1", "Q", price=5),
        order("N", qty=50, filled=50, avg=10, t=5),
        execution("n1", "N", qty=50, price=10, t=6),
        order("X", "sell", 70, filled=70, avg=11, t=10, client_order_id=name),
        execution("x1", "X", "sell", 70, 11, t=11),
    )
    concluded = conclude(rows)
    trades = trades_by_order(concluded)
    assert (trades["N"].status, trades["N"].close_reason) == (TradeStatus.CLOSED, "sold")
    assert trades["N"].realized_pnl == 50
    assert trades["Q"].open_qty == 80
    assert "exit_overflow" in trades["Q"].flags
    assert "exit_overflow" not in trades["N"].flags
    assert [row.overflow for row in sorted(concluded.allocations, key=lambda row: row.qty)] == [
        True,
        False,
    ]


def test_oco_stop_follows_what_the_take_profit_names() -> None:
    newer = trade_id(ACCOUNT, "N")
    name = close_client_order_id(CLOSE_INTENT, newer)
    rows = records(
        order("Q", filled=100, avg=5),
        execution("q1", "Q", price=5),
        order("N", filled=100, avg=10, t=5),
        execution("n1", "N", price=10, t=6),
        order("X", "sell", status="canceled", t=10, client_order_id=name, order_class="oco"),
        order("Y", "sell", filled=100, avg=9, t=10, parent_id="X", order_type="stop"),
        execution("y1", "Y", "sell", price=9, t=11),
    )
    trades = trades_by_order(conclude(rows))
    assert (trades["N"].status, trades["N"].close_reason) == (TradeStatus.CLOSED, "stop")
    assert trades["Q"].open_qty == 100


def test_working_exit_without_a_name_points_to_the_next_in_line() -> None:
    rows = records(
        order("Q", filled=100, avg=5),
        execution("q1", "Q", price=5),
        order("X", "sell", 70, status="new", t=10),
    )
    concluded = conclude(rows)
    exit_row = only(concluded.working_exits)
    assert (exit_row.trade_id, exit_row.qty) == (only(concluded.trades).trade_id, Decimal(70))


def test_trade_stays_open_while_its_order_still_works() -> None:
    rows = records(
        order("Q", filled=40, avg=5, status="partially_filled"),
        execution("q1", "Q", qty=40, price=5),
        order("X", "sell", 40, filled=40, avg=6, t=10),
        execution("x1", "X", "sell", 40, 6, t=11),
    )
    trade = only(conclude(rows).trades)
    assert (trade.status, trade.open_qty) == (TradeStatus.OPEN, 0)


def test_exit_never_takes_from_a_trade_of_the_other_side() -> None:
    named = close_client_order_id(CLOSE_INTENT, trade_id(ACCOUNT, "S"))
    rows = records(
        order("S", "sell", filled=100, avg=20, intent="sell_to_open"),
        execution("s1", "S", "sell", price=20),
        order("X", "sell", 70, filled=70, avg=11, t=10, client_order_id=named),
        execution("x1", "X", "sell", 70, 11, t=11),
    )
    concluded = conclude(rows)
    assert trades_by_order(concluded)["S"].open_qty == 100
    assert only(concluded.unmatched_exits).qty == 70


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


def test_silent_legs_of_a_bracket_are_exits_before_the_entry_fills() -> None:
    rows = [
        order("P", status="new", order_class="bracket"),
        order("T", "sell", status="held", parent_id="P", intent="", t=2),
        order("S", "sell", status="held", parent_id="P", intent="", t=2, order_type="stop"),
    ]
    concluded = conclude(records(*rows))
    trade = only(concluded.trades)
    assert {row.trade_id for row in concluded.working_exits} == {trade.trade_id}
    assert len(concluded.working_exits) == 2


def test_our_own_silent_opening_order_opens() -> None:
    rows = [
        order("S", "sell", filled=100, avg=20, intent="", client_order_id=OPEN_ID),
        execution("s1", "S", "sell", price=20),
    ]
    trade = only(conclude(records(*rows, history_complete=False)).trades)
    assert (trade.side, trade.open_qty) == (TradeSide.SHORT, 100)


def test_alive_order_may_lag_behind_its_fills_without_a_flag() -> None:
    rows = records(order(status="new"), execution("e1", qty=10))
    assert only(conclude(rows).trades).flags == ()
