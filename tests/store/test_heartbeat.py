"""Signs of life beside the database."""

from __future__ import annotations

from pathlib import Path

from tradesync.store.heartbeat import read_heartbeats, write_heartbeat


def test_the_last_sign_of_each_program_is_read(tmp_path: Path) -> None:
    database = tmp_path / "record.duckdb"
    assert read_heartbeats(database) == {}
    write_heartbeat(database, "service", {"at": 1})
    write_heartbeat(database, "service", {"at": 2, "accounts": ["main"]})
    write_heartbeat(database, "dashboard", {"at": 3})
    assert read_heartbeats(database) == {
        "service": {"at": 2, "accounts": ["main"]},
        "dashboard": {"at": 3},
    }
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    database = tmp_path / "record.duckdb"
    write_heartbeat(database, "service", {"at": 1})
    (tmp_path / "record.duckdb.heartbeat.torn.json").write_text('{"at": ')
    (tmp_path / "record.duckdb.heartbeat.list.json").write_text("[1]")
    (tmp_path / "other.duckdb.heartbeat.service.json").write_text('{"at": 9}')
    assert read_heartbeats(database) == {"service": {"at": 1}}


def test_a_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    write_heartbeat(tmp_path / "gone" / "record.duckdb", "service", {"at": 1})
    assert not (tmp_path / "gone").exists()
