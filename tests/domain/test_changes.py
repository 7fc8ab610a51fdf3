"""What the journal says about changed trades."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.domain.make import at, execution, only, order, records
from tradesync.domain.changes import Change, trade_changes
from tradesync.domain.conclusions import Trade, TradeStatus
from tradesync.domain.ledger import conclude


def _trade() -> Trade:
    trade: Trade = only(conclude(records(order(filled=100, avg="10.5"), execution("e1"))).trades)
    return trade


def test_nothing_changed_says_nothing() -> None:
    trade = _trade()
    assert trade_changes({trade.trade_id: trade}, {trade.trade_id: replace(trade)}) == ()


def test_new_trade_tells_its_status_first_and_its_figures() -> None:
    trade = _trade()
    changes = trade_changes({}, {trade.trade_id: trade})
    assert changes[0] == Change(trade.trade_id, "status", None, "open")
    told = {change.field: change.new for change in changes}
    assert told["qty"] == "100"
    assert told["entry_price"] == "10"
    assert told["symbol"] == "AAPL"
    assert "realized_pnl" not in told


def test_each_changed_field_is_one_change_in_exact_text() -> None:
    old = _trade()
    new = replace(
        old,
        status=TradeStatus.CLOSED,
        open_qty=Decimal(0),
        realized_pnl=Decimal("0.000000000001"),
        closed_at=at(5),
        flags=("provisional",),
    )
    assert set(trade_changes({old.trade_id: old}, {old.trade_id: new})) == {
        Change(old.trade_id, "status", "open", "closed"),
        Change(old.trade_id, "open_qty", "100", "0"),
        Change(old.trade_id, "realized_pnl", "0", "0.000000000001"),
        Change(old.trade_id, "closed_at", None, "2026-03-02T15:00:05Z"),
        Change(old.trade_id, "flags", "", "provisional"),
    }


def test_every_new_trade_tells_what_it_has_and_only_that() -> None:
    first = replace(_trade(), flags=("a", "b"), close_reason="")
    second = replace(first, trade_id="z", flags=())
    changes = trade_changes({}, {first.trade_id: first, "z": second})
    told = {(change.trade_id, change.field): change.new for change in changes}
    assert told[first.trade_id, "flags"] == "a, b"
    for trade_id in (first.trade_id, "z"):
        assert told[trade_id, "symbol"] == "AAPL"
        assert (trade_id, "close_reason") not in told
    assert ("z", "flags") not in told


def test_a_time_that_moved_is_told_as_it_was_and_is() -> None:
    old = replace(_trade(), closed_at=at(5))
    new = replace(old, closed_at=at(6), multiplier=100)
    assert set(trade_changes({old.trade_id: old}, {old.trade_id: new})) == {
        Change(old.trade_id, "closed_at", "2026-03-02T15:00:05Z", "2026-03-02T15:00:06Z"),
        Change(old.trade_id, "multiplier", "1", "100"),
    }


def test_a_trade_that_is_gone_says_so() -> None:
    trade = _trade()
    assert trade_changes({trade.trade_id: trade}, {}) == (
        Change(trade.trade_id, "status", "open", None),
    )
