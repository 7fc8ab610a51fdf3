"""Any trading, read whole: the ledger concludes what the broker's books hold, to the cent.

The same traders as in test_oracle.py at a broker in this process, without our programs and their
faults between: a hundred of these cost what a few of those do.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from tests.oracle.conftest import LEDGER_PROFILE
from tests.oracle.inside import InsideBroker
from tests.oracle.money import assert_money
from tests.oracle.steps import TRADING, Step, act_at_broker
from tests.oracle.trader import SLICED, Trader
from tests.oracle.truth import rows_of, shuffled
from tradesync.broker.parsing import parse_activities, parse_orders, parse_positions
from tradesync.broker.updates import parse_update
from tradesync.domain.conclusions import Conclusions, Records, TradeSide
from tradesync.domain.day_fees import sales_by_day
from tradesync.domain.ledger import conclude

_ALL = {"status": "all", "limit": 500, "nested": "true", "direction": "asc"}

SHORT: Step = ("order", "MSFT", "sell", "4", "market", "day", "1")
COVERED_BY_A_TRANSFER: list[Step] = [SHORT, ("transfer", "MSFT", "5", "ACATS")]
COVERED_BY_A_SPIN_OFF: list[Step] = [SHORT, ("spin", "MSFT", "4")]
COVERED_BY_A_MERGER: list[Step] = [
    SHORT, ("order", "XOM", "buy", "4", "market", "day", "1"), ("merge", "XOM", "MSFT", "SCMA"),
]  # fmt: skip
BOUGHT_BACK_BEFORE_SHARES_CAME: list[Step] = [
    SHORT, ("night",), ("order", "MSFT", "buy", "4", "market", "day", "1"),
    ("transfer", "MSFT", "2.5", "JNLS"),
]  # fmt: skip
STRATEGY_FILLED_IN_PART: list[Step] = [("strategy", "straddle", "2", "-1"), ("partial", "1")]


@settings.get_profile(LEDGER_PROFILE)
@given(carries=st.booleans(), sliced=st.booleans(), steps=TRADING)
@example(carries=True, sliced=False, steps=COVERED_BY_A_TRANSFER)
@example(carries=True, sliced=False, steps=COVERED_BY_A_SPIN_OFF)
@example(carries=True, sliced=False, steps=COVERED_BY_A_MERGER)
@example(carries=True, sliced=False, steps=BOUGHT_BACK_BEFORE_SHARES_CAME)
@example(carries=True, sliced=False, steps=STRATEGY_FILLED_IN_PART)
def test_the_ledger_concludes_the_brokers_books(
    carries: bool, sliced: bool, steps: list[Step]
) -> None:
    with InsideBroker(partials=SLICED if sliced else 0) as broker:
        broker.control("switches", carry_filled_qty=carries)
        trader = Trader(broker)
        for step in steps:
            act_at_broker(trader, step)
        trader.end_orders()
        trader.night()
        note(f"refused: {trader.refused} of {len(steps)}")
        assert_concluded(trader, records_of(broker))


def records_of(broker: InsideBroker) -> Records:
    """All the broker tells, as it tells it."""
    orders = parse_orders(broker.get("/orders", **_ALL), read_at=0)
    held = parse_positions(broker.get("/positions"))
    executions, activities, unreadable = parse_activities(
        broker.books()["accounts"][0]["activities"]
    )
    assert not (*orders.unreadable, *held.unreadable, *unreadable)
    told = (parse_update(frame).amendment for frame in broker.frames)
    known = {item.key: item for item in (*orders.instruments, *held.instruments)}
    return Records(
        account_id="account",
        instruments=tuple(known.values()),
        orders=orders.items,
        executions=executions,
        activities=(*activities, *(row for row in told if row is not None)),
        intents=(),
        opening_balances=(),
        history_complete=True,
        activities_from=None,
        sales_by_day=sales_by_day(executions),
    )


def assert_concluded(trader: Trader, records: Records) -> None:
    """Quantities and money are the broker's, whatever the order of the facts."""
    concluded = conclude(records)
    assert _held(concluded) == trader.positions()
    assert concluded.unmatched_exits == ()
    assert concluded.provisional == ()
    assert_money(trader.books(), trader.values(), concluded, records.activities)
    assert rows_of(conclude(shuffled(records, len(records.orders)))) == rows_of(concluded)


def _held(concluded: Conclusions) -> dict[str, Decimal]:
    """Signed open quantity by symbol."""
    found: dict[str, Any] = {}
    for trade in concluded.trades:
        signed = trade.open_qty if trade.side is TradeSide.LONG else -trade.open_qty
        found[trade.symbol] = found.get(trade.symbol, Decimal(0)) + signed
    return {symbol: qty for symbol, qty in found.items() if qty}
