"""The sync service as a program: real processes, real HTTP, real signals."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.programs import Home
from tests.silent_broker import SilentBroker
from tests.simulator.books import give_history
from tests.simulator.broker import PaperBroker
from tradesync.paper import broker_pid, wait_until_gone

SOON = 8.0
"""Seconds a program may take to end: two are promised, the rest is for a busy machine. Waiting
for a broker's timeout would take ten."""


def trades(home: Home) -> list[dict[str, Any]]:
    found = home.cli("trades", "--format", "json")
    assert found.returncode == 0, found.stderr
    rows: list[dict[str, Any]] = json.loads(found.stdout)
    return rows


def test_once_syncs_every_account_and_ends_well(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    paper_broker.set_price("AAPL", "200.25")
    paper_broker.submit_market("AAPL", 10)
    paper_broker.step()
    with broker_home.start_service("--once") as once:
        assert once.wait() == 0
    assert any(": 3 new facts, 1 new trade (" in line for line in once.output), once.output
    (trade,) = trades(broker_home)
    assert (trade["symbol"], trade["status"], trade["qty"], trade["entry_price"]) == (
        "AAPL", "open", "10", "200.25",
    )  # fmt: skip


def test_json_lines_name_the_account_and_the_run(broker_home: Home) -> None:
    broker_home.settings["LOG_FORMAT"] = "json"
    with broker_home.start_service("--interval", "1") as service:
        service.line("the stream is live")
        service.line("main: in sync")
        assert service.end() == 0
    rows = [json.loads(line) for line in service.output]
    assert {"at", "level", "logger", "message"} <= set.intersection(*(set(row) for row in rows))
    runs = [row for row in rows if row["message"].startswith("main: in sync")]
    assert runs
    assert all(row["account"] == "main" and row["run"] for row in runs)
    (live,) = (row for row in rows if "the stream is live" in row["message"])
    assert (live["account"], "run" in live) == ("main", False)


def test_a_second_once_finds_nothing_new(broker_home: Home, paper_broker: PaperBroker) -> None:
    paper_broker.submit_market("AAPL", 1)
    paper_broker.step()
    for expected in ("1 new trade", "in sync, nothing new"):
        with broker_home.start_service("--once") as once:
            assert once.wait() == 0
        assert any(expected in line for line in once.output), once.output


def test_once_fails_when_the_broker_refuses_and_tells_no_secret(broker_home: Home) -> None:
    broker_home.settings["ALPACA_SECRET_KEY"] = "not-the-right-secret"
    for log_format in ("text", "json"):
        broker_home.settings["LOG_FORMAT"] = log_format
        with broker_home.start_service("--once") as once:
            assert once.wait() == 1
        text = "\n".join(once.output)
        assert "main: sync failed" in text
        assert "not-the-right-secret" not in text
        assert "PKSIMULATED" not in text


@pytest.mark.parametrize(
    ("settings", "arguments", "word"),
    [
        ({}, ["--account", "nobody"], "nobody"),
        ({}, ["--interval", "0"], "SYNC_INTERVAL"),
        ({}, ["--interval", "soon"], "SYNC_INTERVAL"),
        ({"SYNC_INTERVAL": "x"}, [], "SYNC_INTERVAL"),
        ({}, ["--nonsense"], "--nonsense"),
        ({"ALPACA_API_KEY": "a", "ALPACA_SECRET_KEY": ""}, [], "ALPACA_SECRET_KEY"),
        (
            {
                "TRADESYNC_ACCOUNTS": "main", "ALPACA_MAIN_API_KEY": "a",
                "ALPACA_MAIN_SECRET_KEY": "b", "ALPACA_MAIN_ENABLED": "false",
            },
            [],
            "switched off",
        ),
    ],
)  # fmt: skip
def test_unusable_settings_or_arguments_are_exit_code_2(
    home: Home, settings: dict[str, str], arguments: list[str], word: str
) -> None:
    home.settings.update(settings)
    with home.start_service(*arguments) as service:
        assert service.wait() == 2
    assert word in service.output[-1]
    assert not any("Traceback" in line for line in service.output)


def test_on_its_interval_it_finds_what_others_do_at_the_broker(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    with broker_home.start_service("--interval", "1") as service:
        service.line("Syncing main every 1 s")
        service.line("main: in sync, nothing new")
        paper_broker.submit_market("MSFT", 3)
        paper_broker.step()
        service.line(r"main: .* 1 new trade")
        assert [trade["symbol"] for trade in trades(broker_home)] == ["MSFT"]
        assert service.end() == 0


def test_accounts_can_be_chosen_by_name(broker_home: Home, paper_broker: PaperBroker) -> None:
    broker_home.settings = {
        "TRADESYNC_ACCOUNTS": "one,two",
        "ALPACA_ONE_BASE_URL": paper_broker.base_url,
        "ALPACA_ONE_API_KEY": paper_broker.key,
        "ALPACA_ONE_SECRET_KEY": paper_broker.secret,
        "ALPACA_TWO_BASE_URL": "http://127.0.0.1:1",
        "ALPACA_TWO_API_KEY": "other",
        "ALPACA_TWO_SECRET_KEY": "other-secret",
    }
    with broker_home.start_service("--once", "--account", "one") as once:
        assert once.wait() == 0
    assert not any("two:" in line for line in once.output)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_the_middle_of_a_sync(
    broker_home: Home, number: signal.Signals
) -> None:
    with SilentBroker() as broker:
        broker_home.settings["ALPACA_BASE_URL"] = broker.base_url
        with broker_home.start_service() as service:
            assert broker.asked.wait(60)
            assert service.end(number, timeout=SOON) == 0


def test_a_signal_ends_once_too_and_it_says_it_failed(broker_home: Home) -> None:
    with SilentBroker() as broker:
        broker_home.settings["ALPACA_BASE_URL"] = broker.base_url
        with broker_home.start_service("--once") as service:
            assert broker.asked.wait(60)
            assert service.end(timeout=SOON) == 1


def test_a_broker_that_is_down_never_ends_it(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    with broker_home.start_service("--interval", "1", impatient=True) as service:
        service.line("main: in sync")
        paper_broker.kill()
        service.line("main: sync failed")
        paper_broker.start()
        service.line("main: in sync")
        assert service.end() == 0


def test_without_keys_it_brings_its_paper_broker_and_takes_it_away(home: Home) -> None:
    with home.start_service() as service:
        service.line(r"paper-broker: .*\d+ new trades")
        assert broker_pid(home.paper) is not None
        assert service.end() == 0
    assert wait_until_gone(home.paper, timeout=2 * SOON)


def test_kill_9_leaves_no_paper_broker_behind(home: Home) -> None:
    give_history(home.paper)
    with home.start_service() as service:
        service.line("paper-broker: ")
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
    assert wait_until_gone(home.paper, timeout=2 * SOON)


def test_a_paper_broker_that_cannot_start_is_retried(home: Home) -> None:
    home.paper.mkdir(parents=True)
    books = home.paper / "account"
    books.write_text("a file where the books should be")
    with home.start_service() as service:
        service.line("The paper broker ended as soon as it was started")
        Path(books).unlink()
        service.line("paper-broker: ")
        assert service.end() == 0
