"""What an HTTP answer means: its JSON body, exactly, or the error it states."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tradesync.broker.errors import (
    BrokerError,
    BrokerNotFound,
    BrokerRateLimited,
    BrokerRefused,
    BrokerReplyError,
    BrokerServerError,
    BrokerUnauthorized,
    OutcomeUnknown,
)
from tradesync.broker.limits import seconds_to_wait

_NO_REASON = {"", "forbidden.", "forbidden", "unauthorized.", "request is not authorized."}
"""Messages of a 403 that speak of the keys, not of the order (reference 6.3)."""

_MISSING = ("not found", "does not exist")
_LONGEST_INTEGER = 100

_SHORTEST_SECRET = 6
"""Real ones have twenty letters and more; blotting out "k" would spoil every sentence."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who was called, for sentences: the account's name and the host; and what to hide."""

    account: str
    host: str
    secrets: tuple[str, ...] = field(repr=False, default=())

    def clean(self, words: str) -> str:
        """The broker's words on one line, without our keys should it repeat them."""
        for secret in self.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                words = words.replace(secret, "***")
        return " ".join(words.split())[:300]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, whole. `is_write`: the call may have changed something."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_write: bool

    @property
    def request_id(self) -> str | None:
        """What to quote to the broker's support."""
        return self.headers.get("X-Request-ID")


def read_json(body: bytes) -> object:
    """The JSON of a body without any float; None when empty. ValueError when it is none."""
    if not body.strip():
        return None
    try:
        return json.loads(body, parse_float=Decimal, parse_int=_integer, parse_constant=str)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | str:
    """A JSON integer; one of absurd length stays text, so that only its row is unreadable."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def body_of(reply: Reply, peer: Peer) -> object:
    """The body of a good answer, None only to a write; raises the BrokerError any other states."""
    if not 200 <= reply.status < 300:
        raise error_of(reply, peer)
    try:
        body = read_json(reply.body)
    except ValueError:
        if reply.is_write:
            raise OutcomeUnknown(
                f"{peer.host} took the request but its answer cannot be read. "
                "It is being looked up.",
                status=reply.status,
                request_id=reply.request_id,
            ) from None
        raise unreadable(peer, reply.status, reply.request_id) from None
    if body is None and not reply.is_write:
        raise unreadable(peer, reply.status, reply.request_id)
    return body


def unreadable(peer: Peer, status: int | None = None, request_id: str | None = None) -> BrokerError:
    """The error for an answer that is not Alpaca's."""
    return BrokerReplyError(
        f"{peer.host} answers, but not like Alpaca. Check the base URL of account "
        f"{peer.account!r}, or try again later.",
        status=status,
        request_id=request_id,
    )


def error_of(reply: Reply, peer: Peer) -> BrokerError:
    """The error an answer outside 2xx states (reference 6.2, 6.3)."""
    message, code, details = _stated(reply, peer)
    if reply.status == 429:
        return BrokerRateLimited(
            f"{peer.host} says too many requests for account {peer.account!r}. "
            "It is tried again later.",
            status=reply.status,
            code=code,
            request_id=reply.request_id,
            retry_after=seconds_to_wait(reply.headers, time.time()),
        )
    if reply.status >= 500 or reply.status == 408:
        return _server_error(reply, peer, code)
    if reply.status == 401 or (reply.status == 403 and message.lower() in _NO_REASON):
        return BrokerUnauthorized(
            f"{peer.host} does not accept the keys of account {peer.account!r}. "
            "Check key and secret; paper and live keys differ.",
            status=reply.status,
            code=code,
            request_id=reply.request_id,
        )
    if reply.status < 400 or not message:
        return unreadable(peer, reply.status, reply.request_id)
    if reply.status == 404:
        return _not_found(reply, peer, message, code)
    return BrokerRefused(
        f"The broker refused: {message.rstrip('.')}.",
        status=reply.status,
        code=code,
        request_id=reply.request_id,
        reason=message,
        details=details,
    )


def _server_error(reply: Reply, peer: Peer, code: int | None) -> BrokerError:
    """A 5xx (or 408): to a write it says nothing about whether the write took effect."""
    kind: type[BrokerError] = OutcomeUnknown if reply.is_write else BrokerServerError
    sentence = (
        f"{peer.host} failed while taking the request (HTTP {reply.status}). It is being looked up."
        if reply.is_write
        else f"{peer.host} has a fault (HTTP {reply.status}). It is tried again."
    )
    return kind(
        sentence,
        status=reply.status,
        code=code,
        request_id=reply.request_id,
        retry_after=seconds_to_wait(reply.headers, time.time()),
    )


def _not_found(reply: Reply, peer: Peer, message: str, code: int | None) -> BrokerError:
    """A 404 about the thing asked for; one about the address itself proves no absence."""
    lower = message.lower()
    if "endpoint" in lower or not any(words in lower for words in _MISSING):
        return unreadable(peer, reply.status, reply.request_id)
    return BrokerNotFound(
        f"The broker says: {message.rstrip('.')}.",
        status=reply.status,
        code=code,
        request_id=reply.request_id,
    )


def _stated(reply: Reply, peer: Peer) -> tuple[str, int | None, dict[str, str]]:
    """Message, code and the other fields of an error body; blank when it is not JSON."""
    try:
        body = read_json(reply.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return "", None, {}
    message = body.get("message")
    code = body.get("code")
    details = {
        str(name): peer.clean(value if isinstance(value, str) else json.dumps(value, default=str))
        for name, value in body.items()
        if name not in {"code", "message"}
    }
    return (
        peer.clean(message) if isinstance(message, str) else "",
        int(code) if isinstance(code, int | str) and str(code).isdecimal() else None,
        details,
    )
