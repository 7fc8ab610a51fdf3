"""Two programs on one record, and somebody else trading at the broker with Alpaca's own client."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import Any

import pytest
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import LimitOrderRequest, MarketOrderRequest

from tests.programs import Home
from tests.simulator.broker import PaperBroker


@pytest.fixture
def alpaca(paper_broker: PaperBroker) -> TradingClient:
    """Alpaca's own client at the paper broker."""
    return TradingClient(
        paper_broker.key, paper_broker.secret, url_override=paper_broker.base_url, paper=True
    )


def market(alpaca: TradingClient, symbol: str, qty: float, side: OrderSide) -> Any:
    order = MarketOrderRequest(symbol=symbol, qty=qty, side=side, time_in_force=TimeInForce.DAY)
    return alpaca.submit_order(order)


def limit(alpaca: TradingClient, symbol: str, qty: float, price: float) -> Any:
    order = LimitOrderRequest(
        symbol=symbol, qty=qty, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, limit_price=price
    )
    return alpaca.submit_order(order)


def trades(home: Home) -> dict[str, dict[str, Any]]:
    """The trades as the command line tells them, by symbol."""
    answer = home.cli("trades", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    return {trade["symbol"]: trade for trade in json.loads(answer.stdout)}


def test_what_others_do_at_the_broker_is_recorded_by_the_service_alone(
    broker_home: Home, paper_broker: PaperBroker, alpaca: TradingClient
) -> None:
    paper_broker.set_price("AAPL", 200)
    paper_broker.set_price("MSFT", 400)
    with broker_home.start("background_sync.py", "--interval", "1") as service:
        service.line("in sync")
        market(alpaca, "AAPL", 10, OrderSide.BUY)
        resting = limit(alpaca, "MSFT", 5, 300)
        paper_broker.pause()
        partly = limit(alpaca, "NVDA", 8, 100)
        paper_broker.fill(str(partly.id), 3, 100)
        paper_broker.step()
        service.line("new trade")
        alpaca.cancel_order_by_id(resting.id)
        paper_broker.resume()
        paper_broker.set_price("AAPL", 210)
        market(alpaca, "AAPL", 10, OrderSide.SELL)
        paper_broker.step()
        service.line("changed")
        service.line("in sync, nothing new")
        found = trades(broker_home)
        assert service.end() == 0
    assert (found["AAPL"]["status"], found["AAPL"]["realized_pnl"]) == ("closed", "100")
    assert found["MSFT"]["status"] == "cancelled"
    assert (found["NVDA"]["status"], found["NVDA"]["open_qty"]) == ("open", "3")


def test_both_programs_and_a_reading_loop_lose_nothing(
    broker_home: Home, paper_broker: PaperBroker, alpaca: TradingClient
) -> None:
    """The service writes, the command line places and syncs, others read, all on one file."""
    paper_broker.set_price("AAPL", 200)
    failures: list[str] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            answer = broker_home.cli_process("trades", "--format", "json")
            if answer.returncode != 0:
                failures.append(answer.stderr)

    assert broker_home.cli("sync").returncode == 0
    reader = threading.Thread(target=read)
    with broker_home.start("background_sync.py", "--interval", "1") as service:
        service.line("Syncing")
        reader.start()
        for _ in range(5):
            market(alpaca, "AAPL", 1, OrderSide.BUY)
            placed = broker_home.cli_process("order", "AAPL", "buy", "1", "--yes")
            assert placed.returncode == 0, placed.stderr
            paper_broker.step()
        stop.set()
        reader.join()
        assert service.end() == 0
    assert failures == []
    assert broker_home.cli("sync").returncode == 0
    rows = json.loads(broker_home.cli("trades", "--format", "json").stdout)
    assert len(rows) == 10
    held: Any = alpaca.get_open_position("AAPL")
    assert sum(Decimal(row["open_qty"]) for row in rows) == Decimal(held.qty) == 10
    assert {row["source"] for row in rows} == {"app", "broker"}
