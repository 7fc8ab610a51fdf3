"""Trade rows: what each shows of its order, its end and what is not certain about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.domain.make import (
    ACCOUNT,
    activity,
    at,
    balance,
    execution,
    instrument,
    num,
    only,
    order,
    records,
    trades_by_order,
)
from tradesync.domain.conclusions import TradeSide, TradeSource, TradeStatus
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import close_client_order_id, open_client_order_id

INTENT = "11111111-1111-4111-8111-111111111111"
OPENS = open_client_order_id(INTENT)


def trade(*facts: object) -> Any:
    """The only trade that follows from facts."""
    return only(conclude(records(*facts)).trades)


def test_fills_without_their_order_make_a_trade_of_that_order_all_the_same() -> None:
    row = trade(instrument(), execution("e1", "o9", qty=10, price=5, t=7))
    assert (row.broker_order_id, row.client_order_id, row.order_status) == ("o9", None, None)
    assert (row.ordered_at, row.opened_at, row.closed_at) == (at(7), at(7), None)
    assert (row.status, row.source, row.ordered_qty) == (
        TradeStatus.OPEN, TradeSource.BROKER, None,
    )  # fmt: skip
    assert row.flags == ("order_unknown",)


def test_a_trade_shows_its_order_and_its_instrument() -> None:
    facts = order(client_order_id=OPENS, filled=100, avg="10.5"), execution("e1", price="10.5")
    row = trade(instrument(), *facts)
    assert row.trade_id == trade_id(ACCOUNT, OPENS)
    assert (row.instrument, row.symbol, row.asset_id, row.asset_class, row.multiplier) == (
        instrument().key, "AAPL", "asset-AAPL", "us_equity", 1,
    )  # fmt: skip
    assert (row.side, row.source) == (TradeSide.LONG, TradeSource.APP)
    assert (row.broker_order_id, row.client_order_id, row.order_status) == ("o1", OPENS, "filled")
    assert (row.ordered_qty, row.qty, row.open_qty) == (100, 100, 100)
    assert (row.cost, row.open_cost, row.entry_price) == (1050, 1050, Decimal("10.5"))
    assert (row.broker_fill_price, row.fees) == (Decimal("10.5"), 0)
    assert (row.ordered_at, row.opened_at, row.flags) == (at(0), at(1), ())


@pytest.mark.parametrize(
    ("side", "cover", "reason"), [(100, "sell", "sold"), (-100, "buy", "bought to cover")]
)
def test_an_imported_trade_is_closed_by_our_own_exit(side: int, cover: str, reason: str) -> None:
    own = trade_id(ACCOUNT, "d1")
    exit_order = order(
        "x", cover, filled=100, avg=12, t=2000, intent=f"{cover}_to_close",
        client_order_id=close_client_order_id(INTENT, own),
    )  # fmt: skip
    seen = balance("d1", side, 10)
    row = trade(instrument(), seen, exit_order, execution("ex", "x", cover, 100, 12, t=2001))
    assert (row.trade_id, row.source, row.status) == (own, TradeSource.IMPORT, TradeStatus.CLOSED)
    assert row.side is (TradeSide.LONG if side > 0 else TradeSide.SHORT)
    assert (row.close_reason, row.closed_at) == (reason, at(2001))
    assert (row.ordered_qty, row.broker_order_id, row.broker_fill_price) == (None, None, None)
    assert row.ordered_at == row.opened_at
    assert row.realized_pnl == (200 if side > 0 else -200)


@pytest.mark.parametrize(
    ("fields", "ended"),
    [
        ({"status": "canceled"}, 60),
        ({"status": "expired"}, 60),
        ({"status": "rejected"}, 60),
        ({"status": "canceled", "canceled_at": None, "updated_at": at(77)}, 77),
        ({"status": "done_for_day", "updated_at": at(78)}, None),
    ],
)
def test_an_order_that_ended_unfilled_is_cancelled_when_it_ended(
    fields: dict[str, Any], ended: int | None
) -> None:
    row = trade(order(**fields))
    if ended is None:
        assert (row.status, row.closed_at) == (TradeStatus.PENDING, None)
    else:
        assert (row.status, row.closed_at) == (TradeStatus.CANCELLED, at(ended))
        assert row.close_reason == fields["status"]
    assert (row.qty, row.entry_price, row.exit_price) == (0, None, None)


@pytest.mark.parametrize(("side", "expected"), [("buy", TradeSide.LONG), ("sell", TradeSide.SHORT)])
def test_an_order_without_fills_is_a_trade_of_the_side_it_would_open(
    side: str, expected: TradeSide
) -> None:
    row = trade(order(side=side, status="new", intent=f"{side}_to_open"))
    assert (row.side, row.status, row.ordered_qty) == (expected, TradeStatus.PENDING, 100)


def flags(*facts: object) -> tuple[str, ...]:
    found: tuple[str, ...] = trade(*facts).flags
    return found


def test_what_is_not_certain_about_an_order_is_flagged() -> None:
    assert flags(order(status="mystery")) == ("unknown_status",)
    assert flags(order(status="replaced")) == ("successor_missing",)
    over = order(qty=90, filled=100, avg=10)
    assert flags(over, execution("e1", qty=100)) == ("overfill",)
    beyond = order(filled=60, avg=10)
    assert flags(beyond, execution("e1", qty=100)) == ("fills_beyond_order",)
    alive = order(status="partially_filled", filled=60, avg=10)
    assert flags(alive, execution("e1", qty=100)) == ()
    without_qty = order(qty=None, notional=num(1000), filled=100, avg=10)
    assert flags(without_qty, execution("e1", qty=100)) == ()


def test_a_provisional_fill_is_flagged_and_says_where_its_price_comes_from() -> None:
    assert flags(order(filled=100, avg=10)) == ("provisional",)
    assert flags(order(filled=100, avg=None)) == ("average_price", "provisional", "unknown_basis")


def test_where_shares_came_from_and_went_is_flagged() -> None:
    row = trade(instrument(), activity("t1", "JNLS", qty=5))
    assert row.flags == ("transferred", "unknown_basis")
    assert (row.source, row.status) == (TradeSource.BROKER, TradeStatus.OPEN)


def test_what_was_ordered_is_shown_in_the_units_of_today() -> None:
    rows = [
        order(status="partially_filled", filled=50, avg=10),
        execution("e1", qty=50),
        activity("s1", "SPLIT", qty=-50, group_id="g"),
        activity("s2", "SPLIT", qty=150, group_id="g"),
    ]
    row = trade(instrument(), *rows)
    assert (row.ordered_qty, row.qty) == (300, 150)
    rows[0] = order(qty=None, notional=num(500), status="partially_filled", filled=50, avg=10)
    assert trade(instrument(), *rows).ordered_qty is None


def test_fills_still_to_be_read_count_as_executed() -> None:
    row = trade(order(filled=100, avg=10), execution("e1", qty=60))
    assert (row.ordered_qty, row.qty) == (100, 100)


def test_of_an_order_that_covers_first_only_the_opening_part_was_ordered_for_the_trade() -> None:
    facts = [
        order("s", "sell", 40, filled=40, avg=10, intent="sell_to_open"),
        execution("es", "s", "sell_short", 40, 10),
        order("b", "buy", 100, filled=100, avg=9, intent="", t=10),
        execution("eb", "b", "buy", 100, 9, t=11),
    ]
    rows = trades_by_order(conclude(records(*facts)))
    assert (rows["b"].ordered_qty, rows["b"].qty) == (60, 60)
    assert (rows["s"].ordered_qty, rows["s"].realized_pnl) == (40, 40)
