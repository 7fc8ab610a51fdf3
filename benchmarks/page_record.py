"""A record of many closed trades for measuring pages: one round trip written through the store,
then copied within the database, which takes seconds instead of minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.store.make import NOTHING, activity, execution, lot, order, position, trade
from tests.web.seed import AAPL, ACCOUNT, DAY, TSLA, account_state, bind, save_curve
from tradesync.domain.changes import Change
from tradesync.domain.conclusions import Allocation, Conclusions, TradeStatus
from tradesync.domain.facts import Order
from tradesync.domain.times import SECOND, Instant, to_datetime
from tradesync.store import conclusions, facts, journal, snapshots
from tradesync.store.database import Database, Tx

D = Decimal
_SYMBOLS = (AAPL, TSLA)
_OPEN = 20
_COPIED = "tpl"
"""How the ids of the copied rows begin."""


def fill(database: Database, trades: int, now: Instant) -> None:
    """A year of `trades` closed trades and twenty open ones, each with its orders, executions,
    lots, closings and journal, and an account that holds the open ones."""
    bind(database)
    with database.write() as tx:
        facts.save_instruments(tx, ACCOUNT, _SYMBOLS)
        _round_trip(tx, now)
        _copy(tx, trades, DAY * 360 // trades)
        _open_trades(tx, now)
        _account(tx, now)
    with database.read():  # the first opening folds the log in
        pass


def touch(database: Database, now: Instant) -> None:
    """What a sync that found a fill and other prices writes: facts, conclusions, prices, a run."""
    name = f"touch-{now}"
    with database.write() as tx:
        _fill_more(tx, name, now)
        facts.bump_revision(tx, ACCOUNT)
        _prices(tx, now, D(200) + D(now % 1_000_000) / 10_000)
        journal.add_run(tx, journal.SyncRun(
            name, ACCOUNT, "main", "interval", "service", now, now + SECOND, 5, 1, 0, 1, None, None,
        ))  # fmt: skip


def _fill_more(tx: Tx, name: str, now: Instant) -> None:
    """One more share of the first open trade: its order, its execution, its lot."""
    (held,) = conclusions.TRADES.load_ids(tx, ACCOUNT, ["open-0000"])
    order_id = str(held.broker_order_id)
    more = replace(
        held, qty=held.qty + 1, open_qty=held.open_qty + 1, cost=held.cost + 200,
        open_cost=held.open_cost + 200,
    )  # fmt: skip
    facts.save_orders(tx, ACCOUNT, [
        _order(order_id, now, status="partially_filled", qty=D(1000), filled_qty=more.qty,
               instrument=held.instrument, symbol=held.symbol, filled_avg_price=D(200),
               submitted_at=held.ordered_at)
    ])  # fmt: skip
    facts.add_executions(tx, ACCOUNT, [
        execution(name, order_id=order_id, qty=D(1), price=D(200), at=now, cum_qty=more.qty)
    ])  # fmt: skip
    (was,) = conclusions.LOTS.load_ids(tx, ACCOUNT, [f"lot-{held.trade_id}"])
    lots = (replace(was, qty=more.qty, cost=more.cost, open_qty=more.qty, open_cost=more.cost),)
    conclusions.save_conclusions(
        tx, ACCOUNT, replace(NOTHING, trades=(held,), lots=(was,)),
        replace(NOTHING, trades=(more,), lots=lots), now,
    )  # fmt: skip
    journal.add_trade_events(
        tx, ACCOUNT, name, now, [Change(held.trade_id, "qty", str(held.qty), str(more.qty))]
    )


def _order(order_id: str, at: Instant, **changes: object) -> Order:
    values: dict[str, object] = {
        "client_order_id": f"c-{order_id}", "qty": D(10), "submitted_at": at, "updated_at": at,
    }  # fmt: skip
    return order(order_id, **{**values, **changes})


def _round_trip(tx: Tx, now: Instant) -> None:
    """Ten AAPL bought at 200 and sold at 209 a day later, a year ago."""
    at, later = now - 365 * DAY, now - 364 * DAY
    ended = {"status": "filled", "filled_qty": D(10)}
    facts.save_orders(tx, ACCOUNT, [
        _order("tpl-buy", at, filled_avg_price=D(200), filled_at=at, **ended),
        _order("tpl-sell", later, side="sell", position_intent="sell_to_close",
               filled_avg_price=D(209), filled_at=later, **ended),
    ])  # fmt: skip
    facts.add_executions(tx, ACCOUNT, [
        execution("tpl-in", order_id="tpl-buy", qty=D(10), price=D(200), at=at, cum_qty=D(10)),
        execution("tpl-out", order_id="tpl-sell", side="sell", qty=D(10), price=D(209), at=later,
                  cum_qty=D(10)),
    ])  # fmt: skip
    closed = trade(
        "tpl-trade", status=TradeStatus.CLOSED, close_reason="outside app", qty=D(10),
        open_qty=D(0), ordered_qty=D(10), cost=D(2000), open_cost=D(0), exit_value=D(2090),
        realized_pnl=D(90), entry_price=D(200), exit_price=D(209), broker_fill_price=D(200),
        broker_order_id="tpl-buy", client_order_id="c-tpl-buy", flags=(), ordered_at=at,
        opened_at=at, closed_at=later,
    )  # fmt: skip
    bought = lot("tpl-lot", trade_id="tpl-trade", source_id="tpl-in", qty=D(10), cost=D(2000),
                 open_qty=D(0), open_cost=D(0), opened_at=at)  # fmt: skip
    sold = Allocation(
        "tpl-allocation", "tpl-lot", "tpl-trade", "aapl", "execution", "tpl-out", "tpl-sell", later,
        D(10), D(2000), D(2090), D(90), is_fee=False, overflow=False,
    )  # fmt: skip
    after: Conclusions = replace(NOTHING, trades=(closed,), lots=(bought,), allocations=(sold,))
    conclusions.save_conclusions(tx, ACCOUNT, NOTHING, after, later)
    journal.add_trade_events(tx, ACCOUNT, "tpl-run", later, [
        Change("tpl-trade", "status", "open", "closed"),
        Change("tpl-trade", "exit_price", None, "209"),
    ])  # fmt: skip


_SYMBOL = "CASE n % 2 WHEN 0 THEN 'AAPL' ELSE 'TSLA' END AS symbol"
_INSTRUMENT = "CASE n % 2 WHEN 0 THEN 'aapl' ELSE 'tsla' END AS instrument"
_GAIN = "(n % 400 - 200)::DECIMAL(38,12)"
_COPIES = {
    "orders": (
        "order_id", ("order_id", "client_order_id"),
        (f"submitted_at + $2 * n AS submitted_at, updated_at + $2 * n AS updated_at, "
        f"filled_at + $2 * n AS filled_at, {_SYMBOL}, {_INSTRUMENT}"),
    ),
    "executions": (
        "execution_id", ("execution_id", "order_id"),
        f'"at" + $2 * n AS "at", {_SYMBOL}, {_INSTRUMENT}',
    ),
    "trade_rows": (
        "trade_id", ("trade_id", "broker_order_id", "client_order_id"),
        (f"ordered_at + $2 * n AS ordered_at, opened_at + $2 * n AS opened_at, "
        f"closed_at + $2 * n AS closed_at, updated_at + $2 * n AS updated_at, {_SYMBOL}, "
        f"{_INSTRUMENT}, {_GAIN} AS realized_pnl, (2000 + {_GAIN})::DECIMAL(38,12) AS exit_value"
        ),
    ),
    "lots": (
        "lot_id", ("lot_id", "trade_id", "source_id"),
        f"opened_at + $2 * n AS opened_at, {_INSTRUMENT}",
    ),
    "allocations": (
        "allocation_id", ("allocation_id", "lot_id", "trade_id", "source_id", "order_id"),
        (f'"at" + $2 * n AS "at", {_INSTRUMENT}, {_GAIN} AS realized_pnl, '
        f"(2000 + {_GAIN})::DECIMAL(38,12) AS value"),
    ),
    "trade_events": (
        "trade_id", ("trade_id",),
        ("nextval('trade_event_ids') AS event_id, \"at\" + $2 * n AS \"at\", "
        "'run-' || (n // 1000) AS run_id"),
    ),
}  # fmt: skip
"""Table → the column that tells the rows to copy, the ids to number, what else differs."""


def _copy(tx: Tx, trades: int, pause: Instant) -> None:
    for table, (key, ids, others) in _COPIES.items():
        numbered = ", ".join(f"{name} || '-' || lpad(n::VARCHAR, 8, '0') AS {name}" for name in ids)
        tx.execute(
            f"INSERT INTO {table} SELECT t.* REPLACE ({numbered}, {others}) "
            f"FROM {table} t, range(1, $1) numbers(n) WHERE starts_with(t.{key}, '{_COPIED}-')",
            [trades, pause],
        )


def _open_trades(tx: Tx, now: Instant) -> None:
    rows = [
        trade(
            f"open-{number:04d}", instrument=each.key, symbol=each.symbol, qty=D(10),
            open_qty=D(10), ordered_qty=D(10), cost=D(2000), open_cost=D(2000),
            realized_pnl=D(0), entry_price=D(200), broker_fill_price=D(200), flags=(),
            broker_order_id=f"open-{number}", client_order_id=f"c-open-{number}",
            ordered_at=now - DAY + number, opened_at=now - DAY + number,
        )
        for number in range(_OPEN)
        for each in (_SYMBOLS[number % 2],)
    ]  # fmt: skip
    lots = [
        lot(f"lot-{row.trade_id}", trade_id=row.trade_id, instrument=row.instrument,
            source_id=f"in-{row.trade_id}", qty=D(10), cost=D(2000), open_qty=D(10),
            open_cost=D(2000), opened_at=row.ordered_at)
        for row in rows
    ]  # fmt: skip
    facts.save_orders(tx, ACCOUNT, [
        _order(str(row.broker_order_id), row.ordered_at, status="filled", filled_qty=D(10),
               instrument=row.instrument, symbol=row.symbol, filled_avg_price=D(200))
        for row in rows
    ])  # fmt: skip
    after = replace(NOTHING, trades=tuple(rows), lots=tuple(lots))
    conclusions.save_conclusions(tx, ACCOUNT, NOTHING, after, now)


def _account(tx: Tx, now: Instant) -> None:
    _prices(tx, now, D(200))
    save_curve(tx, now, 365)
    first = to_datetime(now - 366 * DAY).date()
    facts.add_activities(tx, ACCOUNT, [
        activity("deposit", activity_type="CSD", day=first, symbol=None, net_amount=D(90_000)),
        *(
            activity(f"dividend-{week:03d}", day=first + timedelta(days=7 * week),
                     net_amount=D(3))
            for week in range(1, 52)
        ),
    ])  # fmt: skip


def _prices(tx: Tx, now: Instant, price: Decimal) -> None:
    """The positions and the account as a sync reads them, at another price each time."""
    half = _OPEN // 2 * 10
    held = [
        position(
            each.key, symbol=each.symbol, qty=D(half), avg_entry_price=D(200),
            cost_basis=D(200 * half), market_value=price * half, current_price=price,
            lastday_price=D(199), change_today=D("0.01"), unrealized_pl=(price - 200) * half,
            unrealized_plpc=(price - 200) / 200, unrealized_intraday_pl=D(1),
        )
        for each in _SYMBOLS
    ]  # fmt: skip
    snapshots.save_positions(tx, ACCOUNT, held, now)
    snapshots.save_marks(
        tx, ACCOUNT, {each.key: (price, now, "regular") for each in _SYMBOLS}
    )
    state = replace(account_state(), equity=D(101_250) + price, long_market_value=price * half * 2,
                    short_market_value=D(0))  # fmt: skip
    snapshots.save_account_state(tx, state, now)
