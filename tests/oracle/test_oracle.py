"""Any trading, any faults, syncs and restarts at any moment: in the end the record is right."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from decimal import Decimal
from itertools import count
from pathlib import Path

from hypothesis import example, given, settings

from tests.oracle.conftest import PROFILE
from tests.oracle.trader import HISTORY, Trader
from tests.simulator.broker import PaperBroker
from tests.sync.world import World
from tradesync.sync.outcomes import SyncError
from tradesync.sync.proving import proof_of
from tradesync.sync.rebuild import verify

CENT = Decimal("0.01")
SENT_AWAY_THE_DAY_IT_WAS_BOUGHT: list[tuple[str, ...]] = [
    ("bracket", "MSFT", "10"), ("partial", "3"), ("transfer", "MSFT", "-1", "JNLS"), ("night",),
]  # fmt: skip
MERGED_WITH_A_SPIN_OFF_AMONG_IT: list[tuple[str, ...]] = [
    ("bracket", "XOM", "10"), ("spin", "MSFT", "1.5"), ("spin", "XOM", "4"),
    ("merge", "XOM", "MSFT"),
]  # fmt: skip
_names = count()


@settings.get_profile(PROFILE)
@given(steps=HISTORY)
@example(steps=SENT_AWAY_THE_DAY_IT_WAS_BOUGHT)
@example(steps=MERGED_WITH_A_SPIN_OFF_AMONG_IT)
def test_any_trading_ends_in_the_brokers_books(
    oracle: PaperBroker, steps: list[tuple[str, ...]]
) -> None:
    name = f"trader-{next(_names)}"
    broker = oracle.add_account(name)
    with tempfile.TemporaryDirectory() as folder:
        trader = Trader(broker, name, World.begin(broker, Path(folder)))
        try:
            for step in steps:
                trader.act(step)
                if step == ("sync",):
                    _assert_follows_from_facts(trader)
            _come_to_rest(trader)
            _assert_right(trader)
        finally:
            trader.world.service.close()
            broker.clear_faults()


def _come_to_rest(trader: Trader) -> None:
    """Nothing pending, hidden or broken; fees booked; two syncs (the second one reads fees)."""
    trader.broker.clear_faults()
    trader.broker.raw("DELETE", "/v2/orders")
    trader.broker.step(60)
    trader.control("activities/release")
    trader.broker.overnight()
    trader.world.sync()
    trader.world.sync()


def _assert_right(trader: Trader) -> None:
    world = trader.world
    world.assert_equals_broker()
    assert world.drift() == []
    _assert_money(trader)
    world.assert_quiet()
    _assert_follows_from_facts(trader)


def _assert_follows_from_facts(trader: Trader) -> None:
    """Whatever the sync could read, what it stored is what a whole rebuild would."""
    with suppress(SyncError):  # the history is not read whole yet
        found = verify(trader.world.database, trader.world.account_id)
        assert found.is_identical, found.differences


def _assert_money(trader: Trader) -> None:
    """Cash is proved; realized + floating − fees is the change of equity less what came in."""
    books = trader.books()
    proof = proof_of(trader.world.database, trader.world.account_id)
    assert proof is not None
    assert proof.is_proved, [line for line in proof.lines if not line.is_proved]
    trades = trader.world.trades()
    realized = _realized(trader)
    fees = sum((trade.fees for trade in trades), Decimal(0))
    ours = realized + _floating(trader) - fees
    outside = sum(Decimal(books[key]) for key in ("net_deposits", "income", "unexplained"))
    theirs = Decimal(books["equity"]) - outside
    unallocated = _unallocated_fees(trader, fees)
    assert abs(ours - unallocated - theirs) <= CENT, (ours, theirs, unallocated)


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
