"""Commands are run in the test's own process, one after the other."""

from __future__ import annotations

import pytest

from tests.programs import Home


@pytest.fixture
def broker_home(broker_home: Home) -> Home:
    """A home nobody else works in while a command runs."""
    broker_home.alone = True
    return broker_home
