"""The stream client against the paper broker's websocket and its faults."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.simulator.broker import PaperBroker
from tradesync.broker.stream import TradeStream
from tradesync.broker.updates import Update, parse_update
from tradesync.config import AccountConfig, Environment

WAIT = 10.0


@pytest.fixture(scope="module")
def shared() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


@pytest.fixture
def broker(shared: PaperBroker) -> Iterator[PaperBroker]:
    yield shared
    shared.control("stream", text=False, mute=False, hold=False, drop=0, refuse=False)
    shared.resume()


class Ear:
    """Hears what a stream tells, in order."""

    def __init__(self, base_url: str, key: str, secret: str, **options: Any) -> None:
        self.told: queue.Queue[Any] = queue.Queue()
        config = AccountConfig("test", key, secret, base_url, Environment.SIMULATED)
        self.stream = TradeStream(config, self, jitter=lambda: -0.4, **options)
        self.loop = asyncio.new_event_loop()
        self.task = self.loop.create_task(self.stream.run())
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.loop.run_until_complete(asyncio.gather(self.task, return_exceptions=True))
        self.loop.close()

    def connected(self) -> None:
        self.told.put("connected")

    def rang(self, update: Update) -> None:
        self.told.put(update)

    def lost(self, reason: str, again_in: float) -> None:
        self.told.put((reason, again_in))

    def next(self) -> Any:
        return self.told.get(timeout=WAIT)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(WAIT)
        assert not self.thread.is_alive()


def ear(broker: PaperBroker, **options: Any) -> Ear:
    return Ear(broker.base_url, broker.key, broker.secret, **options)


@pytest.mark.parametrize("as_text", [False, True])
def test_it_rings_for_every_event_of_an_order(broker: PaperBroker, *, as_text: bool) -> None:
    broker.control("stream", text=as_text)
    with ear(broker) as heard:
        assert heard.next() == "connected"
        order = broker.submit_market("KO", 3)
        broker.step()
        updates = [heard.next() for _ in range(3)]
    assert [update.event for update in updates] == ["pending_new", "new", "fill"]
    assert {update.order_id for update in updates} == {order["id"]}
    assert [update.is_urgent for update in updates] == [False, False, True]
    assert updates[2].filled_qty == 3
    assert updates[2].amendment is None


def test_a_closed_connection_is_told_and_opened_again(broker: PaperBroker) -> None:
    with ear(broker) as heard:
        assert heard.next() == "connected"
        broker.control("stream/close")
        reason, again_in = heard.next()
        assert "closed the stream" in reason
        assert again_in == pytest.approx(0.05)
        assert heard.next() == "connected"
        broker.submit_limit("KO", 1, 50)
        assert heard.next().event == "pending_new"


def test_a_stream_given_up_is_opened_anew(broker: PaperBroker) -> None:
    with ear(broker) as heard:
        assert heard.next() == "connected"
        heard.loop.call_soon_threadsafe(heard.stream.drop, "It is mute.")
        assert heard.next()[0] == "It is mute."
        assert heard.next() == "connected"


def test_refused_keys_are_told_without_telling_them_and_waits_are_long(broker: PaperBroker) -> None:
    with Ear(broker.base_url, broker.key, "a-wrong-secret") as heard:
        reason, again_in = heard.next()
    assert "does not accept the keys" in reason
    assert "a-wrong-secret" not in reason
    assert again_in > 2


def test_s11_too_many_connections_wait_for_the_old_one_to_go(broker: PaperBroker) -> None:
    with ear(broker) as first:
        assert first.next() == "connected"
        broker.control("stream", max_connections=1)
        with ear(broker) as second:
            reason, again_in = second.next()
    broker.control("stream", max_connections=100)
    assert "too many streams" in reason
    assert again_in > 1


def test_f19_a_bust_comes_as_a_fact_with_a_stable_identity(broker: PaperBroker) -> None:
    with ear(broker) as heard:
        assert heard.next() == "connected"
        order = broker.submit_market("KO", 10)
        broker.step()
        row = broker.get("/account/activities/FILL", direction="desc")[0]
        broker.control("bust", activity_id=row["id"])
        while (update := heard.next()).event != "trade_bust":
            pass
    fact = update.amendment
    assert (fact.activity_type, fact.order_id) == ("TRADE_BUST", order["id"])
    assert row["id"].endswith(fact.description)
    assert fact.qty == -10
    assert fact.activity_id.startswith("stream:")


def test_a_frame_nobody_can_read_rings_for_everything(broker: PaperBroker) -> None:
    with ear(broker) as heard:
        assert heard.next() == "connected"
        broker.control("stream/send", frame={"stream": "trade_updates", "data": None})
        assert heard.next() == Update("")


def test_a_refused_connection_is_tried_again_with_growing_waits() -> None:
    with Ear("http://127.0.0.1:1", "k", "s") as heard:
        waits = [heard.next()[1] for _ in range(3)]
    assert waits == pytest.approx([0.05, 0.1, 0.2])


class OddServer:
    """A websocket server that logs everybody in and then behaves as told."""

    def __init__(self, *, acknowledges: int, redirect: str = "") -> None:
        self.acknowledges = acknowledges
        self.redirect = redirect
        self.asked = 0
        self.port: queue.Queue[int] = queue.Queue()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        self.done = asyncio.Event()
        async with serve(
            self._talk, "127.0.0.1", 0, process_request=self._greet, close_timeout=0.1
        ) as server:
            self.port.put(next(iter(server.sockets)).getsockname()[1])
            await self.done.wait()

    def _greet(self, connection: ServerConnection, _request: Request) -> Response | None:
        self.asked += 1
        if not self.redirect:
            return None
        response = connection.respond(HTTPStatus.FOUND, "")
        response.headers["Location"] = self.redirect
        return response

    async def _talk(self, connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"stream":"authorization","data":{"status":"authorized"}}')
        for _ in range(self.acknowledges):
            await connection.recv()
            await connection.send('{"stream":"listening","data":{"streams":["trade_updates"]}}')
        await self.done.wait()

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.port.get(timeout=WAIT)}"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.done.set)
        self.thread.join(WAIT)


def test_a_silent_server_is_asked_once_more_and_then_left() -> None:
    with (
        OddServer(acknowledges=2) as url,
        Ear(url, "k", "s", quiet_seconds=0.05, answer_seconds=0.2) as heard,
    ):
        assert heard.next() == "connected"
        assert "fallen silent" in heard.next()[0]


def test_a_redirect_is_not_followed_with_our_keys() -> None:
    elsewhere = OddServer(acknowledges=1)
    with elsewhere as other:
        target = other.replace("http", "ws") + "/stream"
        with OddServer(acknowledges=1, redirect=target) as url, Ear(url, "k", "s") as heard:
            assert "302" in heard.next()[0]
    assert elsewhere.asked == 0


def test_frames_that_lack_fields_still_ring() -> None:
    assert parse_update({"event": "fill", "order": {"id": "a", "filled_qty": "3"}}) == Update(
        "fill", "a", Decimal(3)
    )
    assert parse_update({"event": "fill", "order": "?"}).order_id is None
    assert parse_update({"event": "trade_bust", "order": {"id": "a"}}) == Update("")
