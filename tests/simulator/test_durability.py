"""Restarts, kill -9, ports, and the same story from the same seed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.broker import PaperBroker
from tradesync.simulator.engine import (
    DEPOSIT,
    KEY,
    SECRET,
    Options,
    deposit,
    new_account,
    open_broker,
    tick,
)
from tradesync.simulator.lifecycle import submit
from tradesync.simulator.order_request import read_request


@pytest.fixture
def broker() -> Iterator[PaperBroker]:
    with PaperBroker() as running:
        yield running


def without_time(books: dict[str, Any]) -> dict[str, Any]:
    """The books as far as a client can tell them apart."""
    return {**books, "world": {**books["world"], "now_ns": 0}}


@pytest.mark.parametrize("kill", [True, False])
def test_nothing_is_lost_by_a_restart(broker: PaperBroker, kill: bool) -> None:
    broker.pause()
    order = broker.submit_limit("AAPL", 10, 200, time_in_force="gtc")
    broker.fill(order["id"], "3.5")
    broker.submit_market("BTC/USD", "0.1")
    broker.set_price("AAPL", "201.25")
    broker.add_position("COST", 3, 900)
    broker.delay_activities(until_released=True)
    broker.fill(order["id"], 1)
    before = broker.books()
    broker.restart(kill=kill)
    assert without_time(broker.books()) == without_time(before)
    broker.resume()
    assert broker.order(order["id"])["status"] == "new" or broker.get("/positions/AAPL")


def test_a_stepped_clock_does_not_run_back(broker: PaperBroker) -> None:
    broker.step(3600)
    first = broker.submit_market("AAPL", 1)
    before = broker.get("/clock")["timestamp"]
    broker.restart(kill=True)
    assert broker.get("/clock")["timestamp"] >= before
    second = broker.submit_market("AAPL", 1)
    assert second["created_at"] > first["created_at"]


def test_two_brokers_of_one_seed_tell_the_same_story_and_another_seed_another() -> None:
    def story(seed: int) -> dict[str, Any]:
        with PaperBroker(empty=False, seed=seed, partials=10) as running:
            running.submit_market("AAPL", 10)
            running.step(600)
            return dict(running.books())

    first = story(7)
    assert story(7) == first
    other = story(8)
    assert other["accounts"][0]["id"] != first["accounts"][0]["id"]
    assert other["prices"]["AAPL"] != first["prices"]["AAPL"]


def test_partial_fills_come_in_slices_over_a_few_ticks() -> None:
    with PaperBroker(partials=100) as running:
        order = running.submit_market("AAPL", 100)
        seen = [running.order(order["id"])["filled_qty"]]
        while running.order(order["id"])["status"] != "filled":
            running.step(2)
            seen.append(running.order(order["id"])["filled_qty"])
        assert len(seen) in {2, 3, 4}
        rows = running.get("/account/activities/FILL", direction="asc")
        assert [row["type"] for row in rows] == ["partial_fill"] * (len(rows) - 1) + ["fill"]
        assert [row["cum_qty"] for row in rows] == seen


def test_real_time_prices_move_by_themselves_and_stand_still_while_off() -> None:
    with PaperBroker(clock="real", as_of=None) as running:
        running.submit_limit("AAPL", 1, 10)
        running.stop()
        running.start()
        before = running.books()["prices"]["NVDA"]["exact"]
        assert [row["status"] for row in running.get("/orders")] == ["new"]
        deadline = time.monotonic() + 20
        while running.books()["prices"]["NVDA"]["exact"] == before:
            assert time.monotonic() < deadline, "no tick came"


def test_ten_days_off_are_no_time_for_orders_and_prices(tmp_path: Path) -> None:
    start = datetime.now(UTC).date() - timedelta(days=10)
    broker, _ = open_broker(tmp_path, Options(as_of=start))
    with broker.change():
        ledger = new_account(broker, "paper", KEY, SECRET)
        deposit(broker, ledger, DEPOSIT)
        body = {"symbol": "KO", "qty": "5", "side": "buy", "time_in_force": "day"}
        submit(broker, ledger, read_request({**body, "type": "market"}))
        limit = {"type": "limit", "limit_price": "10"}
        waiting = submit(broker, ledger, read_request({**body, **limit}))
        equity, price = ledger.equity(), broker.market.last("KO")
        # The real clock runs on while the broker is off: here all at once.
        broker.update_world(offset_ns=0)
    broker.database.close()
    broker, fresh = open_broker(tmp_path, Options())
    assert not fresh
    tick(broker)
    ledger = broker.ledgers[ledger.account.id]
    order = ledger.orders[waiting.id]
    assert order.status == "new"
    assert order.expires_ns is not None
    assert order.expires_ns > broker.now()
    assert len(ledger.days) >= 9
    assert {kept.equity for kept in ledger.days.values()} == {equity}
    assert broker.market.prices["KO"].lastday == price
    broker.database.close()


def test_it_stops_at_sigterm_with_success_and_refuses_books_in_use(
    broker: PaperBroker, tmp_path: Path
) -> None:
    second = PaperBroker(data=broker.data)
    with pytest.raises(RuntimeError, match="another paper broker runs on them"):
        second.start()
    second.close()
    assert broker.stop() == 0


def test_the_port_file_names_the_port(tmp_path: Path) -> None:
    path = tmp_path / "port"
    with PaperBroker(extra=("--port-file", str(path))) as running:
        assert path.read_text() == f"{running.port}\n"
