"""The demo account is believable, and its figures add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from alpaca.trading.client import TradingClient

from tests.effort import seeds
from tests.simulator.broker import PaperBroker


@pytest.fixture(scope="module")
def demo() -> Iterator[PaperBroker]:
    with PaperBroker(empty=False, as_of="2026-11-18", seed=3) as running:
        yield running


@pytest.fixture(scope="module")
def account(demo: PaperBroker) -> dict[str, Any]:
    return dict(demo.books()["accounts"][0])


def test_it_has_some_150_trades_over_a_dozen_symbols(account: dict[str, Any]) -> None:
    sales = [o for o in account["orders"] if o["side"] == "sell" and o["status"] == "filled"]
    assert 120 <= len(sales) <= 260
    assert len({order["symbol"] for order in sales}) >= 12


def test_it_has_every_kind_of_order_and_row(account: dict[str, Any]) -> None:
    statuses = Counter(order["status"] for order in account["orders"])
    assert statuses.keys() >= {"filled", "canceled", "expired", "rejected", "replaced", "new"}
    kinds = Counter(row["activity_type"] for row in account["activities"])
    assert kinds.keys() >= {"FILL", "CSD", "DIV", "FEE", "INT", "CFEE"}
    fills = [row for row in account["activities"] if row["activity_type"] == "FILL"]
    assert any(row["type"] == "partial_fill" for row in fills)
    assert any(row["side"] == "sell_short" for row in fills)
    assert any(order["notional"] for order in account["orders"])


def test_its_chain_of_replacements_is_linked_both_ways(account: dict[str, Any]) -> None:
    orders = {order["id"]: order for order in account["orders"]}
    replaced = [order for order in orders.values() if order["status"] == "replaced"]
    assert replaced
    for order in replaced:
        assert orders[order["replaced_by"]]["replaces"] == order["id"]


def test_it_holds_longs_a_short_a_coin_and_something_unexplained(demo: PaperBroker) -> None:
    held = {row["symbol"]: row for row in demo.get("/positions")}
    assert sum(row["side"] == "long" for row in held.values()) >= 5
    assert Decimal(held["XOM"]["qty"]) < 0
    assert held["BTCUSD"]["asset_class"] == "crypto"
    assert held["COST"]["qty"] == "12"
    traded = {order["symbol"] for order in demo.get("/orders", status="all", limit=500)}
    assert "COST" not in traded
    far = demo.get("/orders", status="open", symbols="INTC")[0]
    last = Decimal(demo.books()["prices"]["INTC"]["last"])
    assert Decimal(far["limit_price"]) < last * Decimal("0.95")


def test_its_equity_is_explained_to_the_cent(account: dict[str, Any]) -> None:
    total = sum(
        Decimal(account[name])
        for name in ("net_deposits", "realized", "floating", "income", "unexplained")
    ) - Decimal(account["fees"])
    assert abs(total - Decimal(account["equity"])) < Decimal("0.005")


def test_day_profit_comes_from_todays_prices_alone(demo: PaperBroker) -> None:
    shown = demo.get("/account")
    moved = sum(Decimal(row["unrealized_intraday_pl"]) for row in demo.get("/positions"))
    gained = Decimal(shown["equity"]) - Decimal(shown["last_equity"])
    assert abs(gained - moved) < Decimal("0.01")
    assert gained != 0


@pytest.mark.parametrize(
    "asked",
    [
        {"start": "0001-01-01"}, {"end": "0001-01-01"}, {"start": "9990-01-01", "period": "all"},
        {"period": "99999999A"}, {"start": "9999-12-31", "timeframe": "1Min"},
    ],
)  # fmt: skip
def test_a_history_of_any_dates_is_answered(demo: PaperBroker, asked: dict[str, str]) -> None:
    assert demo.raw("GET", "/v2/account/portfolio/history", params=asked).status_code == 200


def test_portfolio_history_ends_at_the_present_equity(demo: PaperBroker) -> None:
    history = demo.get("/account/portfolio/history", period="6M", timeframe="1D")
    assert len(history["timestamp"]) == 85
    assert history["equity"][-1] == float(demo.get("/account")["equity"])
    assert history["base_value"] == 100000.0
    assert history["cashflow"]["CSD"][0] == 100000.0
    week = demo.get("/account/portfolio/history", period="5D", timeframe="15Min")
    assert len(week["timestamp"]) > 60
    refused = demo.raw("GET", "/v2/account/portfolio/history", params={"timeframe": "7Min"})
    assert (refused.status_code, refused.json()["code"]) == (422, 40010001)


def test_alpacas_client_reads_all_of_it_typed(demo: PaperBroker) -> None:
    trading: Any = TradingClient(demo.key, demo.secret, url_override=demo.base_url)
    assert trading.get_portfolio_history().equity
    assert len(trading.get_all_positions()) == len(demo.get("/positions"))


@pytest.mark.parametrize("seed", seeds(4, 40))
def test_any_seed_gives_a_sound_account(seed: int) -> None:
    with PaperBroker(empty=False, seed=seed) as running:
        kept = running.books()["accounts"][0]
        total = sum(
            Decimal(kept[name])
            for name in ("net_deposits", "realized", "floating", "income", "unexplained")
        ) - Decimal(kept["fees"])
        assert abs(total - Decimal(kept["equity"])) < Decimal("0.005")
        assert Decimal(kept["cash"]) > 0
        assert len(running.get("/orders", status="open")) >= 1
