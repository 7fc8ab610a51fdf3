"""The `trade_updates` websocket of one account, as a doorbell (design: *The stream is a doorbell*).

It says that something happened, and to which order; what happened is read by REST. Only busts
and corrections are taken from the frames themselves. Written on the websockets library: the
stream of alpaca-py tells nobody when it connects or loses its connection, never judges silence
and retries refused keys for ever (alpaca-api reference 5.5).
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Literal, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tradesync.broker.limits import seconds_to_wait
from tradesync.broker.replies import read_json
from tradesync.broker.updates import Update, parse_update
from tradesync.config import AccountConfig, is_loopback

CHANNEL = "trade_updates"
_OPEN_SECONDS, _ANSWER_SECONDS, _CLOSE_SECONDS = 10.0, 10.0, 0.3
_PING_EVERY, _PONG_WITHIN = 10.0, 10.0
_QUIET_SECONDS = 30.0
"""After this long without a frame the server is asked to acknowledge once more."""
_STEADY_SECONDS = 30.0
"""A connection that lasted this long lets the waits begin anew."""

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_FIRST_FULL_WAIT, _LONGEST_FULL_WAIT = 15.0, 120.0
"""Too many connections: a half-dead one is released after up to 90 s (reference 5.4)."""
_FIRST_REFUSED_WAIT, _LONGEST_REFUSED_WAIT = 30.0, 300.0

Frame = Mapping[str, object]


class Listener(Protocol):
    """Who is told. Called in the stream's event loop: must not block."""

    def connected(self) -> None:
        """Logged in and listening; what happened before is not told."""

    def rang(self, update: Update) -> None:
        """Something happened at the broker."""

    def lost(self, reason: str, again_in: float) -> None:
        """Not connected; one sentence why, and the seconds until the next attempt."""


class StreamError(Exception):
    """The stream cannot be used as it is; the sentence says why. `waits`: first, longest."""

    def __init__(self, sentence: str, waits: tuple[float, float] | None = None) -> None:
        super().__init__(sentence)
        self.waits = waits or (_FIRST_WAIT, _LONGEST_WAIT)


class _Connect(connect):
    """A connection that follows no redirect: another host must not be shown the keys."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Take a redirect for the failure it is."""
        return exc


class TradeStream:
    """Stays connected until its task is cancelled. `jitter` gives 0 to 1."""

    def __init__(
        self,
        config: AccountConfig,
        listener: Listener,
        *,
        jitter: Callable[[], float] = random.random,
        quiet_seconds: float = _QUIET_SECONDS,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        assert config.base_url is not None
        self._config = config
        self._listener = listener
        self._jitter = jitter
        self._quiet_seconds = quiet_seconds
        self._answer_seconds = answer_seconds
        self._url = _stream_url(config.base_url)
        self._host = urlsplit(config.base_url).netloc
        self._proxy: Literal[True] | None = None if is_loopback(config.base_url) else True
        self._connection: ClientConnection | None = None
        self._dropped_for: str | None = None

    async def run(self) -> None:
        """Connect, listen, connect again with growing waits; ends by being cancelled only."""
        failures = 0
        while True:
            began = time.monotonic()
            error = await self._session()
            if time.monotonic() - began >= _STEADY_SECONDS:
                failures = 0
            first, longest = error.waits
            wait = min(longest, first * 2.0**failures) * (0.5 + self._jitter())
            failures = min(failures + 1, 20)
            self._listener.lost(str(error), wait)
            await asyncio.sleep(wait)

    def drop(self, reason: str) -> None:
        """Give up this connection for a new one (in the loop's thread)."""
        if self._connection is not None:
            self._dropped_for = reason
            self._connection.transport.abort()

    async def _session(self) -> StreamError:
        """One connection from its opening to its end; why it ended."""
        try:
            async with self._connect() as connection:
                await self._log_in(connection)
                self._connection = connection
                self._listener.connected()
                await self._listen(connection)
        except StreamError as error:
            return error
        except InvalidStatus as error:
            return self._refused(error)
        except ConnectionClosed:
            return StreamError(self._dropped_for or f"{self._host} closed the stream.")
        except (OSError, TimeoutError, WebSocketException) as error:
            kind = type(error).__name__
            return StreamError(f"The stream of {self._host} cannot be reached ({kind}).")
        finally:
            self._connection = self._dropped_for = None
        raise AssertionError("listening ends by an exception")

    def _connect(self) -> _Connect:
        return _Connect(
            self._url,
            compression=None,
            proxy=self._proxy,
            open_timeout=_OPEN_SECONDS,
            ping_interval=_PING_EVERY,
            ping_timeout=_PONG_WITHIN,
            close_timeout=_CLOSE_SECONDS,
            max_queue=1024,
        )

    async def _log_in(self, connection: ClientConnection) -> None:
        login = {"action": "auth", "key": self._config.key, "secret": self._config.secret}
        await _send(connection, login)
        answer = await self._answer(connection, "authorization")
        data = answer.get("data")
        if not isinstance(data, dict) or data.get("status") != "authorized":
            raise StreamError(
                f"{self._host} does not accept the keys of account {self._config.name!r} "
                "for its stream.",
                (_FIRST_REFUSED_WAIT, _LONGEST_REFUSED_WAIT),
            )
        await self._ask_to_listen(connection)
        await self._answer(connection, "listening")

    async def _answer(self, connection: ClientConnection, stream: str) -> Frame:
        """The next frame of that stream; updates that come before it ring."""
        async with asyncio.timeout(self._answer_seconds):
            while True:
                frame = _frame(await connection.recv())
                if frame.get("stream") == stream:
                    return frame
                self._take(frame)

    async def _ask_to_listen(self, connection: ClientConnection) -> None:
        await _send(connection, {"action": "listen", "data": {"streams": [CHANNEL]}})

    async def _listen(self, connection: ClientConnection) -> None:
        """Take frames. After a long silence the server must acknowledge that we listen.

        Pings show that the connection lives; only an acknowledgement shows that the stream does.
        """
        asked = False
        while True:
            patience = self._answer_seconds if asked else self._quiet_seconds
            try:
                async with asyncio.timeout(patience):
                    frame = _frame(await connection.recv())
            except TimeoutError:
                if asked:
                    raise StreamError(f"The stream of {self._host} has fallen silent.") from None
                asked = True
                await self._ask_to_listen(connection)
            else:
                asked = False
                self._take(frame)

    def _take(self, frame: Frame) -> None:
        if frame.get("stream") == CHANNEL:
            self._listener.rang(parse_update(frame.get("data")))
        elif frame.get("action") == "error" or frame.get("stream") == "authorization":
            raise StreamError(f"The stream of {self._host} reports an error.")

    def _refused(self, error: InvalidStatus) -> StreamError:
        """A handshake answered with an HTTP status: too many connections, bad keys, a fault."""
        status = error.response.status_code
        if status == 429:
            asked = seconds_to_wait(dict(error.response.headers.raw_items()), time.time())
            waits = (max(_FIRST_FULL_WAIT, asked or 0.0), _LONGEST_FULL_WAIT)
            return StreamError(f"{self._host} has too many streams open for this account.", waits)
        sentence = f"{self._host} refuses the stream (HTTP {status})."
        if status in {401, 403}:
            return StreamError(sentence, (_FIRST_REFUSED_WAIT, _LONGEST_REFUSED_WAIT))
        return StreamError(sentence)


def _stream_url(base_url: str) -> str:
    """wss://host/stream for https://host."""
    scheme, _, rest = base_url.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/stream"


async def _send(connection: ClientConnection, message: Frame) -> None:
    await connection.send(json.dumps(message))


def _frame(data: str | bytes) -> Frame:
    """A frame's JSON (paper sends it binary, live as text); one that is none rings as empty."""
    with suppress(ValueError):
        found = read_json(data.encode() if isinstance(data, str) else data)
        if isinstance(found, dict):
            return found
    return {"stream": CHANNEL, "data": None}
