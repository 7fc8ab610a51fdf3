"""Orders of every shape for the screens' tests: chains, brackets, and a hundred thousand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.store.make import NOTHING, execution, order
from tests.web.seed import AAPL, ACCOUNT, DAY, TSLA, bind, save_account
from tradesync.domain.conclusions import UnmatchedExit, WorkingExit
from tradesync.domain.facts import Order
from tradesync.domain.times import SECOND, Instant
from tradesync.store import conclusions, facts
from tradesync.store.database import Database

D = Decimal


def made(order_id: str, at: Instant, **changes: object) -> Order:
    """An order for ten AAPL submitted at `at`; crossed out by `changes`."""
    values = {"qty": D(10), "submitted_at": at, "updated_at": at}
    return order(order_id, **{**values, "client_order_id": f"c-{order_id}", **changes})


def bracket(now: Instant) -> list[Order]:
    """A working bracket: its entry filled, its take profit at work, its stop held."""
    at = now - 3600 * SECOND
    exits = {"side": "sell", "order_class": "bracket", "parent_id": "b-entry",
             "position_intent": "sell_to_close"}  # fmt: skip
    return [
        made("b-entry", at, status="filled", filled_qty=D(10), filled_avg_price=D(200),
             order_class="bracket", order_type="market"),
        made("b-profit", at, status="new", order_type="limit", limit_price=D(220),
             group_role="take_profit", **exits),
        made("b-stop", at, status="held", order_type="stop", stop_price=D(180),
             group_role="stop_loss", **exits),
    ]  # fmt: skip


def chain(now: Instant) -> list[Order]:
    """An order replaced once; the successor works, three of ten filled before."""
    at = now - 2 * DAY
    return [
        made("r-1", at, status="replaced", order_type="limit", limit_price=D(190),
             filled_qty=D(3), filled_avg_price=D(189), replaced_by="r-2"),
        made("r-2", at + SECOND, status="partially_filled", order_type="limit",
             limit_price=D(191), filled_qty=D(2), filled_avg_price=D(190), replaces="r-1"),
    ]  # fmt: skip


def some_orders(database: Database, now: Instant) -> None:
    """A bracket and a chain at work, a rejected and a cancelled order, one nobody knows."""
    bind(database)
    ended = now - 3 * DAY
    orders = [
        *bracket(now), *chain(now),
        made("x-rejected", now - DAY, status="rejected", instrument="tsla", symbol="TSLA",
             side="sell", failed_at=now - DAY),
        made("x-cancelled", ended, status="canceled", canceled_at=ended, side="sell"),
        made("x-lost", ended - DAY, status="new"),
    ]  # fmt: skip
    after = replace(
        NOTHING,
        working_exits=(
            WorkingExit("b-profit", "trade-1", "aapl", "sell", D(10)),
            WorkingExit("b-stop", "trade-1", "aapl", "sell", D(10)),
        ),
        unmatched_exits=(
            UnmatchedExit("u-1", "x-old", "tsla", "TSLA", "sell", D(4), D(250), now - DAY,
                          "Nothing of it was held."),
        ),
    )  # fmt: skip
    with database.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL, TSLA])
        facts.save_orders(tx, ACCOUNT, orders)
        for _ in range(3):
            facts.bump_not_found(tx, ACCOUNT, ["x-lost"])
        facts.add_executions(tx, ACCOUNT, [
            execution("f-0", order_id="b-entry", qty=D(10), price=D(200), at=now - DAY,
                      cum_qty=D(10)),
            execution("f-1", order_id="r-1", qty=D(3), price=D(189), at=now - DAY, cum_qty=D(3)),
            execution("f-2", order_id="r-2", qty=D(2), price=D(190), at=now - DAY, cum_qty=D(2)),
        ])  # fmt: skip
        conclusions.save_conclusions(tx, ACCOUNT, NOTHING, after, now)
        save_account(tx, now)


def many_orders(database: Database, count: int, now: Instant) -> None:
    """`count` orders over a year: every tenth a bracket's entry with two legs, every twentieth
    replaced once; the newest two hundred at work."""
    bind(database)
    with database.write() as tx:
        facts.save_instruments(tx, ACCOUNT, [AAPL, TSLA])
        facts.save_orders(tx, ACCOUNT, _many(count, now))
        save_account(tx, now)


def _many(count: int, now: Instant) -> list[Order]:
    orders: list[Order] = []
    number = 0
    while len(orders) < count:
        at = now - 365 * DAY + number * 300 * SECOND
        symbol = ("AAPL", "TSLA")[number % 2]
        same = {"instrument": symbol.lower(), "symbol": symbol, "order_type": "limit",
                "limit_price": D(190)}  # fmt: skip
        status = "filled" if len(orders) < count - 200 else "new"
        name = f"{number * 7919 % 2**32:08x}-0000-4000-8000-{number:012x}"
        if number % 10 == 0:
            orders.append(made(name, at, status="filled", order_class="bracket", **same))
            ended = "canceled" if status == "filled" else "new"
            orders += [
                made(f"{name}-{leg}", at, side="sell", parent_id=name, status=ended,
                     order_class="bracket", **same)
                for leg in ("1", "2")
            ]  # fmt: skip
        elif number % 20 == 1:
            orders.append(made(name, at, status="replaced", replaced_by=f"{name}-n", **same))
            orders.append(made(f"{name}-n", at, status=status, replaces=name, **same))
        else:
            orders.append(made(name, at, status=status, **same))
        number += 1
    return orders
