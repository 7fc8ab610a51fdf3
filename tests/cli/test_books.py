"""drift, resolve, undo, proof and why, as a person uses them."""

from __future__ import annotations

import json

from tests.programs import Home
from tests.simulator.broker import PaperBroker


def test_a_difference_is_explained_resolved_and_taken_back(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    paper_broker.set_price("AAPL", 100)
    paper_broker.submit_market("AAPL", 10)
    paper_broker.step()
    paper_broker.add_position("AAPL", -4, 100)
    broker_home.cli("sync")
    found = json.loads(broker_home.cli("drift", "--format", "json").stdout)
    assert found[0]["reason"] == "closed elsewhere"
    assert (found[0]["ours"], found[0]["broker"]) == ("10", "6")
    refused = broker_home.cli("resolve", "AAPL", "ignore", "--yes")
    assert (refused.returncode, "until" in refused.stderr) == (1, True)
    done = broker_home.cli("resolve", "AAPL", "close", "--price", "110", "--yes")
    assert done.returncode == 0, done.stderr
    assert "realized_pnl: 0 → 40" in done.stdout
    assert "No difference" in broker_home.cli("drift").stdout
    decision = done.stdout.split()[-1]
    paper_broker.add_position("MSFT", 3, 400)
    imported = broker_home.cli("import", "--yes").stdout.split()[-1]
    listed = broker_home.cli("undo").stdout
    assert [word in listed for word in (decision, imported, "import of MSFT")] == [True] * 3
    asked = broker_home.cli("undo", imported)
    assert (asked.returncode, "Not confirmed" in asked.stderr) == (1, True)
    assert "status: open → gone" in asked.stdout
    assert "Afterwards we hold 0; the broker 3." in asked.stdout
    assert broker_home.cli("undo", imported, "--yes").stdout.endswith("import of MSFT.\n")
    undone = broker_home.cli("undo", decision, "--yes")
    assert "Realized P&L changes by: -40" in undone.stdout.replace("−", "-")
    assert "No decision stands" in broker_home.cli("undo").stdout
    again = broker_home.cli("undo", decision, "--yes")
    assert (again.returncode, "No decision" in again.stderr) == (1, True)


def test_p17_the_brokers_average_is_another_method_and_no_error(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    for price, side in ((100, "buy"), (200, "buy"), (200, "sell")):
        paper_broker.set_price("AAPL", price)
        paper_broker.submit_market("AAPL", 10, side)
        paper_broker.step()
    broker_home.cli("sync")
    (found,) = json.loads(broker_home.cli("drift", "--format", "json").stdout)
    assert (found["reason"], found["fixes"]) == ("method difference", "")
    assert found["evidence"] == (
        "cost 2000 first in, first out; 1500 by the broker's average: no error"
    )
    assert "No difference" in broker_home.cli("drift").stdout


def test_proof_and_why_answer_from_the_record(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    paper_broker.set_price("AAPL", 100)
    paper_broker.submit_market("AAPL", 10)
    paper_broker.step()
    broker_home.cli("sync")
    proved = broker_home.cli("proof", "--format", "json")
    assert proved.returncode == 0, proved.stderr
    lines = {line["subject"]: line for line in json.loads(proved.stdout)["lines"]}
    assert lines["cash"]["ours"] == lines["cash"]["broker"] == "99000"
    trade = json.loads(broker_home.cli("trades", "--format", "json").stdout)[0]
    parts = json.loads(
        broker_home.cli("why", trade["trade_id"], "cost", "--format", "json").stdout
    )
    assert [(part["amount"], part["what"]) for part in parts] == [("1000", "buy 10 at 100")]
    paper_broker.add_position("MSFT", 1, 100)
    broker_home.cli("sync")
    unproved = broker_home.cli("proof")
    assert (unproved.returncode, "unexplained" in unproved.stdout) == (1, True)
