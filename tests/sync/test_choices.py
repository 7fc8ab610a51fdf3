"""What is chosen on the Settings page: kept, followed by the programs that run, refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulator.broker import PaperBroker
from tests.sync.test_many_accounts import open_symbols, settings_of
from tests.waiting import eventually
from tradesync.store.database import Database
from tradesync.sync.outcomes import StreamWord, SyncError, Trigger
from tradesync.sync.service import SyncService


@pytest.fixture
def pair(broker: PaperBroker, tmp_path: Path) -> Iterator[tuple[SyncService, SyncService]]:
    """The sync service and a dashboard on one record of two accounts and one switched off."""
    brokers = {"one": broker, "two": broker.add_account("two"), "off": broker.add_account("off")}
    settings = settings_of(brokers, tmp_path)
    *on, off = settings.accounts
    settings = replace(settings, accounts=(*on, replace(off, enabled=False)))
    programs = [
        SyncService(settings, Database(settings.database, program=name), program=name)
        for name in ("service", "dashboard")
    ]
    for program in programs:
        program.open()
    yield programs[0], programs[1]
    for program in programs:
        program.close()


def streams(service: SyncService) -> dict[str, StreamWord]:
    return {name: service.state(name).stream.word for name in ("one", "two")}


def test_an_account_is_switched_off_and_on_while_another_program_runs(
    pair: tuple[SyncService, SyncService], broker: PaperBroker
) -> None:
    service, dashboard = pair
    live = dict.fromkeys(("one", "two"), StreamWord.LIVE)
    eventually(lambda: streams(dashboard) == live, "both streams")
    dashboard.set_active("one", active=False)
    eventually(lambda: service.account_names() == ("two",), "the service's own view")
    standing = {item.name: (item.enabled, item.active) for item in service.all_accounts()}
    assert standing == {"one": (True, False), "two": (True, True), "off": (False, False)}
    eventually(lambda: streams(dashboard)["one"] is StreamWord.OFF, "its stream closed")
    with pytest.raises(SyncError, match="switched off: switch it on in Settings"):
        dashboard.sync_now("one", trigger=Trigger.CLI, timeout=1)
    broker.submit_market("AAPL", 3)
    broker.step()
    eventually(lambda: _refused(service), "the service's worker is gone")
    dashboard.set_active("one", active=True)
    eventually(lambda: open_symbols(service.database, "one") == ["AAPL"], "the fill, once on")
    eventually(lambda: streams(dashboard) == live, "both streams again")


def _refused(service: SyncService) -> bool:
    """Whether the program has let the account go."""
    try:
        service.request_sync("one", trigger=Trigger.CLI)
    except SyncError:
        return True
    return False


def test_what_must_stay_cannot_be_switched(pair: tuple[SyncService, SyncService]) -> None:
    _, dashboard = pair
    with pytest.raises(SyncError, match="in the configuration"):
        dashboard.set_active("off", active=True)
    dashboard.set_active("two", active=False)
    with pytest.raises(SyncError, match="only active account"):
        dashboard.set_active("one", active=False)
    assert dashboard.account_names() == ("one",)


def test_a_chosen_interval_reaches_the_running_service(
    pair: tuple[SyncService, SyncService],
) -> None:
    service, dashboard = pair
    assert service.sync_interval == 1
    dashboard.set_preference("interval", "7.5")
    dashboard.set_preference("palette", "blue-orange")
    eventually(lambda: service.sync_interval == 7.5, "the new interval")
    service.beat(1)
    pulse = dashboard.pulse()
    assert pulse is not None
    assert (pulse.interval, pulse.accounts) == (7.5, 2)
    assert dict(service.preferences()) == {"interval": "7.5", "palette": "blue-orange"}
    for text in ("0", "soon", "nan", "3601"):
        with pytest.raises(SyncError, match="from 1 to 3600"):
            dashboard.set_preference("interval", text)
    dashboard.set_preference("interval", None)
    eventually(lambda: service.sync_interval == 1, "what holds when nothing is chosen")


def test_what_the_environment_says_is_not_chosen(tmp_path: Path, broker: PaperBroker) -> None:
    settings = replace(settings_of({"one": broker}, tmp_path), interval_is_set=True)
    service = SyncService(settings, Database(settings.database, program="t"), program="cli")
    service.open()
    service.set_preference("interval", "9")
    assert service.sync_interval == 1
    service.close()
