"""Multi-leg orders, and contracts at their end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, OrderType, PositionIntent, TimeInForce
from alpaca.trading.requests import (
    GetOptionContractsRequest,
    LimitOrderRequest,
    OptionLegRequest,
)

from tests.simulator.broker import PaperBroker


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        running.set_price("AAPL", 245)
        for symbol, price in contracts(running).items():
            running.set_price(symbol, price)
        yield running


def contracts(broker: PaperBroker) -> dict[str, str]:
    """The two AAPL contracts of the universe: a 250 call at 6, a 240 put at 5."""
    names = [name for name in broker.books()["prices"] if name.startswith("AAPL2")]
    return {name: "6.00" if name[10] == "C" else "5.00" for name in names}


def call(broker: PaperBroker) -> str:
    return next(name for name in contracts(broker) if name[10] == "C")


def put(broker: PaperBroker) -> str:
    return next(name for name in contracts(broker) if name[10] == "P")


def strangle(broker: PaperBroker, qty: int = 2, **more: Any) -> dict[str, Any]:
    """Buy the call and the put: a debit of 11 a unit."""
    legs = [
        {"symbol": name, "ratio_qty": "1", "side": "buy", "position_intent": "buy_to_open"}
        for name in (call(broker), put(broker))
    ]
    body = {
        "order_class": "mleg",
        "qty": str(qty),
        "type": "market",
        "time_in_force": "day",
        "legs": legs,
        **more,
    }
    reply = broker.raw("POST", "/v2/orders", json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_f25_the_parent_of_a_strategy_is_empty_and_its_legs_carry_the_fills(
    broker: PaperBroker,
) -> None:
    sent = strangle(broker)
    assert sent["status"] == "pending_new"
    order = broker.order(sent["id"], nested="true")
    for key in ("symbol", "asset_id", "asset_class", "side", "position_intent"):
        assert order[key] == ""
    assert (order["status"], order["filled_qty"], order["filled_avg_price"]) == (
        "filled",
        "2",
        "11",
    )
    assert [(leg["type"], leg["ratio_qty"], leg["filled_qty"]) for leg in order["legs"]] == [
        ("", "1", "2"),
        ("", "1", "2"),
    ]
    rows = broker.get("/account/activities/FILL")
    assert {row["order_id"] for row in rows} == {leg["id"] for leg in order["legs"]}
    assert broker.get("/account")["cash"] == "97800"
    assert [row["id"] for row in broker.get("/orders", status="all")] == [order["id"]]
    assert broker.order(order["legs"][0]["id"])["status"] == "filled"


def test_a_strategy_waits_for_its_net_limit(broker: PaperBroker) -> None:
    order = strangle(broker, type="limit", limit_price="10.50")
    assert broker.order(order["id"])["status"] == "new"
    broker.set_price(put(broker), "4.50")
    assert broker.order(order["id"])["filled_avg_price"] == "10.5"


def test_a_strategy_filled_in_parts_by_hand(broker: PaperBroker) -> None:
    broker.pause()
    order = strangle(broker, qty=3)
    broker.fill(order["id"], 1)
    part = broker.order(order["id"], nested="true")
    assert (part["status"], part["filled_qty"]) == ("partially_filled", "1")
    assert [leg["filled_qty"] for leg in part["legs"]] == ["1", "1"]


def test_a_cancelled_strategy_takes_its_legs_with_it(broker: PaperBroker) -> None:
    order = strangle(broker, type="limit", limit_price="1.00")
    broker.cancel(order["id"])
    gone = broker.order(order["id"], nested="true")
    assert [gone["status"], *(leg["status"] for leg in gone["legs"])] == ["canceled"] * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbol": "AAPL"}, "symbol is not allowed for mleg order"),
        ({"legs": []}, "mleg orders must have at least 2 legs and at most 4 legs"),
        ({"time_in_force": "gtc"}, "mleg orders must be DAY orders"),
        ({"type": "stop"}, "mleg orders must be market or limit orders"),
        ({"qty": "0"}, "qty must be > 0"),
        ({"qty": "100"}, "insufficient options buying power"),
    ],
)
def test_strategies_are_refused_in_alpacas_words(
    broker: PaperBroker, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        strangle(broker, **change)


def test_alpacas_client_sends_a_strategy_and_reads_contracts(broker: PaperBroker) -> None:
    trading: Any = TradingClient(broker.key, broker.secret, url_override=broker.base_url)
    found = trading.get_option_contracts(GetOptionContractsRequest(underlying_symbols=["AAPL"]))
    assert {row.symbol for row in found.option_contracts} == set(contracts(broker))
    order = trading.submit_order(
        LimitOrderRequest(
            qty=1,
            limit_price=12,
            order_class=OrderClass.MLEG,
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.DAY,
            legs=[
                OptionLegRequest(
                    symbol=name,
                    ratio_qty=1,
                    side=OrderSide.BUY,
                    position_intent=PositionIntent.BUY_TO_OPEN,
                )
                for name in (call(broker), put(broker))
            ],
        )
    )
    assert trading.get_order_by_id(order.id).status == "filled"


def to_expiry(broker: PaperBroker) -> None:
    """Step past the expiry of the AAPL contracts (third Friday of December)."""
    broker.control("step", to="2026-12-19T15:00:00Z")


def test_p31_a_long_call_in_the_money_is_exercised_at_expiry(broker: PaperBroker) -> None:
    symbol = call(broker)
    broker.submit_market(symbol, 1)
    broker.set_price("AAPL", 260)
    to_expiry(broker)
    held = broker.get("/positions")
    assert [(row["symbol"], row["qty"], row["avg_entry_price"]) for row in held] == [
        ("AAPL", "100", "250")
    ]
    rows = broker.get("/account/activities", activity_types="OPEXC,OPTRD")
    assert {row["activity_type"]: row["qty"] for row in rows} == {"OPEXC": "-1", "OPTRD": "100"}
    assert len({row["group_id"] for row in rows}) == 1
    assert {row["date"] for row in rows} == {"2026-12-18"}
    assert broker.get("/account")["cash"] == "74400"


def test_p30_a_short_put_in_the_money_is_assigned(broker: PaperBroker) -> None:
    symbol = put(broker)
    broker.submit_market(symbol, 1, "sell")
    broker.set_price("AAPL", 230)
    to_expiry(broker)
    held = broker.get("/positions")
    assert [(row["symbol"], row["qty"], row["avg_entry_price"]) for row in held] == [
        ("AAPL", "100", "240")
    ]
    assert broker.get("/account/activities/OPASN")[0]["qty"] == "1"


def test_p29_contracts_out_of_the_money_expire_worthless(broker: PaperBroker) -> None:
    strangle(broker)
    waiting = broker.submit_limit(call(broker), 1, "0.01")
    to_expiry(broker)
    assert broker.get("/positions") == []
    assert len(broker.get("/account/activities/OPEXP")) == 2
    assert broker.order(waiting["id"])["status"] == "expired"
    reply = broker.raw(
        "POST",
        "/v2/orders",
        json={
            "symbol": call(broker),
            "qty": "1",
            "side": "buy",
            "type": "market",
            "time_in_force": "day",
        },
    )
    assert "is not active" in reply.json()["message"]


def test_a_long_contract_is_exercised_on_request(broker: PaperBroker) -> None:
    symbol = call(broker)
    broker.submit_market(symbol, 2)
    assert broker.raw("POST", f"/v2/positions/{symbol}/exercise").status_code == 200
    assert broker.get("/positions/AAPL")["qty"] == "200"
    assert broker.raw("POST", f"/v2/positions/{symbol}/exercise").status_code == 404
