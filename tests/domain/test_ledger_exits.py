"""Scenario rows 3.1: brackets, and which trade an exit closes (design rule 9)."""

from __future__ import annotations

from decimal import Decimal

from tests.domain.make import (
    ACCOUNT,
    execution,
    only,
    order,
    records,
    trades_by_order,
)
from tradesync.domain.conclusions import TradeSide, TradeStatus
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import close_client_order_id

CLOSE_INTENT = "22222222-2222-4222-8222-222222222222"


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
