"""Filling multi-leg option orders: all legs at once, the parent at the net price per unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.executions import settle_fill
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.order_wire import order_json, publish
from tradesync.simulator.records import Order
from tradesync.simulator.wire import ZERO, number, time_text

NO_ASSET = "00000000-0000-0000-0000-000000000000"


def net_price(ledger: Ledger, parent: Order) -> Decimal:
    """What one unit costs at the market now: positive is a debit, negative a credit."""
    legs = ledger.legs_of(parent.id)
    return sum((_signed(leg) * ledger.market.last(leg.symbol) for leg in legs), ZERO)


def _signed(leg: Order) -> Decimal:
    assert leg.ratio_qty is not None
    return leg.ratio_qty if leg.side == "buy" else -leg.ratio_qty


def match_strategy(broker: Broker, ledger: Ledger, parent: Order) -> Order:
    """Fill the whole order if the market's net price is within its limit."""
    if parent.limit_price is not None and net_price(ledger, parent) > parent.limit_price:
        return parent
    return fill_units(broker, ledger, parent, parent.leaves)


def fill_units(broker: Broker, ledger: Ledger, parent: Order, units: Decimal) -> Order:
    """Fill `units` of the strategy at the market: every leg, then the parent."""
    net = net_price(ledger, parent)
    parts: list[dict[str, str]] = []
    for leg in ledger.legs_of(parent.id):
        assert leg.ratio_qty is not None
        qty, price = units * leg.ratio_qty, ledger.market.last(leg.symbol)
        filled, row = settle_fill(broker, ledger, leg, qty, price)
        assert filled.filled_ns is not None
        parts.append(
            {
                "execution_id": row.id.split("::")[1],
                "qty": number(qty),
                "price": number(price),
                "order_id": leg.id,
                "symbol": leg.symbol,
                "timestamp": time_text(filled.filled_ns),
            }
        )
    now = broker.stamp()
    done = replace(
        parent,
        filled_qty=parent.filled_qty + units,
        filled_cost=parent.filled_cost + units * net,
        filled_ns=now,
        updated_ns=broker.stamp(),
        status="partially_filled",
    )
    if done.leaves == 0:
        done = replace(done, status="filled")
    ledger.put_order(done)
    _tell(ledger, done, units, net, parts)
    return done


def _tell(
    ledger: Ledger, parent: Order, units: Decimal, net: Decimal, parts: list[dict[str, str]]
) -> None:
    legs = ledger.legs_of(parent.id)
    extra: dict[str, Any] = {
        "price": number(net),
        "qty": number(units),
        "legs": parts,
        "position_qtys": {leg.symbol: number(ledger.position(leg.symbol).qty) for leg in legs},
        "order": order_json(parent, legs) | {"asset_id": NO_ASSET},
    }
    event = "fill" if parent.status == "filled" else "partial_fill"
    publish(ledger, event, parent, parent.filled_ns or parent.updated_ns, extra)
