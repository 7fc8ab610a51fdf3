"""The rival: what a good programmer writes in an afternoon to keep open orders true.

    python -m benchmarks.rivals.polling_loop URL KEY SECRET DATABASE CYCLES

alpaca-py, one `get_order_by_id` for each open order, DuckDB rows updated one by one on a
connection that stays open. Nothing of tradesync is used. Prints one JSON object a cycle.
"""

from __future__ import annotations

import json
import sys
import time

import duckdb
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import QueryOrderStatus
from alpaca.trading.models import Order, Position, TradeAccount
from alpaca.trading.requests import GetOrdersRequest

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id VARCHAR PRIMARY KEY, symbol VARCHAR, status VARCHAR, qty DOUBLE, filled_qty DOUBLE,
    filled_avg_price DOUBLE, updated_at TIMESTAMPTZ
);
CREATE TABLE IF NOT EXISTS positions (symbol VARCHAR PRIMARY KEY, qty DOUBLE, price DOUBLE);
CREATE TABLE IF NOT EXISTS account (read_at TIMESTAMPTZ DEFAULT now(), equity DOUBLE, cash DOUBLE);
"""
_ENDED = ("filled", "canceled", "expired", "rejected", "replaced")
_OPEN = f"SELECT id FROM orders WHERE status NOT IN {_ENDED}"


def begin(client: TradingClient, database: duckdb.DuckDBPyConnection) -> None:
    """Take in the open orders once."""
    database.execute(_SCHEMA)
    request = GetOrdersRequest(status=QueryOrderStatus.OPEN, limit=500)
    for order in client.get_orders(request):
        assert isinstance(order, Order)
        database.execute(
            "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)",
            [str(order.id), order.symbol, order.status.value, *_figures(order)],
        )


def cycle(client: TradingClient, database: duckdb.DuckDBPyConnection) -> None:
    """Ask for every open order and write what is answered, then positions and account."""
    for (order_id,) in database.execute(_OPEN).fetchall():
        order = client.get_order_by_id(order_id)
        assert isinstance(order, Order)
        database.execute(
            "UPDATE orders SET status = ?, qty = ?, filled_qty = ?, filled_avg_price = ?, "
            "updated_at = ? WHERE id = ?",
            [order.status.value, *_figures(order), order_id],
        )
    for position in client.get_all_positions():
        assert isinstance(position, Position)
        database.execute(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
            [position.symbol, float(position.qty), float(position.avg_entry_price)],
        )
    account = client.get_account()
    assert isinstance(account, TradeAccount)
    database.execute(
        "INSERT INTO account (equity, cash) VALUES (?, ?)",
        [float(account.equity or 0), float(account.cash or 0)],
    )


def _figures(order: Order) -> list[object]:
    price = order.filled_avg_price
    return [
        float(order.qty or 0), float(order.filled_qty or 0),
        None if price is None else float(price), order.updated_at,
    ]  # fmt: skip


def main() -> None:
    """Run some cycles and print what each took."""
    url, key, secret, path, cycles = sys.argv[1:]
    client = TradingClient(key, secret, url_override=url)
    with duckdb.connect(path) as database:
        begin(client, database)
        print(json.dumps({"ready": True}), flush=True)
        sys.stdin.readline()
        for _ in range(int(cycles)):
            wall, cpu = time.perf_counter(), time.process_time()
            cycle(client, database)
            spent = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
            print(json.dumps(spent), flush=True)
            sys.stdin.readline()


if __name__ == "__main__":
    main()
