"""Booked facts that are not fills: transfers, dividends, fees, splits, expiries, and unexplained
holdings. Each row carries its effect on cash and holdings, so the books balance after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tradesync.simulator.activities import other_row
from tradesync.simulator.books import scaled, traded
from tradesync.simulator.broker import Broker
from tradesync.simulator.errors import unprocessable
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.records import Activity, Asset
from tradesync.simulator.wire import (
    ZERO,
    decimal_field,
    multiplier,
    new_york_date,
    number,
)

DEPOSITS = frozenset({"CSD", "CSW", "JNL", "JNLC", "ACATC", "TRANS"})
TRANSFERS = frozenset({"ACATS", "JNLS"})
FEES = frozenset({"FEE", "CFEE", "PTC", "DIVFEE"})
TRADES = frozenset({"OPTRD", "TRD"})
PROCEEDS = frozenset({"MA", "REO", "REORG"})
"""Cash of these is paid for shares that were given up: it is realized, not income."""
_SHOWN = (
    "qty",
    "symbol",
    "price",
    "net_amount",
    "activity_sub_type",
    "group_id",
    "description",
    "per_share_amount",
    "cusip",
    "status",
    "order_id",
    "previous_id",
)


def book(broker: Broker, ledger: Ledger, entry: Mapping[str, Any]) -> Activity:
    """Book one activity of any type with its effect.

    `entry`: activity_type; optional qty (signed), symbol, price, net_amount (signed), date,
    effect (default true; false books the row alone) and any key the row shall show.
    """
    kind = str(entry["activity_type"])
    day = date.fromisoformat(str(entry.get("date") or new_york_date(broker.now())))
    body = {key: str(entry[key]) for key in _SHOWN if entry.get(key) is not None}
    for key in ("qty", "price", "net_amount"):
        value = decimal_field(entry.get(key), key)
        if value is not None:
            body[key] = number(value)
    row = other_row(ledger, kind, day, body, broker.stamp())
    if entry.get("effect", True):
        _apply(ledger, kind, entry)
    return row


def _apply(ledger: Ledger, kind: str, entry: Mapping[str, Any]) -> None:
    qty, money = _amount(entry, "qty"), _amount(entry, "net_amount")
    asset = _asset(ledger, entry)
    if money:
        ledger.add(cash=money)
        _note_flow(ledger, kind, money)
    moved = asset is not None and qty != 0 and kind != "DIV"
    if asset is None or not (moved or entry.get("activity_sub_type") == "SDIV"):
        _classify_cash(ledger, kind, money)
    elif kind == "SPLIT":
        _split(ledger, asset, qty)
    elif kind in TRADES:
        _trade(ledger, asset, qty, money)
    else:
        _move(ledger, kind, asset, entry)


def _amount(entry: Mapping[str, Any], name: str) -> Decimal:
    return decimal_field(entry.get(name), name) or ZERO


def _asset(ledger: Ledger, entry: Mapping[str, Any]) -> Asset | None:
    symbol = entry.get("symbol")
    if not symbol:
        return None
    found = ledger.market.find(str(symbol))
    if found is None:
        unprocessable(f'asset "{symbol}" not found: add it with POST /sim/assets first')
    return found


def _note_flow(ledger: Ledger, kind: str, money: Decimal) -> None:
    flows = dict(ledger.account.day_flows)
    flows[kind] = flows.get(kind, ZERO) + money
    ledger.update(day_flows=flows)


def _classify_cash(ledger: Ledger, kind: str, money: Decimal) -> None:
    """Which total a cash row belongs to."""
    if kind in DEPOSITS:
        ledger.add(net_deposits=money)
    elif kind in FEES:
        ledger.add(fees=-money)
    elif kind in PROCEEDS:
        ledger.add(realized=money)
    else:
        ledger.add(income=money)


def _split(ledger: Ledger, asset: Asset, qty: Decimal) -> None:
    """Two rows: the REMOVE half empties the holding in mind, the ADD half gives its new size."""
    if (qty > 0) != (ledger.position(asset.symbol).qty > 0):
        return
    position = ledger.position(asset.symbol)
    ledger.put_position(scaled(position, qty))


def _trade(ledger: Ledger, asset: Asset, qty: Decimal, money: Decimal) -> None:
    """Shares delivered for cash already moved (exercise, assignment)."""
    position, realized = traded(ledger.position(asset.symbol), qty, abs(money / qty))
    ledger.put_position(position)
    ledger.add(realized=realized)


def _move(ledger: Ledger, kind: str, asset: Asset, entry: Mapping[str, Any]) -> None:
    """Units in or out without a fill: transfers, expiries, mergers, spin-offs, fees in coin."""
    qty, money = _amount(entry, "qty"), _amount(entry, "net_amount")
    price = decimal_field(entry.get("price"), "price")
    factor = multiplier(asset.asset_class)
    position = ledger.position(asset.symbol)
    transfer = kind in TRANSFERS
    at = price if price is not None and (transfer or kind in FEES) else ZERO
    if transfer and price is None:
        at = ledger.market.last(asset.symbol)
    after, realized = traded(position, qty, at)
    ledger.put_position(after)
    ledger.add(realized=realized * factor)
    value = qty * at * factor
    if transfer:
        ledger.add(net_deposits=value + money)
    elif kind in FEES:
        ledger.add(fees=-value - money)
    else:
        ledger.add(realized=money)


def book_unexplained(ledger: Ledger, symbol: str, qty: Decimal, price: Decimal) -> None:
    """A holding that no execution and no activity explains, at an average price."""
    asset = ledger.market.asset(symbol)
    position, realized = traded(ledger.position(asset.symbol), qty, price)
    ledger.put_position(position)
    factor = multiplier(asset.asset_class)
    ledger.add(realized=realized * factor, unexplained=qty * price * factor)


def split(
    broker: Broker, ledger: Ledger, symbol: str, ratio: Decimal, day: str | None = None
) -> list[Activity]:
    """A forward or reverse split: REMOVE and ADD rows, holding and price adjusted."""
    asset = ledger.market.asset(symbol)
    old = ledger.position(asset.symbol).qty
    new = old * ratio
    now = broker.now()
    group = ledger.new_id("group", now)
    sub = "FSPLIT" if ratio > 1 else "RSPLIT"
    rows = [
        book(
            broker,
            ledger,
            {
                "activity_type": "SPLIT",
                "activity_sub_type": sub,
                "symbol": asset.symbol,
                "qty": qty,
                "group_id": group,
                "date": day,
            },
        )
        for qty in (-old, new)
    ]
    broker.market.split(asset.symbol, ratio)
    return rows
