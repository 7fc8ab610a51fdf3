"""Bookings and other doings through the control address, and what clients see of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.broker import PaperBroker


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


def account(broker: PaperBroker) -> dict[str, Any]:
    return dict(broker.books()["accounts"][0])


def option(broker: PaperBroker, right: str = "C") -> str:
    """A contract of the universe on AAPL."""
    prices = broker.books()["prices"]
    return str(next(name for name in prices if name.startswith("AAPL") and right in name[5:]))


def test_without_the_flag_there_is_no_control_address() -> None:
    with PaperBroker(control=False) as running:
        assert running.raw("POST", "/sim/price", json={}).status_code == 404


def test_cash_in_and_out(broker: PaperBroker) -> None:
    assert broker.control("cash", amount="250.50")["activity_type"] == "CSD"
    assert broker.control("cash", amount="-50")["activity_type"] == "CSW"
    assert broker.get("/account")["cash"] == "100200.5"
    assert account(broker)["net_deposits"] == "100200.50"


def test_a_transfer_makes_a_holding_with_its_row(broker: PaperBroker) -> None:
    row = broker.control("transfer", symbol="DIS", qty=50, price=90)
    assert (row["activity_type"], row["qty"], row["net_amount"]) == ("ACATS", "50", "0")
    held = broker.get("/positions/DIS")
    assert (held["qty"], held["avg_entry_price"]) == ("50", "90")
    assert Decimal(account(broker)["net_deposits"]) == 104500


def test_a_split_is_two_rows_of_one_group_and_moves_no_money(broker: PaperBroker) -> None:
    broker.set_price("NVDA", 200)
    broker.submit_market("NVDA", 10)
    before = broker.get("/account")["equity"]
    rows = broker.control("split", symbol="NVDA", ratio=4)
    assert [row["qty"] for row in rows] == ["-10", "40"]
    assert len({row["group_id"] for row in rows}) == 1
    held = broker.get("/positions/NVDA")
    assert (held["qty"], held["avg_entry_price"], held["current_price"]) == ("40", "50", "50")
    assert broker.get("/account")["equity"] == before
    reverse = broker.control("split", symbol="NVDA", ratio="0.1")
    assert reverse[1]["activity_sub_type"] == "RSPLIT"
    assert broker.get("/positions/NVDA")["qty"] == "4"


def test_options_count_a_hundredfold_and_expire_worthless(broker: PaperBroker) -> None:
    symbol = option(broker)
    broker.set_price(symbol, "5.00")
    broker.submit_market(symbol, 2)
    assert broker.get("/account")["cash"] == "99000"
    broker.set_price(symbol, "5.34")
    held = broker.get(f"/positions/{symbol}")
    assert (held["market_value"], held["cost_basis"], held["exchange"]) == ("1068", "1000", "")
    row = broker.control("expire-option", symbol=symbol)
    assert (row["activity_type"], row["qty"]) == ("OPEXP", "-2")
    assert broker.get("/positions") == []
    assert broker.get("/account")["equity"] == "99000"


def test_an_assigned_put_delivers_shares_at_the_strike(broker: PaperBroker) -> None:
    symbol = option(broker, "P")
    broker.set_price(symbol, "4.00")
    broker.set_price("AAPL", 230)
    broker.submit_market(symbol, 1, "sell")
    broker.book("OPASN", symbol=symbol, qty=1, group_id="g")
    broker.book("OPTRD", symbol="AAPL", qty=100, price=240, net_amount=-24000, group_id="g")
    held = broker.get("/positions")
    assert [(row["symbol"], row["qty"], row["cost_basis"]) for row in held] == [
        ("AAPL", "100", "24000")
    ]
    assert broker.get("/account")["equity"] == "99400"


def test_dividends_and_fees_are_told_apart(broker: PaperBroker) -> None:
    broker.submit_market("KO", 10)
    broker.book("DIV", symbol="KO", qty=10, per_share_amount="0.51", net_amount="5.10")
    broker.book("FEE", activity_sub_type="REG", net_amount="-0.02")
    books = account(broker)
    assert (books["income"], books["fees"]) == ("5.10", "0.02")
    assert broker.get("/positions/KO")["qty"] == "10"


def test_a_row_without_its_effect(broker: PaperBroker) -> None:
    broker.book("CSD", net_amount=500, effect=False)
    assert broker.get("/account")["cash"] == "100000"
    assert len(broker.get("/account/activities/CSD")) == 2


def test_an_unexplained_holding_has_no_row(broker: PaperBroker) -> None:
    broker.set_price("COST", 950)
    broker.add_position("COST", 3, 900)
    assert broker.get("/positions/COST")["avg_entry_price"] == "900"
    assert broker.get("/account")["equity"] == "102850"
    assert account(broker)["unexplained"] == "2700"
    assert {row["activity_type"] for row in broker.get("/account/activities")} == {"CSD"}


@pytest.mark.parametrize(
    ("path", "status", "stamp"),
    [
        ("orders/reject", "rejected", "failed_at"),
        ("orders/expire", "expired", "expired_at"),
        ("orders/cancel", "canceled", "canceled_at"),
    ],
)
def test_the_venue_ends_an_order(broker: PaperBroker, path: str, status: str, stamp: str) -> None:
    order = broker.submit_limit("AAPL", 1, 10)
    broker.control(path, order_id=order["id"], reason="halted")
    ended = broker.order(order["id"])
    assert ended["status"] == status
    assert ended[stamp] is not None
    assert ended.get("reject_reason") == ("halted" if status == "rejected" else None)


@pytest.mark.parametrize("word", ["held", "stopped", "done_for_day", "suspended", "never_heard_of"])
def test_any_status_word_is_shown_verbatim(broker: PaperBroker, word: str) -> None:
    order = broker.submit_limit("AAPL", 1, 10)
    broker.control("orders/status", order_id=order["id"], status=word)
    assert broker.order(order["id"])["status"] == word


def test_a_cancel_that_waits_can_still_lose_to_a_fill(broker: PaperBroker) -> None:
    broker.control("switches", cancels_wait=True)
    order = broker.submit_limit("AAPL", 10, 10, time_in_force="gtc")
    broker.cancel(order["id"])
    assert broker.order(order["id"])["status"] == "pending_cancel"
    broker.fill(order["id"], 4)
    assert broker.order(order["id"])["status"] == "pending_cancel"
    broker.fill(order["id"])
    assert broker.order(order["id"])["status"] == "filled"
    other = broker.submit_limit("AAPL", 10, 10, time_in_force="gtc")
    broker.cancel(other["id"])
    broker.control("orders/cancel", order_id=other["id"])
    assert broker.order(other["id"])["status"] == "canceled"


def test_overfills_only_when_asked_for(broker: PaperBroker) -> None:
    broker.pause()
    order = broker.submit_market("AAPL", 5)
    with pytest.raises(AssertionError, match="qty must be between 0 and the 5 left"):
        broker.fill(order["id"], 6)
    broker.fill(order["id"], 6, overfill=True)
    assert broker.order(order["id"])["filled_qty"] == "6"


def test_a_late_fill_after_the_cancel_leaves_it_canceled(broker: PaperBroker) -> None:
    order = broker.submit_limit("AAPL", 10, 10)
    broker.cancel(order["id"])
    broker.fill(order["id"], 3)
    late = broker.order(order["id"])
    assert (late["status"], late["filled_qty"]) == ("canceled", "3")


def test_a_renamed_symbol_keeps_its_asset_id(broker: PaperBroker) -> None:
    broker.submit_market("META", 2)
    before = broker.get("/assets/META")["id"]
    broker.control("assets/change", symbol="META", new_symbol="FACE")
    held = broker.get("/positions")[0]
    assert (held["symbol"], held["asset_id"]) == ("FACE", before)
    assert broker.raw("GET", "/v2/assets/META").status_code == 404
    assert broker.get("/account/activities/FILL")[0]["symbol"] == "META"


def test_new_assets_can_be_added_and_spun_off(broker: PaperBroker) -> None:
    broker.control("assets", symbol="SPUN", price="12.50")
    broker.book("SPIN", symbol="SPUN", qty=5)
    held = broker.get("/positions/SPUN")
    assert (held["qty"], held["cost_basis"], held["market_value"]) == ("5", "0", "62.5")
    broker.control(
        "assets", underlying="KO", right="C", strike="72.5", expiry="2026-12-18", price="0.80"
    )
    assert broker.get("/assets/KO261218C00072500")["class"] == "us_option"


def test_a_reset_gives_a_new_empty_account_behind_the_same_keys(broker: PaperBroker) -> None:
    order = broker.submit_market("AAPL", 1)
    old = broker.get("/account")
    broker.control("reset", cash=50000)
    new = broker.get("/account")
    assert new["id"] != old["id"]
    assert new["account_number"] != old["account_number"]
    assert (new["cash"], broker.get("/positions")) == ("50000", [])
    assert broker.raw("GET", f"/v2/orders/{order['id']}").status_code == 404
    broker.restart()
    assert broker.get("/account")["id"] == new["id"]


def test_errors_say_what_is_missing(broker: PaperBroker) -> None:
    with pytest.raises(AssertionError, match="price is required"):
        broker.control("price", symbol="AAPL")
    with pytest.raises(AssertionError, match="order not found for nope"):
        broker.control("fill", order_id="nope")
    with pytest.raises(AssertionError, match="add it with POST /sim/assets first"):
        broker.book("SPIN", symbol="NOPE", qty=1)
    assert len(broker.get("/account/activities")) == 1


def test_open_orders_and_bars_follow_a_symbol_change(paper_broker: PaperBroker) -> None:
    paper_broker.set_price("AAPL", 200)
    order = paper_broker.submit_limit("AAPL", 1, 100)
    paper_broker.control("assets/change", symbol="AAPL", new_symbol="APPL")
    paper_broker.overnight()
    paper_broker.set_price("APPL", 99)
    done = paper_broker.order(order["id"])
    assert (done["symbol"], done["status"]) == ("APPL", "expired")
    query = {"symbols": "APPL", "timeframe": "1Day", "start": "2026-11-18"}
    found = paper_broker.raw("GET", "/v2/stocks/bars", params=query).json()["bars"]["APPL"]
    assert [row["t"][:10] for row in found] == ["2026-11-18", "2026-11-19"]
