"""Scenario rows 3.1: order states (design rule 6)."""

from __future__ import annotations

import pytest

from tests.domain.make import (
    at,
    execution,
    intent,
    only,
    order,
    records,
)
from tradesync.domain.conclusions import TradeSide, TradeSource, TradeStatus
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import open_client_order_id

OPEN_ID = open_client_order_id("11111111-1111-4111-8111-111111111111")


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


def test_trade_stays_open_while_its_order_still_works() -> None:
    rows = records(
        order("Q", filled=40, avg=5, status="partially_filled"),
        execution("q1", "Q", qty=40, price=5),
        order("X", "sell", 40, filled=40, avg=6, t=10),
        execution("x1", "X", "sell", 40, 6, t=11),
    )
    trade = only(conclude(rows).trades)
    assert (trade.status, trade.open_qty) == (TradeStatus.OPEN, 0)


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
