"""A fresh database for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradesync.store import accounts
from tradesync.store.database import Database

ACCOUNT = "account-1"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An empty database in a folder that is not there yet."""
    return Database(tmp_path / "data" / "record.duckdb", program="tests")


@pytest.fixture
def bound(database: Database) -> Database:
    """A database that knows one account, `account-1`, by the name `main`."""
    with database.write() as tx:
        accounts.bind_account(
            tx, "main", ACCOUNT, account_number="PA1", environment="simulated", at=1
        )
    return database
