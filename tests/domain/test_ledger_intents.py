"""Trades of our own clicks before, and after, the broker names their order (design, Commands)."""

from __future__ import annotations

import pytest

from tests.domain.make import ACCOUNT, at, execution, intent, only, order, records
from tradesync.domain.conclusions import TradeSide, TradeSource, TradeStatus
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import IntentKind, IntentState, open_client_order_id

OPEN_ID = open_client_order_id("11111111-1111-4111-8111-111111111111")


@pytest.mark.parametrize("state", [IntentState.WRITTEN, IntentState.SENT, IntentState.ACCEPTED])
def test_intent_without_an_order_is_a_pending_trade(state: IntentState) -> None:
    trade = only(conclude(records(intent(OPEN_ID, state=state))).trades)
    assert trade.trade_id == trade_id(ACCOUNT, OPEN_ID)
    assert (trade.status, trade.source, trade.side) == (
        TradeStatus.PENDING,
        TradeSource.APP,
        TradeSide.LONG,
    )
    assert (trade.ordered_qty, trade.ordered_at, trade.flags) == (100, at(-1), ())


def test_unknown_outcome_is_flagged() -> None:
    trade = only(conclude(records(intent(OPEN_ID, state=IntentState.UNKNOWN))).trades)
    assert trade.status is TradeStatus.PENDING
    assert trade.flags == ("outcome_unknown",)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (IntentState.REFUSED, "rejected: no buying power"),
        (IntentState.NOT_SENT, "not sent: no buying power"),
        (IntentState.NEVER_ARRIVED, "never reached the broker: no buying power"),
    ],
)
def test_s01_failed_intents_are_cancelled_with_their_reason(
    state: IntentState, reason: str
) -> None:
    said = intent(OPEN_ID, state=state, message="no buying power", settled_at=at(3))
    trade = only(conclude(records(said)).trades)
    assert (trade.status, trade.close_reason) == (TradeStatus.CANCELLED, reason)
    assert trade.closed_at == at(3)


def test_s02_the_order_takes_over_whatever_the_intent_thought() -> None:
    said = intent(OPEN_ID, state=IntentState.UNKNOWN)
    filled = order(client_order_id=OPEN_ID, filled=100, avg=10)
    trade = only(conclude(records(said, filled, execution("e1"))).trades)
    assert (trade.status, trade.flags) == (TradeStatus.OPEN, ())


def test_fill_read_before_the_order_keeps_the_intents_trade() -> None:
    said = intent(OPEN_ID, broker_order_id="o1")
    concluded = conclude(records(said, execution("e1")))
    trade = only(concluded.trades)
    assert trade.trade_id == trade_id(ACCOUNT, OPEN_ID)
    assert trade.open_qty == 100


def test_head_known_only_by_its_intent_keeps_the_trade() -> None:
    said = intent(OPEN_ID, broker_order_id="A")
    successor = order("B", status="new", replaces="A")
    assert only(conclude(records(said, successor)).trades).trade_id == trade_id(ACCOUNT, OPEN_ID)


@pytest.mark.parametrize("kind", [IntentKind.CLOSE, IntentKind.CANCEL, IntentKind.REPLACE])
def test_other_intents_make_no_trade(kind: IntentKind) -> None:
    assert conclude(records(intent(OPEN_ID, kind=kind))).trades == ()


def test_intent_to_sell_is_a_pending_short() -> None:
    trade = only(conclude(records(intent(OPEN_ID, side="sell"))).trades)
    assert trade.side is TradeSide.SHORT


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (IntentState.REFUSED, "rejected"),
        (IntentState.NOT_SENT, "not sent"),
        (IntentState.NEVER_ARRIVED, "never reached the broker"),
    ],
)
def test_a_failure_without_a_message_is_told_all_the_same(state: IntentState, reason: str) -> None:
    trade = only(conclude(records(intent(OPEN_ID, state=state))).trades)
    assert (trade.close_reason, trade.closed_at) == (reason, at(-1))


def test_a_message_alone_ends_nothing() -> None:
    said = intent(OPEN_ID, message="slow", broker_order_id="o9", settled_at=at(3))
    trade = only(conclude(records(said)).trades)
    assert (trade.status, trade.close_reason, trade.closed_at) == (TradeStatus.PENDING, None, None)
    assert (trade.broker_order_id, trade.client_order_id) == ("o9", OPEN_ID)
