"""Intents and decisions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.store.conftest import ACCOUNT
from tradesync.domain.ours import Intent, IntentKind, IntentState, OpeningBalance
from tradesync.store import decisions, intents
from tradesync.store.database import Database
from tradesync.store.decisions import TradeNote

INTENT = Intent(
    intent_id="i1",
    kind=IntentKind.OPEN,
    state=IntentState.WRITTEN,
    client_order_id="ts1-o-1",
    trade_id=None,
    order_id=None,
    instrument="aapl",
    symbol="AAPL",
    asset_class="us_equity",
    side="buy",
    position_intent="buy_to_open",
    qty=Decimal(1),
    notional=None,
    order_type="market",
    time_in_force="day",
    limit_price=None,
    stop_price=None,
    extended_hours=False,
    created_at=10,
    sent_at=None,
    settled_at=None,
    broker_order_id=None,
    not_found_count=0,
    message="",
)
BALANCE = OpeningBalance(
    "d1", "aapl", "AAPL", "us_equity", 10, Decimal(5), Decimal("1.25"), None, 11
)


def test_an_intent_and_what_became_of_it(bound: Database) -> None:
    sent = replace(INTENT, state=IntentState.SENT, sent_at=20)
    with bound.write() as tx:
        intents.save_intent(tx, ACCOUNT, INTENT)
        intents.save_intent(tx, ACCOUNT, sent)
    with bound.read() as tx:
        assert intents.intent(tx, ACCOUNT, "i1") == sent
        assert intents.intent(tx, ACCOUNT, "i2") is None
        assert intents.intent(tx, "another", "i1") is None


def test_intents_by_state_and_instrument_oldest_first(bound: Database) -> None:
    rows = [
        replace(INTENT, intent_id=state.value, state=state, created_at=100 - number)
        for number, state in enumerate(IntentState)
    ]
    other = replace(INTENT, intent_id="other", instrument="msft")
    with bound.write() as tx:
        for row in [*rows, other]:
            intents.save_intent(tx, ACCOUNT, row)
        found = intents.load_intents(tx, ACCOUNT)
        assert [row.intent_id for row in found] == ["other", *(r.intent_id for r in rows[::-1])]
        refused = intents.load_intents(tx, ACCOUNT, states=[IntentState.REFUSED])
        assert [row.intent_id for row in refused] == ["refused"]
        assert intents.load_intents(tx, ACCOUNT, instruments={"msft"}) == [other]
        unsettled = {row.intent_id for row in intents.unsettled_intents(tx, ACCOUNT)}
    assert unsettled == {"other", "written", "sent", "unknown"}


def test_an_opening_balance_is_stored_once_and_can_be_taken_back(bound: Database) -> None:
    second = replace(BALANCE, decision_id="d2", instrument="msft")
    with bound.write() as tx:
        decisions.add_opening_balances(tx, ACCOUNT, [BALANCE, second])
        decisions.add_opening_balance(tx, ACCOUNT, replace(BALANCE, qty=Decimal(9)))
        assert decisions.load_opening_balances(tx, ACCOUNT) == [BALANCE, second]
        assert decisions.load_opening_balances(tx, ACCOUNT, ["msft"]) == [second]
        assert decisions.revoke_opening_balance(tx, "another", "d1", 20) is None
        assert decisions.revoke_opening_balance(tx, ACCOUNT, "d1", 20) == BALANCE
        assert decisions.load_opening_balances(tx, ACCOUNT) == [second]
        assert decisions.load_opening_balances(tx, ACCOUNT, ["aapl"]) == []
        assert decisions.revoke_opening_balance(tx, ACCOUNT, "d1", 21) is None
        (kept,) = decisions.load_revoked_balances(tx, ACCOUNT)
        assert (kept.decision_id, kept.qty, kept.revoked_at) == ("d1", 5, 20)
        decisions.add_opening_balance(tx, ACCOUNT, BALANCE)
        assert decisions.load_opening_balances(tx, ACCOUNT) == [second], "it stays taken back"


def test_the_note_of_a_trade_takes_the_place_of_the_last(bound: Database) -> None:
    note = TradeNote("t1", "first", ("a", "b"), 10)
    later = TradeNote("t1", "second", (), 20)
    with bound.write() as tx:
        decisions.save_trade_note(tx, ACCOUNT, note)
        assert decisions.trade_note(tx, ACCOUNT, "t1") == note
        decisions.save_trade_note(tx, ACCOUNT, later)
        assert decisions.trade_note(tx, ACCOUNT, "t1") == later
        assert decisions.trade_note(tx, ACCOUNT, "t2") is None
