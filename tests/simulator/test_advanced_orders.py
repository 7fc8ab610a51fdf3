"""Stops, trails, brackets, OCO and OTO."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, TimeInForce
from alpaca.trading.requests import (
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

from tests.simulator.broker import PaperBroker


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        running.set_price("AAPL", 200)
        yield running


def client(broker: PaperBroker) -> Any:
    """Any: its methods are typed to return a model or a dict."""
    return TradingClient(broker.key, broker.secret, url_override=broker.base_url)


def bracket(broker: PaperBroker, qty: int = 100, **more: Any) -> dict[str, Any]:
    """A bracket on AAPL at 200: profit at 220, stop at 190."""
    body = {
        "order_class": "bracket",
        "time_in_force": "gtc",
        "take_profit": {"limit_price": "220"},
        "stop_loss": {"stop_price": "190"},
        **more,
    }
    return dict(broker.submit_market("AAPL", qty, **body))


def statuses(broker: PaperBroker, parent: dict[str, Any]) -> list[tuple[str, str]]:
    """(status, filled_qty) of the parent and its legs."""
    nested = broker.order(parent["id"], nested="true")
    return [(row["status"], row["filled_qty"]) for row in (nested, *nested["legs"])]


def test_a_sell_stop_goes_off_when_the_price_falls_to_it(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 10)
    order = broker.submit("AAPL", 10, "sell", type="stop", stop_price=195)
    broker.set_price("AAPL", "195.01")
    assert broker.order(order["id"])["status"] == "new"
    broker.set_price("AAPL", "194.90")
    done = broker.order(order["id"])
    assert (done["status"], done["filled_avg_price"]) == ("filled", "194.9")


def test_a_stop_on_the_wrong_side_is_refused(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 10)
    body = {"symbol": "AAPL", "qty": "1", "side": "sell", "type": "stop", "stop_price": "201"}
    reply = broker.raw("POST", "/v2/orders", json={**body, "time_in_force": "day"})
    assert (reply.status_code, reply.json()) == (
        422,
        {
            "code": 42210000,
            "message": "stop price must be less than current price",
            "market_price": "200",
            "stop_price": "201",
        },
    )


def test_a_stop_limit_waits_for_its_limit_after_it_went_off(broker: PaperBroker) -> None:
    order = broker.submit("AAPL", 5, type="stop_limit", stop_price=205, limit_price=206)
    broker.set_price("AAPL", 207)
    assert broker.order(order["id"])["filled_qty"] == "0"
    broker.set_price("AAPL", "205.50")
    assert broker.order(order["id"])["filled_avg_price"] == "205.5"


def test_a_trailing_stop_follows_the_market_up_and_sells_on_the_way_down(
    broker: PaperBroker,
) -> None:
    broker.submit_market("AAPL", 10)
    trading = client(broker)
    order = trading.submit_order(
        TrailingStopOrderRequest(
            symbol="AAPL",
            qty=10,
            side=OrderSide.SELL,
            time_in_force=TimeInForce.GTC,
            trail_percent=5,
        )
    )
    assert (order.hwm, order.stop_price) == ("200", "190")
    broker.set_price("AAPL", 220)
    moved = broker.order(str(order.id))
    assert (moved["hwm"], moved["stop_price"]) == ("220", "209")
    broker.set_price("AAPL", 210)
    assert broker.order(str(order.id))["stop_price"] == "209"
    tighter = trading.replace_order_by_id(order.id, ReplaceOrderRequest(trail=3))
    broker.set_price("AAPL", 212)
    assert broker.order(str(tighter.id))["status"] == "filled"


def test_a_bracket_replies_with_held_legs_that_share_group_and_time(broker: PaperBroker) -> None:
    broker.pause()
    parent = bracket(broker)
    assert parent["order_class"] == "bracket"
    assert [leg["status"] for leg in parent["legs"]] == ["held", "held"]
    family = [parent, *parent["legs"]]
    assert len({row["group_id"] for row in family}) == 1
    assert [row["group_role"] for row in family] == ["entry", "take_profit", "stop_loss"]
    assert len({row["submitted_at"] for row in family}) == 1
    assert [row["id"] for row in broker.get("/orders")] == [parent["id"]]
    assert len(broker.get("/orders", status="all")) == 3
    assert broker.order(parent["id"])["legs"] is None


def test_r31_after_the_entry_the_profit_is_new_and_the_stop_stays_held(
    broker: PaperBroker,
) -> None:
    broker.pause()
    parent = bracket(broker)
    broker.fill(parent["id"], 40)
    assert statuses(broker, parent) == [("partially_filled", "40"), ("held", "0"), ("held", "0")]
    broker.fill(parent["id"])
    assert statuses(broker, parent) == [("filled", "100"), ("new", "0"), ("held", "0")]
    held = broker.get("/positions/AAPL")
    assert (held["qty"], held["qty_available"]) == ("100", "0")
    listed = broker.get("/orders")
    assert [row["group_role"] for row in listed] == ["take_profit"]


def test_r32_the_profit_fills_and_the_stop_is_cancelled(broker: PaperBroker) -> None:
    parent = bracket(broker)
    broker.set_price("AAPL", 221)
    assert statuses(broker, parent) == [("filled", "100"), ("filled", "100"), ("canceled", "0")]
    assert broker.get("/positions") == []


def test_the_stop_goes_off_and_the_profit_is_cancelled(broker: PaperBroker) -> None:
    parent = bracket(broker)
    broker.set_price("AAPL", "189.50")
    assert statuses(broker, parent) == [("filled", "100"), ("canceled", "0"), ("filled", "100")]
    assert broker.get("/positions") == []


def test_r33_a_partly_filled_profit_shrinks_the_stop(broker: PaperBroker) -> None:
    parent = bracket(broker)
    profit, stop = parent["legs"]
    broker.fill(profit["id"], 60)
    assert broker.order(stop["id"])["qty"] == "40"
    broker.set_price("AAPL", 189)
    assert broker.order(stop["id"])["filled_qty"] == "40"
    assert broker.order(profit["id"])["status"] == "canceled"
    assert broker.get("/positions") == []


@pytest.mark.parametrize("leg", [0, 1])
def test_cancelling_a_leg_cancels_the_group(broker: PaperBroker, leg: int) -> None:
    parent = bracket(broker)
    broker.cancel(parent["legs"][leg]["id"])
    assert statuses(broker, parent) == [("filled", "100"), ("canceled", "0"), ("canceled", "0")]
    assert broker.get("/positions/AAPL")["qty_available"] == "100"


def test_cancelling_a_waiting_entry_cancels_its_legs(broker: PaperBroker) -> None:
    parent = bracket(broker, type="limit", limit_price="195")
    broker.cancel(parent["id"])
    assert [status for status, _ in statuses(broker, parent)] == ["canceled"] * 3


def test_a_replaced_leg_stays_in_its_group(broker: PaperBroker) -> None:
    parent = bracket(broker)
    stop = broker.replace(parent["legs"][1]["id"], stop_price="195")
    assert (stop["status"], stop["group_id"]) == ("held", parent["group_id"])
    profit = broker.replace(parent["legs"][0]["id"], limit_price="230")
    assert broker.order(profit["id"])["status"] == "new"
    broker.set_price("AAPL", "194.80")
    assert broker.order(stop["id"])["status"] == "filled"
    assert broker.order(profit["id"])["status"] == "canceled"


def test_a_replaced_entry_keeps_its_legs(broker: PaperBroker) -> None:
    parent = bracket(broker, type="limit", limit_price="195")
    new = broker.replace(parent["id"], qty=80)
    assert [leg["status"] for leg in broker.order(new["id"], nested="true")["legs"]] == ["held"] * 2
    broker.set_price("AAPL", "194.99")
    legs = broker.order(new["id"], nested="true")["legs"]
    assert [(leg["status"], leg["qty"]) for leg in legs] == [("new", "80"), ("held", "80")]


def test_an_oco_is_a_profit_with_a_stop_under_it(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 10)
    parent = broker.submit(
        "AAPL",
        10,
        "sell",
        type="limit",
        order_class="oco",
        time_in_force="gtc",
        take_profit={"limit_price": "210"},
        stop_loss={"stop_price": "195", "limit_price": "194"},
    )
    assert (parent["limit_price"], parent["group_role"]) == ("210", "take_profit")
    assert [leg["type"] for leg in parent["legs"]] == ["stop_limit"]
    assert broker.get("/positions/AAPL")["qty_available"] == "0"
    broker.set_price("AAPL", "194.50")
    assert statuses(broker, parent) == [("canceled", "0"), ("filled", "10")]


def test_an_oto_sends_its_one_leg_after_the_entry(broker: PaperBroker) -> None:
    parent = broker.submit_market(
        "AAPL", 10, order_class="oto", time_in_force="gtc", stop_loss={"stop_price": "190"}
    )
    assert statuses(broker, parent) == [("filled", "10"), ("new", "0")]
    broker.set_price("AAPL", 189)
    assert broker.get("/positions") == []


def test_a_short_bracket_is_the_mirror_image(broker: PaperBroker) -> None:
    parent = broker.submit_market(
        "AAPL",
        10,
        "sell",
        order_class="bracket",
        time_in_force="gtc",
        take_profit={"limit_price": "180"},
        stop_loss={"stop_price": "210"},
    )
    assert [leg["side"] for leg in parent["legs"]] == ["buy", "buy"]
    broker.set_price("AAPL", "210.10")
    assert statuses(broker, parent) == [("filled", "10"), ("canceled", "0"), ("filled", "10")]


def test_day_legs_expire_together(broker: PaperBroker) -> None:
    parent = bracket(broker, time_in_force="day")
    broker.overnight()
    assert [status for status, _ in statuses(broker, parent)] == ["filled", "expired", "expired"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stop_loss": {"stop_price": "201"}}, "stop_loss.stop_price must be <= base_price - 0.01"),
        (
            {"take_profit": {"limit_price": "180"}},
            "take_profit.limit_price must be > stop_loss.stop_price",
        ),
        ({"take_profit": None}, "bracket orders require take_profit.limit_price"),
        ({"order_class": "oto"}, "oto orders require either take_profit or stop_loss"),
        ({"qty": "1.5", "time_in_force": "day"}, "fractional orders must be simple orders"),
        (
            {"order_class": "simple"},
            "take_profit and stop_loss are only accepted for complex orders",
        ),
        ({"time_in_force": "ioc"}, "bracket orders must be DAY or GTC orders"),
    ],
)
def test_groups_are_refused_in_alpacas_words(
    broker: PaperBroker, change: dict[str, Any], message: str
) -> None:
    body = {
        "symbol": "AAPL",
        "qty": "10",
        "side": "buy",
        "type": "market",
        "time_in_force": "gtc",
        "order_class": "bracket",
        "take_profit": {"limit_price": "220"},
        "stop_loss": {"stop_price": "190"},
        **change,
    }
    reply = broker.raw("POST", "/v2/orders", json=body)
    assert (reply.status_code, reply.json()["message"]) == (422, message)
    assert broker.get("/orders", status="all") == []


def test_alpacas_client_sends_a_bracket_and_reads_its_legs(broker: PaperBroker) -> None:
    trading = client(broker)
    order = trading.submit_order(
        MarketOrderRequest(
            symbol="AAPL",
            qty=5,
            side=OrderSide.BUY,
            time_in_force=TimeInForce.DAY,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=220.5),
            stop_loss=StopLossRequest(stop_price=190.25, limit_price=190),
        )
    )
    assert [leg.status for leg in order.legs] == ["held", "held"]
    assert [leg.limit_price for leg in order.legs] == ["220.5", "190"]


def test_groups_survive_kill_9(broker: PaperBroker) -> None:
    parent = bracket(broker)
    broker.restart(kill=True)
    legs = broker.order(parent["id"], nested="true")["legs"]
    assert [leg["id"] for leg in legs] == [leg["id"] for leg in parent["legs"]]
    broker.set_price("AAPL", 221)
    assert statuses(broker, parent) == [("filled", "100"), ("filled", "100"), ("canceled", "0")]


@pytest.mark.parametrize("how", ["replaces", "new_order"])
def test_a_triggered_stop_may_show_its_profit_as_replaced(broker: PaperBroker, how: str) -> None:
    broker.control("switches", triggered_stop=how)
    parent = bracket(broker)
    profit, stop = (leg["id"] for leg in broker.order(parent["id"], nested="true")["legs"])
    broker.set_price("AAPL", 189)
    assert broker.order(profit)["status"] == "replaced"
    assert broker.order(profit)["replaced_by"] is None
    held = broker.order(stop)
    if how == "replaces":
        assert (held["status"], held["filled_qty"], held["replaced_by"]) == ("filled", "100", None)
    else:
        assert (held["status"], held["filled_qty"]) == ("replaced", "0")
        new = broker.order(held["replaced_by"])
        assert (new["status"], new["filled_qty"], new["type"]) == ("filled", "100", "stop")
        assert (new["replaces"], new["group_id"]) == (stop, parent["group_id"])
        assert new["id"] not in {parent["id"], profit, stop}
    assert broker.get("/positions") == []
    assert broker.get("/orders") == []


def test_a_triggered_oco_stop_may_be_a_new_order(broker: PaperBroker) -> None:
    broker.control("switches", triggered_stop="new_order")
    broker.submit_market("AAPL", 10)
    body = {"take_profit": {"limit_price": "220"}, "stop_loss": {"stop_price": "190"}}
    oco = broker.submit("AAPL", 10, "sell", type="limit", order_class="oco", **body)
    broker.set_price("AAPL", 180)
    nested = broker.order(oco["id"], nested="true")
    assert nested["status"] == "replaced"
    assert [leg["status"] for leg in nested["legs"]] == ["replaced", "filled"]


def test_unknown_switches_and_values_are_refused(broker: PaperBroker) -> None:
    url = f"{broker.base_url}/sim/switches"
    for body in ({"triggered_stop": "vanishes"}, {"cancels_weight": True}):
        assert broker.raw("POST", url.removeprefix(broker.base_url), json=body).status_code == 422


def test_a_gtc_bracket_waits_for_the_open_and_outlives_the_night() -> None:
    with PaperBroker(hours="real", as_of="2026-11-18") as broker:
        broker.control("step", to="2026-11-18T23:00:00Z")
        broker.set_price("AAPL", 200)
        parent = bracket(broker)
        assert statuses(broker, parent) == [("accepted", "0"), ("held", "0"), ("held", "0")]
        broker.control("step", next_open=True)
        done = [("filled", "100"), ("new", "0"), ("held", "0")]
        assert statuses(broker, parent) == done
        broker.control("step", next_open=True)
        assert statuses(broker, parent) == done
        profit = broker.order(parent["id"], nested="true")["legs"][0]["id"]
        broker.cancel(profit)
        assert [status for status, _ in statuses(broker, parent)] == [
            "filled",
            "canceled",
            "canceled",
        ]
