"""Worlds: one paper broker, one database and one service for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.broker import PaperBroker
from tests.sync.world import World
from tradesync.sync import closing, sending


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than orders may: that limit has a test of its own."""
    for module in (closing, sending):
        monkeypatch.setattr(module, "READY_WITHIN", 60.0)


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
