"""The trade_updates websocket at /stream and /stream/.

Paper sends JSON in binary frames; both forms of login are taken; a refused one is a frame, not a
close; each `listen` replaces the list and is acknowledged; nothing is replayed.
Source: Alpaca "Websocket streaming"; alpaca-py 0.44.0.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tradesync.simulator.broker import Broker
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.rest.common import broker_of, reply

TRADE_UPDATES = "trade_updates"
Frame = dict[str, Any]


@dataclass(slots=True)
class StreamFaults:
    """How the stream misbehaves. Counts run down with the frames they meet."""

    text: bool = False
    mute: bool = False
    hold: bool = False
    drop: int = 0
    duplicate: int = 0
    refuse: bool = False
    max_connections: int | None = None


@dataclass(eq=False, slots=True)
class Connection:
    """One client: who it is, whether it listens, and what it is still to be sent."""

    socket: web.WebSocketResponse
    ledger: Ledger | None = None
    listening: bool = False
    queue: asyncio.Queue[Frame] = field(default_factory=asyncio.Queue)


class StreamHub:
    """All connections of one server, and the frames held back."""

    def __init__(self) -> None:
        self.faults = StreamFaults()
        self.connections: set[Connection] = set()
        self._held: list[tuple[Connection, Frame]] = []

    def listener(self, connection: Connection, frame: Frame) -> None:
        """A trade update of the connection's account."""
        if not connection.listening or self.faults.mute:
            return
        if self.faults.drop > 0:
            self.faults.drop -= 1
            return
        copies = 1
        if self.faults.duplicate > 0:
            self.faults.duplicate -= 1
            copies = 2
        for _ in range(copies):
            self._pass_on(connection, {"stream": TRADE_UPDATES, "data": frame})

    def _pass_on(self, connection: Connection, frame: Frame) -> None:
        if self.faults.hold:
            self._held.append((connection, frame))
        else:
            connection.queue.put_nowait(frame)

    def release(self, *, backwards: bool) -> int:
        """Send what was held back, last first if `backwards`; how many frames."""
        held, self._held = self._held, []
        for connection, frame in reversed(held) if backwards else held:
            connection.queue.put_nowait(frame)
        return len(held)

    def broadcast(self, frame: Frame) -> None:
        """Send any frame to everyone who listens."""
        for connection in self.connections:
            if connection.listening:
                connection.queue.put_nowait(frame)

    async def close_all(self, code: int = 1001) -> int:
        """Close every connection; how many there were."""
        found = list(self.connections)
        for connection in found:
            await connection.socket.close(code=code)
        return len(found)


HUB = web.AppKey("hub", StreamHub)


def routes() -> list[web.RouteDef]:
    """The stream, with and without the slash old clients add."""
    return [web.get("/stream", connect), web.get("/stream/", connect)]


async def connect(request: web.Request) -> web.StreamResponse:
    """One client's whole session."""
    hub = request.app[HUB]
    limit = hub.faults.max_connections
    if limit is not None and len(hub.connections) >= limit:
        return reply({"code": 42910000, "message": "connection limit exceeded"}, 429)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    connection = Connection(socket)
    hub.connections.add(connection)
    writer = asyncio.create_task(_write(hub, connection))
    session = Session(hub, broker_of(request), connection)
    try:
        async for message in socket:
            if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                session.take(message.data)
    finally:
        session.leave()
        hub.connections.discard(connection)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer
    return socket


async def _write(hub: StreamHub, connection: Connection) -> None:
    """Send queued frames one after the other until the connection ends."""
    while True:
        frame = await connection.queue.get()
        text = json.dumps(frame, separators=(",", ":"))
        with contextlib.suppress(ConnectionError):
            if hub.faults.text:
                await connection.socket.send_str(text)
            else:
                await connection.socket.send_bytes(text.encode())


class Session:
    """What one client says, and what is answered."""

    def __init__(self, hub: StreamHub, broker: Broker, connection: Connection) -> None:
        self.hub = hub
        self.broker = broker
        self.connection = connection
        self._listener = lambda frame: hub.listener(connection, frame)

    def take(self, raw: str | bytes) -> None:
        """One message of the client; what is not understood gets the error frame."""
        try:
            message = json.loads(raw)
            action = message["action"]
        except (ValueError, TypeError, KeyError):
            self._answer({"action": "error", "data": {"error_message": "invalid message"}})
            return
        if action in {"auth", "authenticate"}:
            self._login(message)
        elif action == "listen":
            self._listen(message)
        else:
            self._answer({"action": "error", "data": {"error_message": "unknown action"}})

    def leave(self) -> None:
        """The client is gone."""
        ledger = self.connection.ledger
        if ledger is not None and self._listener in ledger.listeners:
            ledger.listeners.remove(self._listener)

    def _answer(self, frame: Frame) -> None:
        self.connection.queue.put_nowait(frame)

    def _login(self, message: Frame) -> None:
        data = message.get("data") or {}
        key = str(message.get("key") or data.get("key_id") or "")
        secret = str(message.get("secret") or data.get("secret_key") or "")
        ledger = None if self.hub.faults.refuse else self.broker.ledger_for(key, secret)
        if ledger is None:
            self._authorization("unauthorized", "authenticate")
            return
        self.leave()
        self.connection.ledger = ledger
        ledger.listeners.append(self._listener)
        self._authorization("authorized", "authenticate")

    def _authorization(self, status: str, action: str) -> None:
        data = {"status": status, "action": action}
        self._answer({"stream": "authorization", "data": data})

    def _listen(self, message: Frame) -> None:
        if self.connection.ledger is None:
            self._authorization("unauthorized", "listen")
            return
        asked = (message.get("data") or {}).get("streams") or []
        self.connection.listening = TRADE_UPDATES in asked
        streams = [TRADE_UPDATES] if self.connection.listening else []
        self._answer({"stream": "listening", "data": {"streams": streams}})
