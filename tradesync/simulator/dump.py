"""The whole of the books as JSON, for tests that need an oracle."""

from __future__ import annotations

import json
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.order_wire import order_json
from tradesync.simulator.persistence import encode
from tradesync.simulator.wire import ZERO, multiplier, number


def books_json(broker: Broker) -> dict[str, Any]:
    """World, prices, and every account's totals, holdings, orders, rows and days."""
    return {
        "world": json.loads(encode(broker.world)),
        "prices": {
            price.symbol: json.loads(encode(price)) for price in broker.market.prices.values()
        },
        "accounts": [_account_json(ledger) for ledger in broker.ledgers.values()],
    }


def floating(ledger: Ledger) -> Any:
    """Market value less weighted-average cost of all holdings."""
    total = ZERO
    for position, asset in ledger.held_positions():
        total += ledger.market_value(position) - position.cost * multiplier(asset.asset_class)
    return total


def _account_json(ledger: Ledger) -> dict[str, Any]:
    account = json.loads(encode(ledger.account))
    del account["secret"]
    return {
        **account,
        "equity": number(ledger.equity()),
        "floating": number(floating(ledger)),
        "positions": [json.loads(encode(position)) for position, _ in ledger.held_positions()],
        "orders": [
            {**order_json(ledger.orders[key]), "seq": seq} for _, seq, key in ledger.by_submission
        ],
        "activities": [ledger.activities[key].body for key in ledger.by_activity_id],
        "days": [json.loads(encode(day)) for day in ledger.days.values()],
    }
