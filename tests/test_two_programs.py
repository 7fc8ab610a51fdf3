"""Service, dashboard and command line on one file, while a real Alpaca client trades."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.models import Order, Position
from alpaca.trading.requests import (
    ClosePositionRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
)

from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tests.test_supervisor import free

ROUNDS = 4


class Client:
    """Somebody else trading the account with alpaca-py, knowing nothing of this program."""

    def __init__(self, broker: PaperBroker) -> None:
        self._broker = broker
        self._alpaca = TradingClient(broker.key, broker.secret, url_override=broker.base_url)

    def buy(self, symbol: str, qty: float) -> Order:
        return self._order(
            MarketOrderRequest(
                symbol=symbol, qty=qty, side=OrderSide.BUY, time_in_force=TimeInForce.DAY
            )
        )

    def bid(self, symbol: str, qty: float, limit: float) -> Order:
        return self._order(
            LimitOrderRequest(
                symbol=symbol, qty=qty, limit_price=limit, side=OrderSide.BUY,
                time_in_force=TimeInForce.GTC,
            )
        )  # fmt: skip

    def replace(self, order_id: UUID, limit: float) -> Order:
        found = self._alpaca.replace_order_by_id(order_id, ReplaceOrderRequest(limit_price=limit))
        assert isinstance(found, Order)
        return found

    def cancel(self, order_id: UUID) -> None:
        self._alpaca.cancel_order_by_id(order_id)

    def close(self, symbol: str, qty: str | None = None) -> None:
        options = ClosePositionRequest(qty=qty) if qty else None
        self._alpaca.close_position(symbol, options)

    def positions(self) -> dict[str, Decimal]:
        """Symbol → signed quantity, as the broker says."""
        held = self._alpaca.get_all_positions()
        return {p.symbol: Decimal(p.qty) for p in held if isinstance(p, Position)}

    def _order(self, request: MarketOrderRequest | LimitOrderRequest) -> Order:
        order = self._alpaca.submit_order(request)
        assert isinstance(order, Order)
        return order


def trade_for_a_while(client: Client, broker: PaperBroker, round_: int) -> None:
    """Buy, bid, fill in part, replace, cancel, close a part: a round of everything."""
    broker.set_price("AAPL", 200 + round_)
    broker.set_price("MSFT", 400 + round_)
    client.buy("AAPL", 10 + round_)
    broker.step()
    partly = client.bid("MSFT", 8, 100)
    broker.fill(str(partly.id), qty=3, price="399.5")
    client.cancel(client.replace(partly.id, 101).id)
    unfilled = client.bid("NVDA", 1, 2)
    client.cancel(unfilled.id)
    client.close("AAPL", qty="4")
    broker.step()


def held(trades: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Symbol → signed open quantity, as our trades say."""
    sums: dict[str, Decimal] = {}
    for trade in trades:
        sign = -1 if trade["side"] == "short" else 1
        sums[trade["symbol"]] = sums.get(trade["symbol"], Decimal(0)) + sign * Decimal(
            trade["open_qty"]
        )
    return {symbol: qty for symbol, qty in sums.items() if qty}


def expect_the_truth(trades: list[dict[str, Any]], client: Client, rounds: int) -> None:
    """Our trades say what the broker says, and how each of them came about."""
    assert held(trades) == client.positions()
    by_status: dict[tuple[str, str], int] = {}
    for trade in trades:
        key = (trade["symbol"], trade["status"])
        by_status[key] = by_status.get(key, 0) + 1
    assert by_status["NVDA", "cancelled"] == rounds
    assert by_status["MSFT", "open"] == rounds
    msft = [trade for trade in trades if trade["symbol"] == "MSFT"]
    assert {(t["qty"], t["entry_price"]) for t in msft} == {("3", "399.5")}
    realized = sum(
        (Decimal(t["realized_pnl"]) for t in trades if t["symbol"] == "AAPL"), Decimal(0)
    )
    sold = 4 * rounds
    first_lot_at_200 = min(10, sold) * 200 + max(0, sold - 10) * 201
    assert realized == sum(4 * (200 + i) for i in range(rounds)) - first_lot_at_200


def test_the_service_alone_follows_what_others_do(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    client = Client(paper_broker)
    with broker_home.start_service("--interval", "1") as service:
        service.line("main: in sync")
        trade_for_a_while(client, paper_broker, 0)
        paper_broker.pause()
        service.line(r"main: .*new fact")
        service.line("main: in sync, nothing new")
        expect_the_truth(listed(broker_home), client, 1)
        assert service.end() == 0


def listed(home: Home) -> list[dict[str, Any]]:
    """The trades the command line prints."""
    done = home.cli_process("trades", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    rows: list[dict[str, Any]] = httpx.Response(200, text=done.stdout).json()
    return rows


@contextmanager
def hammering(api: httpx.Client, home: Home) -> Iterator[list[str]]:
    """Readers and sync requests without pause; yields what went wrong."""
    stop = threading.Event()
    wrong: list[str] = []

    def ask(path: str) -> None:
        while not stop.is_set():
            answer = api.get(path)
            if answer.status_code not in {200, 202}:
                wrong.append(f"{path}: {answer.status_code} {answer.text}")

    def command() -> None:
        while not stop.is_set():
            done = home.cli_process("trades", "--format", "csv")
            if done.returncode != 0 or done.stderr:
                wrong.append(f"trades: {done.returncode} {done.stderr}")

    threads = [
        threading.Thread(target=ask, args=(path,))
        for path in ("/api/trades", "/api/positions", "/api/trades/sync", "/health")
    ]
    threads.append(threading.Thread(target=command))
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_nothing_is_lost_while_all_programs_work_on_one_file(
    broker_home: Home, paper_broker: PaperBroker
) -> None:
    client = Client(paper_broker)
    port = int(free())
    with (
        broker_home.start_service("--interval", "1") as service,
        broker_home.start_dashboard(port) as page,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            transport=httpx.HTTPTransport(retries=8),
            timeout=60,
        ) as api,
    ):
        service.line("main: in sync")
        assert api.get("/health").status_code == 200
        with hammering(api, broker_home) as wrong:
            for round_ in range(ROUNDS):
                trade_for_a_while(client, paper_broker, round_)
        assert wrong == []
        answer = api.get("/api/trades/sync")
        while answer.status_code == 202:
            answer = api.get(answer.json()["poll"])
        assert answer.json()["status"] == "ok", answer.text
        expect_the_truth(api.get("/api/trades").json()["trades"], client, ROUNDS)
        assert service.end() == 0
        page.end()
    words = [line for line in [*service.output, *page.output] if "Traceback" in line]
    assert words == []
