"""Backup, restore, compaction and repair of the file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tradesync.domain.ours import OpeningBalance
from tradesync.store import accounts, decisions, journal, preferences, upkeep
from tradesync.store.accounts import Switch
from tradesync.store.database import Database
from tradesync.store.decisions import TradeNote
from tradesync.store.errors import DamagedDatabaseError, NewerDatabaseError, StoreError
from tradesync.store.journal import SyncRun
from tradesync.store.preferences import Preference


@pytest.fixture
def database(database_path: Path) -> Database:
    """A record with one account and something a person decided."""
    made = Database(database_path, program="test")
    with made.write() as tx:
        accounts.bind_account(
            tx, "main", "id-1", account_number="PA1", environment="paper", at=5
        )
        decisions.save_trade_note(tx, "id-1", TradeNote("t-1", "keep me", ("tag",), 7))
        balance = OpeningBalance(
            "d-1", "i-1", "KO", "us_equity", 9, Decimal(10), Decimal("60.5"), None, 10
        )
        decisions.add_opening_balance(tx, "id-1", balance)
        accounts.set_switch(tx, Switch("main", active=False, set_at=11))
        preferences.set_preference(tx, Preference("interval", "10", 12))
    return made


def notes(database: Database) -> list[str]:
    with database.read() as tx:
        return [note.notes for note in decisions.load_trade_notes(tx, "id-1")]


def write_note(database: Database, text: str) -> None:
    with database.write() as tx:
        decisions.save_trade_note(tx, "id-1", TradeNote("t-1", text, (), 8))


def damage(path: Path, start: int = 8192) -> None:
    """Overwrite everything from `start` on."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * (size - start))


def test_a_backup_restores_what_was(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.duckdb"
    assert upkeep.back_up(database, target) == target.stat().st_size
    write_note(database, "later")
    version = database.data_version()
    former = upkeep.restore(database, target)
    assert notes(database) == ["keep me"]
    assert database.data_version() > version, "whoever remembers the former one must notice"
    assert former is not None
    assert notes(Database(former, program="test")) == ["later"]
    assert sorted(item.name for item in tmp_path.iterdir() if item.is_file()) == ["copy.duckdb"]


def test_a_backup_never_overwrites(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.duckdb"
    target.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        upkeep.back_up(database, target)
    assert target.read_text() == "precious"


def test_a_backup_that_cannot_be_used_changes_nothing(database: Database, tmp_path: Path) -> None:
    bad = tmp_path / "bad.duckdb"
    bad.write_bytes(b"\x00" * 20_000)
    with pytest.raises(DamagedDatabaseError):
        upkeep.restore(database, bad)
    newer = tmp_path / "newer.duckdb"
    upkeep.back_up(database, newer)
    with Database(newer, program="test").write() as tx:
        tx.execute("INSERT INTO schema_version VALUES (9999, 'x', 0)")
    with pytest.raises(NewerDatabaseError):
        upkeep.restore(database, newer)
    assert notes(database) == ["keep me"]


def test_old_runs_and_events_go_and_the_latest_run_stays(database: Database) -> None:
    with database.write() as tx:
        for number in range(4):
            run = SyncRun(
                f"r{number}", "id-1", "main", "cli", "test", number * 100, number * 100 + 1,
                5, 0, 0, 0, None, None,
            )  # fmt: skip
            journal.add_run(tx, run)
    with database.write() as tx:
        assert journal.compact(tx, 250) == 3
    with database.write() as tx:
        assert journal.compact(tx, 10_000) == 0
        assert [run.run_id for run in journal.load_runs(tx, "id-1")] == ["r3"]


def test_a_sound_file_is_not_damaged(database: Database) -> None:
    assert upkeep.is_damaged(database) is None


@pytest.mark.parametrize("start", [0, 8192, 100_000])
def test_a_damaged_file_is_named_set_aside_and_begun_anew(database: Database, start: int) -> None:
    with database.at_rest() as path:
        damage(path, start)
    reason = upkeep.is_damaged(database)
    if reason is None:  # what was overwritten is not in use
        assert notes(database) == ["keep me"]
        return
    assert str(database.path) in reason
    repaired = upkeep.repair(database)
    assert repaired.set_aside.exists()
    assert upkeep.is_damaged(database) is None
    if repaired.accounts:
        assert repaired.notes + repaired.lost.count("notes and tags") == 1
    else:
        assert repaired.lost[0] == "accounts"


def test_what_a_person_decided_survives_a_repair_where_it_can_be_read(database: Database) -> None:
    taken_back = OpeningBalance(
        "d-2", "i-2", "PEP", "us_equity", 9, Decimal(3), Decimal(170), None, 12
    )
    with database.write() as tx:
        decisions.add_opening_balance(tx, "id-1", taken_back)
        decisions.revoke_opening_balance(tx, "id-1", "d-2", 15)
    repaired = upkeep.repair(database)
    assert (repaired.accounts, repaired.notes, repaired.opening_balances) == (1, 1, 1)
    assert repaired.lost == ()
    assert notes(database) == ["keep me"]
    with database.read() as tx:
        account = accounts.account_by_name(tx, "main")
        assert account is not None
        assert (account.account_id, account.history_phase) == ("id-1", "orders")
        (balance,) = decisions.load_opening_balances(tx, "id-1")
        (revoked,) = decisions.load_revoked_balances(tx, "id-1")
        assert accounts.switches(tx) == [Switch("main", active=False, set_at=11)]
        assert preferences.preferences(tx) == [Preference("interval", "10", 12)]
    assert balance.avg_price == Decimal("60.5")
    assert (revoked.decision_id, revoked.revoked_at) == ("d-2", 15)
