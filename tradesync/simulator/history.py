"""The demo account's past: four months played day by day before the first request is served."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal

from tradesync.simulator import dice, market_calendar
from tradesync.simulator.bookings import book
from tradesync.simulator.broker import Broker
from tradesync.simulator.clock import Clock
from tradesync.simulator.engine import deposit, new_account, sample
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import expire_due
from tradesync.simulator.market_calendar import Session
from tradesync.simulator.matching import sweep
from tradesync.simulator.records import Order
from tradesync.simulator.rollover import roll_days
from tradesync.simulator.story import DAYS, SLOTS, Story
from tradesync.simulator.wire import CENT, SECOND, new_york_date, number

SLOT_NS = 1800 * SECOND
SEC_FEE_RATE = Decimal("0.0000278")
TAF_RATE = Decimal("0.000166")
# quarterly dividends a share, and the trading days they are paid on
DIVIDENDS = {
    "AAPL": ("0.26", (19, 82)),
    "MSFT": ("0.91", (14, 77)),
    "JPM": ("1.50", (8, 71)),
    "SPY": ("1.83", (38,)),
    "QQQ": ("0.69", (41,)),
    "META": ("0.53", (25,)),
    "GOOG": ("0.21", (30,)),
    "COST": ("1.30", (16, 79)),
}
INTEREST_DAYS = {10: "3.12", 31: "2.87", 52: "3.44", 73: "2.95"}


def tell(broker: Broker, name: str, key: str, secret: str, cash: Decimal) -> Ledger:
    """Make the account and play its past; the clock then stands where it stood before."""
    present, world = broker.clock, broker.world
    first = _first_day(world.day)
    start = market_calendar.at(first, market_calendar.PRE_OPEN)
    broker.clock = Clock(stepped=True, start_ns=start)
    broker.update_world(day=first, hours="always")
    ledger = new_account(broker, name, key, secret)
    deposit(broker, ledger, cash, first)
    _check_wash_trades(ledger, on=False)
    story = Story(broker, ledger)
    day, count = first, 0
    while day < world.day:
        session = market_calendar.session(day)
        if session is not None:
            _play(broker, ledger, story, session, count)
            count += 1
        day += timedelta(days=1)
        broker.clock.set(market_calendar.midnight(day))
        roll_days(broker)
    _check_wash_trades(ledger, on=True)
    _walk(broker, SLOT_NS * 20)
    broker.clock = present
    broker.update_world(day=world.day, hours=world.hours, now_ns=present.now())
    return ledger


def _check_wash_trades(ledger: Ledger, *, on: bool) -> None:
    ledger.update(switches=replace(ledger.account.switches, wash_trade_check=on))


def _first_day(as_of: date) -> date:
    day = as_of
    for _ in range(DAYS):
        day = market_calendar.previous_trading_day(day)
    return day


def _walk(broker: Broker, span_ns: int) -> None:
    world = broker.world
    seconds = Decimal(span_ns) / SECOND
    broker.market.walk(world.seed, world.tick, seconds, broker.now(), equities=True)
    broker.update_world(tick=world.tick + 1)


def _play(broker: Broker, ledger: Ledger, story: Story, session: Session, count: int) -> None:
    """One trading day: rows of the morning, thirteen half hours, the close."""
    broker.clock.set(session.pre_open + 7200 * SECOND)
    _morning_rows(broker, ledger, count)
    broker.clock.set(session.open)
    _walk(broker, SLOT_NS * 35)
    for slot in range(SLOTS):
        mark = session.open + slot * SLOT_NS
        if mark >= session.close:
            break
        broker.clock.set(mark + dice.pick(1500 * SECOND, broker.world.seed, "at", count, slot))
        _walk(broker, SLOT_NS)
        sweep(broker, ledger)
        story.play(count, slot)
        sample(ledger, broker.now())
    broker.clock.set(session.close)
    expire_due(broker, ledger)


def _morning_rows(broker: Broker, ledger: Ledger, count: int) -> None:
    _dividends(broker, ledger, count)
    _fees(broker, ledger)
    if count in INTEREST_DAYS:
        book(
            broker,
            ledger,
            {
                "activity_type": "INT",
                "activity_sub_type": "CDT",
                "net_amount": INTEREST_DAYS[count],
                "description": "Credit interest",
            },
        )


def _dividends(broker: Broker, ledger: Ledger, count: int) -> None:
    for symbol, (amount, days) in DIVIDENDS.items():
        held = ledger.position(symbol).qty
        if count not in days or not held:
            continue
        money = (held * Decimal(amount)).quantize(CENT)
        book(
            broker,
            ledger,
            {
                "activity_type": "DIV",
                "activity_sub_type": "CDIV",
                "symbol": symbol,
                "qty": held,
                "per_share_amount": amount,
                "net_amount": money,
                "description": f"Cash DIV @ {amount}",
            },
        )


def _fees(broker: Broker, ledger: Ledger) -> None:
    """Regulatory fees on the last trading day's share sales, one row a kind, a day late."""
    day = market_calendar.previous_trading_day(new_york_date(broker.now()))
    sold = [order for order in _sales(ledger, day) if order.asset_class == "us_equity"]
    if not sold:
        return
    proceeds = sum((order.filled_cost for order in sold), Decimal(0))
    shares = sum((order.filled_qty for order in sold), Decimal(0))
    for sub, amount, name in (
        ("REG", proceeds * SEC_FEE_RATE, "REG fee"),
        ("TAF", shares * TAF_RATE, "TAF fee"),
    ):
        book(
            broker,
            ledger,
            {
                "activity_type": "FEE",
                "activity_sub_type": sub,
                "net_amount": -amount.quantize(CENT, ROUND_UP),
                "date": day.isoformat(),
                "description": f"{name} for proceed of {number(shares)} shares on {day}",
            },
        )


def _sales(ledger: Ledger, day: date) -> list[Order]:
    start = market_calendar.midnight(day)
    end = market_calendar.midnight(day + timedelta(days=1))
    return [
        order
        for order in ledger.orders.values()
        if order.side == "sell" and order.filled_ns is not None and start <= order.filled_ns < end
    ]
