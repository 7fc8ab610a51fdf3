"""A small real HTTP server that answers as a test tells it and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qsl, urlsplit

from tradesync.broker.alpaca import AlpacaBroker
from tradesync.broker.limits import TokenBucket
from tradesync.config import AccountConfig, Environment

KEY, SECRET = "PKSTUBKEY", "stub-secret-0123456789"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer. `cut`: hang up after the request instead; `mute`: never answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    mute: bool = False
    trickle: bool = False


def told(value: object, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; `X_Header` keywords become headers."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), named)


class Stub:
    """The server's address, what it was asked, and how it answers: a function or a list in turn."""

    def __init__(self, answers: Callable[[Asked], Answer] | list[Answer]) -> None:
        self.asked: list[Asked] = []
        self.url = ""
        self.stopping = Event()
        self._queue = iter(answers) if isinstance(answers, list) else None
        self._answer = None if isinstance(answers, list) else answers

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self._answer is not None:
            return self._answer(asked)
        assert self._queue is not None
        return next(self._queue, Answer(599, b"the test expected no further call"))


class _Handler(BaseHTTPRequestHandler):
    """Serves one connection as the server's stub says."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    server: _Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = dict(self.headers.items())
        answer = self.server.stub.answer(Asked(self.command, parts.path, query, headers, body))
        if answer.mute:
            self.server.stub.stopping.wait()
        if answer.cut or answer.mute:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.trickle:
            self._trickle()
            return
        if answer.status != 204 and "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = "Content-Length" in answer.headers

    def _trickle(self) -> None:
        """A body that never ends, a byte at a time."""
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.close_connection = True
        try:
            while not self.server.stub.stopping.wait(0.02):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            return

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 (http.server's names)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its signature)
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    """A server that knows its stub."""

    daemon_threads = True

    def __init__(self, stub: Stub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stub = stub


@contextmanager
def serving(
    answers: Callable[[Asked], Answer] | list[Answer], *, tls: ssl.SSLContext | None = None
) -> Iterator[Stub]:
    """A running stub server on a free port; with `tls` it speaks HTTPS."""
    stub = Stub(answers)
    server = _Server(stub)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    stub.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def account(url: str) -> AccountConfig:
    """An account at a stub's address."""
    return AccountConfig("main", KEY, SECRET, url, Environment.SIMULATED)


@contextmanager
def calling(
    url: str,
    *,
    timeout: float = 5.0,
    patience: float = 20.0,
    stop: Event | None = None,
    bucket: TokenBucket | None = None,
) -> Iterator[AlpacaBroker]:
    """A broker adapter at an address, its connections closed afterwards."""
    broker = AlpacaBroker(
        account(url), timeout=timeout, patience=patience, stop=stop, bucket=bucket
    )
    try:
        yield broker
    finally:
        broker.close()


@contextmanager
def broker_answering(
    answers: Callable[[Asked], Answer] | list[Answer], *, patience: float = 0.0
) -> Iterator[tuple[AlpacaBroker, Stub]]:
    """A broker adapter before a stub; without patience a read is not tried again."""
    with serving(answers) as stub, calling(stub.url, patience=patience) as broker:
        yield broker, stub
