"""The paper broker in this process, called without a socket: for what needs no other program.

Requests go through its application as they would over the network, routes, keys and errors
included; only the transport is left out, which is most of a call's cost.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import date
from typing import Any
from unittest.mock import Mock

import httpx
from aiohttp import web
from aiohttp.http import HttpVersion11, RawRequestMessage
from aiohttp.streams import StreamReader
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from tests.simulator.broker import PaperBroker
from tradesync.simulator.__main__ import open_main_account
from tradesync.simulator.broker import Broker
from tradesync.simulator.engine import Options, open_broker
from tradesync.simulator.server import build


class InsideBroker(PaperBroker):
    """What a `PaperBroker` does, without a process of its own; `frames`: what a stream tells."""

    def __init__(self, *, partials: int = 0) -> None:
        super().__init__(partials=partials)
        self._options = Options(as_of=date(2026, 11, 18), stepped=True, partial_rate=partials)
        self.frames: list[dict[str, Any]] = []

    def start(self) -> None:
        """Open the books of an empty account."""
        self._broker, _ = open_broker(self.data, self._options)
        with self._broker.change():
            open_main_account(self._broker, empty=True)
        (ledger,) = self._broker.ledgers.values()
        ledger.listeners.append(self.frames.append)
        self._http = httpx.Client(transport=_Inside(self._broker))

    def close(self) -> None:
        """Close the books and remove them."""
        self._http.close()
        self._broker.database.close()
        shutil.rmtree(self.data, ignore_errors=True)


class _Inside(httpx.BaseTransport):
    """Hands requests to the application and waits for its answer."""

    def __init__(self, broker: Broker) -> None:
        self._loop = asyncio.new_event_loop()
        self._app = build(broker, with_control=True)
        self._app.freeze()
        self._connection = Mock()

    def close(self) -> None:
        self._loop.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._loop.run_until_complete(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        body = StreamReader(self._connection, limit=2**16, loop=self._loop)
        body.feed_data(content)
        body.feed_eof()
        headers = CIMultiDict(request.headers.items())
        url = URL.build(path=request.url.path, query_string=request.url.query.decode())
        asked = RawRequestMessage(
            request.method, str(url), HttpVersion11, CIMultiDictProxy(headers), (),
            should_close=False, compression=None, upgrade=False, chunked=False, url=url,
        )  # fmt: skip
        idle = self._connection
        answer = await self._app._handle(
            web.Request(asked, body, idle, idle, idle, self._loop, client_max_size=2**20)
        )
        assert isinstance(answer, web.Response)
        assert isinstance(answer.body, bytes | None)
        return httpx.Response(answer.status, content=answer.body)
