"""How fast the paper broker serves a large account, many accounts, and its restart.

python -m benchmarks.paper_broker [--activities N] [--orders N] [--accounts N] [--json PATH]

One account with 1,000 open orders and 100,000 activities and 200 more accounts, all in one server
process; times are of whole HTTP requests on one kept connection. Targets: lists under 50 ms, an
order placed in under 5 ms.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from tests.simulator.broker import PaperBroker
from tradesync.simulator.broker import Broker
from tradesync.simulator.engine import KEY, SECRET, Options, deposit, new_account, open_broker
from tradesync.simulator.executions import execute
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import submit
from tradesync.simulator.order_request import read_request

FILLS_A_ORDER = 100
LIST_MS = 50.0
ORDER_MS = 5.0
TURNS = 25


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing: median and worst milliseconds, and the target if there is one."""

    name: str
    median_ms: float
    worst_ms: float
    target_ms: float | None

    @property
    def met(self) -> bool:
        """Whether the median is within the target."""
        return self.target_ms is None or self.median_ms <= self.target_ms


def make_books(directory: Path, activities: int, orders: int) -> None:
    """An account with that many FILL rows and open orders."""
    broker, _ = open_broker(directory, Options(as_of=date(2026, 11, 18), stepped=True))
    with broker.change():
        ledger = new_account(broker, "paper", KEY, SECRET)
        deposit(broker, ledger, Decimal(100_000_000))
        broker.update_world(paused=True)
        for turn in range(activities // FILLS_A_ORDER):
            _fill_in_slices(broker, ledger, "buy" if turn % 2 == 0 else "sell")
        for turn in range(orders):
            _order(broker, ledger, "limit", "buy", 1, limit_price=str(Decimal(100 + turn) / 100))
    broker.database.close()


def _order(broker: Broker, ledger: Ledger, kind: str, side: str, qty: int, **more: str) -> str:
    body = {"symbol": "AAPL", "qty": str(qty), "side": side, "type": kind}
    return submit(broker, ledger, read_request({**body, "time_in_force": "day", **more})).id


def _fill_in_slices(broker: Broker, ledger: Ledger, side: str) -> None:
    order_id = _order(broker, ledger, "market", side, FILLS_A_ORDER)
    for _ in range(FILLS_A_ORDER):
        execute(broker, ledger, ledger.orders[order_id], Decimal(1), Decimal(250))


class Client:
    """One kept connection with an account's keys."""

    def __init__(self, broker: PaperBroker) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", broker.port)
        self._headers = {"APCA-API-KEY-ID": broker.key, "APCA-API-SECRET-KEY": broker.secret}

    def request(self, method: str, path: str, body: object = None) -> bytes:
        """The body of the reply; ValueError on an error status."""
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, self._headers)
        reply = self._connection.getresponse()
        raw = reply.read()
        if reply.status >= 400:
            raise ValueError(f"{method} {path}: {reply.status} {raw.decode()}")
        return raw


def measure(name: str, target: float | None, act: Callable[[int], object]) -> Figure:
    """Call `act` with 0, 1, 2, ... and time each."""
    times = []
    for turn in range(TURNS):
        start = time.perf_counter()
        act(turn)
        times.append((time.perf_counter() - start) * 1000)
    return Figure(name, round(statistics.median(times), 2), round(max(times), 2), target)


def lists(client: Client) -> list[Figure]:
    """Reading the large account."""
    paths = {
        "500 open orders": "/v2/orders?status=open&limit=500",
        "500 of all orders, nested": "/v2/orders?status=all&limit=500&nested=true",
        "100 newest activities": "/v2/account/activities?page_size=100",
        "100 oldest non-trade rows": "/v2/account/activities?category=non_trade_activity",
        "positions": "/v2/positions",
        "account": "/v2/account",
    }
    found = []

    def get(path: str, _: int) -> bytes:
        return client.request("GET", path)

    for name, path in paths.items():
        found.append(measure(name, LIST_MS, partial(get, path)))
    token = json.loads(client.request("GET", paths["100 newest activities"]))[-1]["id"]
    deep = f"/v2/account/activities?page_size=100&page_token={token}"
    return [*found, measure("the next 100", LIST_MS, partial(get, deep))]


def orders(client: Client) -> list[Figure]:
    """Placing, replacing and cancelling beside the open orders."""
    body = {"symbol": "MSFT", "qty": "1", "side": "buy", "time_in_force": "day"}
    limit = {**body, "type": "limit", "limit_price": "1.50"}
    made: list[str] = []

    def place(_: int) -> None:
        made.append(json.loads(client.request("POST", "/v2/orders", limit))["id"])

    def amend(turn: int) -> None:
        change = {"limit_price": "1.60"}
        reply = client.request("PATCH", f"/v2/orders/{made[turn]}", change)
        made[turn] = json.loads(reply)["id"]

    return [
        measure("place a limit order", ORDER_MS, place),
        measure("replace it", ORDER_MS, amend),
        measure(
            "cancel it", ORDER_MS, lambda turn: client.request("DELETE", f"/v2/orders/{made[turn]}")
        ),
    ]


def many_accounts(broker: PaperBroker, count: int) -> list[Figure]:
    """`count` accounts in one server: an order in each of some, and a beat of its clock."""
    clients = [Client(broker.add_account(f"load{turn}")) for turn in range(count)]
    body = {"symbol": "MSFT", "qty": "1", "side": "buy", "type": "limit", "time_in_force": "day"}
    body["limit_price"] = "1.50"
    for client in clients:
        client.request("POST", "/v2/orders", body)

    def place(turn: int) -> None:
        clients[turn % count].request("POST", "/v2/orders", body)

    return [
        measure(f"an order, {count} accounts", ORDER_MS, place),
        measure(f"a beat of the clock, {count} accounts", None, lambda _: broker.step(2)),
    ]


def by_account(broker: PaperBroker) -> dict[str, object]:
    """The whole books, accounts by id: their order is not kept."""
    books = broker.books()
    return {**books, "accounts": {account["id"]: account for account in books["accounts"]}}


def restart(broker: PaperBroker) -> Figure:
    """Kill and start again; RuntimeError if anything is lost."""
    before = by_account(broker)
    start = time.perf_counter()
    broker.restart(kill=True)
    taken = round((time.perf_counter() - start) * 1000)
    if by_account(broker) != before:
        raise RuntimeError("the books changed by a restart")
    return Figure("kill -9 and start again, all kept", taken, taken, None)


def table(figures: list[Figure]) -> str:
    """The figures as text."""
    rows = [f"{'':42}{'median ms':>10}{'worst ms':>10}{'target':>8}"]
    for figure in figures:
        target = "" if figure.target_ms is None else f"{figure.target_ms:g}"
        mark = "" if figure.met else "  missed"
        rows.append(f"{figure.name:42}{figure.median_ms:>10}{figure.worst_ms:>10}{target:>8}{mark}")
    return "\n".join(rows)


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--activities", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=1_000)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        make_books(Path(name), args.activities, args.orders)
        with PaperBroker(data=Path(name)) as broker:
            client = Client(broker)
            figures = [*lists(client), *orders(client), *many_accounts(broker, args.accounts)]
            figures.append(restart(broker))
    print(table(figures))
    text = json.dumps([asdict(figure) for figure in figures], indent=1)
    if args.json is None:
        print(text)
    else:
        args.json.write_text(text + "\n")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
