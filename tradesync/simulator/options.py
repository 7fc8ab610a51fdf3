"""Contracts at their end: exercise, assignment and expiry, each with its rows.

Source: Alpaca "Options trading": OPEXC/OPASN/OPEXP move the contracts at 0, OPTRD the shares at
the strike, one group id for the pair. Contracts a cent in the money are exercised.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tradesync.simulator.bookings import book
from tradesync.simulator.broker import Broker
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import end
from tradesync.simulator.records import Asset
from tradesync.simulator.wire import CENT, multiplier


def expire_contracts(broker: Broker, day: date) -> None:
    """Settle every contract whose last day `day` was."""
    for asset in broker.market.assets.values():
        if asset.expiry is None or asset.expiry > day or asset.status != "active":
            continue
        for ledger in broker.ledgers.values():
            _end_orders(broker, ledger, asset.symbol)
            settle_contract(broker, ledger, asset, asset.expiry)
        broker.market.assets.put(asset.symbol, replace(asset, status="inactive", tradable=False))


def _end_orders(broker: Broker, ledger: Ledger, symbol: str) -> None:
    for order in ledger.alive_orders():
        if order.symbol == symbol and not ledger.orders[order.id].is_terminal:
            end(broker, ledger, ledger.orders[order.id], "expired")


def in_the_money(broker: Broker, asset: Asset) -> bool:
    """Whether the underlying is at least a cent beyond the strike."""
    assert asset.strike is not None
    last = broker.market.last(asset.underlying)
    gain = last - asset.strike if asset.right == "C" else asset.strike - last
    return gain >= CENT


def settle_contract(broker: Broker, ledger: Ledger, asset: Asset, day: date) -> None:
    """Close a holding in a contract by exercise, assignment or worthless expiry."""
    held = ledger.position(asset.symbol).qty
    if held == 0:
        return
    if in_the_money(broker, asset):
        deliver(broker, ledger, asset, held, day)
        return
    row = {"activity_type": "OPEXP", "description": "Option Expiry"}
    book(broker, ledger, _dated(row, day) | {"symbol": asset.symbol, "qty": -held})


def deliver(broker: Broker, ledger: Ledger, asset: Asset, held: Decimal, day: date) -> None:
    """Exercise (long) or assignment (short) of `held` contracts: two rows of one group."""
    assert asset.strike is not None
    group = ledger.new_id("group", broker.now())
    kind = "OPEXC" if held > 0 else "OPASN"
    name = "Option Exercise" if held > 0 else "Option Assignment"
    first = {"activity_type": kind, "description": name, "group_id": group}
    book(broker, ledger, _dated(first, day) | {"symbol": asset.symbol, "qty": -held})
    direction = 1 if asset.right == "C" else -1
    shares = held * direction * multiplier("us_option")
    second = {"activity_type": "OPTRD", "description": "Option Trade", "group_id": group}
    book(
        broker,
        ledger,
        _dated(second, day)
        | {
            "symbol": asset.underlying,
            "qty": shares,
            "price": asset.strike,
            "net_amount": -shares * asset.strike,
        },
    )


def _dated(row: dict[str, Any], day: date) -> dict[str, Any]:
    return {**row, "date": day.isoformat()}
