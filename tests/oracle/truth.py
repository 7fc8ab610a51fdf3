"""What must hold in the end: quantities, money, silence, and the same rows from the same facts."""

from __future__ import annotations

import random
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.held import let_go
from tests.oracle.programs import assert_follows_from_facts, heal, import_all
from tests.oracle.trader import CENT, END_SECONDS, Trader, open_world
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import Conclusions, Trade
from tradesync.domain.ledger import conclude
from tradesync.store import accounts
from tradesync.store.conclusions import load_conclusions
from tradesync.store.intents import unsettled_intents
from tradesync.sync.commit import load_records
from tradesync.sync.proving import proof_of


def come_to_rest(trader: Trader) -> None:
    """Nothing pending, hidden or broken; fees booked; two syncs (the second one reads fees)."""
    heal(trader)
    trader.control("switches", cancels_wait=False)
    trader.send("DELETE", "/orders")
    for row in trader.alive_orders():
        trader.control("orders/cancel", order_id=row["id"])
    trader.broker.resume()
    trader.broker.step(60)
    trader.control("activities/release")
    trader.night()
    trader.world.sync()
    if trader.imports:
        import_all(trader)
    trader.world.sync()
    while _open_questions(trader.world):  # three look-ups find that a command never arrived
        trader.world.sync()


def _open_questions(world: World) -> bool:
    """Whether the outcome of a command is not known yet."""
    with world.database.read() as tx:
        account = accounts.account_by_name(tx, NAME)
        return account is not None and bool(unsettled_intents(tx, account.account_id))


def assert_right(trader: Trader) -> None:
    """The record at rest says what the broker's books say, and says it again."""
    world = trader.world
    world.assert_equals_broker()
    assert world.drift() == []
    if not (trader.imports and world.unmatched()):  # what was sold before its import has no cost
        _assert_money(trader)
    world.assert_quiet()
    assert_follows_from_facts(trader)
    _assert_any_order_of_facts(world)


def assert_fresh_record_agrees(trader: Trader, folder: Path) -> None:
    """A record begun now reads the same facts another way, all at once: the same trades."""
    if trader.imports or trader.amended:
        return  # known to the first record alone
    fresh = open_world(trader.broker, folder, trader.clock)
    try:
        fresh.sync()
        fresh.sync()
        ours, theirs = _told(trader.world.trades()), _told(fresh.trades())
        assert ours == theirs, [
            {name: (one[name], other[name]) for name in one if one[name] != other[name]}
            for one, other in zip(ours, theirs, strict=False)
        ]
    finally:
        fresh.service.close(END_SECONDS)
        let_go(fresh.settings.database)


def _told(trades: list[Trade]) -> list[dict[str, Any]]:
    """What trades say, but for what only the record knows that sent their orders."""
    names = [item.name for item in fields(Trade) if item.name not in {"trade_id", "source"}]
    rows = [
        {name: getattr(trade, name) for name in names}
        for trade in trades
        if trade.broker_order_id or trade.qty  # else an order of ours that never arrived
    ]
    return sorted(rows, key=str)


def _assert_any_order_of_facts(world: World) -> None:
    """The same facts, shuffled, conclude the same rows."""
    account_id = world.account_id
    with world.database.read() as tx:
        account = accounts.account(tx, account_id)
        stored = load_conclusions(tx, account_id)
        records = load_records(tx, account, None, None)
    dice = random.Random(len(records.orders))
    shuffled = {
        item.name: tuple(dice.sample(rows, len(rows)))
        for item in fields(records)
        if isinstance(rows := getattr(records, item.name), tuple)
    }
    found = conclude(type(records)(**{**_plain(records), **shuffled}))
    for item in fields(Conclusions):
        if isinstance(rows := getattr(stored, item.name), tuple):
            assert sorted(rows, key=str) == sorted(getattr(found, item.name), key=str), item.name


def _plain(row: Any) -> dict[str, Any]:
    return {item.name: getattr(row, item.name) for item in fields(row)}


# -- money ----------------------------------------------------------------------------------------


def _assert_money(trader: Trader) -> None:
    """Cash is proved; realized + floating − fees is the change of equity less what came in."""
    books = trader.books()
    proof = proof_of(trader.world.database, trader.world.account_id)
    assert proof is not None
    assert proof.is_proved, [line for line in proof.lines if not line.is_proved]
    trades = trader.world.trades()
    fees = sum((trade.fees for trade in trades), Decimal(0))
    ours = _realized(trader) + _floating(trader) - fees
    outside = sum(Decimal(books[key]) for key in ("net_deposits", "income"))
    theirs = Decimal(books["equity"]) - outside - _imported(trader)
    unallocated = _unallocated_fees(trader, fees)
    assert abs(ours - unallocated - theirs) <= CENT, (ours, theirs, unallocated)


def _imported(trader: Trader) -> Decimal:
    """What imported lots are held to have cost."""
    sql = "SELECT coalesce(sum(cost), 0) FROM lots WHERE source_kind = 'opening_balance'"
    ((cost,),) = trader.world.rows(sql)
    return Decimal(cost)


def _realized(trader: Trader) -> Decimal:
    """What exits brought less what they cost, unknown bases as they were valued.

    What was transferred out leaves at the price of its row, as the broker counts it.
    """
    rows = trader.world.rows(_GONE)
    total = Decimal(0)
    for side, kind, cost, value, moved in rows:
        brought = {"transfer": moved, "reorganisation": cost}.get(kind, value)
        total += (brought - cost) * (1 if side == "long" else -1)
    return total


_GONE = """
SELECT t.side, a.source_kind, sum(a.cost), sum(a.value), abs(any_value(r.qty * r.price))
FROM allocations a
JOIN trade_rows t ON t.trade_id = a.trade_id
LEFT JOIN activities r ON r.activity_id = a.source_id
WHERE NOT a.is_fee
GROUP BY t.side, a.source_kind, a.source_id
"""


def _unallocated_fees(trader: Trader, borne: Decimal) -> Decimal:
    """Fee rows in money no trade bears (a day without sales)."""
    sql = (
        "SELECT coalesce(sum(-net_amount), 0) FROM activities "
        "WHERE activity_type IN ('FEE', 'CFEE') AND net_amount <> 0"
    )
    ((paid,),) = trader.world.rows(sql)
    coin = "SELECT coalesce(sum(cost), 0) FROM allocations WHERE is_fee"
    ((in_coin,),) = trader.world.rows(coin)
    return Decimal(paid) + Decimal(in_coin) - borne


def _floating(trader: Trader) -> Decimal:
    values = {
        row["symbol"]: Decimal(row["market_value"]) / Decimal(row["qty"])
        for row in trader.broker.get("/positions")
    }
    total = Decimal(0)
    for trade in trader.world.trades():
        if trade.open_qty:
            sign = 1 if trade.side == "long" else -1
            value = values[trade.symbol.replace("/", "")] * trade.open_qty
            total += sign * (value - trade.open_cost)
    return total
