"""The oracle of money: what the broker's books say trading came to, and what our trades say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tests.oracle.trader import CENT
from tradesync.domain.conclusions import Allocation, Conclusions, TradeSide
from tradesync.domain.facts import Activity


def assert_money(
    books: Mapping[str, Any],
    values: Mapping[str, Decimal],
    concluded: Conclusions,
    activities: Iterable[Activity],
) -> None:
    """Realized + floating − fees is the change of equity less what came in, to the cent.

    `values`: what one unit of what is held is worth, by symbol. What was imported came in at the
    cost it is held to have.
    """
    rows = {row.activity_id: row for row in activities}
    borne = sum((trade.fees for trade in concluded.trades), Decimal(0))
    ours = _realized(concluded, rows) + _floating(concluded, values) - borne
    imported = sum(
        (lot.cost for lot in concluded.lots if lot.source_kind == "opening_balance"), Decimal(0)
    )
    outside = sum(Decimal(books[key]) for key in ("net_deposits", "income")) + imported
    unallocated = _paid(concluded, rows.values()) - borne
    theirs = Decimal(books["equity"]) - outside
    assert abs(ours - unallocated - theirs) <= CENT, (ours, theirs, unallocated)


def _realized(concluded: Conclusions, rows: Mapping[str, Activity]) -> Decimal:
    """What exits brought less what they cost, unknown bases as they were valued.

    What was transferred out leaves at the price of its row, as the broker counts it.
    """
    sides = {trade.trade_id: trade.side for trade in concluded.trades}
    opened = {lot.source_id: lot.cost for lot in concluded.lots}
    exits: dict[tuple[TradeSide, str, str], list[Allocation]] = defaultdict(list)
    for row in concluded.allocations:
        if not row.is_fee:
            exits[sides[row.trade_id], row.source_kind, row.source_id].append(row)
    total = Decimal(0)
    for (side, kind, source_id), parts in exits.items():
        cost = sum((part.cost for part in parts), Decimal(0))
        brought = sum((part.value for part in parts if part.value is not None), Decimal(0))
        if kind == "reorganisation":
            brought += sum((part.cost for part in parts if part.value is None), Decimal(0))
        if kind == "transfer":
            moved = rows[source_id]
            brought = abs((moved.qty or Decimal(0)) * (moved.price or Decimal(0)))
            brought -= opened.get(source_id, Decimal(0))
        total += (brought - cost) * (1 if side is TradeSide.LONG else -1)
    return total


def _floating(concluded: Conclusions, values: Mapping[str, Decimal]) -> Decimal:
    total = Decimal(0)
    for trade in concluded.trades:
        if trade.open_qty:
            sign = 1 if trade.side is TradeSide.LONG else -1
            total += sign * (values[trade.symbol] * trade.open_qty - trade.open_cost)
    return total


def _paid(concluded: Conclusions, rows: Iterable[Activity]) -> Decimal:
    """Fees in money and in coin, whether a trade bears them or none does (a day without sales)."""
    in_money = (
        -row.net_amount for row in rows if row.activity_type in {"FEE", "CFEE"} and row.net_amount
    )
    in_coin = (row.cost for row in concluded.allocations if row.is_fee)
    return sum(in_money, Decimal(0)) + sum(in_coin, Decimal(0))
