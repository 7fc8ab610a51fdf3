"""Settings of these tests."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """alpaca-py 0.44.0 still imports websockets.legacy, which warns that it is deprecated."""
    config.addinivalue_line(
        "filterwarnings", "ignore:websockets.legacy is deprecated:DeprecationWarning"
    )
