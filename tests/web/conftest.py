"""The dashboard run headless, on a seeded record or against a real paper broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.held import hold
from tests.simulator.broker import PaperBroker
from tests.sync.world import settings_for
from tests.web import seed
from tradesync.config import Settings
from tradesync.domain.times import SECOND, Instant
from tradesync.store.database import Database
from tradesync.sync import registry
from tradesync.sync.board import Board, MarketClock, Notice
from tradesync.sync.outcomes import RunResult, Trigger
from tradesync.sync.service import SyncService

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tradesync" / "web" / "main.py"
PAGES = ROOT / "pages"
RUN_SECONDS = 30

StartService = Callable[[Settings], SyncService]


@pytest.fixture(scope="session", autouse=True)
def _packages_searched_once() -> Iterator[None]:
    """For every AppTest Streamlit searches all installed packages for components: 0.1 s."""
    found = cache(manifest_scanner.scan_component_manifests)
    with patch.object(manifest_scanner, "scan_component_manifests", found):
        yield


@pytest.fixture
def start_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[StartService]:
    """Starts the process's service with given settings; stopped at the test's end.

    It waits one second for a lost broker instead of twenty, and differences settle at once.
    """
    defaults = SyncService.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "patience", 1.0)
    monkeypatch.setitem(defaults, "settle_seconds", 0.05)
    yield lambda settings: registry.start("dashboard", settings)
    registry.stop()


def open_app(**query: str) -> AppTest:
    """The dashboard before its first run."""
    app = AppTest.from_file(str(SCRIPT), default_timeout=RUN_SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    return app


def open_page(name: str, **query: str) -> AppTest:
    """A page of the dashboard, drawn: the first the browser asks for."""
    app = open_app(**query)
    app.switch_page(str(PAGES / f"{name}.py")).run()
    assert not app.exception, app.exception
    return app


def text_of(app: AppTest) -> str:
    """Everything the page says in words."""
    parts = [element.value for element in (*app.markdown, *app.caption, *app.error, *app.warning)]
    parts += [element.value for element in app.info]
    parts += [f"{metric.label} {metric.value} {metric.delta}" for metric in app.metric]
    return "\n".join(str(part).replace("\\", "") for part in parts)


def finished(now: Instant, error: str | None = None) -> RunResult:
    """A run that ended at `now`."""
    return RunResult(
        "run-1", seed.NAME, seed.ACCOUNT, Trigger.INTERVAL, "service", now - SECOND, now - SECOND,
        now, 5, 0, 0, 0, error, None,
    )  # fmt: skip


def note(database: Database, now: Instant, name: str = seed.NAME, **changes: object) -> None:
    """What a finished sync leaves on the account's board."""
    notice: dict[str, object] = {
        "account_id": seed.ACCOUNT, "history_progress": 100, "last_result": finished(now),
        "last_first_read_at": now, "last_success_at": now,
        "market": MarketClock(True, now + 3600 * SECOND, now + 3600 * SECOND, now),
    }  # fmt: skip
    Board(database.path, name).write(Notice(**{**notice, **changes}))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Seeded:
    """A seeded record with its service, no broker behind it."""

    service: SyncService
    database: Database
    now: Instant


@pytest.fixture
def seeded(start_service: StartService, tmp_path: Path) -> Seeded:
    """A small account, synced just now, at a broker that does not answer."""
    now = time.time_ns()
    hold(tmp_path / "record.duckdb")
    service = start_service(seed.settings_of(tmp_path / "record.duckdb"))
    seed.small_account(service.database, now)
    note(service.database, now)
    return Seeded(service, service.database, now)


@dataclass(frozen=True, slots=True)
class Live:
    """The dashboard's service at a real paper broker."""

    service: SyncService
    broker: PaperBroker
    account: str

    def sync(self) -> RunResult:
        """A finished, good sync."""
        result = self.service.sync_now(self.account, trigger=Trigger.CLI, timeout=30.0)
        assert result is not None
        assert result.ok, result.error
        return result


@pytest.fixture
def live(start_service: StartService, paper_broker: PaperBroker, tmp_path: Path) -> Live:
    """An empty account of 100,000 USD at the paper broker, synced once."""
    settings = settings_for(paper_broker, tmp_path)
    hold(settings.database)
    world = Live(start_service(settings), paper_broker, settings.accounts[0].name)
    world.sync()
    return world
