"""What must hold in the end: quantities, money, silence, and the same rows from the same facts."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tests.held import let_go
from tests.oracle.money import assert_money
from tests.oracle.programs import assert_follows_from_facts, heal, import_all
from tests.oracle.trader import END_SECONDS, Owner, open_world
from tests.sync.world import NAME, World
from tradesync.domain.conclusions import Conclusions, Records, Trade
from tradesync.domain.ledger import conclude
from tradesync.store import accounts
from tradesync.store.conclusions import load_conclusions
from tradesync.store.facts import load_activities
from tradesync.store.intents import unsettled_intents
from tradesync.sync.commit import load_records
from tradesync.sync.proving import proof_of


def come_to_rest(trader: Owner) -> None:
    """Nothing pending, hidden or broken; fees booked; two syncs (the second one reads fees)."""
    heal(trader)
    trader.end_orders()
    trader.broker.step(4)
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


def assert_right(trader: Owner) -> None:
    """The record at rest says what the broker's books say, and says it again."""
    world = trader.world
    world.assert_equals_broker()
    assert world.drift() == []
    if not (trader.imports and world.unmatched()):  # what was sold before its import has no cost
        _assert_money(trader)
    world.assert_quiet()
    assert_follows_from_facts(trader)
    _assert_any_order_of_facts(world)


def assert_fresh_record_agrees(trader: Owner, folder: Path) -> None:
    """A record begun now reads the same facts another way, all at once: the same trades."""
    if trader.imports or trader.amended:
        return  # known to the first record alone
    fresh = open_world(trader.broker, folder, trader.clock)
    try:
        fresh.sync()
        fresh.sync()
        ours, theirs = _told(trader.world.trades()), _told(fresh.trades())
        assert [row for row in ours if row not in theirs] == []
        assert [row for row in theirs if row not in ours] == []
    finally:
        fresh.service.close(END_SECONDS)
        let_go(fresh.settings.database)


def _told(trades: list[Trade]) -> list[dict[str, Any]]:
    """What trades say, but for what one record alone knows: our intents, assets it saw held."""
    left_out = {"trade_id", "source", "instrument", "asset_id"}
    names = [item.name for item in fields(Trade) if item.name not in left_out]
    return [
        {name: getattr(trade, name) for name in names}
        for trade in trades
        if trade.broker_order_id or trade.qty  # else an order of ours that never arrived
    ]


def _assert_any_order_of_facts(world: World) -> None:
    """The same facts, shuffled, conclude the stored rows."""
    account_id = world.account_id
    with world.database.read() as tx:
        account = accounts.account(tx, account_id)
        stored = load_conclusions(tx, account_id)
        records = load_records(tx, account, None, None)
    found = conclude(shuffled(records, len(records.orders)))
    assert rows_of(found) == rows_of(stored)


def shuffled(records: Records, seed: int) -> Records:
    """The same records in another order."""
    dice = random.Random(seed)
    rows: dict[str, Any] = {
        item.name: tuple(dice.sample(row, len(row)))
        for item in fields(records)
        if isinstance(row := getattr(records, item.name), tuple)
    }
    return replace(records, **rows)


def rows_of(concluded: Conclusions) -> dict[str, list[Any]]:
    """Conclusions by kind, in one order."""
    found = {item.name: getattr(concluded, item.name) for item in fields(concluded)}
    return {name: sorted(rows, key=str) for name, rows in found.items() if isinstance(rows, tuple)}


def _assert_money(trader: Owner) -> None:
    """Cash is proved; realized + floating − fees is the change of equity less what came in."""
    database, account_id = trader.world.database, trader.world.account_id
    proof = proof_of(database, account_id)
    assert proof is not None
    assert proof.is_proved, [line for line in proof.lines if not line.is_proved]
    with database.read() as tx:
        concluded = load_conclusions(tx, account_id)
        activities = load_activities(tx, account_id)
    assert_money(trader.books(), trader.values(), concluded, activities)
