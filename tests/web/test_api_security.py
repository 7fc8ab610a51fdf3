"""Who may speak to the port: real HTTP against a small app behind the real middleware."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tradesync.config import SettingsError
from tradesync.web.security import LOOPBACK_HOSTS, Access, Guard, SecurityHeaders

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


def api(_: Request) -> JSONResponse:
    return JSONResponse({"served": True})


async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@contextmanager
def serving(access: Callable[[], Access]) -> Iterator[httpx.Client]:
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/upload", page, methods=["PUT"]),
            Route("/component/x/index.html", page),
            Route("/health", api),
            Route("/api/trades/sync", api, methods=["GET", "POST"]),
            WebSocketRoute("/_stcore/stream", stream),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(Guard, access)],
    )
    with listening(app) as client:
        yield client


@contextmanager
def listening(app: Starlette) -> Iterator[httpx.Client]:
    """An app on a free port, in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="websockets-sansio"))
    listener = socket.create_server(("127.0.0.1", 0))  # what comes early waits in its queue
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        port = listener.getsockname()[1]
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
        ) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def open_port() -> Iterator[httpx.Client]:
    with serving(lambda: Access(LOOPBACK_HOSTS, None)) as client:
        yield client


@pytest.fixture(scope="module")
def token_port() -> Iterator[httpx.Client]:
    with serving(lambda: Access(LOOPBACK_HOSTS, "s3cret-token")) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8501",
        "",
        "a/b",
        "user@localhost",
        "localhost:x",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/trades/sync", "/health"])
def test_foreign_host_is_refused_on_every_path(
    open_port: httpx.Client, host: str, path: str
) -> None:
    assert open_port.get(path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8501", "127.0.0.1:1", "[::1]:8501", "localhost."]
)
def test_this_machine_by_any_of_its_names_is_served(open_port: httpx.Client, host: str) -> None:
    assert open_port.get("/api/trades/sync", headers={"Host": host}).json() == {"served": True}


def test_further_hosts_can_be_allowed() -> None:
    with serving(lambda: Access(LOOPBACK_HOSTS | {"desk.example"}, None)) as client:
        assert client.get("/", headers={"Host": "desk.example:443"}).status_code == 200
        assert client.get("/", headers={"Host": "other.example"}).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
@pytest.mark.parametrize("path", ["/api/trades/sync", "/health"])
def test_requests_for_other_sites_are_refused(
    open_port: httpx.Client, site: str, path: str
) -> None:
    answer = open_port.get(path, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    assert "refused" in answer.json()["error"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "nonsense"]
)
def test_foreign_origins_are_refused(open_port: httpx.Client, origin: str) -> None:
    answer = open_port.post("/api/trades/sync", headers={"Origin": origin})
    assert answer.status_code == 403


def test_own_page_may_call(open_port: httpx.Client) -> None:
    own = str(open_port.base_url).rstrip("/")
    headers = {"Origin": own, "Sec-Fetch-Site": "same-origin"}
    assert open_port.post("/api/trades/sync", headers=headers).status_code == 200
    standard = {"Origin": "https://localhost", "Host": "localhost:443"}
    assert open_port.post("/api/trades/sync", headers=standard).status_code == 200


def test_a_link_from_another_site_opens_a_page_but_sends_nothing(open_port: httpx.Client) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert open_port.get("/", headers=headers).status_code == 200
    assert open_port.put("/upload", headers=headers).status_code == 403


def test_websocket_of_a_foreign_page_is_refused(open_port: httpx.Client) -> None:
    foreign = {**UPGRADE, "Origin": "http://127.0.0.1:1"}
    assert open_port.get("/_stcore/stream", headers=foreign).status_code == 403
    rebound = {**UPGRADE, "Origin": "http://evil.example", "Host": "evil.example"}
    assert open_port.get("/_stcore/stream", headers=rebound).status_code == 403


def test_websocket_of_our_page_opens(open_port: httpx.Client) -> None:
    own = {**UPGRADE, "Origin": str(open_port.base_url).rstrip("/")}
    with open_port.stream("GET", "/_stcore/stream", headers=own) as answer:
        assert answer.status_code == 101


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic s3cret-token",
        "s3cret-token",
        "Bearer s3cret-tokén",
    ],
)
def test_api_needs_the_token_when_one_is_set(token_port: httpx.Client, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given.encode()}
    answer = token_port.get("/api/trades/sync", headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "s3cret" not in answer.text


def test_api_answers_with_the_token_and_pages_and_health_without(token_port: httpx.Client) -> None:
    headers = {"Authorization": "bearer s3cret-token"}
    assert token_port.get("/api/trades/sync", headers=headers).status_code == 200
    assert token_port.get("/").status_code == 200
    assert token_port.get("/health").status_code == 200


def test_unusable_settings_close_the_api_and_leave_pages_to_say_why() -> None:
    def broken() -> Access:
        raise SettingsError("SYNC_INTERVAL is 'x'.")

    with serving(broken) as client:
        answer = client.get("/api/trades/sync")
        assert (answer.status_code, answer.json()) == (503, {"error": "SYNC_INTERVAL is 'x'."})
        assert client.get("/").status_code == 200
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/api/trades/sync", "/health", "/nowhere"])
def test_every_response_carries_the_security_headers(open_port: httpx.Client, path: str) -> None:
    headers = open_port.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    policy = headers["content-security-policy"]
    scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert "'sha256-" in scripts
    assert "blob:" in scripts  # which the viewport component comes as
    assert "unsafe-inline" not in scripts
    assert "unsafe-eval" not in scripts.replace("wasm-unsafe-eval", "")
    assert "frame-ancestors 'self'" in policy


def test_refusals_carry_them_too(open_port: httpx.Client) -> None:
    refused = open_port.get("/", headers={"Host": "evil.example"})
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_component_frames_may_run_their_inline_scripts(open_port: httpx.Client) -> None:
    policy = open_port.get("/component/x/index.html").headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'" in policy
