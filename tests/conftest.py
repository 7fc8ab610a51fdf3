"""Fixtures shared by all tests. No test sees this machine's keys, settings or data."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import forked
from tests.held import letting_go
from tests.programs import Home, is_a_setting
from tests.simulator.broker import PaperBroker

pytest.register_assert_rewrite("tests.sync.world", "tests.oracle.truth")

LONG = (
    "tests/chaos", "tests/browser", "tests/test_", "tests/oracle", "tests/store/test_con",
    "tests/web",
)  # fmt: skip
"""Where tests start whole programs or wait; what follows is short and fills the gaps."""


def pytest_configure(config: pytest.Config) -> None:
    """Properties are judged by what they find, not by how long it takes on a busy machine.

    Shells let background jobs ignore Ctrl-C; the programs under test must not inherit that. And
    the workers of a run that has some share what programs are forked from.
    """
    settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("steady")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("numprocesses", None):
        forked.share()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first, so that all workers end together."""

    def place(item: pytest.Item) -> int:
        found = (number for number, each in enumerate(LONG) if item.nodeid.startswith(each))
        return next(found, len(LONG))

    items.sort(key=place)


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings, in a directory without `.env`."""
    for name in filter(is_a_setting, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _let_go_of_databases() -> Iterator[None]:
    """No database stays loaded after its test."""
    with letting_go():
        yield


@pytest.fixture
def paper_broker() -> Iterator[PaperBroker]:
    """A paper broker with an empty account, stepped time and its control address."""
    with PaperBroker() as broker:
        yield broker


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home for our programs that uses a paper broker of its own."""
    return Home(tmp_path)


@pytest.fixture
def broker_home(tmp_path: Path, paper_broker: PaperBroker) -> Home:
    """A home for our programs whose one account, `main`, is at `paper_broker`."""
    return Home(
        tmp_path,
        {
            "ALPACA_API_KEY": paper_broker.key,
            "ALPACA_SECRET_KEY": paper_broker.secret,
            "ALPACA_BASE_URL": paper_broker.base_url,
        },
    )


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    """Where a test may make its own database file."""
    return tmp_path / "record" / "tradesync.duckdb"
