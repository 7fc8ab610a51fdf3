"""Alpaca's older Python library (alpaca-trade-api) against a paper broker, unmodified.

Run by the interpreter of its own environment: older_python.py BASE_URL KEY SECRET. Prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from typing import Any

from alpaca_trade_api.rest import REST, APIError, TimeFrame  # type: ignore[import-not-found]
from alpaca_trade_api.stream import Stream  # type: ignore[import-not-found]

BASE_URL, KEY, SECRET = sys.argv[1:4]
WAIT_SECONDS = 20


class Listener:
    """The library's own stream in a thread; keeps (event, order id)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.changed = threading.Condition()
        self.stream = Stream(KEY, SECRET, base_url=BASE_URL, data_stream_url=BASE_URL)
        self.stream.subscribe_trade_updates(self.on_update)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        asyncio.run(self.stream._trading_ws._run_forever())

    async def on_update(self, data: Any) -> None:
        with self.changed:
            self.events.append((data.event, data.order["id"]))
            self.changed.notify_all()

    def wait_for(self, event: str, order_id: str) -> None:
        with self.changed:
            done = self.changed.wait_for(lambda: (event, order_id) in self.events, WAIT_SECONDS)
        assert done, (event, order_id, self.events)


def listening(api: Any, listener: Listener) -> None:
    """Place and cancel far orders until the stream tells of one."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        order = limit(api, "1.00")
        api.cancel_order(order.id)
        with listener.changed:
            if listener.changed.wait_for(lambda: bool(listener.events), 0.5):
                return
    raise AssertionError("the stream told nothing")


def limit(api: Any, price: str) -> Any:
    return api.submit_order("AAPL", 1, "buy", "limit", "day", limit_price=price)


def trade(api: Any, listener: Listener) -> dict[str, Any]:
    """Place, replace, list, cancel and buy; what came of it."""
    seen: dict[str, Any] = {"account": api.get_account().status, "open": api.get_clock().is_open}
    first = limit(api, "100.00")
    listener.wait_for("new", first.id)
    second = api.replace_order(first.id, limit_price="101.00")
    listener.wait_for("replaced", first.id)
    seen["replaced"] = api.get_order(first.id).replaced_by == second.id
    seen["listed"] = [order.id for order in api.list_orders()] == [second.id]
    api.cancel_order(second.id)
    listener.wait_for("canceled", second.id)
    bought = api.submit_order("AAPL", 5, "buy", "market", "day", client_order_id="older")
    listener.wait_for("fill", bought.id)
    seen["by_client_id"] = api.get_order_by_client_order_id("older").id == bought.id
    seen["position"] = api.get_position("AAPL").qty
    exits = {"take_profit": {"limit_price": "9000"}, "stop_loss": {"stop_price": "1"}}
    bracket = api.submit_order("MSFT", 2, "buy", "market", "gtc", order_class="bracket", **exits)
    seen["legs"] = [leg.status for leg in api.get_order(bracket.id, nested=True).legs]
    return seen


def look(api: Any) -> dict[str, Any]:
    """Read what else there is."""
    bars = api.get_bars_iter("AAPL", TimeFrame.Day, "2020-01-01")
    return {
        "fills": len(api.get_activities(activity_types="FILL")),
        "history": len(api.get_portfolio_history(period="1W", timeframe="1D").equity) > 0,
        "assets": any(asset.symbol == "AAPL" for asset in api.list_assets(status="active")),
        "calendar": len(api.get_calendar("2026-11-16", "2026-11-20")),
        "bars": len(list(bars)) > 0,
        "trade": api.get_latest_trade("AAPL").p > 0,
        "snapshot": api.get_snapshot("AAPL").daily_bar.c > 0,
    }


def main() -> None:
    """All of it, then close everything."""
    api = REST(KEY, SECRET, base_url=BASE_URL)
    listener = Listener()
    listening(api, listener)
    seen = trade(api, listener) | look(api)
    try:
        api.submit_order("AAPL", 1000000, "buy", "market", "day")
    except APIError as refusal:
        seen["refusal"] = [refusal.status_code, int(refusal.code)]
    api.cancel_all_orders()
    api.close_all_positions()
    seen["left"] = len(api.list_positions())
    sys.stdout.write(json.dumps(seen) + "\n")


main()
