"""alpaca-py's client made safe: a timeout on every call, no retries of its own, exact numbers."""

from __future__ import annotations

import ssl
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

from requests import RequestException, Response
from requests.exceptions import ConnectTimeout, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from tradesync.broker.errors import BrokerError, BrokerUnreachable, OutcomeUnknown
from tradesync.broker.replies import Peer, Reply, body_of
from tradesync.broker.spared import spared
from tradesync.config import AccountConfig, Environment, is_loopback

with spared("pandas"), warnings.catch_warnings():
    # alpaca-py imports its websocket stream, built on a deprecated module we do not use; and
    # pandas, half of the time the service and every command took to start, for a request we never
    # make.
    warnings.simplefilter("ignore", DeprecationWarning)
    from alpaca.trading.client import TradingClient

_PIECE = 65_536


class ExactClient(TradingClient):
    """A TradingClient whose answers are plain JSON values without floats, and BrokerErrors.

    `timeout`: seconds to connect, to a first byte, and from there to the last.
    `on_headers` is given the headers of every answer.
    """

    def __init__(
        self,
        config: AccountConfig,
        *,
        timeout: float,
        on_headers: Callable[[Mapping[str, str]], None],
    ) -> None:
        if config.base_url is None:
            raise BrokerUnreachable(
                f"The paper broker of account {config.name!r} has not been started."
            )
        super().__init__(
            config.key,
            config.secret,
            paper=config.environment is not Environment.LIVE,
            raw_data=True,
            url_override=config.base_url,
        )
        self.peer = Peer(
            account=config.name,
            host=urlsplit(config.base_url).netloc,
            secrets=(config.secret, config.key),
        )
        self._timeout = timeout
        self._on_headers = on_headers
        self._retry = 0
        self._retry_codes = []
        # A proxy of the environment cannot reach this machine's own loopback address.
        self._session.trust_env = not is_loopback(config.base_url)
        # No answer of ours depends on cookies, and threads share the session.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Drop the kept connections."""
        self._session.close()

    def _one_request(self, method: str, url: str, opts: dict[str, Any], retry: int) -> Any:  # noqa: ARG002 (alpaca-py's signature)
        """One call, sent once; the body of a 2xx answer. Any failure is a BrokerError."""
        is_write = method != "GET"
        try:
            with self._session.request(
                method, url, timeout=self._timeout, stream=True, **opts
            ) as response:
                body = b"".join(self._pieces(response))
        except (RequestException, HTTPError, OSError) as error:
            raise self._lost(error, is_write=is_write) from None
        self._on_headers(response.headers)
        return body_of(Reply(response.status_code, response.headers, body, is_write), self.peer)

    def _pieces(self, response: Response) -> Iterator[bytes]:
        """The body as it comes; an answer that trickles in for ever counts as none."""
        give_up_at = time.monotonic() + self._timeout
        while piece := response.raw.read1(_PIECE, decode_content=True):
            yield piece
            if time.monotonic() > give_up_at:
                raise Timeout

    def _lost(self, error: Exception, *, is_write: bool) -> BrokerError:
        """The error for a call without an answer. `error` may quote headers: it is not shown."""
        if is_write and not _was_never_sent(error):
            return OutcomeUnknown(
                f"{self.peer.host} did not answer, so it is not known whether the request "
                "arrived. It is being looked up."
            )
        if isinstance(error, Timeout | ReadTimeoutError):
            return BrokerUnreachable(
                f"{self.peer.host} did not answer within {self._timeout:g} seconds."
            )
        return BrokerUnreachable(f"{self.peer.host} cannot be reached ({type(error).__name__}).")


def _was_never_sent(error: BaseException) -> bool:
    """Whether a failed call certainly never left: no connection was made."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ConnectTimeout | NewConnectionError | ssl.SSLCertVerificationError):
            return True
        reason = getattr(seen, "reason", None)
        inner = seen.args[0] if seen.args else None
        seen = next((e for e in (reason, inner) if isinstance(e, BaseException)), None)
    return False
