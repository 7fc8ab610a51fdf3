"""The command line against a real broker: what it prints, and when it exits with 0."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from decimal import Decimal
from typing import Any

import pytest

from tests.programs import Home
from tests.simulator.broker import PaperBroker

Done = subprocess.CompletedProcess[str]


def listed(home: Home, *arguments: str) -> list[dict[str, Any]]:
    """The JSON list a command prints."""
    done = home.cli(*arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def failed(done: Done, code: int = 1) -> str:
    """The one sentence on standard error of a command that failed."""
    assert done.returncode == code, done.stdout + done.stderr
    (sentence,) = done.stderr.strip().split("\n")
    assert sentence.startswith("tradesync: ")
    return sentence


def bought(broker: PaperBroker, symbol: str, qty: object, price: object) -> None:
    """Have the account buy at a price, not through us."""
    broker.set_price(symbol, price)
    broker.submit_market(symbol, qty)
    broker.step()


def test_sync_says_what_it_did(broker_home: Home, paper_broker: PaperBroker) -> None:
    bought(paper_broker, "AAPL", 2, "187.31")
    first = broker_home.cli("sync")
    assert first.returncode == 0, first.stderr
    assert "main: 3 new facts, 1 new trade (" in first.stdout
    again = broker_home.cli("sync", "--account", "main")
    assert again.stdout.startswith("main: in sync, nothing new (")


def test_as_a_program(broker_home: Home, paper_broker: PaperBroker) -> None:
    paper_broker.set_price("AAPL", "200")
    sent = broker_home.cli_process("order", "AAPL", "buy", "3", typed="y\n")
    assert (sent.returncode, "accepted" in sent.stdout) == (0, True), sent.stderr
    assert broker_home.cli_process("trades").stdout.count("AAPL") == 1
    assert "no account named" in failed(broker_home.cli_process("sync", "--account", "ira"), 2)
    failed(broker_home.cli_process("frobnicate"), 2)
    failed(broker_home.cli_process("cancel", "no-such-order", "--yes"))


def test_sync_fails_in_one_sentence_without_secrets(broker_home: Home) -> None:
    broker_home.settings["ALPACA_SECRET_KEY"] = "wrong-secret"
    sentence = failed(broker_home.cli("sync"))
    assert "main: sync failed: " in sentence
    assert "wrong-secret" not in sentence


def test_trades_and_positions_are_exact_in_every_format(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    bought(paper_broker, "AAPL", "0.123456789", "187.31")
    paper_broker.set_price("AAPL", "190.07")
    broker_home.cli("sync")
    (trade,) = listed(broker_home, "trades")
    assert trade["qty"] == trade["open_qty"] == "0.123456789"
    assert trade["current_price"] == "190.07"
    cost = Decimal(trade["cost"])
    assert Decimal(trade["market_value"]) == Decimal("0.123456789") * Decimal("190.07")
    assert Decimal(trade["floating_pnl"]) == Decimal(trade["market_value"]) - cost
    assert trade["opened_at"].endswith("Z")
    (position,) = listed(broker_home, "positions")
    theirs = paper_broker.get("/positions")[0]
    assert Decimal(position["qty"]) == Decimal(theirs["qty"])
    assert Decimal(position["unrealized_pl"]) == Decimal(theirs["unrealized_pl"])
    done = broker_home.cli("trades", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert {key: row[key] for key in ("trade_id", "qty", "cost", "exit_price")} == {
        "trade_id": trade["trade_id"], "qty": "0.123456789", "cost": trade["cost"],
        "exit_price": "",
    }  # fmt: skip
    table = broker_home.cli("trades").stdout.splitlines()
    assert table[0].split()[:4] == ["TRADE", "SYMBOL", "SIDE", "STATUS"]
    assert table[1].split()[:5] == [trade["trade_id"][:8], "AAPL", "long", "open", "0.123456789"]


def test_trades_can_be_chosen(broker_home: Home, paper_broker: PaperBroker) -> None:
    bought(paper_broker, "AAPL", 1, "100")
    bought(paper_broker, "MSFT", 1, "100")
    paper_broker.submit_limit("AAPL", 1, "50")
    broker_home.cli("sync")
    assert len(listed(broker_home, "trades")) == 3
    assert [t["symbol"] for t in listed(broker_home, "trades", "--status", "pending")] == ["AAPL"]
    assert len(listed(broker_home, "trades", "--status", "pending,open")) == 3
    assert [t["symbol"] for t in listed(broker_home, "trades", "--symbol", "msft")] == ["MSFT"]
    assert len(listed(broker_home, "trades", "--limit", "1")) == 1
    assert listed(broker_home, "trades", "--status", "closed") == []
    empty = broker_home.cli("trades", "--status", "closed", "--format", "csv")
    assert empty.stdout.startswith("account,trade_id,")
    assert "ajar" in failed(broker_home.cli("trades", "--status", "ajar"), 2)


def test_reading_before_the_first_sync_says_what_to_do(broker_home: Home) -> None:
    for command in ("trades", "positions"):
        sentence = failed(broker_home.cli(command))
        assert "has never been synced. Run: python -m tradesync sync" in sentence
    (state,) = listed(broker_home, "status")
    assert state["result"] == "never synced"


def test_status_tells_success_and_failure(broker_home: Home, paper_broker: PaperBroker) -> None:
    broker_home.cli("sync")
    (state,) = listed(broker_home, "status")
    assert (state["account"], state["environment"], state["result"]) == ("main", "simulated", "ok")
    assert state["account_id"] == paper_broker.get("/account")["id"]
    broker_home.settings["ALPACA_SECRET_KEY"] = "wrong-secret"
    broker_home.cli("sync")
    (state,) = listed(broker_home, "status")
    assert state["result"] == "failed"
    assert state["error"]
    assert state["last_success_at"]
    assert "failed" in broker_home.cli("status").stdout
    assert broker_home.cli("status", "--format", "csv").stdout.startswith("account,account_id,")


def test_import_shows_its_plan_and_imports_once(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    paper_broker.add_position("NVDA", 7, "120.5")
    dry = broker_home.cli("import", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "NVDA" in dry.stdout
    assert listed(broker_home, "trades") == []
    declined = broker_home.cli("import", typed="n\n")
    assert declined.returncode == 1
    assert "Not confirmed" in declined.stderr
    assert listed(broker_home, "trades") == []
    done = broker_home.cli("import", typed="y\n")
    assert done.returncode == 0, done.stderr
    (trade,) = listed(broker_home, "trades")
    assert (trade["symbol"], trade["qty"], trade["entry_price"], trade["source"]) == (
        "NVDA", "7", "120.5", "import",
    )  # fmt: skip
    again = broker_home.cli("import", "--yes")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "There is nothing to import.")
    assert len(listed(broker_home, "trades")) == 1


def test_an_order_is_written_sent_and_filled(broker_home: Home, paper_broker: PaperBroker) -> None:
    paper_broker.set_price("AAPL", "200")
    done = broker_home.cli("order", "aapl", "buy", "3", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Buy 3 AAPL at market: order " in done.stdout
    (sent,) = paper_broker.get("/orders", status="all")
    assert sent["client_order_id"].startswith("ts1-o-")
    assert (sent["symbol"], sent["qty"], sent["side"], sent["type"]) == (
        "AAPL", "3", "buy", "market",
    )  # fmt: skip
    paper_broker.step()
    broker_home.cli("sync")
    (trade,) = listed(broker_home, "trades")
    assert (trade["status"], trade["qty"], trade["source"]) == ("open", "3", "app")


def test_an_amount_in_dollars(broker_home: Home, paper_broker: PaperBroker) -> None:
    paper_broker.set_price("AAPL", "200")
    done = broker_home.cli("order", "AAPL", "buy", "1000.50", "--notional", "--yes")
    assert done.returncode == 0, done.stderr
    (sent,) = paper_broker.get("/orders", status="all")
    assert (sent["notional"], sent["qty"]) == ("1000.5", None)


@pytest.mark.parametrize("typed", ["", "n\n", "AAPL\n"])
def test_nothing_is_sent_without_consent(
    broker_home: Home, paper_broker: PaperBroker, typed: str
) -> None:
    done = broker_home.cli("order", "AAPL", "buy", "3", "--limit", "150.10", typed=typed)
    assert done.returncode == 1
    assert "Buy 3 AAPL at 150.10 or better on main (SIMULATED)? [y/N]" in done.stderr
    assert done.stderr.endswith("tradesync: Not confirmed; nothing was done.\n")
    assert paper_broker.get("/orders", status="all") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["AAPL", "buy", "0"],
        ["AAPL", "buy", "-1"],
        ["AAPL", "buy", "many"],
        ["AAPL", "buy", "NaN"],
        ["AAPL", "hold", "1"],
        ["AAPL", "buy", "1", "--limit", "0"],
        ["AAPL", "buy"],
    ],
)
def test_misuse_is_exit_code_2(home: Home, arguments: list[str]) -> None:
    failed(home.cli("order", *arguments, "--yes"), 2)


def test_a_refusal_of_the_broker_is_its_sentence(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    paper_broker.set_price("AAPL", "200")
    sentence = failed(broker_home.cli("order", "AAPL", "buy", "1000000", "--yes"))
    assert "insufficient" in sentence
    assert "NOSUCH" in failed(broker_home.cli("order", "NOSUCH", "buy", "1", "--yes"))


def test_a_pending_trade_is_cancelled_by_its_own_id_or_its_orders(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    for by in ("trade_id", "broker_order_id"):
        sent = broker_home.cli("order", "AAPL", "buy", "1", "--limit", "1.5", "--yes")
        assert sent.returncode == 0, sent.stderr
        (trade,) = listed(broker_home, "trades", "--status", "pending")
        name = trade[by][:8] if by == "trade_id" else trade[by]
        done = broker_home.cli("cancel", name, "--yes")
        assert done.returncode == 0, done.stderr
        assert paper_broker.order(trade["broker_order_id"])["status"] == "canceled"
        broker_home.cli("sync")
        assert listed(broker_home, "trades", "--status", "pending") == []
    failed(broker_home.cli("cancel", "no-such-order", "--yes"))


def test_closing_a_part_and_the_rest(broker_home: Home, paper_broker: PaperBroker) -> None:
    bought(paper_broker, "AAPL", 5, "100")
    broker_home.cli("sync")
    (trade,) = listed(broker_home, "trades")
    paper_broker.set_price("AAPL", "110")
    part = broker_home.cli("close", trade["trade_id"][:8], "--qty", "2", "--yes")
    assert part.returncode == 0, part.stderr
    paper_broker.step()
    broker_home.cli("sync")
    (trade,) = listed(broker_home, "trades")
    assert (trade["open_qty"], trade["realized_pnl"]) == ("3", "20")
    failed(broker_home.cli("close", trade["trade_id"], "--qty", "4", "--yes"))
    rest = broker_home.cli("close", trade["trade_id"], "--yes")
    assert rest.returncode == 0, rest.stderr
    paper_broker.step()
    broker_home.cli("sync")
    (trade,) = listed(broker_home, "trades")
    assert (trade["status"], trade["realized_pnl"], trade["exit_price"]) == ("closed", "50", "110")
    assert "closed, not open" in failed(broker_home.cli("close", trade["trade_id"], "--yes"))
    assert "There is no trade" in failed(broker_home.cli("close", "abcdef", "--yes"))


def test_orders_are_replaced_and_all_is_cancelled_and_closed_once_asked(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    bought(paper_broker, "AAPL", 10, 100)
    order = paper_broker.submit_limit("KO", 5, 40)
    broker_home.cli("sync")
    assert "Say what to change" in failed(broker_home.cli("replace", order["id"], "--yes"))
    changed = broker_home.cli("replace", order["id"], "--qty", "7", "--limit", "41.5", "--yes")
    assert changed.returncode == 0, changed.stderr
    (working,) = paper_broker.get("/orders", status="open")
    assert (working["qty"], working["limit_price"]) == ("7", "41.5")
    assert "No open trade lost" in broker_home.cli("protect").stdout
    for command in ("cancel-all", "close-all"):
        assert broker_home.cli(command, typed="n\n").returncode == 1
    assert paper_broker.get("/positions/AAPL")["qty"] == "10"
    cancelled = broker_home.cli("cancel-all", typed="y\n")
    assert (cancelled.returncode, "1 asked to be cancelled" in cancelled.stdout) == (0, True)
    closed = broker_home.cli("close-all", typed="y\n")
    assert (closed.returncode, "1 closed" in closed.stdout) == (0, True), closed.stderr
    paper_broker.step()
    broker_home.cli("sync")
    assert paper_broker.get("/positions") == paper_broker.get("/orders", status="open") == []
    assert "No trade is open" in broker_home.cli("close-all").stdout
    assert "No order is working" in broker_home.cli("cancel-all").stdout


def test_read_only_sends_nothing(broker_home: Home, paper_broker: PaperBroker) -> None:
    broker_home.settings["READ_ONLY"] = "true"
    sentence = failed(broker_home.cli("order", "AAPL", "buy", "1", "--yes"))
    assert "READ_ONLY" in sentence
    assert paper_broker.get("/orders", status="all") == []


def test_an_unknown_account_lists_the_known(broker_home: Home) -> None:
    for arguments in (["--account", "ira", "trades"], ["trades", "--account", "ira"]):
        assert "Configured: main." in failed(broker_home.cli(*arguments), 2)


def test_a_reader_that_goes_away_is_no_traceback(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    bought(paper_broker, "AAPL", 1, "100")
    broker_home.cli("sync")
    reader = broker_home.start_module("trades", "--format", "json")
    assert reader.stdout is not None
    reader.stdout.close()
    _, errors = reader.communicate()
    assert reader.returncode == 1
    assert errors == ""


def test_another_account_under_the_name_asks_and_rebind_answers(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    bought(paper_broker, "AAPL", 1, "100")
    assert broker_home.cli("sync").returncode == 0
    with PaperBroker(seed=2) as other:
        broker_home.settings["ALPACA_BASE_URL"] = other.base_url
        assert "rebind main" in failed(broker_home.cli("sync"))
        (state,) = listed(broker_home, "status")
        assert state["result"] == "needs an answer"
        assert broker_home.cli("rebind", "main", typed="n\n").returncode == 1
        done = broker_home.cli("rebind", "main", "--yes")
        assert done.returncode == 0, done.stderr
        assert other.get("/account")["account_number"] in done.stdout
        assert broker_home.cli("sync").returncode == 0
        assert listed(broker_home, "trades") == []
