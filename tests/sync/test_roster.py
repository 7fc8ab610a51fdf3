"""The accounts of a program while it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.web import seed
from tradesync.store.database import Database
from tradesync.sync import roster
from tradesync.sync.outcomes import SyncError, Trigger
from tradesync.sync.service import SyncService


@pytest.mark.parametrize("part", ["Streams", "make_account"])
def test_an_unexpected_failure_to_start_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret-in-a-message")

    whole = getattr(roster, part)
    monkeypatch.setattr(roster, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(roster, part, broken)
    settings = seed.settings_of(tmp_path / "record.duckdb")
    service = SyncService(settings, Database(settings.database, program="t"), program="dashboard")
    service.open_soon(patience=10.0)
    assert service.state(seed.NAME).error == (
        "The accounts could not be started: an unexpected RuntimeError; the program's log has the "
        "details. It is tried again."
    )
    assert service.request_sync(seed.NAME, trigger=Trigger.MANUAL) == 0  # the first one serves
    with pytest.raises(SyncError, match="unexpected RuntimeError"):
        service.update_price(seed.NAME, "trade")
    monkeypatch.setattr(roster, part, whole)
    eventually(lambda: service.is_open, "the accounts, once they can be started")
    service.close()
