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
