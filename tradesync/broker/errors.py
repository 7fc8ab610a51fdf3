"""What can go wrong between us and a broker; each error carries one sentence for the screen.

BrokerError
├── BrokerUnreachable    nothing was sent, or a read got no answer
├── BrokerUnauthorized   the keys are not accepted
├── BrokerRateLimited    429, or our own budget is used up: nothing was done
├── BrokerServerError    5xx to a read
├── BrokerRefused        4xx with the broker's reason: what was asked will not be done
├── BrokerNotFound       the broker says this thing does not exist
├── BrokerReplyError     an answer that is not Alpaca's (HTML, no JSON, a redirect)
└── OutcomeUnknown       a write was sent and its answer lost; look it up, never send it again
"""

from __future__ import annotations

# ruff: noqa: N818 (the names say what happened; a suffix would say it twice)
from collections.abc import Mapping


class BrokerError(Exception):
    """A call that failed. `sentence` is for the screen; it never holds a key or secret.

    `retry_after`: seconds to wait as the broker told them, None when it did not.
    """

    retryable = False

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        code: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after


class BrokerUnreachable(BrokerError):
    """Nothing was sent, or a read got no answer in time."""

    retryable = True


class BrokerUnauthorized(BrokerError):
    """The broker does not accept the keys (401, or 403 without a reason)."""


class BrokerRateLimited(BrokerError):
    """429, or our own budget is used up. Nothing was done."""

    retryable = True


class BrokerServerError(BrokerError):
    """5xx in answer to a read."""

    retryable = True


class BrokerRefused(BrokerError):
    """4xx with a reason. `reason`: the broker's words; `details`: the body's other fields."""

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        code: int | None = None,
        request_id: str | None = None,
        reason: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence, status=status, code=code, request_id=request_id)
        self.reason = reason
        self.details = dict(details or {})


class BrokerNotFound(BrokerError):
    """The broker answered, in its own words, that this order or asset does not exist."""


class BrokerReplyError(BrokerError):
    """An answer that cannot be read; it proves nothing."""


class OutcomeUnknown(BrokerError):
    """A write was sent and its answer lost (timeout, lost connection, 5xx)."""
