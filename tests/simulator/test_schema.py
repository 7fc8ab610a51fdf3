"""Replies against Alpaca's own OpenAPI schemas, where a copy lies beside the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.simulator.broker import PaperBroker

SPEC = Path(__file__).resolve().parents[3] / "shared" / "alpaca-openapi" / "trading-api.json"


@pytest.fixture(scope="module")
def demo() -> Iterator[PaperBroker]:
    if not SPEC.exists():
        pytest.skip(f"no copy of Alpaca's spec at ../shared/{SPEC.parent.name}/{SPEC.name}")
    with PaperBroker(empty=False) as running:
        yield running


@cache
def validator(name: str) -> Draft202012Validator:
    spec = json.loads(SPEC.read_text())
    registry: Registry[Any] = Registry().with_resource(
        "urn:spec", DRAFT202012.create_resource(spec)
    )
    return Draft202012Validator({"$ref": f"urn:spec#/components/schemas/{name}"}, registry=registry)


def faults(name: str, rows: list[Any]) -> set[str]:
    found = [fault for row in rows for fault in validator(name).iter_errors(row)]
    return {f"{fault.json_path}: {fault.message}" for fault in found}


def keys(name: str) -> set[str]:
    spec = json.loads(SPEC.read_text())
    return set(spec["components"]["schemas"][name]["properties"])


def test_orders(demo: PaperBroker) -> None:
    rows = demo.get("/orders", status="all", limit=500)
    assert faults("Order", rows) == set()
    # Keys beyond the spec: two recorded ones, and why an order was rejected.
    assert {key for row in rows for key in row} - keys("Order") == {
        "subtag",
        "source",
        "reject_reason",
    }


def test_positions(demo: PaperBroker) -> None:
    rows = demo.get("/positions")
    assert faults("Position", rows) == set()
    assert set(rows[0]) <= keys("Position")


def test_account_and_configurations(demo: PaperBroker) -> None:
    assert faults("Account", [demo.get("/account")]) == set()
    assert faults("AccountConfigurations", [demo.get("/account/configurations")]) == set()


def test_assets(demo: PaperBroker) -> None:
    rows = demo.get("/assets") + demo.get("/assets", asset_class="crypto")
    assert faults("Assets", rows) == set()


def test_activities(demo: PaperBroker) -> None:
    trades = demo.get("/account/activities/FILL")
    assert faults("TradingActivities", trades) == set()
    assert {key for row in trades for key in row} - keys("TradingActivities") <= {"swap_rate"}
    others = demo.get("/account/activities", category="non_trade_activity")
    dated = {fault for fault in faults("NonTradeActivities", others) if "date-time" not in fault}
    assert dated == set()


def test_portfolio_history(demo: PaperBroker) -> None:
    assert faults("PortfolioHistory", [demo.get("/account/portfolio/history")]) == set()


def test_clock_and_calendar(demo: PaperBroker) -> None:
    assert faults("legacy_clock", [demo.get("/clock")]) == set()
    days = demo.get("/calendar", start="2026-01-01", end="2026-12-31")
    assert len(days) == 251
    assert faults("legacy_calendar_day", days) == set()


@pytest.fixture(scope="module")
def zoo() -> Iterator[PaperBroker]:
    """Orders of every class and type, in every state the broker brings them to."""
    if not SPEC.exists():
        pytest.skip(f"no copy of Alpaca's spec at ../shared/{SPEC.parent.name}/{SPEC.name}")
    with PaperBroker() as running:
        running.set_price("AAPL", 200)
        fill_the_zoo(running)
        yield running


def fill_the_zoo(broker: PaperBroker) -> None:
    exits = {"take_profit": {"limit_price": "220"}, "stop_loss": {"stop_price": "190"}}
    broker.submit_market("AAPL", 100)
    broker.submit("AAPL", None, notional="25.50")
    broker.submit_market("BTC/USD", "0.1")
    broker.submit_market("XOM", 5, "sell")
    broker.control("switches", triggered_stop="new_order", wash_trade_check=False)
    broker.submit_market(
        "MSFT",
        4,
        order_class="bracket",
        take_profit={"limit_price": "9000"},
        stop_loss={"stop_price": "100"},
    )
    broker.set_price("MSFT", 90)
    broker.submit("AAPL", 5, "sell", type="limit", order_class="oco", **exits)
    broker.submit_limit("AAPL", 3, 100, order_class="oto", stop_loss={"stop_price": "90"})
    broker.submit_limit(
        "AAPL",
        3,
        100,
        order_class="bracket",
        take_profit={"limit_price": "150"},
        stop_loss={"stop_price": "90", "limit_price": "89"},
    )
    broker.submit("AAPL", 2, "sell", type="trailing_stop", trail_percent="5")
    broker.submit("AAPL", 2, type="stop_limit", stop_price=210, limit_price=211)
    broker.submit("AAPL", 2, "sell", type="stop", stop_price=150)
    part = broker.submit_limit("AAPL", 10, 150, time_in_force="gtc")
    broker.fill(part["id"], 4)
    broker.replace(broker.submit_limit("AAPL", 2, 101)["id"], limit_price=102)
    broker.cancel(broker.submit_limit("AAPL", 2, 103)["id"])
    broker.submit_limit("AAPL", 2, 50, time_in_force="ioc")
    broker.control("orders/reject", order_id=broker.submit_limit("AAPL", 1, 104)["id"], reason="x")
    broker.control("orders/expire", order_id=broker.submit_limit("AAPL", 1, 105)["id"])
    for status in ("pending_cancel", "pending_replace", "done_for_day", "stopped", "suspended"):
        order = broker.submit_limit("AAPL", 1, 106)
        broker.control("orders/status", order_id=order["id"], status=status)
    submit_strategy(broker)


def submit_strategy(broker: PaperBroker) -> None:
    for strike in (200, 210):
        contract = {"underlying": "AAPL", "right": "C", "expiry": "2026-12-18", "price": "5"}
        broker.control("assets", strike=strike, **contract)
    contracts = ["AAPL261218C00200000", "AAPL261218C00210000"]
    intents = ("buy_to_open", "sell_to_open")
    legs = [
        {"symbol": name, "ratio_qty": "1", "side": intent.split("_")[0], "position_intent": intent}
        for name, intent in zip(contracts, intents, strict=True)
    ]
    body = {"order_class": "mleg", "qty": "1", "type": "market", "time_in_force": "day"}
    reply = broker.raw("POST", "/v2/orders", json={**body, "legs": legs})
    assert reply.is_success, reply.text


def test_orders_of_every_class_and_state(zoo: PaperBroker) -> None:
    flat = zoo.get("/orders", status="all", limit=500)
    nested = zoo.get("/orders", status="all", limit=500, nested="true")
    assert faults("Order", [row for row in flat if row["order_class"] != "mleg"]) == set()
    assert faults("Order", [row for row in nested if row["order_class"] != "mleg"]) == set()
    # The schema forbids the empty words that Alpaca's own example of a strategy has.
    strategies = [row for row in nested if row["order_class"] == "mleg"]
    assert {fault.split(":")[0] for fault in faults("Order", strategies)} == {
        "$.symbol",
        "$.asset_class",
        "$.side",
        "$.position_intent",
        "$.legs[0].type",
        "$.legs[1].type",
    }
    assert {row["order_class"] for row in flat} == {"", "bracket", "oco", "oto", "mleg"}
    seen = {row["status"] for row in flat}
    assert seen >= {
        "new",
        "partially_filled",
        "filled",
        "canceled",
        "expired",
        "replaced",
        "rejected",
        "held",
        "pending_cancel",
        "pending_replace",
    }
    assert {row["type"] for row in flat} >= {"market", "limit", "stop", "stop_limit"}


def test_what_they_left(zoo: PaperBroker) -> None:
    assert faults("Position", zoo.get("/positions")) == set()
    assert faults("TradingActivities", zoo.get("/account/activities/FILL")) == set()
    assert faults("Account", [zoo.get("/account")]) == set()
    contracts = zoo.get("/options/contracts")["option_contracts"]
    assert faults("OptionContract", contracts) == set()


def test_replies_of_cancelling_and_closing(zoo: PaperBroker) -> None:
    cancelled = zoo.raw("DELETE", "/v2/orders").json()
    assert cancelled
    assert faults("CanceledOrderResponse", cancelled) == set()
    closed = zoo.raw("DELETE", "/v2/positions").json()
    assert closed
    assert faults("PositionClosedResponse", closed) == set()
