"""A fresh database for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.held import hold
from tradesync.store import accounts
from tradesync.store.database import Database

ACCOUNT = "account-1"


ABOUT_THE_FILE = frozenset({"test_database", "test_contention", "test_migrations", "test_upkeep"})


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database; in tests about the file itself its folder is not there yet."""
    path = tmp_path / "data" / "record.duckdb"
    if request.path.stem not in ABOUT_THE_FILE:
        hold(path)
    return Database(path, program="tests")


@pytest.fixture
def bound(database: Database) -> Database:
    """A database that knows one account, `account-1`, by the name `main`."""
    with database.write() as tx:
        accounts.bind_account(
            tx, "main", ACCOUNT, account_number="PA1", environment="simulated", at=1
        )
    return database
