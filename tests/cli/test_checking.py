"""verify and rebuild on a record of real trades."""

from __future__ import annotations

from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tradesync.store.database import Database


def traded(home: Home, broker: PaperBroker) -> None:
    """A record with an open, a closed and a pending trade."""
    broker.set_price("AAPL", 100)
    broker.submit_market("AAPL", 10)
    broker.step()
    broker.submit_market("AAPL", 4, "sell")
    broker.submit_limit("MSFT", 1, 100)
    broker.step()
    assert home.cli("sync").returncode == 0


def test_an_untouched_record_is_identical(broker_home: Home, paper_broker: PaperBroker) -> None:
    traded(broker_home, paper_broker)
    answer = broker_home.cli("verify")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Identical" in answer.stdout
    again = broker_home.cli("rebuild")
    assert again.returncode == 0
    assert "none changed" in again.stdout


def test_a_tampered_row_is_named_and_mended(broker_home: Home, paper_broker: PaperBroker) -> None:
    traded(broker_home, paper_broker)
    with Database(broker_home.database).write() as tx:
        tx.execute("UPDATE trade_rows SET realized_pnl = 42 WHERE status = 'open'")
        tx.execute("DELETE FROM allocations")
    answer = broker_home.cli("verify")
    assert answer.returncode == 1
    assert "realized_pnl=42" in answer.stdout
    assert "allocations" in answer.stdout
    mended = broker_home.cli("rebuild")
    assert mended.returncode == 0
    assert "were different" in mended.stdout
    assert broker_home.cli("verify").returncode == 0
    with Database(broker_home.database).read() as tx:
        runs = tx.rows("SELECT program FROM sync_runs WHERE trigger = 'rebuild'")
    assert runs == [("cli",)]
