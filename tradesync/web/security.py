"""Who may speak to the dashboard's port: Host, cross-site and token checks, security headers.

Streamlit guards only its own routes; ours, and what it leaves open, are guarded here for the
whole port, as pure ASGI middleware so that nothing is buffered.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradesync.config import Settings, SettingsError, load_settings

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served, in one sentence."""

    status: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Access:
    """What is allowed: host names the port answers to, and the token of /api if there is one."""

    hosts: frozenset[str]
    token: str | None


def access_of(settings: Settings) -> Access:
    """The access rules of the settings."""
    return Access(LOOPBACK_HOSTS | set(settings.allowed_hosts), settings.api_token)


@cache
def configured_access() -> Access:
    """The access rules of this process, read once; SettingsError when settings are unusable."""
    return access_of(load_settings())


def refusal(scope: Scope, access: Access) -> Refusal | None:
    """Why this request must not be served; None when it may."""
    headers = Headers(scope=scope)
    host = _host_name(headers)
    if host is None or host not in access.hosts:
        return Refusal(400, "This address is not served under that host name.")
    if _is_guarded(scope) and _comes_from_elsewhere(headers):
        return Refusal(403, "Requests from other web sites are refused.")
    if _is_api(scope) and not _token_is_right(headers, access.token):
        return Refusal(401, "This needs the header 'Authorization: Bearer …' with the API token.")
    return None


def _host_name(headers: Headers) -> str | None:
    """The one Host header's name, lower case, without port; None when missing or unreadable."""
    values = headers.getlist("host")
    if len(values) != 1:
        return None
    try:
        parts = urlsplit(f"//{values[0]}")
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    if parts.netloc != values[0] or parts.username is not None:
        return None
    return (parts.hostname or "").removesuffix(".") or None


def _is_api(scope: Scope) -> bool:
    path: str = scope["path"]
    return path == "/api" or path.startswith("/api/")


def _is_guarded(scope: Scope) -> bool:
    """Whether the request could do or tell something, unlike loading a page by a link."""
    if scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS:
        return True
    return _is_api(scope) or scope["path"] in {"/health", "/metrics"}


def _comes_from_elsewhere(headers: Headers) -> bool:
    """Whether a browser sent this for a page that is not ours (another port is another page)."""
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and _netloc(origin) != _netloc(f"//{headers['host']}", origin)


def _netloc(url: str, scheme_of: str | None = None) -> tuple[str, int | None] | None:
    """Host and port of an address, the scheme's default port filled in; None for "null"."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    scheme = urlsplit(scheme_of).scheme if scheme_of else parts.scheme
    return parts.hostname, port or _DEFAULT_PORTS.get(scheme)


def _token_is_right(headers: Headers, token: str | None) -> bool:
    """Whether no token is needed or the right one is there, compared in constant time."""
    if token is None:
        return True
    scheme, _, given = headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    return right and scheme.lower() == "bearer"


class Guard:
    """Refuses what `refusal` refuses, with JSON; websockets are refused before they open."""

    def __init__(self, app: ASGIApp, access: Callable[[], Access] = configured_access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        problem = self._problem(scope)
        if problem is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": problem.sentence})
        else:
            await _answer(problem)(scope, receive, send)

    def _problem(self, scope: Scope) -> Refusal | None:
        """The refusal, if any. Unusable settings close /api; pages say what is wrong."""
        try:
            access = self._access()
        except SettingsError as error:
            if scope["type"] == "http" and _is_api(scope):
                return Refusal(503, str(error))
            access = Access(LOOPBACK_HOSTS, None)
        return refusal(scope, access)


def _answer(problem: Refusal) -> JSONResponse:
    headers = {"Cache-Control": "no-store"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": problem.sentence}, problem.status, headers)


class SecurityHeaders:
    """Adds the headers that keep browsers from framing, sniffing or loading foreign code."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with the headers on its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _headers(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _headers(path: str) -> dict[str, str]:
    """The security headers of a response to that path."""
    return {
        "Content-Security-Policy": content_security_policy(path),
        "X-Frame-Options": "SAMEORIGIN",  # Streamlit's own components are frames of ours
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def content_security_policy(path: str) -> str:
    """Only this port, plus what Streamlit's pages need: inline styles, blobs and data URLs.

    Scripts from blobs are our own viewport component, which Streamlit hands over so: who can make
    a blob runs scripts of this port already.
    Components (autorefresh) are built with inline scripts; pages have exactly those of
    Streamlit's index page, allowed by their hashes.
    """
    in_frame = path.startswith("/component/")
    scripts = "'unsafe-inline'" if in_frame else f"blob: {_page_scripts()}"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


@cache
def _page_scripts() -> str:
    """CSP sources for the inline scripts of Streamlit's index page, by their hashes."""
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", index.read_text(encoding="utf-8"), re.DOTALL)
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
    return " ".join(f"'sha256-{digest}'" for digest in hashes)


MIDDLEWARE = [Middleware(SecurityHeaders), Middleware(Guard)]
