"""A long history for an account on record: a slice of it written through the store, the rest copied
from that slice within the database, which takes seconds instead of minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import md5
from uuid import UUID

from tests.sync.world import World
from tradesync.domain.conclusions import Conclusions, Records
from tradesync.domain.facts import Execution, Instrument, Order
from tradesync.domain.ledger import conclude
from tradesync.domain.times import SECOND, Instant
from tradesync.store import conclusions, facts
from tradesync.store.database import Tx

_FIRST_DAY: Instant = 1_577_880_000 * SECOND
"""2020-01-01: long before the day the paper broker stands at."""
_SPAN: Instant = 200_000_000 * SECOND
"""Six years and some: the made history ends well before the days that are read again."""
_SLICE = 1_000
_NOTHING = Conclusions((), (), (), (), (), (), ())


def add_history(world: World, instrument: Instrument, executions: int, fills: int) -> None:
    """Round trips of one instrument with that many executions, `fills` to an order, and what
    follows from them.

    The slice ends flat, so that the conclusions of each copy are its own. Ids are random, as the
    broker's are.
    """
    orders = executions // fills
    pause = _SPAN // orders
    made = [
        _order(instrument, number, _FIRST_DAY + number * pause, fills)
        for number in range(min(_SLICE, orders))
    ]
    account_id = world.account_id
    with world.database.write() as tx:
        _store(tx, account_id, instrument, made, fills)
        if orders > _SLICE:
            _copy(tx, orders // _SLICE, _SLICE * pause)
    with world.database.read():  # the first opening folds the log in
        pass


def _store(
    tx: Tx, account_id: str, instrument: Instrument, made: Sequence[Order], fills: int
) -> None:
    """Write orders, their executions and what follows, as a first sync does."""
    rows = [row for order in made for row in _executions(order, fills)]
    records = Records(
        account_id, (instrument,), tuple(made), tuple(rows), (), (), (),
        history_complete=True, activities_from=None,
    )  # fmt: skip
    facts.save_instruments(tx, account_id, (instrument,))
    facts.save_orders(tx, account_id, made)
    facts.add_executions(tx, account_id, rows)
    facts.bump_revision(tx, account_id)
    conclusions.save_conclusions(tx, account_id, _NOTHING, conclude(records), _FIRST_DAY)


def _anew(column: str) -> str:
    """SQL: another id for the n-th copy."""
    return f"md5({column} || '/' || n)::UUID::VARCHAR"


def _execution_anew(column: str) -> str:
    """SQL: the same for `YYYYMMDDHHMMSSmmm::order id`."""
    return f"(left({column}, 19) || {_anew(f'substr({column}, 20)')})"


_LOT_ANEW = f"({_anew('left(lot_id, 36)')} || ':' || {_execution_anew('substr(lot_id, 38)')})"
_SOURCE_ANEW = _execution_anew("source_id")
_COPIES = {
    "orders": ("created_at", {
        "order_id": _anew("order_id"), "client_order_id": f"'made-' || {_anew('order_id')}",
        "raw": f"replace(raw, order_id, {_anew('order_id')})",
    }, ("created_at", "submitted_at", "updated_at", "filled_at")),
    "executions": ('"at"', {
        "execution_id": _execution_anew("execution_id"), "order_id": _anew("order_id"),
        "raw": f"replace(raw, order_id, {_anew('order_id')})",
    }, ('"at"',)),
    "trade_rows": ("ordered_at", {
        "trade_id": _anew("trade_id"), "broker_order_id": _anew("broker_order_id"),
        "client_order_id": f"'made-' || {_anew('broker_order_id')}",
    }, ("ordered_at", "opened_at", "closed_at")),
    "lots": ("opened_at", {
        "lot_id": _LOT_ANEW, "trade_id": _anew("trade_id"), "source_id": _SOURCE_ANEW,
    }, ("opened_at",)),
    "allocations": ('"at"', {
        "allocation_id": f"{_LOT_ANEW} || '<' || {_SOURCE_ANEW}", "lot_id": _LOT_ANEW,
        "trade_id": _anew("trade_id"), "source_id": _SOURCE_ANEW, "order_id": _anew("order_id"),
    }, ('"at"',)),
}  # fmt: skip
"""Table → the time by which the slice is told from the rest, the ids of a copy, its times."""


def _copy(tx: Tx, slices: int, span: Instant) -> None:
    """The slice again and again, each copy a span later than the one before."""
    for table, (at, ids, times) in _COPIES.items():
        said = [f"{sql} AS {name}" for name, sql in ids.items()]
        said += [f"{name} + $2 * n AS {name}" for name in times]
        tx.execute(
            f"INSERT INTO {table} SELECT t.* REPLACE ({', '.join(said)}) "
            f"FROM {table} t, range(1, $1) numbers(n) WHERE {at} < $3",
            [slices, span, _FIRST_DAY + span],
        )


def _order(instrument: Instrument, number: int, at: Instant, fills: int) -> Order:
    """A filled market order: even ones buy, odd ones sell what was bought."""
    order_id = str(UUID(md5(f"{instrument.key}/{number}".encode()).hexdigest()))
    side = "buy" if number % 2 == 0 else "sell"
    return Order(
        order_id=order_id, client_order_id=f"made-{order_id}", instrument=instrument.key,
        symbol=instrument.symbol, asset_class=instrument.asset_class, side=side, status="filled",
        order_type="market", time_in_force="day", order_class="simple",
        position_intent=f"{side}_to_{'open' if side == 'buy' else 'close'}",
        qty=Decimal(fills), notional=None, filled_qty=Decimal(fills),
        filled_avg_price=Decimal(50 + number % 7), limit_price=None, stop_price=None,
        trail_price=None, trail_percent=None, extended_hours=False, created_at=at,
        submitted_at=at, updated_at=at + fills + 1, filled_at=at + fills, canceled_at=None,
        expired_at=None, failed_at=None, replaced_at=None, replaces=None, replaced_by=None,
        parent_id=None, group_id=None, group_role=None, read_at=at + SECOND,
        raw=f'{{"client_order_id":"made-{order_id}","id":"{order_id}","side":"{side}"}}',
    )  # fmt: skip


def _executions(order: Order, fills: int) -> list[Execution]:
    first = Execution(
        execution_id="", order_id=order.order_id, symbol=order.symbol, side=order.side,
        qty=Decimal(1), price=order.filled_avg_price or Decimal(1), at=0, cum_qty=Decimal(1),
        raw="",
    )  # fmt: skip
    return [
        replace(
            first, execution_id=f"20200101{part:09d}::{order.order_id}", at=order.created_at + part,
            cum_qty=Decimal(part), raw=f'{{"order_id":"{order.order_id}","cum_qty":"{part}"}}',
        )
        for part in range(1, fills + 1)
    ]  # fmt: skip
