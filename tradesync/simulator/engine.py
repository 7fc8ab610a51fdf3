"""The passing of time: opening the books, ticking, stepping, and starting accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from tradesync.simulator import market_calendar
from tradesync.simulator.assets import universe
from tradesync.simulator.bookings import book
from tradesync.simulator.broker import WORLD, Broker
from tradesync.simulator.clock import Clock
from tradesync.simulator.dice import identity, pick
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.lifecycle import expire_due
from tradesync.simulator.matching import sweep
from tradesync.simulator.persistence import Database
from tradesync.simulator.records import Account, Sample, World
from tradesync.simulator.rollover import roll_days
from tradesync.simulator.wire import NEW_YORK, SECOND, nanoseconds, new_york_date

TICK_SECONDS = Decimal(2)
MAX_STEPS = 120
SAMPLE_EVERY_NS = 60 * SECOND
SAMPLES_KEPT_NS = 7 * 86400 * SECOND
KEY = "PKSIMULATED"
SECRET = "simulated-secret"  # noqa: S105  the well-known key of the paper broker
DEPOSIT = Decimal(100_000)
STEPPED_START = time(10, 30)


@dataclass(frozen=True, slots=True)
class Options:
    """How the paper broker is started. `as_of` is the New York date its story begins on."""

    seed: int = 1
    as_of: date | None = None
    stepped: bool = False
    hours: str = "always"
    partial_rate: int = 10


def open_broker(directory: Path, options: Options) -> tuple[Broker, bool]:
    """The books under `directory`, and whether they are new."""
    broker = Broker(Database(directory), partial_rate=options.partial_rate)
    fresh = WORLD not in broker.worlds
    with broker.change():
        if fresh:
            _create(broker, options)
        else:
            _resume(broker)
    return broker, fresh


def _create(broker: Broker, options: Options) -> None:
    clock = Clock(stepped=options.stepped)
    day = options.as_of or new_york_date(clock.now())
    if options.stepped:
        start = nanoseconds(datetime.combine(day, STEPPED_START, NEW_YORK))
        clock = Clock(stepped=True, start_ns=start)
    elif options.as_of is not None:
        today = new_york_date(clock.now())
        clock.offset_ns = (options.as_of - today) // timedelta(days=1) * 86400 * SECOND
    broker.clock = clock
    now = clock.now()
    world = World(
        seed=options.seed,
        day=new_york_date(now),
        tick=0,
        stepped=options.stepped,
        now_ns=now,
        offset_ns=clock.offset_ns,
        hours=options.hours,
    )
    broker.worlds.put(WORLD, world)
    for asset, price in universe(day):
        broker.market.add(asset, price, now)


def _resume(broker: Broker) -> None:
    """Go on from where the books stand: no time has passed for prices and orders."""
    world = broker.world
    broker.clock = Clock(stepped=world.stepped, start_ns=world.now_ns, offset_ns=world.offset_ns)
    if world.stepped:
        return
    now = broker.now()
    for ledger in broker.ledgers.values():
        for order in ledger.alive_orders():
            if order.expires_ns is not None and world.now_ns < order.expires_ns <= now:
                later = _later(now, order.time_in_force)
                ledger.put_order(replace(order, expires_ns=later))
    roll_days(broker)


def _later(now: int, time_in_force: str) -> int:
    day = 86400 * SECOND
    return now + day if time_in_force == "gtc" else market_calendar.next_close(now)


def new_account(broker: Broker, name: str, key: str, secret: str, *, epoch: int = 0) -> Ledger:
    """An empty account under `name`."""
    now = broker.stamp()
    world = broker.world
    own = identity("account", world.seed, name, epoch, new_york_date(now))
    number = f"PA{pick(10**10, 'number', own):010d}"
    account = Account(
        id=own,
        number=number,
        name=name,
        key=key,
        secret=secret,
        created_ns=now,
        epoch=epoch,
        balance_asof=world.day - timedelta(days=1),
    )
    broker.accounts.put(own, account)
    return broker.ledgers[own]


def reset_account(broker: Broker, old: Ledger, cash: Decimal) -> Ledger:
    """An empty account behind the keys of `old`, which nothing opens any more."""
    kept = old.account
    old.update(key="", secret="")
    ledger = new_account(broker, kept.name, kept.key, kept.secret, epoch=kept.epoch + 1)
    deposit(broker, ledger, cash)
    return ledger


def deposit(broker: Broker, ledger: Ledger, amount: Decimal, day: date | None = None) -> None:
    """Cash in, with its CSD row."""
    entry: dict[str, object] = {"activity_type": "CSD", "net_amount": amount}
    if day is not None:
        entry["date"] = day.isoformat()
    book(broker, ledger, entry)


def tick(broker: Broker, seconds: Decimal = TICK_SECONDS) -> None:
    """One beat: prices move, orders expire and fill, days end, equity is sampled."""
    with broker.change():
        now = broker.now()
        world = broker.world
        roll_days(broker)
        moves = world.hours == "always" or market_calendar.in_extended_hours(now)
        broker.market.walk(world.seed, world.tick, seconds, now, equities=moves)
        for ledger in broker.ledgers.values():
            expire_due(broker, ledger)
            sweep(broker, ledger)
            sample(ledger, now)
        broker.update_world(
            tick=world.tick + 1, now_ns=broker.now(), offset_ns=broker.clock.offset_ns
        )


def sample(ledger: Ledger, now: int) -> None:
    """Keep the equity of this minute, and drop what is older than a week."""
    slot = now // SAMPLE_EVERY_NS
    key = f"{slot:020d}"
    if key in ledger.samples:
        return
    ledger.samples.put(key, Sample(now, ledger.equity()))
    for old in ledger.samples.names():
        if ledger.samples[old].at_ns >= now - SAMPLES_KEPT_NS:
            break
        ledger.samples.drop(old)


def advance(broker: Broker, until: int, *, most: int = MAX_STEPS) -> None:
    """Let time pass up to `until`, tick by tick; long spans in about `most` larger steps."""
    start = broker.now()
    if until <= start:
        return
    count = min(most, max(1, (until - start) // int(TICK_SECONDS * SECOND)))
    marks = {start + (until - start) * turn // count for turn in range(1, count + 1)}
    marks |= _boundaries(start, until)
    former = start
    for mark in sorted(marks):
        broker.clock.set(mark)
        tick(broker, Decimal(mark - former) / SECOND)
        former = mark


def _boundaries(start: int, until: int) -> set[int]:
    """Midnights, opens and closes inside a span, which must not be stepped over."""
    marks: set[int] = set()
    day = new_york_date(start)
    while day <= new_york_date(until):
        marks.add(market_calendar.midnight(day))
        session = market_calendar.session(day)
        if session is not None:
            marks |= {session.pre_open, session.open, session.close}
        day += timedelta(days=1)
    return {mark for mark in marks if start < mark < until}
