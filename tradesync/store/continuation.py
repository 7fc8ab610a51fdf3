"""Reading what a change among the latest facts concerns, and no more of a long history."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from tradesync.domain.conclusions import Conclusions
from tradesync.domain.facts import TERMINAL_STATUSES, Activity, Execution, Order
from tradesync.domain.ours import Intent
from tradesync.domain.times import Instant
from tradesync.store.conclusions import load_rows
from tradesync.store.database import Tx
from tradesync.store.facts import ACTIVITIES, EXECUTIONS, ORDERS
from tradesync.store.intents import INTENTS
from tradesync.store.rows import among

_RELATED = f"""
WHERE account_id = ? AND order_id IN (
    SELECT order_id FROM orders
    WHERE account_id = ? AND ({among("order_id")} OR {among("replaces")} OR {among("replaced_by")}
        OR {among("parent_id")} OR {among("group_id")})
)
"""  # noqa: S608 (a constant)
"""Their ids first: a list of conditions is met by reading all columns of all orders."""


def related_orders(
    tx: Tx, account_id: str, order_ids: Iterable[str], new: Iterable[Order]
) -> dict[str, Order]:
    """The stored orders of these ids, with all that replacements and groups bind to them or to
    the new ones, by id."""
    fresh = list(new)
    found: dict[str, Order] = {}
    wanted = set(order_ids)
    asked: set[str] = set()
    while (wanted := wanted | names_of([*fresh, *found.values()])) - asked:
        ids = list(wanted)
        groups = [row.group_id for row in (*fresh, *found.values()) if row.group_id]
        rows = ORDERS.load(tx, _RELATED, [account_id, account_id, ids, ids, ids, ids, groups])
        found = {row.order_id: row for row in rows}
        asked = wanted | found.keys()
    return found


def names_of(orders: Iterable[Order]) -> set[str]:
    """Every order id these orders state."""
    return {
        name
        for row in orders
        for name in (row.order_id, row.replaces, row.replaced_by, row.parent_id)
        if name
    }


def orders_at_work(tx: Tx, account_id: str, instruments: Collection[str]) -> set[str]:
    """The orders of these instruments that have not ended, and those whose trades hold
    something."""
    keys = list(instruments)
    params = [account_id, sorted(TERMINAL_STATUSES), keys, account_id, keys]
    return {row[0] for row in tx.rows(_AT_WORK, params)}


_AT_WORK = f"""
SELECT order_id FROM orders
WHERE account_id = ? AND NOT list_contains(?::VARCHAR[], status) AND {among("instrument")}
UNION
SELECT broker_order_id FROM trade_rows
WHERE account_id = ? AND open_qty > 0 AND broker_order_id IS NOT NULL AND {among("instrument")}
"""  # noqa: S608 (a constant)


def orders_named(tx: Tx, account_id: str, client_order_ids: Collection[str]) -> set[str]:
    """The stored orders sent under these client order ids."""
    return {row[0] for row in tx.rows(_NAMED, [account_id, list(client_order_ids)])}


_NAMED = f"""
SELECT order_id FROM orders WHERE account_id = ? AND {among("client_order_id")}
"""  # noqa: S608 (a constant)


def executions_of(tx: Tx, account_id: str, order_ids: Collection[str]) -> list[Execution]:
    """All executions of these orders."""
    where = f"WHERE account_id = ? AND {among('order_id')}"
    return EXECUTIONS.load(tx, where, [account_id, list(order_ids)])


_STIRRED = f"""
SELECT order_id FROM orders WHERE account_id = ? AND {among("instrument")} AND created_at > ?
UNION
SELECT order_id FROM executions WHERE account_id = ? AND {among("instrument")} AND "at" > ?
UNION
SELECT order_id FROM executions WHERE account_id = ? AND instrument IS NULL AND "at" > ?
UNION
SELECT broker_order_id FROM trade_rows
WHERE account_id = ? AND broker_order_id IS NOT NULL AND trade_id IN (
    SELECT trade_id FROM lots
    WHERE account_id = ? AND {among("instrument")} AND (open_qty > 0 OR opened_at > ?)
    UNION
    SELECT trade_id FROM allocations
    WHERE account_id = ? AND {among("instrument")} AND "at" > ?
)
"""  # noqa: S608 (a constant)


def orders_stirred(
    tx: Tx, account_id: str, instruments: Collection[str], since: Instant
) -> set[str]:  # fmt: skip
    """Orders of these instruments made, filled or moved by a closing after an instant, and those
    whose trades hold something; also those never read, of any instrument, whose fills are known."""
    params = [account_id, list(instruments), since]
    found = tx.rows(
        _STIRRED, [*params, *params, account_id, since, account_id, *params, *params]
    )
    return {row[0] for row in found}


_CONCERNED = f"""
SELECT trade_id FROM trade_rows WHERE account_id = ? AND {among("broker_order_id")}
UNION
SELECT trade_id FROM trade_rows WHERE account_id = ? AND {among("client_order_id")}
UNION
SELECT trade_id FROM lots
WHERE account_id = ? AND {among("instrument")} AND (open_qty > 0 OR opened_at > ?)
UNION
SELECT trade_id FROM allocations WHERE account_id = ? AND {among("instrument")} AND "at" > ?
"""  # noqa: S608 (a constant)


def trades_concerned(
    tx: Tx,
    account_id: str,
    instruments: Collection[str],
    since: Instant,
    *,
    order_ids: Collection[str],
    client_order_ids: Collection[str],
) -> list[str]:
    """Ids of the trades these orders began, that hold something, or that moved since."""
    params = [account_id, list(instruments), since]
    found = tx.rows(
        _CONCERNED,
        [account_id, list(order_ids), account_id, list(client_order_ids), *params, *params],
    )
    return [row[0] for row in found]


def closing_orders(tx: Tx, account_id: str, trade_ids: Collection[str]) -> set[str]:
    """The orders that closed something of these trades."""
    found = tx.rows(_CLOSING, [account_id, list(trade_ids)])
    return {row[0] for row in found}


_CLOSING = f"""
SELECT DISTINCT order_id FROM allocations
WHERE account_id = ? AND order_id IS NOT NULL AND {among("trade_id")}
"""  # noqa: S608 (a constant)


def stored_of(
    tx: Tx,
    account_id: str,
    instruments: Collection[str],
    since: Instant,
    *,
    trade_ids: Collection[str],
    order_ids: Collection[str],
) -> Conclusions:
    """What is concluded of these trades and orders, and the unmatched exits since an instant.

    Working exits are those of the whole instruments.
    """
    of_trades = (f"WHERE account_id = ? AND {among('trade_id')}", [account_id, list(trade_ids)])
    of_orders = [account_id, list(order_ids)]
    keys = [account_id, list(instruments)]
    return load_rows(
        tx,
        account_id,
        trades=of_trades,
        lots=of_trades,
        allocations=of_trades,
        provisional=(f"WHERE account_id = ? AND {among('order_id')}", of_orders),
        unmatched=(f'WHERE account_id = ? AND {among("instrument")} AND "at" > ?', [*keys, since]),
        working=(f"WHERE account_id = ? AND {among('instrument')}", keys),
        reviews=(f"WHERE account_id = ? AND {among('subject')}", of_orders),
    )


_BEARING = """
WHERE account_id = ? AND (day >= ? OR activity_type IN (SELECT unnest(?::VARCHAR[])))
    AND (symbol IS NULL OR replace(symbol, '/', '') IN (SELECT unnest(?::VARCHAR[])))
"""


def activities_bearing(
    tx: Tx, account_id: str, symbols: Collection[str], day: date, types: Collection[str]
) -> list[Activity]:
    """Activities that name one of these symbols (crypto without slash) or none: those from a day
    on, and of these types those of any day."""
    plain = [symbol.replace("/", "") for symbol in symbols]
    return ACTIVITIES.load(tx, _BEARING, [account_id, day, list(types), plain])


_ABOUT = f"WHERE account_id = ? AND ({among('broker_order_id')} OR {among('client_order_id')})"


def intents_about(tx: Tx, account_id: str, orders: Collection[Order]) -> list[Intent]:
    """Intents that sent these orders, oldest first."""
    ids = [order.order_id for order in orders]
    names = [order.client_order_id for order in orders if order.client_order_id]
    return INTENTS.load(tx, f"{_ABOUT} ORDER BY created_at, intent_id", [account_id, ids, names])
