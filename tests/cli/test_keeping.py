"""backup, restore and repair as commands, on a record of real trades."""

from __future__ import annotations

import json
from pathlib import Path

from tests.programs import Home
from tests.simulator.broker import PaperBroker


def trades(home: Home) -> list[tuple[str, str, str]]:
    rows = json.loads(home.cli("trades", "--format", "json").stdout)
    return sorted((row["trade_id"], row["symbol"], row["qty"]) for row in rows)


def traded(home: Home, broker: PaperBroker, symbol: str) -> None:
    broker.submit_market(symbol, 10)
    broker.step()
    assert home.cli("sync").returncode == 0


def test_a_restored_backup_catches_up_with_the_broker(
    broker_home: Home, paper_broker: PaperBroker, tmp_path: Path
) -> None:
    traded(broker_home, paper_broker, "AAPL")
    copy = str(tmp_path / "copy.duckdb")
    assert broker_home.cli("backup", copy).returncode == 0
    assert "exists already" in broker_home.cli("backup", copy).stderr
    traded(broker_home, paper_broker, "KO")
    before = trades(broker_home)
    assert broker_home.cli("restore", copy).returncode == 1, "nobody agreed"
    assert broker_home.cli("restore", copy, "--yes").returncode == 0
    assert [symbol for _, symbol, _ in trades(broker_home)] == ["AAPL"]
    assert broker_home.cli("sync").returncode == 0
    assert trades(broker_home) == before


def test_a_damaged_record_is_named_repaired_and_the_same_after_a_sync(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    traded(broker_home, paper_broker, "AAPL")
    before = trades(broker_home)
    assert "nothing to repair" in broker_home.cli("repair").stdout
    size = broker_home.database.stat().st_size
    with broker_home.database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    failed = broker_home.cli("sync")
    assert failed.returncode == 1
    assert "tradesync repair" in failed.stderr
    assert "Traceback" not in failed.stderr
    repaired = broker_home.cli("repair", "--yes")
    assert str(broker_home.database) in repaired.stdout
    assert list(broker_home.database.parent.glob("*.damaged-*"))
    assert broker_home.cli("sync").returncode == 0
    assert trades(broker_home) == before, "the same rows, ids included"
