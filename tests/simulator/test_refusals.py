"""What the broker refuses, in Alpaca's codes and words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.broker import PaperBroker

SUB_PENNY = (
    "invalid limit_price 190.123. sub-penny increment does not fulfill minimum pricing criteria"
)


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


@pytest.fixture(scope="module")
def shared() -> Iterator[PaperBroker]:
    """A broker only read from or refused by."""
    with PaperBroker() as running:
        yield running


def refusal(broker: PaperBroker, **body: Any) -> dict[str, Any]:
    """The error body of a refused order, with its status."""
    wanted = {"symbol": "AAPL", "side": "buy", "type": "market", "time_in_force": "day", **body}
    reply = broker.raw("POST", "/v2/orders", json=wanted)
    assert reply.is_error, reply.text
    return {"status": reply.status_code, **reply.json()}


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"qty": "0"}, 422, 40010001, "qty must be > 0"),
        ({}, 422, 40010001, "qty or notional is required"),
        ({"qty": "1", "notional": "5"}, 422, 40010001, "only one of qty or notional is accepted"),
        ({"qty": "1", "side": "hold"}, 422, 40010001, "invalid side"),
        ({"qty": "1", "type": "limit"}, 422, 40010001, "limit orders require a limit price"),
        ({"qty": "1", "symbol": "ZZZZ"}, 422, 42210000, 'asset "ZZZZ" not found'),
        ({"qty": "1", "symbol": "TWTR"}, 422, 40010001, "asset TWTR is not active"),
        ({"qty": "1", "type": "limit", "limit_price": "190.123"}, 422, 42210000, SUB_PENNY),
        (
            {"qty": "1.5", "time_in_force": "gtc"},
            422,
            42210000,
            "fractional orders must be DAY orders",
        ),
        ({"qty": "1.5", "symbol": "OCGN"}, 403, 40310000, 'asset "OCGN" is not fractionable'),
        (
            {"qty": "1", "symbol": "GME", "side": "sell"},
            422,
            42210000,
            'asset "GME" cannot be sold short',
        ),
        ({"qty": "9999"}, 403, 40310000, "insufficient buying power"),
        (
            {"qty": "1", "position_intent": "buy_to_close"},
            422,
            42210000,
            "position intent mismatch, inferred: buy_to_open, specified: buy_to_close",
        ),
        (
            {"qty": "1", "symbol": "BTC/USD"},
            422,
            42210000,
            "invalid crypto time_in_force",
        ),
        (
            {"qty": "0.00001", "symbol": "BTC/USD", "time_in_force": "gtc"},
            403,
            40310000,
            "cost basis must be >= minimal amount of order 10",
        ),
    ],
)
def test_refusals_are_in_alpacas_words(
    shared: PaperBroker, body: dict[str, str], status: int, code: int, message: str
) -> None:
    answer = refusal(shared, **body)
    assert (answer["status"], answer["code"], answer["message"]) == (status, code, message)


def test_no_flip_in_one_order_and_held_shares_are_told(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 10)
    broker.submit_limit("AAPL", 6, 900, "sell", time_in_force="gtc")
    assert broker.get("/positions/AAPL")["qty_available"] == "4"
    answer = refusal(broker, qty="5", side="sell")
    assert answer["message"] == (
        "insufficient qty available for order (requested: 5, available: 4)"
    )
    assert answer["held_for_orders"] == "6"
    assert answer["existing_qty"] == "10"


def test_client_order_ids_are_unique_for_ever(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 1, client_order_id="once")
    answer = refusal(broker, qty="1", client_order_id="once")
    assert (answer["code"], answer["message"]) == (40010001, "client_order_id must be unique")


def test_wash_trade_is_refused_unless_switched_off(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 5)
    broker.submit_limit("AAPL", 1, 10, time_in_force="gtc")
    answer = refusal(broker, qty="1", side="sell")
    assert answer["message"] == "potential wash trade detected. use complex orders"
    broker.control("switches", wash_trade_check=False)
    broker.submit_market("AAPL", 1, "sell")
    assert broker.get("/positions/AAPL")["qty"] == "4"


def test_wrong_keys_missing_keys_and_unknown_paths(shared: PaperBroker) -> None:
    wrong = shared.raw("GET", "/v2/account", headers={"APCA-API-KEY-ID": "PKOTHER"})
    assert (wrong.status_code, wrong.text) == (401, '{"message": "unauthorized."}\n')
    none = shared.raw(
        "GET", "/v2/account", headers={"APCA-API-KEY-ID": "", "APCA-API-SECRET-KEY": ""}
    )
    assert none.status_code == 401
    assert none.headers["content-type"].startswith("text/html")
    unknown = shared.raw("GET", "/v2/nothing")
    assert unknown.json() == {"code": 40410000, "message": "endpoint not found"}
    malformed = shared.raw("GET", "/v2/orders/not-a-uuid")
    assert (malformed.status_code, malformed.json()["message"]) == (422, "order_id is missing")


def test_every_reply_carries_request_id_and_rate_headers(shared: PaperBroker) -> None:
    for path in ("/v2/account", "/v2/orders/61e69015-8549-4bfd-b9c3-01e75843f47d"):
        headers = shared.raw("GET", path).headers
        assert headers["X-Request-ID"]
        assert headers["X-RateLimit-Limit"] == "200"
        assert int(headers["X-RateLimit-Reset"]) > 0
