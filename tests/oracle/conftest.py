"""How many sequences are tried, and how patient our programs are in them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tradesync.broker import calls, limits

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

settings.register_profile(
    "oracle", max_examples=4, deadline=None, derandomize=True, suppress_health_check=_SLOW,
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
settings.register_profile(  # many, without the long search for the smallest failing case
    "wide", max_examples=int(os.environ.get("ORACLE_EXAMPLES", "100")), deadline=None,
    suppress_health_check=_SLOW, phases=[Phase.explicit, Phase.generate], print_blob=True,
)  # fmt: skip
settings.register_profile(
    "thorough", max_examples=int(os.environ.get("ORACLE_EXAMPLES", "3000")), deadline=None,
    suppress_health_check=_SLOW, print_blob=True,
)  # fmt: skip
settings.register_profile(
    "ledger", max_examples=15, deadline=None, derandomize=True, suppress_health_check=_SLOW,
)  # fmt: skip
settings.register_profile(
    "ledger thorough", max_examples=20 * settings.get_profile("thorough").max_examples,
    deadline=None, suppress_health_check=_SLOW, print_blob=True,
)  # fmt: skip
PROFILE = os.environ.get("ORACLE_PROFILE", "oracle")
LEDGER_PROFILE = "ledger" if PROFILE == "oracle" else "ledger thorough"


@pytest.fixture(autouse=True, scope="module")
def _impatience() -> Iterator[None]:
    """Reads are tried again within milliseconds, and never wait for their turn: here alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "_FIRST_WAIT", 0.01)
        patch.setattr(limits.TokenBucket, "take", lambda _bucket, *, command=False: 0.0)
        yield
