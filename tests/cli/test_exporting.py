"""`export`: every table as a file or printed, of all time or a year."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import pandas as pd
import pytest

from tests.web import seed
from tradesync.cli.exporting import TABLES, add_arguments, export
from tradesync.cli.session import CommandError, Session
from tradesync.domain.times import parse_instant
from tradesync.store.database import Database

NOW = parse_instant("2026-01-02T15:00:00Z")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("record") / "record.duckdb"
    settings = seed.settings_of(path)
    database = Database(path, program="tests")
    seed.small_account(database, NOW)
    return Session(settings, settings.accounts[0], database)


def run(session: Session, *words: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return export(session, parser.parse_args(words))


def printed(
    session: Session, capfdbinary: pytest.CaptureFixture[bytes], *words: str
) -> pd.DataFrame:
    assert run(session, *words) == 0
    return pd.read_csv(io.BytesIO(capfdbinary.readouterr().out), comment="#")


def test_every_table_is_printed_as_csv_with_its_heading_line(
    session: Session, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    rows = {table: len(printed(session, capfdbinary, table)) for table in TABLES}
    assert rows == {
        "lots": 1, "daily-pnl": 1, "trades": 2, "orders": 3, "executions": 2, "activities": 0,
        "positions": 1, "runs": 2,
    }  # fmt: skip


def test_a_year_is_new_yorks(
    session: Session, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Opened on 31 and 30 December 2025, closed on 1 January 2026."""
    counts = {
        (table, year): len(printed(session, capfdbinary, table, "--year", year))
        for table in ("trades", "lots", "executions")
        for year in ("2025", "2026")
    }
    assert counts == {
        ("trades", "2025"): 2, ("trades", "2026"): 0, ("lots", "2025"): 0, ("lots", "2026"): 1,
        ("executions", "2025"): 1, ("executions", "2026"): 1,
    }  # fmt: skip


def test_the_files_ending_is_its_format(session: Session, tmp_path: Path) -> None:
    for ending, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        file = tmp_path / f"trades{ending}"
        assert run(session, "trades", str(file)) == 0
        assert sorted(read(file)["symbol"]) == ["AAPL", "TSLA"]


def test_what_cannot_be_done_is_one_sentence(session: Session, tmp_path: Path) -> None:
    for words, reason in (
        (("trades", "trades.xls"), "must end in .csv or .parquet"),
        (("positions", "--year", "2025"), "has no years"),
        (("trades", str(tmp_path / "missing" / "trades.csv")), "cannot be written"),
    ):
        with pytest.raises(CommandError, match=reason):
            run(session, *words)
