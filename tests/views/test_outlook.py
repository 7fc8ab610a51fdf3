"""What an order would leave behind, before it is sent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tradesync.broker.port import Quote
from tradesync.sync.outcomes import OrderTicket
from tradesync.views.outlook import Basis, amount_moved, outlook

D = Decimal
BUY = OrderTicket("AAPL", "buy", "market", qty="10")
SELL = replace(BUY, side="sell")
QUOTE = Quote("AAPL", D(200), 1, D(199), D(201), 1)
RICH = Basis(buying_power=D(5000), cash=D(3000), mark=D(190))
LONG = replace(RICH, held=D(15), free=D(15))
SHORT = replace(RICH, held=D(-15), free=D(-15))


@pytest.mark.parametrize(
    ("ticket", "quote", "price", "word"),
    [
        (BUY, QUOTE, D(201), "ask"),
        (SELL, QUOTE, D(199), "bid"),
        (BUY, replace(QUOTE, ask=None), D(200), "last trade"),
        (BUY, None, D(190), "last price read"),
        (replace(BUY, order_type="limit", limit_price="187.25"), QUOTE, D("187.25"), "limit"),
        (replace(BUY, order_type="stop", stop_price="210"), QUOTE, D(210), "stop"),
        (replace(BUY, order_type="stop_limit", stop_price="210", limit_price="211"), QUOTE,
         D(211), "limit"),
        (replace(SELL, order_class="oco", take_profit="220", stop_loss="180"), QUOTE, D(220),
         "take profit"),
    ],
)  # fmt: skip
def test_the_price_is_its_own_or_the_other_side_of_the_market(
    ticket: OrderTicket, quote: Quote | None, price: Decimal, word: str
) -> None:
    found = outlook(ticket, RICH, quote, "us_equity")
    assert (found.price, found.price_word, found.amount) == (price, word, price * 10)


def test_what_is_left_after_opening_is_buying_power_and_cash_for_coins() -> None:
    assert outlook(BUY, RICH, QUOTE, "us_equity").power_after == D(5000) - D(2010)
    assert outlook(BUY, RICH, QUOTE, "crypto").power_after == D(3000) - D(2010)
    assert outlook(BUY, RICH, QUOTE, "us_option").amount == D(201_000)
    assert outlook(BUY, Basis(), QUOTE, "us_equity").power_after is None


def test_an_amount_is_turned_into_a_quantity() -> None:
    found = outlook(replace(BUY, qty=None, notional="100.50"), RICH, QUOTE, "us_equity")
    assert (found.qty, found.amount) == (D("0.5"), D("100.50"))


@pytest.mark.parametrize(
    ("ticket", "basis", "after", "closing", "flips"),
    [
        (BUY, RICH, D(10), False, False),
        (SELL, RICH, D(-10), False, False),
        (BUY, LONG, D(25), False, False),
        (SELL, LONG, D(5), True, False),
        (replace(SELL, qty="15"), LONG, D(0), True, False),
        (replace(SELL, qty="16"), LONG, D(-1), True, True),
        (BUY, SHORT, D(-5), True, False),
        (replace(BUY, qty="20"), SHORT, D(5), True, True),
    ],
)
def test_the_position_it_leaves(
    ticket: OrderTicket, basis: Basis, after: Decimal, closing: bool, flips: bool
) -> None:
    found = outlook(ticket, basis, QUOTE, "us_equity")
    assert (found.after, found.closing, found.flips) == (after, closing, flips)
    assert (found.power_after is None) is closing


def test_shares_other_orders_hold_are_counted() -> None:
    held = replace(LONG, free=D(4))
    assert outlook(SELL, held, QUOTE, "us_equity").held_back == D(6)
    assert outlook(replace(SELL, qty="4"), held, QUOTE, "us_equity").held_back == 0
    assert outlook(BUY, held, QUOTE, "us_equity").held_back == 0


def test_an_estimate_has_moved_beyond_one_percent() -> None:
    shown = outlook(BUY, RICH, QUOTE, "us_equity")
    for ask, moved in ((D("203.01"), False), (D("203.02"), True), (D("198.98"), True)):
        now = outlook(BUY, RICH, replace(QUOTE, ask=ask), "us_equity")
        assert amount_moved(shown, now) is moved
    assert not amount_moved(shown, outlook(BUY, Basis(), None, "us_equity"))
