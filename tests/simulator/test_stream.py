"""The trade_updates stream: handshakes, frames, faults, and alpaca-py's own client."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from alpaca.trading.stream import TradingStream
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.simulator.broker import PaperBroker

WAIT = 10


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


class Listener:
    """A plain websocket client."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, message: Any) -> None:
        self.socket.send(json.dumps(message))

    def raw(self) -> str | bytes:
        return self.socket.recv(timeout=WAIT)

    def frame(self) -> dict[str, Any]:
        return dict(json.loads(self.raw()))

    def drain(self) -> None:
        """Read until the connection closes."""
        while True:
            self.raw()

    def update(self) -> dict[str, Any]:
        frame = self.frame()
        assert frame["stream"] == "trade_updates", frame
        return dict(frame["data"])


@contextmanager
def listening(broker: PaperBroker, path: str = "") -> Iterator[Listener]:
    """A client that is logged in and listens."""
    with connect(broker.stream_url + path) as socket:
        listener = Listener(socket)
        listener.say({"action": "auth", "key": broker.key, "secret": broker.secret})
        assert listener.frame()["data"]["status"] == "authorized"
        listener.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
        assert listener.frame() == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        yield listener


@pytest.mark.parametrize("path", ["", "/"])
def test_both_forms_of_login_with_and_without_the_slash(broker: PaperBroker, path: str) -> None:
    authorized = {
        "stream": "authorization",
        "data": {"status": "authorized", "action": "authenticate"},
    }
    for login in (
        {"action": "auth", "key": broker.key, "secret": broker.secret},
        {
            "action": "authenticate",
            "data": {"key_id": broker.key, "secret_key": broker.secret},
        },
    ):
        with connect(broker.stream_url + path) as socket:
            listener = Listener(socket)
            listener.say(login)
            assert isinstance(raw := listener.raw(), bytes)
            assert json.loads(raw) == authorized


def test_a_refused_login_is_a_frame_and_not_a_close(broker: PaperBroker) -> None:
    with connect(broker.stream_url) as socket:
        listener = Listener(socket)
        listener.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
        assert listener.frame()["data"] == {"status": "unauthorized", "action": "listen"}
        listener.say({"action": "auth", "key": broker.key, "secret": "wrong"})
        assert listener.frame()["data"] == {"status": "unauthorized", "action": "authenticate"}
        listener.say({"action": "auth", "key": broker.key, "secret": broker.secret})
        assert listener.frame()["data"]["status"] == "authorized"
        socket.send("not json")
        assert listener.frame()["action"] == "error"


def test_every_listen_replaces_the_list_and_is_acknowledged(broker: PaperBroker) -> None:
    with listening(broker) as listener:
        listener.say({"action": "listen", "data": {"streams": ["account_updates"]}})
        assert listener.frame()["data"] == {"streams": []}
        broker.submit_market("KO", 1)
        listener.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
        assert listener.frame()["stream"] == "listening"


def test_a_market_order_is_pending_new_new_fill(broker: PaperBroker) -> None:
    broker.set_price("KO", "70.10")
    with listening(broker) as listener:
        order = broker.submit_market("KO", 3)
        updates = [listener.update() for _ in range(3)]
        assert [row["event"] for row in updates] == ["pending_new", "new", "fill"]
        fill = updates[2]
        assert (fill["price"], fill["qty"], fill["position_qty"]) == ("70.1", "3", "3")
        assert fill["order"]["id"] == order["id"]
        assert fill["order"]["filled_qty"] == "3"
        assert fill["order"]["legs"] is None
        assert fill["order"]["order_class"] == "simple"
        row = broker.get("/account/activities/FILL")[0]
        assert row["id"].endswith(fill["execution_id"])
        assert "price" not in updates[1]
        assert updates[0]["event_id"] < updates[2]["event_id"]


def test_partial_fills_carry_their_own_quantity_and_the_orders_sum(broker: PaperBroker) -> None:
    broker.pause()
    order = broker.submit_limit("KO", 10, 60, time_in_force="gtc")
    with listening(broker) as listener:
        broker.fill(order["id"], 4, 60)
        broker.fill(order["id"], 6, 59)
        first, second = listener.update(), listener.update()
        assert [first["event"], second["event"]] == ["partial_fill", "fill"]
        assert (second["qty"], second["order"]["filled_qty"]) == ("6", "10")


def test_a_replacement_sends_the_old_order_with_its_old_price(broker: PaperBroker) -> None:
    order = broker.submit_limit("KO", 10, 50, time_in_force="gtc")
    with listening(broker) as listener:
        broker.replace(order["id"], limit_price=51)
        updates = {row["event"]: row for row in (listener.update() for _ in range(3))}
        assert updates["replaced"]["order"]["limit_price"] == "50"
        assert updates["new"]["order"]["limit_price"] == "51"


def test_cancel_expiry_and_rejection_are_told(broker: PaperBroker) -> None:
    orders = [broker.submit_limit("KO", 1, 50) for _ in range(3)]
    with listening(broker) as listener:
        broker.cancel(orders[0]["id"])
        broker.control("orders/expire", order_id=orders[1]["id"])
        broker.control("orders/reject", order_id=orders[2]["id"], reason="halted")
        updates = [listener.update() for _ in range(3)]
        assert [row["event"] for row in updates] == ["canceled", "expired", "rejected"]
        assert updates[2]["reason"] == "halted"


def test_a_refused_cancel_leaves_the_order_as_it_was(broker: PaperBroker) -> None:
    broker.control("switches", cancels_wait=True)
    order = broker.submit_limit("KO", 1, 50)
    with listening(broker) as listener:
        broker.cancel(order["id"])
        broker.control("orders/cancel-rejected", order_id=order["id"])
        events = [listener.update()["event"] for _ in range(2)]
        assert events == ["pending_cancel", "order_cancel_rejected"]
    assert broker.order(order["id"])["status"] == "new"


def test_f19_a_bust_takes_shares_and_money_back_and_names_the_execution(
    broker: PaperBroker,
) -> None:
    broker.set_price("KO", 70)
    broker.submit_market("KO", 10)
    row = broker.get("/account/activities/FILL")[0]
    with listening(broker) as listener:
        broker.control("bust", activity_id=row["id"])
        update = listener.update()
        assert (update["event"], update["qty"]) == ("trade_bust", "-10")
        assert update["previous_execution_id"] == row["id"].split("::")[1]
    assert broker.get("/positions") == []
    assert broker.get("/account")["cash"] == "100000"


def test_f20_a_correction_changes_the_price_of_an_execution(broker: PaperBroker) -> None:
    broker.set_price("KO", 70)
    broker.submit_market("KO", 10)
    row = broker.get("/account/activities/FILL")[0]
    with listening(broker) as listener:
        broker.control("correct", activity_id=row["id"], price="70.50")
        update = listener.update()
        assert (update["event"], update["price"], update["qty"]) == ("trade_correct", "70.5", "10")
    assert broker.get("/positions/KO")["avg_entry_price"] == "70.5"
    assert broker.get("/account")["cash"] == "99295"


def test_dropped_doubled_and_reordered_frames(broker: PaperBroker) -> None:
    with listening(broker) as listener:
        broker.control("stream", drop=1)
        broker.submit_limit("KO", 1, 50)
        assert listener.update()["event"] == "new"
        broker.control("stream", duplicate=1)
        broker.submit_limit("KO", 1, 51)
        events = [listener.update()["event"] for _ in range(3)]
        assert events == ["pending_new", "pending_new", "new"]
        broker.control("stream", hold=True)
        broker.submit_market("KO", 1)
        assert broker.control("stream/release", backwards=True) == {"released": 3}
        assert [listener.update()["event"] for _ in range(3)] == ["fill", "new", "pending_new"]


def test_a_mute_stream_stays_open_and_says_nothing(broker: PaperBroker) -> None:
    with listening(broker) as listener:
        broker.control("stream", mute=True)
        broker.submit_market("KO", 1)
        broker.control("stream", mute=False)
        broker.control("stream/send", frame={"stream": "trade_updates", "data": None})
        assert listener.frame() == {"stream": "trade_updates", "data": None}


def test_text_frames_and_closes_on_request(broker: PaperBroker) -> None:
    broker.control("stream", text=True)
    with listening(broker) as listener:
        broker.submit_market("KO", 1)
        assert isinstance(listener.raw(), str)
        assert broker.control("stream/close") == {"closed": 1}
        with pytest.raises(ConnectionClosed):
            listener.drain()


def test_too_many_connections_are_refused_with_429(broker: PaperBroker) -> None:
    broker.control("stream", max_connections=1)
    with listening(broker):
        with pytest.raises(InvalidStatus) as refused:
            connect(broker.stream_url).__enter__()
        assert refused.value.response.status_code == 429


def test_an_account_hears_only_its_own(broker: PaperBroker) -> None:
    other = broker.add_account("other")
    with listening(broker) as mine, listening(other) as theirs:
        broker.submit_limit("KO", 1, 50)
        other.submit_limit("XOM", 1, 50)
        assert mine.update()["order"]["symbol"] == "KO"
        assert theirs.update()["order"]["symbol"] == "XOM"


def test_it_stops_promptly_with_a_client_connected(broker: PaperBroker) -> None:
    with listening(broker):
        assert broker.stop() == 0


def test_alpacas_own_stream_client_gets_typed_updates(broker: PaperBroker) -> None:
    got: queue.Queue[Any] = queue.Queue()

    async def handler(update: Any) -> None:
        got.put(update)

    client = TradingStream(broker.key, broker.secret, url_override=broker.stream_url)
    client.subscribe_trade_updates(handler)
    thread = threading.Thread(target=client.run, daemon=True)
    thread.start()
    broker.wait_for_listeners(1)
    order = broker.submit_market("KO", 1)
    updates = [got.get(timeout=WAIT) for _ in range(3)]
    assert [update.event for update in updates] == ["pending_new", "new", "fill"]
    assert str(updates[2].order.id) == order["id"]
    assert updates[2].qty == 1
    client.stop()
    thread.join(WAIT)
    assert not thread.is_alive()
