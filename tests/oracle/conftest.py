"""One paper broker for all examples; every example has an account of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.simulator.broker import PaperBroker

pytest.register_assert_rewrite("tests.sync.world")
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
PROFILE = os.environ.get("ORACLE_PROFILE", "oracle")


@pytest.fixture(scope="session")
def oracle() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running
