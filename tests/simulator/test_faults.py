"""Misbehaviour on request, seen from a client."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.simulator.broker import PaperBroker

ORDER = {"symbol": "KO", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}


@pytest.fixture(scope="module")
def server() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


@pytest.fixture
def broker(server: PaperBroker) -> Iterator[PaperBroker]:
    """One process, behaving again after each test."""
    yield server
    server.clear_faults()
    server.thaw("positions", "orders", "activities", "account")
    server.control("rate-limit", limit=0)


def by_client_id(broker: PaperBroker, client_id: str) -> httpx.Response:
    path = "/v2/orders:by_client_order_id"
    return broker.raw("GET", path, params={"client_order_id": client_id})


def test_a_connection_dropped_before_the_work_leaves_no_order(broker: PaperBroker) -> None:
    broker.fault("drop_before", "/v2/orders", method="POST", times=1)
    with pytest.raises(httpx.TransportError):
        broker.raw("POST", "/v2/orders", json={**ORDER, "client_order_id": "before"})
    assert by_client_id(broker, "before").status_code == 404


def test_a_connection_dropped_after_the_work_leaves_the_order(broker: PaperBroker) -> None:
    broker.fault("drop_after", "/v2/orders", method="POST", times=1)
    with pytest.raises(httpx.TransportError):
        broker.raw("POST", "/v2/orders", json={**ORDER, "client_order_id": "after"})
    assert by_client_id(broker, "after").json()["status"] == "filled"


def test_a_truncated_body_breaks_off(broker: PaperBroker) -> None:
    broker.fault("truncated", "/v2/account", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        broker.raw("GET", "/v2/account")
    assert broker.get("/account")["currency"] == "USD"


def test_html_instead_of_json(broker: PaperBroker) -> None:
    broker.fault("not_json", "/v2/positions", times=1)
    reply = broker.raw("GET", "/v2/positions")
    assert reply.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        reply.json()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, 40110000),
        (403, 40310000),
        (429, 42910000),
        (500, 50010000),
        (503, 50310000),
        (504, 50410000),
    ],
)
def test_chosen_statuses_on_a_chosen_route_and_count(
    broker: PaperBroker, status: int, code: int
) -> None:
    broker.fault("status", "/v2/positions", status=status, skip=1, times=2)
    seen = [broker.raw("GET", "/v2/positions") for _ in range(4)]
    assert [reply.status_code for reply in seen] == [200, status, status, 200]
    assert seen[1].json()["code"] == code
    assert broker.raw("GET", "/v2/account").status_code == 200


def test_a_timeout_after_the_order_was_taken(broker: PaperBroker) -> None:
    broker.fault("status", "/v2/orders", method="POST", status=504, work=True, times=1)
    reply = broker.raw("POST", "/v2/orders", json={**ORDER, "client_order_id": "late"})
    assert reply.status_code == 504
    again = broker.raw("POST", "/v2/orders", json={**ORDER, "client_order_id": "late"})
    assert again.json()["message"] == "client_order_id must be unique"


def test_a_slow_reply_times_out_at_the_client(broker: PaperBroker) -> None:
    broker.fault("latency", "/v2/clock", seconds=5, times=1)
    with pytest.raises(httpx.ReadTimeout):
        broker.raw("GET", "/v2/clock", timeout=0.05)


def test_refusal_with_retry_after(broker: PaperBroker) -> None:
    broker.fault("status", status=429, headers={"Retry-After": "3"}, times=1)
    assert broker.raw("GET", "/v2/account").headers["Retry-After"] == "3"


def test_the_rate_limit_counts_down_and_refuses(broker: PaperBroker) -> None:
    broker.control("rate-limit", limit="3")
    replies = [broker.raw("GET", "/v2/clock") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    left = [reply.headers["X-RateLimit-Remaining"] for reply in replies]
    assert left == ["2", "1", "0", "0"]
    broker.control("rate-limit", limit="1", headers=False)
    bare = [broker.raw("GET", "/v2/clock") for _ in range(2)][1]
    assert bare.status_code == 429
    assert "X-RateLimit-Reset" not in bare.headers


def test_empty_short_and_malformed_lists(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 1)
    broker.submit_market("MSFT", 1)
    held = len(broker.get("/positions"))
    broker.fault("empty", "/v2/positions", times=1)
    assert broker.get("/positions") == []
    broker.fault("short", "/v2/positions", times=1)
    broker.clear_faults()
    broker.fault("short", "/v2/positions", times=1)
    assert len(broker.get("/positions")) == held - 1
    broker.clear_faults()
    broker.fault("malformed_row", "/v2/positions", index=1, times=1)
    rows = broker.get("/positions")
    assert rows[1]["id"] == 17
    assert rows[0]["symbol"] == "AAPL"


def test_unknown_words_and_new_fields(broker: PaperBroker) -> None:
    broker.submit_market("AAPL", 1)
    broker.fault("fields", "/v2/orders", method="GET", fields={"status": "foo", "moon": "full"})
    row = broker.get("/orders", status="all")[0]
    assert (row["status"], row["moon"]) == ("foo", "full")


def test_positions_lag_while_orders_do_not(broker: PaperBroker) -> None:
    broker.freeze("positions")
    before = broker.get("/positions")
    order = broker.submit_market("JPM", 2)
    assert broker.order(order["id"])["status"] == "filled"
    assert broker.get("/positions") == before
    broker.thaw("positions")
    assert "JPM" in {row["symbol"] for row in broker.get("/positions")}


def test_orders_lag_for_a_number_of_reads(broker: PaperBroker) -> None:
    broker.freeze("orders", reads="1")
    order = broker.submit_market("JPM", 1)
    assert broker.raw("GET", f"/v2/orders/{order['id']}").status_code == 404
    assert broker.order(order["id"])["status"] == "filled"


def test_accounts_are_apart_and_faults_can_meet_one_of_them() -> None:
    with PaperBroker(extra=("--account", "third:PKTHIRD:s3")) as main:
        second = main.add_account("second", cash=5000)
        second.submit_market("KO", 10)
        assert main.get("/positions") == []
        assert second.get("/positions/KO")["qty"] == "10"
        assert second.get("/account")["id"] != main.get("/account")["id"]
        assert len(main.books()["accounts"]) == 3
        main.fault("status", account=second.key, status=401)
        assert second.raw("GET", "/v2/account").status_code == 401
        assert main.raw("GET", "/v2/account").status_code == 200
        wrong = main.raw("GET", "/v2/account", headers={"APCA-API-SECRET-KEY": second.secret})
        assert wrong.status_code == 401
        main.restart(kill=True)
        assert second.get("/positions/KO")["qty"] == "10"
