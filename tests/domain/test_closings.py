"""Why a trade ended, in a small vocabulary: by what closed it, and who sent that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.make import (
    ACCOUNT,
    activity,
    execution,
    instrument,
    only,
    order,
    records,
    trades_by_order,
)
from tests.domain.test_booking_rules import booked, buy, sell
from tradesync.domain.chains import build_chains
from tradesync.domain.closings import cancel_reason, close_reason
from tradesync.domain.conclusions import TradeSide
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.ours import close_client_order_id

CLOSES = close_client_order_id(
    "11111111-1111-4111-8111-111111111111", trade_id(ACCOUNT, "entry")
)  # fmt: skip


def reason(**fields: Any) -> str | None:
    """Why a long trade ended that the order of these fields sold."""
    facts = [
        order("entry", filled=100, avg=10, group_id="g", group_role="entry"),
        execution("e1", "entry"),
        order("exit", "sell", filled=100, avg=12, t=10, **fields),
        execution("e2", "exit", "sell", 100, 12, t=11),
    ]
    said: str | None = trades_by_order(conclude(records(*facts)))["entry"].close_reason
    return said


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "outside app"),
        ({"order_type": "stop"}, "outside app"),
        ({"client_order_id": CLOSES}, "sold"),
        ({"client_order_id": CLOSES, "order_type": "stop_limit"}, "stop"),
        ({"client_order_id": CLOSES, "order_type": "trailing_stop"}, "stop"),
        ({"group_id": "g", "order_type": "limit"}, "take profit"),
        ({"group_id": "g", "order_type": "stop"}, "stop"),
        ({"parent_id": "entry", "order_type": "trailing_stop"}, "stop"),
        ({"order_class": "oco", "order_type": "limit"}, "take profit"),
        ({"order_class": "oco", "order_type": "stop"}, "stop"),
    ],
)
def test_an_order_that_closed_says_what_it_was(fields: dict[str, Any], expected: str) -> None:
    assert reason(**fields) == expected


def test_a_closing_whose_order_nobody_knows_came_from_outside() -> None:
    last = only(booked(buy(1, 1, 1), sell(1, 2, 2)).allocations)
    assert close_reason(last, TradeSide.LONG, None, build_chains([])) == "outside app"


@pytest.mark.parametrize(
    ("kind", "sub_type", "expected"),
    [
        ("JNLS", "", "transferred out"),
        ("MA", "SMA", "exchanged"),
        ("MA", "CMA", "merger"),
        ("REORG", "WRM", "worthless"),
        ("CIL", "", "cash in lieu"),
        ("DIV", "SDIV", "dividend taken back"),
        ("SPIN", "", "spin-off taken back"),
    ],
)
def test_a_row_that_took_the_last_of_it_says_so(kind: str, sub_type: str, expected: str) -> None:
    held = order(filled=100, avg=10), execution("e1")
    gone = activity("a1", kind, sub_type=sub_type, qty=-100)
    row = only(conclude(records(instrument(), *held, gone)).trades)
    assert row.close_reason == expected


@pytest.mark.parametrize(
    ("fields", "message", "expected"),
    [
        ({"status": "replaced"}, "late", "replaced without successor"),
        ({"status": "filled"}, "", "busted"),
        ({"status": "canceled"}, "", "canceled"),
        ({"status": "rejected"}, "no buying power", "rejected: no buying power"),
    ],
)
def test_why_an_order_ended_unfilled(fields: dict[str, Any], message: str, expected: str) -> None:
    (chain,) = build_chains([order(**fields)]).chains
    assert cancel_reason(chain, message) == expected
