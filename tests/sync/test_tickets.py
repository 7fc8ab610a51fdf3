"""Tickets: what is refused before anything is written, and each kind over HTTP as it was asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.sync.world import NAME, World
from tradesync.broker.errors import BrokerRefused
from tradesync.broker.port import Asset
from tradesync.domain.conclusions import TradeStatus
from tradesync.sync.outcomes import CommandRefusedError, CommandResult, OrderTicket, Replacement
from tradesync.sync.refusals import refusal_words
from tradesync.sync.tickets import opening_request, times_in_force

D = Decimal
SHARE = Asset("AAPL", "id", "us_equity", "Apple", "active", True, True, True)
WHOLE = replace(SHARE, symbol="BRK.A", fractionable=False)
COIN = Asset("BTC/USD", "id", "crypto", "Bitcoin", "active", True, False, True)
OPTION = Asset("AAPL261218C00200000", "id", "us_option", "Call", "active", True, False, False)
BUY = OrderTicket("AAPL", "buy", "market", qty="10")
BRACKET = replace(BUY, order_class="bracket", take_profit="220", stop_loss="180")
OCO = OrderTicket("AAPL", "sell", "limit", qty="10", order_class="oco", take_profit="220",
                  stop_loss="180")  # fmt: skip


@pytest.mark.parametrize(
    ("ticket", "asset", "words"),
    [
        (replace(BUY, side="short"), SHARE, "buy or sell"),
        (replace(BUY, order_type="iceberg"), SHARE, "order type must be one of"),
        (replace(BUY, order_class="mleg"), SHARE, "order class"),
        (replace(BUY, time_in_force="week"), SHARE, "Time in force must be one of"),
        (replace(BUY, notional="5"), SHARE, "either a quantity or an amount"),
        (replace(BUY, qty=None, notional="5.001"), SHARE, "whole cents"),
        (replace(BUY, qty="0.1234567891"), SHARE, "nine decimals"),
        (replace(BUY, qty="1.5"), WHOLE, "whole units"),
        (replace(BUY, qty="1.5"), OPTION, "whole contracts"),
        (replace(BUY, qty=None, notional="50"), OPTION, "whole contracts"),
        (replace(BUY, limit_price="1"), SHARE, "market order has no limit"),
        (replace(BUY, order_type="limit"), SHARE, "limit order needs a limit"),
        (replace(BUY, order_type="stop"), SHARE, "stop order needs a stop price"),
        (replace(BUY, order_type="stop_limit", stop_price="5"), SHARE, "needs a limit price"),
        (replace(BUY, order_type="limit", limit_price="5", stop_price="5"), SHARE, "no stop price"),
        (replace(BUY, order_type="trailing_stop"), SHARE, "needs its trail"),
        (replace(BUY, order_type="trailing_stop", trail_price="1", trail_percent="1"), SHARE,
         "needs its trail"),
        (replace(BUY, order_type="trailing_stop", trail_percent="100"), SHARE, "less than 100"),
        (replace(BUY, trail_price="1"), SHARE, "has no trail"),
        (replace(BUY, order_type="trailing_stop", trail_price="1"), COIN, "Crypto cannot"),
        (replace(BUY, order_type="stop", stop_price="1"), OPTION, "Options cannot"),
        (replace(BUY, qty="1.5", order_type="trailing_stop", trail_price="1"), SHARE,
         "whole shares"),
        (replace(BUY, take_profit="220"), SHARE, "Exits need a bracket"),
        (replace(BRACKET, stop_loss=None), SHARE, "needs a take profit and a stop loss"),
        (replace(BRACKET, order_class="oto"), SHARE, "one exit"),
        (replace(BRACKET, stop_loss="230"), SHARE, "take profit must be above the stop loss"),
        (replace(BRACKET, side="sell"), SHARE, "take profit must be below the stop loss"),
        (replace(BRACKET, stop_loss="220"), SHARE, "above the stop loss"),
        (replace(BRACKET, order_type="limit", limit_price="220"), SHARE, "above the limit price"),
        (replace(BRACKET, order_type="limit", limit_price="180"), SHARE, "below the limit price"),
        (replace(BRACKET, stop_loss=None, stop_loss_limit="1"), SHARE, "needs its stop price"),
        (replace(BRACKET, qty="1.5"), SHARE, "whole shares"),
        (BRACKET, COIN, "Crypto have no brackets"),
        (replace(BRACKET, order_type="stop", stop_price="1"), SHARE, "in a bracket"),
        (replace(BRACKET, time_in_force="ioc"), SHARE, "day or gtc"),
        (replace(OCO, order_type="market"), SHARE, "OCO is a limit order"),
        (replace(OCO, limit_price="215"), SHARE, "limit of an OCO is its take profit"),
        (replace(OCO, stop_loss="230"), SHARE, "above the stop loss"),
        (replace(BUY, extended_hours=True), SHARE, "extended hours"),
        (replace(BUY, order_type="limit", limit_price="5", extended_hours=True,
                 time_in_force="gtc"), SHARE, "extended hours"),
        (replace(BUY, time_in_force="fok"), COIN, "gtc or ioc"),
        (replace(BUY, time_in_force="gtc"), OPTION, "must be day"),
        (replace(BUY, qty="1.5", time_in_force="gtc"), SHARE, "must be day"),
        (replace(BUY, order_type="stop", stop_price="5", time_in_force="ioc"), SHARE, "day or gtc"),
        (replace(BUY, order_type="limit", limit_price="187.255"), SHARE, "more than two"),
        (replace(BUY, order_type="limit", limit_price="0.12345"), SHARE, "more than four"),
        (replace(BRACKET, stop_loss="179.999"), SHARE, "stop loss 179.999"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_written(
    ticket: OrderTicket, asset: Asset, words: str
) -> None:
    with pytest.raises(CommandRefusedError, match=words):
        opening_request(ticket, asset, "id")


def test_a_coin_s_day_order_is_good_till_cancelled() -> None:
    assert opening_request(replace(BUY, qty="0.5"), COIN, "id").time_in_force == "gtc"


@pytest.mark.parametrize(
    ("kind", "order_type", "more", "expected"),
    [
        ("us_equity", "market", {}, ("day", "gtc", "ioc", "fok", "opg", "cls")),
        ("us_equity", "stop", {}, ("day", "gtc")),
        ("us_equity", "limit", {"order_class": "bracket"}, ("day", "gtc")),
        ("us_equity", "market", {"fractional": True}, ("day",)),
        ("us_equity", "limit", {"extended_hours": True}, ("day",)),
        ("us_option", "limit", {}, ("day",)),
        ("crypto", "stop_limit", {}, ("gtc", "ioc")),
    ],
)
def test_only_times_in_force_that_are_valid_are_offered(
    kind: str, order_type: str, more: dict[str, object], expected: tuple[str, ...]
) -> None:
    assert times_in_force(kind, order_type, **more) == expected  # type: ignore[arg-type]


SENT: dict[str, tuple[OrderTicket, dict[str, str]]] = {
    "market": (BUY, {"type": "market", "qty": "10", "time_in_force": "day"}),
    "amount": (replace(BUY, qty=None, notional="500.25"), {"notional": "500.25"}),
    "limit": (
        replace(BUY, order_type="limit", limit_price="189.99", time_in_force="gtc"),
        {"limit_price": "189.99", "time_in_force": "gtc"},
    ),
    "extended": (
        replace(BUY, order_type="limit", limit_price="189.99", extended_hours=True),
        {"extended_hours": "True"},
    ),
    "stop": (replace(BUY, order_type="stop", stop_price="210"), {"stop_price": "210"}),
    "stop limit": (
        replace(BUY, order_type="stop_limit", stop_price="210", limit_price="211"),
        {"stop_price": "210", "limit_price": "211"},
    ),
    "trail by dollars": (
        replace(BUY, order_type="trailing_stop", trail_price="2.5"), {"trail_price": "2.5"},
    ),
    "trail by percent": (
        replace(BUY, order_type="trailing_stop", trail_percent="1.5"), {"trail_percent": "1.5"},
    ),
    "bracket": (replace(BRACKET, time_in_force="gtc"), {"order_class": "bracket"}),
    "oto": (replace(BRACKET, order_class="oto", take_profit=None), {"order_class": "oto"}),
    "coin": (
        OrderTicket("BTC/USD", "buy", "limit", qty="0.0125", limit_price="50000.5"),
        {"qty": "0.0125", "time_in_force": "gtc"},
    ),
}  # fmt: skip


def send(world: World, ticket: OrderTicket) -> CommandResult:
    """The ticket sent as one click."""
    return world.service.place_order(NAME, ticket, intent_id=str(uuid4()))


def test_every_kind_of_ticket_reaches_the_broker_as_asked(world: World) -> None:
    world.broker.pause()
    world.broker.set_price("AAPL", 200)
    world.broker.set_price("BTC/USD", 60_000)
    for name, (ticket, expected) in SENT.items():
        result = send(world, ticket)
        assert result.ok, (name, result.message)
        sent = world.broker.order(result.order_id or "", nested=True)
        assert {key: str(sent[key]) for key in expected} == expected, name
        if ticket.order_class:
            exits = {leg["type"]: leg for leg in sent["legs"]}
            assert exits["stop"]["stop_price"] == "180"
            assert ticket.take_profit is None or exits["limit"]["limit_price"] == "220"
    world.sync()
    world.assert_quiet()
    kept = world.rows(
        "SELECT order_class, take_profit, stop_loss FROM intents WHERE order_class != '' ORDER BY 1"
    )
    assert kept == [("bracket", D(220), D(180)), ("oto", None, D(180))]


def test_an_oco_is_the_exit_of_its_trade(world: World) -> None:
    world.broker.set_price("AAPL", 200)
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    trade = world.trade()
    result = send(world, replace(OCO, position_seen="10"))
    assert result.ok, result.message
    assert result.trade_id == trade.trade_id
    world.sync()
    exits = world.rows("SELECT trade_id FROM working_exits")
    assert exits
    assert {row[0] for row in exits} == {trade.trade_id}
    assert world.trade().status is TradeStatus.OPEN
    world.broker.set_price("AAPL", 220)
    world.broker.step(5)
    world.sync()
    assert (world.trade().status, world.trade().realized_pnl) == (TradeStatus.CLOSED, 200)
    world.assert_equals_broker()


UNFIT = (
    (replace(BUY, side="sell", position_seen="12"), "position has changed: .*holds 10 AAPL"),
    (replace(BUY, side="sell", qty="15", position_seen="10"),
     "The broker holds 10 AAPL, and no position is turned"),
    (replace(BRACKET, side="sell", take_profit="180", stop_loss="220", position_seen="10"),
     "Place an OCO instead"),
    (replace(OCO, side="buy", take_profit="180", stop_loss="220"), "OCO closes a position"),
)  # fmt: skip


def test_what_does_not_fit_the_position_is_not_sent(world: World) -> None:
    world.broker.set_price("AAPL", 200)
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    for ticket, words in UNFIT:
        with pytest.raises(CommandRefusedError, match=words):
            send(world, ticket)
    assert len(world.broker.get("/orders", status="all")) == 1


def test_a_refused_exit_leaves_no_trade_behind(world: World) -> None:
    world.broker.set_price("AAPL", 200)
    world.place("AAPL", "buy", "10")
    world.broker.step()
    world.sync()
    stop = OrderTicket("AAPL", "sell", "stop", qty="10", stop_price="250", position_seen="10")
    result = send(world, stop)
    assert (result.state, result.trade_id) == ("refused", world.trade().trade_id)
    assert "must be below the market price" in result.message
    assert "Request id" in result.message
    assert len(world.trades()) == 1


def test_a_replacement_changes_what_differs_and_nothing_else(world: World) -> None:
    world.broker.pause()
    world.broker.set_price("AAPL", 200)
    placed = send(world, replace(BUY, order_type="limit", limit_price="189.99"))
    trailing = send(world, replace(BUY, order_type="trailing_stop", trail_percent="1.5"))
    world.broker.step()
    world.sync()
    change = Replacement(qty="12", limit_price="189.99", time_in_force="gtc")
    result = world.service.replace_order(
        NAME, placed.order_id or "", change, intent_id=str(uuid4())
    )
    assert result.ok, result.message
    successor = world.broker.order(result.order_id or "")
    assert [successor[key] for key in ("qty", "limit_price", "time_in_force")] == [
        "12", "189.99", "gtc",
    ]  # fmt: skip
    wider = world.service.replace_order(
        NAME, trailing.order_id or "", Replacement(trail="2"), intent_id=str(uuid4())
    )
    assert world.broker.order(wider.order_id or "")["trail_percent"] == "2"
    assert len(world.trades()) == 2


IMPOSSIBLE = (
    (Replacement(), "Say what to change"),
    (Replacement(limit_price="189.99"), "Say what to change"),
    (Replacement(qty="1.5"), "whole units"),
    (Replacement(stop_price="100"), "stop price of a limit order cannot"),
    (Replacement(trail="1"), "has no trail"),
    (Replacement(limit_price="1.999"), "more than two"),
    (Replacement(time_in_force="week"), "time in force"),
    (Replacement(qty="nine"), "not a number"),
)


def test_a_replacement_that_cannot_be_is_refused_before_it_is_written(world: World) -> None:
    world.broker.pause()
    placed = send(world, replace(BUY, order_type="limit", limit_price="189.99"))
    for change, words in IMPOSSIBLE:
        with pytest.raises(CommandRefusedError, match=words):
            world.service.replace_order(NAME, placed.order_id or "", change, intent_id=str(uuid4()))
    assert world.rows("SELECT kind FROM intents") == [("open",)]


@pytest.mark.parametrize(
    ("reason", "details", "words"),
    [
        ("insufficient buying power", {"buying_power": "1000", "cost_basis": "2500.5"},
         "needs $2,500.50, $1,000.00 is free"),
        ("insufficient qty available for order (requested: 5, available: 0)",
         {"available": "0", "held_for_orders": "5"}, "Only 0 is free to trade; open orders hold 5"),
        ("potential wash trade detected. use complex orders",
         {"reject_reason": "opposite side limit order exists"}, "your own open order"),
        ('asset "X" cannot be sold short', {}, "no shares to borrow"),
        ("trade denied due to pattern day trading protection", {}, "pattern day trader"),
        ("asset is halted", {}, "halted"),
        ("something nobody has met", {}, "The broker refused: something nobody has met."),
    ],
)  # fmt: skip
def test_refusals_are_told_in_plain_words_with_their_request_id(
    reason: str, details: dict[str, str], words: str
) -> None:
    error = BrokerRefused(
        f"The broker refused: {reason}.", status=403, request_id="req-1", reason=reason,
        details=details,
    )  # fmt: skip
    assert words in refusal_words(error)
    assert "req-1" in refusal_words(error)
    assert reason in refusal_words(error)
