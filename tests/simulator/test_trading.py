"""Orders, positions and activities through the real alpaca-py client over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
)

from tests.simulator.broker import PaperBroker


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


def client(broker: PaperBroker, *, raw: bool = False) -> Any:
    """The client; Any because its methods are typed to return a model or a dict."""
    return TradingClient(
        broker.key, broker.secret, paper=True, raw_data=raw, url_override=broker.base_url
    )


def test_market_order_is_pending_in_the_reply_and_filled_right_after(broker: PaperBroker) -> None:
    trading = client(broker)
    broker.set_price("AAPL", "200.10")
    sent = trading.submit_order(
        MarketOrderRequest(
            symbol="AAPL",
            qty=3,
            side=OrderSide.BUY,
            time_in_force=TimeInForce.DAY,
            client_order_id="mine-1",
        )
    )
    assert sent.status == OrderStatus.PENDING_NEW
    found = trading.get_order_by_client_id("mine-1")
    assert (found.status, found.filled_qty, found.filled_avg_price) == ("filled", "3", "200.1")
    assert found.submitted_at > sent.submitted_at
    position = trading.get_open_position("AAPL")
    assert (position.qty, position.cost_basis, position.side) == ("3", "600.3", "long")
    assert Decimal(trading.get_account().cash) == Decimal("99399.70")


def test_fill_activity_joins_the_order_and_carries_new_york_time(broker: PaperBroker) -> None:
    order = broker.submit_market("MSFT", 2)
    row = broker.get("/account/activities/FILL")[0]
    assert row["order_id"] == order["id"]
    assert row["type"] == "fill"
    assert row["order_status"] == "filled"
    assert row["id"].startswith("20261118103000")
    assert row["transaction_time"].startswith("2026-11-18T15:30:00.")
    assert (row["qty"], row["cum_qty"], row["leaves_qty"]) == ("2", "2", "0")


def test_partial_fills_by_hand_then_the_rest_by_itself(broker: PaperBroker) -> None:
    broker.pause()
    broker.set_price("NVDA", 180)
    order = broker.submit_market("NVDA", 10)
    assert broker.order(order["id"])["status"] == "new"
    broker.fill(order["id"], 4, "181.50")
    part = broker.order(order["id"])
    assert (part["status"], part["filled_qty"]) == ("partially_filled", "4")
    broker.resume()
    done = broker.order(order["id"])
    assert (done["status"], done["filled_avg_price"]) == ("filled", "180.6")
    rows = broker.get("/account/activities", direction="asc", activity_types="FILL")
    assert [row["type"] for row in rows] == ["partial_fill", "fill"]
    assert [row["cum_qty"] for row in rows] == ["4", "10"]


def test_limit_order_fills_when_the_price_reaches_it(broker: PaperBroker) -> None:
    broker.set_price("AAPL", 200)
    order = broker.submit_limit("AAPL", 5, "195.00", time_in_force="gtc")
    assert broker.order(order["id"])["status"] == "new"
    broker.set_price("AAPL", "194.50")
    done = broker.order(order["id"])
    assert (done["status"], done["filled_avg_price"]) == ("filled", "194.5")


def test_notional_buy_fills_nine_places_and_keeps_qty_null(broker: PaperBroker) -> None:
    broker.set_price("KO", "70.10")
    order = broker.submit_market("KO", None, notional="1000")
    done = broker.order(order["id"])
    assert (done["qty"], done["notional"], done["status"]) == (None, "1000", "filled")
    assert done["filled_qty"] == "14.265335235"


def test_short_sale_is_sell_short_in_the_activity_and_negative_in_the_position(
    broker: PaperBroker,
) -> None:
    broker.set_price("XOM", 100)
    order = broker.submit_market("XOM", 7, "sell")
    assert order["position_intent"] == "sell_to_open"
    assert broker.get("/account/activities/FILL")[0]["side"] == "sell_short"
    broker.set_price("XOM", 101)
    position = broker.get("/positions/XOM")
    assert position["qty"] == "-7"
    assert position["qty_available"] == "-7"
    assert position["market_value"] == "-707"
    assert position["cost_basis"] == "-700"
    assert position["unrealized_pl"] == "-7"
    assert position["side"] == "short"
    cover = broker.submit_market("XOM", 7, "buy")
    assert cover["position_intent"] == "buy_to_close"
    assert broker.get("/positions") == []


def test_crypto_fee_leaves_the_coin_at_once_and_is_booked_at_the_end_of_day(
    broker: PaperBroker,
) -> None:
    broker.set_price("BTC/USD", 90000)
    order = broker.submit_market("BTC/USD", "0.1")
    assert broker.order(order["id"])["filled_qty"] == "0.1"
    position = broker.get("/positions/BTCUSD")
    assert (position["symbol"], position["qty"]) == ("BTCUSD", "0.09975")
    assert position["asset_id"] != order["asset_id"]
    assert broker.get("/account/activities/CFEE") == []
    assert broker.raw("GET", "/v2/positions/BTC/USD").status_code == 404
    broker.overnight()
    row = broker.get("/account/activities/CFEE")[0]
    assert (row["symbol"], row["qty"], row["net_amount"]) == ("BTCUSD", "-0.00025", "0")
    assert row["date"] == "2026-11-18"
    assert row["id"].startswith("20261118000000000::")
    assert broker.get("/positions/BTCUSD")["qty"] == "0.09975"


def test_crypto_sale_pays_its_fee_from_cash_at_once(broker: PaperBroker) -> None:
    broker.set_price("ETH/USD", 3000)
    broker.submit_market("ETH/USD", 1)
    broker.submit_market("ETH/USD", "0.9975", "sell")
    # 100000 − 3000 + 2992.50 − 7.49 (0.25 %, cents, up)
    assert broker.get("/account")["cash"] == "99985.01"
    broker.overnight()
    amounts = {row["net_amount"] for row in broker.get("/account/activities/CFEE")}
    assert amounts == {"0", "-7.49"}
    assert broker.get("/account")["cash"] == "99985.01"


def test_replace_makes_a_new_order_and_counts_what_the_chain_filled(broker: PaperBroker) -> None:
    broker.pause()
    order = broker.submit_limit("AAPL", 100, 200, time_in_force="gtc", client_order_id="head")
    broker.fill(order["id"], 41)
    new = client(broker).replace_order_by_id(
        order["id"], ReplaceOrderRequest(qty=90, limit_price=201)
    )
    assert str(new.replaces) == order["id"]
    assert new.client_order_id != "head"
    old = broker.order(order["id"])
    assert (old["status"], old["replaced_by"]) == ("replaced", str(new.id))
    assert old["filled_qty"] == "41"
    assert broker.order(str(new.id))["filled_qty"] == "41"
    broker.fill(str(new.id), 49)
    assert broker.order(str(new.id))["status"] == "filled"
    assert broker.get("/positions/AAPL")["qty"] == "90"


def test_replacement_without_carry_over_starts_at_zero(broker: PaperBroker) -> None:
    broker.control("switches", carry_filled_qty=False)
    broker.pause()
    order = broker.submit_limit("AAPL", 100, 200, time_in_force="gtc")
    broker.fill(order["id"], 41)
    new = broker.replace(order["id"], limit_price="199.00")
    assert broker.order(new["id"])["filled_qty"] == "0"
    broker.fill(new["id"])
    tail = broker.order(new["id"])
    assert (tail["status"], tail["qty"], tail["filled_qty"]) == ("filled", "100", "59")


def test_cancel_keeps_what_was_filled(broker: PaperBroker) -> None:
    broker.pause()
    order = broker.submit_limit("AAPL", 10, 100, time_in_force="gtc")
    broker.fill(order["id"], 4, 100)
    broker.cancel(order["id"])
    done = broker.order(order["id"])
    assert (done["status"], done["filled_qty"]) == ("canceled", "4")
    assert done["canceled_at"] is not None
    again = broker.raw("DELETE", f"/v2/orders/{order['id']}")
    assert again.status_code == 422
    assert again.json() == {
        "code": 42210000,
        "message": 'order is already in "canceled" state',
    }


def test_cancel_all_and_close_all_answer_207_per_item(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 5)
    broker.submit_market("MSFT", 1)
    broker.submit_limit("AAPL", 5, 900, "sell", time_in_force="gtc")
    trading = client(broker)
    rows = {row.symbol: row for row in trading.close_all_positions(cancel_orders=False)}
    assert rows["MSFT"].status == 200
    assert rows["AAPL"].status == 403
    cancelled = trading.cancel_orders()
    assert [row.status for row in cancelled] == [200]
    assert broker.get("/orders", status="open") == []
    trading.close_all_positions(cancel_orders=True)
    assert broker.get("/positions") == []


def test_close_position_by_percentage_and_quantity(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 9)
    trading = client(broker)
    order = trading.close_position("AAPL", ClosePositionRequest(percentage="50"))
    assert (order.qty, order.side) == ("4", "sell")
    trading.close_position("AAPL", ClosePositionRequest(qty="2"))
    assert broker.get("/positions/AAPL")["qty"] == "3"


@pytest.fixture(scope="module")
def shared() -> Iterator[PaperBroker]:
    """A broker only read from or refused by."""
    with PaperBroker() as running:
        yield running


def test_order_listing_filters_bounds_and_pages(broker: PaperBroker) -> None:
    orders = [broker.submit_limit("AAPL", 1, 100 + n, time_in_force="gtc") for n in range(5)]
    orders.append(broker.submit_limit("BTC/USD", 1, 20000))
    ids = [order["id"] for order in orders]
    fresh = [broker.order(key) for key in ids]
    assert [row["id"] for row in broker.get("/orders")] == ids[::-1]
    assert [row["id"] for row in broker.get("/orders", limit=2, direction="asc")] == ids[:2]
    second = fresh[1]["submitted_at"]
    after = broker.get("/orders", after=second, direction="asc")
    assert [row["id"] for row in after] == ids[2:]
    assert [row["id"] for row in broker.get("/orders", until=second)] == ids[:1]
    assert [row["id"] for row in broker.get("/orders", after_order_id=ids[3])] == ids[:3:-1]
    assert [row["id"] for row in broker.get("/orders", before_order_id=ids[1])] == ids[:1]
    assert [row["id"] for row in broker.get("/orders", symbols="BTCUSD")] == ids[5:]
    broker.cancel(ids[0])
    assert [row["id"] for row in broker.get("/orders", status="closed")] == ids[:1]
    typed = client(broker).get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500))
    assert len(typed) == 6


def test_activities_page_by_token_both_ways_and_by_date(broker: PaperBroker) -> None:
    for _ in range(7):
        broker.submit_market("KO", 1)
    newest = broker.get("/account/activities", page_size=3)
    older = broker.get("/account/activities", page_size=3, page_token=newest[-1]["id"])
    assert [row["activity_type"] for row in newest + older] == ["FILL"] * 6
    assert len({row["id"] for row in newest + older}) == 6
    ascending = broker.get("/account/activities", direction="asc", page_size=4)
    assert ascending[0]["activity_type"] == "CSD"
    rest = broker.get("/account/activities", direction="asc", page_token=ascending[-1]["id"])
    assert len(ascending) + len(rest) == 8
    assert len(broker.get("/account/activities", date="2026-11-18")) == 8
    assert broker.get("/account/activities", date="2026-11-17") == []
    trades = broker.get("/account/activities", category="trade_activity")
    assert len(trades) == 7
    assert len(broker.get("/account/activities/TRANS")) == 1
    unknown = broker.raw("GET", "/v2/account/activities/INVALID")
    assert unknown.json() == {"code": 40010001, "message": "invalid activity type: INVALID"}
    refused = broker.raw("GET", "/v2/account/activities", params={"page_size": "500"})
    assert refused.json()["message"] == "tried to set the page size to 500, but the maximum is 100"


def test_delayed_activities_come_when_released(broker: PaperBroker) -> None:
    broker.delay_activities(until_released=True)
    broker.submit_market("KO", 1)
    assert broker.get("/account/activities/FILL") == []
    assert broker.get("/positions/KO")["qty"] == "1"
    assert broker.release_activities() == 1
    assert len(broker.get("/account/activities/FILL")) == 1
    broker.delay_activities(30)
    broker.submit_market("KO", 1)
    assert len(broker.get("/account/activities/FILL")) == 1
    broker.step(31)
    assert len(broker.get("/account/activities/FILL")) == 2


def test_day_orders_expire_at_the_close(broker: PaperBroker) -> None:
    order = broker.submit_limit("AAPL", 1, 10)
    assert order["expires_at"] == "2026-11-18T21:00:00Z"
    broker.overnight()
    done = broker.order(order["id"])
    assert done["status"] == "expired"
    assert done["expired_at"] is not None


def test_real_hours_queue_orders_until_the_session(broker: PaperBroker) -> None:
    with PaperBroker(hours="real", as_of="2026-11-20") as real:
        real.control("step", to="2026-11-20T22:00:00Z")
        assert real.get("/clock")["is_open"] is False
        order = real.submit_market("AAPL", 1, time_in_force="gtc")
        assert order["status"] == "accepted"
        real.control("step", to="2026-11-23T13:00:00Z")
        queued = real.order(order["id"])
        assert queued["status"] == "new"
        assert queued["submitted_at"].startswith("2026-11-23T09:00:0")
        real.control("step", to="2026-11-23T14:31:00Z")
        assert real.order(order["id"])["status"] == "filled"


def test_assets_clock_and_calendar_through_typed_models(shared: PaperBroker) -> None:
    trading = client(shared)
    assert trading.get_asset("BTCUSD").symbol == "BTC/USD"
    assert trading.get_asset("BTC%2FUSD").symbol == "BTC/USD"
    symbols = {asset.symbol for asset in trading.get_all_assets(GetAssetsRequest())}
    assert {"AAPL", "MSFT", "NVDA", "SPY", "QQQ", "XOM"} <= symbols
    clock = trading.get_clock()
    assert clock.is_open
    assert clock.next_close > clock.timestamp
    days = trading.get_calendar(
        GetCalendarRequest(start=date(2026, 11, 25), end=date(2026, 11, 30))
    )
    assert [(day.date.day, day.close.hour) for day in days] == [(25, 16), (27, 13), (30, 16)]
    with pytest.raises(APIError, match="asset not found for NOPE"):
        trading.get_asset("NOPE")


def test_raw_client_gets_strings_for_every_number(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", "1.5")
    trading = client(broker, raw=True)
    for record in (*trading.get_all_positions(), *trading.get_orders(), trading.get_account()):
        assert isinstance(record, dict)
        numbers = {k: v for k, v in record.items() if isinstance(v, int | float)}
        flags = {key for key, value in numbers.items() if isinstance(value, bool)}
        levels = {"options_approved_level", "options_trading_level", "crypto_tier"}
        assert set(numbers) - flags <= levels
