"""The rival: lumibot's own poll of an Alpaca account, in an environment of its own.

    LUMIBOT_PYTHON benchmarks/rivals/lumibot_poll.py URL KEY SECRET ORDERS CYCLES

lumibot's Alpaca broker takes a ready-made trading client; ours has the paper broker's address.
The orders are placed through lumibot, so that it tracks them. Prints one JSON object a cycle.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time

os.environ.setdefault("IS_BACKTESTING", "False")

from alpaca.trading.client import TradingClient
from lumibot.brokers import Alpaca
from lumibot.entities import Asset, Order

_PATIENCE = 300.0


def connected(url: str, key: str, secret: str) -> Alpaca:
    """lumibot's broker on that address, its stream and threads not started: we call its poll."""
    config = {"API_KEY": key, "API_SECRET": secret, "PAPER": True}
    client = TradingClient(key, secret, url_override=url)
    return Alpaca(config, connect_stream=False, trading_client=client)


def place(broker: Alpaca, count: int) -> None:
    """Limit orders far from the market, placed and tracked by lumibot."""
    for number in range(count):
        order = Order(
            strategy="default", asset=Asset("AAPL"), quantity=1, side="buy",
            limit_price=round(1 + number / 100, 2), time_in_force="gtc", order_type="limit",
        )  # fmt: skip
        broker.submit_order(order)
    ends_at = time.monotonic() + _PATIENCE
    while len(broker.get_tracked_orders()) < count:
        if time.monotonic() > ends_at:
            found = len(broker.get_tracked_orders())
            raise SystemExit(f"lumibot tracks {found} of {count} orders")
        time.sleep(0.2)


def main() -> None:
    """Run some polls and print what each took."""
    url, key, secret, orders, cycles = sys.argv[1:]
    logging.disable(logging.INFO)
    sys.stdout, told = sys.stderr, sys.stdout
    broker = connected(url, key, secret)
    place(broker, int(orders))
    broker.do_polling()
    print(json.dumps({"ready": True}), file=told, flush=True)
    sys.stdin.readline()
    for _ in range(int(cycles)):
        wall, cpu = time.perf_counter(), time.process_time()
        broker.do_polling()
        spent = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        print(json.dumps(spent), file=told, flush=True)
        sys.stdin.readline()
    told.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
