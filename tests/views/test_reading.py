"""The reader opens the record only when it moved, and answers the last good model when it must."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.web import seed
from tradesync.store.database import Database, Tx
from tradesync.store.errors import StoreError
from tradesync.store.queries import account_figures
from tradesync.views.reading import Reader


class Loads:
    """Counts how often a model is computed."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, tx: Tx) -> str:
        self.count += 1
        figures = account_figures(tx, seed.ACCOUNT)
        return str(figures.equity if figures else None)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "record.duckdb", program="tests", deadline=0.3)
    seed.small_account(database)
    return database


def write_something(database: Database) -> None:
    with database.write() as tx:
        tx.execute("UPDATE account_states SET equity = equity + 1")


def test_an_unchanged_record_is_read_once(database: Database) -> None:
    reader, load = Reader(database), Loads()
    first = reader.read("figures", load)
    assert reader.read("figures", load) is first
    assert load.count == 1


def test_a_commit_is_seen_at_the_next_read(database: Database) -> None:
    reader, load = Reader(database), Loads()
    before = reader.read("figures", load)
    write_something(database)
    after = reader.read("figures", load)
    assert after.model != before.model
    assert after.version > before.version


def test_a_model_that_names_its_end_is_computed_again_from_then_on(database: Database) -> None:
    reader, load = Reader(database), Loads()
    ends = {1: 100, 2: None}

    def read(now: int) -> int:
        reader.read("figures", load, now=now, until=lambda _: ends[load.count])
        return load.count

    assert [read(now) for now in (7, 99, 100, 101, 5000)] == [1, 1, 2, 2, 2]


def test_keys_are_kept_apart_and_bounded(database: Database) -> None:
    reader = Reader(database, entries=2)
    loads = {key: Loads() for key in "abc"}
    for key, load in loads.items():
        reader.read(key, load)
    reader.read("c", loads["c"])
    reader.read("a", loads["a"])  # pushed out by c
    assert {key: load.count for key, load in loads.items()} == {"a": 2, "b": 1, "c": 1}


def test_many_readers_of_one_change_compute_it_once(database: Database) -> None:
    reader, load = Reader(database), Loads()
    threads = [threading.Thread(target=reader.read, args=("figures", load)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load.count == 1


def test_a_record_that_cannot_be_read_leaves_the_last_good_model(database: Database) -> None:
    reader, load = Reader(database), Loads()
    good = reader.read("figures", load)
    write_something(database)
    damage(database.path)
    kept = reader.read("figures", load)
    assert kept.model == good.model
    assert kept.problem


def test_a_record_that_was_never_read_is_an_error(database: Database) -> None:
    damage(database.path)
    with pytest.raises(StoreError):
        Reader(database).read("figures", Loads())


def damage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)
