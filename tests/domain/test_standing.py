"""What orders stand for before they fill: the beginning of a trade, or a working exit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.make import ACCOUNT, at, execution, instrument, order, records
from tradesync.domain.conclusions import Conclusions, WorkingExit
from tradesync.domain.identity import trade_id
from tradesync.domain.ledger import conclude
from tradesync.domain.money import to_decimal

LONG_TRADE = trade_id(ACCOUNT, "held")


def held(qty: int) -> list[object]:
    """So much bought in one fill."""
    return [order("held", qty=qty, filled=qty, avg=10), execution("eh", "held", qty=qty)]


def shorted(qty: int) -> list[object]:
    return [
        order("held", "sell", qty, filled=qty, avg=10, intent="sell_to_open"),
        execution("eh", "held", "sell_short", qty),
    ]


def alive(side: str, **fields: Any) -> Any:
    """A working order of 100; silent about what it does unless `intent` is given."""
    return order("new", side, **{"status": "new", "intent": "", "t": 50, **fields})


def concluded(*facts: object, complete: bool = True) -> Conclusions:
    return conclude(records(*facts, history_complete=complete))


def began(found: Conclusions) -> bool:
    """Whether the working order has a trade of its own."""
    return trade_id(ACCOUNT, "new") in {row.trade_id for row in found.trades}


@pytest.mark.parametrize(
    ("side", "facts", "complete", "begins"),
    [
        ("buy", [], False, True),
        ("buy", held(1), False, True),
        ("buy", shorted(1), True, False),
        ("sell", [], True, True),
        ("sell", [], False, False),
        ("sell", shorted(1), True, True),
        ("sell", held(1), True, False),
    ],
)
def test_what_a_silent_order_would_do_depends_on_what_was_held_when_it_was_made(
    side: str, facts: list[object], complete: bool, begins: bool
) -> None:
    found = concluded(*facts, alive(side), complete=complete)
    assert began(found) is begins
    assert bool(found.working_exits) is not begins


def test_an_order_that_says_it_opens_or_closes_is_believed() -> None:
    assert began(concluded(*held(1), alive("sell", intent="sell_to_open")))
    assert not began(concluded(alive("sell", intent="sell_to_close")))


def test_a_silent_sell_that_closed_what_was_held_begins_nothing() -> None:
    sold = alive("sell", status="filled", filled=100, avg=12)
    assert not began(concluded(*held(100), sold))
    assert not began(concluded(*held(100), sold, execution("e", "new", "sell", 100, 12, t=60)))


def test_an_order_whose_fills_lie_before_what_was_read_begins_nothing() -> None:
    filled = alive("buy", status="filled", filled=100, avg=10, intent="buy_to_open")
    found = conclude(records(instrument(), filled, activities_from=at(100)))
    assert found.trades == ()
    unfilled = alive("buy", intent="buy_to_open")
    assert began(conclude(records(instrument(), unfilled, activities_from=at(100))))


def test_a_working_exit_names_the_trade_next_in_line_and_what_is_left_to_fill() -> None:
    selling = alive(
        "sell", status="partially_filled", intent="sell_to_close", filled=30, avg=12
    )
    found = concluded(*held(100), selling, execution("e", "new", "sell", 20, 12, t=60))
    assert found.working_exits == (
        WorkingExit("new", LONG_TRADE, instrument().key, "sell", to_decimal(70)),
    )


def test_a_working_cover_names_the_short_next_in_line() -> None:
    found = concluded(*shorted(100), alive("buy", qty=40, intent="buy_to_close"))
    assert found.working_exits == (
        WorkingExit("new", LONG_TRADE, instrument().key, "buy", to_decimal(40)),
    )


def test_an_exit_with_nothing_to_close_names_no_trade_and_an_ended_one_is_none() -> None:
    found = concluded(alive("sell", intent="sell_to_close", qty=None))
    assert found.working_exits == (
        WorkingExit("new", None, instrument().key, "sell", to_decimal(0)),
    )
    ended = alive("sell", intent="sell_to_close", status="canceled")
    assert concluded(*held(100), ended).working_exits == ()
