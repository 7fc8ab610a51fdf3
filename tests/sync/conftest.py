"""Worlds: one paper broker, one database and one service for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.broker import PaperBroker
from tests.sync.world import World


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


@pytest.fixture
def world(broker: PaperBroker, tmp_path: Path) -> Iterator[World]:
    """An empty account of 100,000 USD, synced once."""
    begun = World.begin(broker, tmp_path)
    begun.sync()
    yield begun
    begun.service.close()
