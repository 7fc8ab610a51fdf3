"""Read-only questions about orders: pages of families, and everything known of one.

A family is an order with its replacements and its legs, shown as one under its head: the first
order, which hangs under none and replaces none (or one that was never read).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pyarrow as pa

from tradesync.domain.facts import TERMINAL_STATUSES
from tradesync.domain.times import Instant
from tradesync.store.arrow import table_as
from tradesync.store.database import Tx
from tradesync.store.queries import places, rows_as


class OrdersShown(StrEnum):
    """Which families a list is about."""

    WORKING = "working"
    """Some order of it has not ended."""
    DONE = "done"
    REJECTED = "rejected"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which families a person wants to see, by their heads; None and "" leave a question open.

    `search`: a part of the symbol, or the beginning of an id of any order in the family.
    `since` and `until` bound the submission, the latter exclusive.
    """

    shown: OrdersShown = OrdersShown.WORKING
    symbol: str | None = None
    side: str | None = None
    order_type: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    search: str = ""
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class FamilyOrderRow:
    """One order as last read, with the head of its family."""

    head_id: str
    order_id: str
    client_order_id: str
    instrument: str
    symbol: str
    asset_class: str
    side: str
    status: str
    order_type: str
    time_in_force: str
    order_class: str
    position_intent: str
    qty: Decimal | None
    notional: Decimal | None
    filled_qty: Decimal
    filled_avg_price: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail_price: Decimal | None
    trail_percent: Decimal | None
    extended_hours: bool
    submitted_at: Instant
    updated_at: Instant
    filled_at: Instant | None
    canceled_at: Instant | None
    expired_at: Instant | None
    failed_at: Instant | None
    replaces: str | None
    replaced_by: str | None
    parent_id: str | None
    group_role: str | None
    not_found_count: int


@dataclass(frozen=True, slots=True)
class FillRow:
    """One execution of an order; `provisional` until the broker's own row arrives."""

    order_id: str
    execution_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    at: Instant
    provisional: bool


_EVERY = 2**31
_ENDED = ", ".join(f"'{status}'" for status in sorted(TERMINAL_STATUSES))

_LINKS = """
links AS MATERIALIZED (
    SELECT order_id AS child, parent_id AS parent FROM orders
    WHERE account_id = $1 AND parent_id IS NOT NULL
    UNION ALL
    SELECT order_id, replaces FROM orders WHERE account_id = $1 AND replaces IS NOT NULL
)
"""
"""Which order comes from which: a leg from its entry, a successor from what it replaced."""

_OF_HEADS = "order_id, submitted_at, status, symbol, side, order_type, place"
_ORDERS = "(SELECT *, rowid AS place FROM orders)"
_ALIVE = f"""
WITH RECURSIVE {_LINKS},
alive(order_id) AS (                           -- not ended, and all these come from
    SELECT order_id FROM orders WHERE account_id = $1 AND status NOT IN ({_ENDED})
    UNION
    SELECT l.parent FROM alive a JOIN links l ON l.child = a.order_id
) FROM alive
"""  # noqa: S608 (words from our own types)

_FAMILIES = f"""
WITH RECURSIVE {_LINKS},
successors AS MATERIALIZED (
    SELECT {_OF_HEADS}, replaces FROM {_ORDERS}
    WHERE account_id = $1 AND parent_id IS NULL AND replaces IS NOT NULL
),
orphans AS MATERIALIZED (                      -- what they replaced was never read
    SELECT {_OF_HEADS} FROM successors WHERE replaces NOT IN (
        SELECT order_id FROM orders
        WHERE account_id = $1 AND order_id IN (SELECT replaces FROM successors)
    )
),
heads AS (
    SELECT {_OF_HEADS} FROM {_ORDERS}
    WHERE account_id = $1 AND parent_id IS NULL AND replaces IS NULL
    UNION ALL
    FROM orphans
)
"""  # noqa: S608 (words from our own types)
_NAMED = """,
named(order_id) AS (
    SELECT order_id FROM orders
    WHERE account_id = $1 AND (starts_with(order_id, $2) OR starts_with(client_order_id, $2))
    UNION
    SELECT l.parent FROM named n JOIN links l ON l.child = n.order_id
)
"""
_SHOWN = {
    OrdersShown.WORKING: "o.order_id IN (SELECT order_id FROM working)",
    OrdersShown.DONE: "o.order_id NOT IN (SELECT order_id FROM working)",
    OrdersShown.REJECTED: "o.status = 'rejected'",
    OrdersShown.ALL: "TRUE",
}


def _questions(account_id: str, wanted: OrderFilter) -> tuple[str, list[Any]]:
    """The condition on heads, with its parameters numbered from $1."""
    text = wanted.search.strip().lower()
    clauses, params = ["TRUE"], list[Any]([account_id])

    def ask(clause: str, value: object) -> None:
        params.append(value)
        clauses.append(clause.replace("?", f"${len(params)}"))

    if text:  # its parameter is $2
        ask("(o.order_id IN (SELECT order_id FROM named) OR contains(lower(o.symbol), ?))", text)
    for column in ("symbol", "side", "order_type"):
        if value := getattr(wanted, column):
            ask(f"o.{column} = ?", value)
    if wanted.since is not None:
        ask("o.submitted_at >= ?", wanted.since)
    if wanted.until is not None:
        ask("o.submitted_at < ?", wanted.until)
    return " AND ".join(clauses), params


@dataclass(frozen=True, slots=True)
class FamilyPage:
    """The heads of one page of families, newest first, and how many there are of each kind."""

    heads: Mapping[str, int]
    """Where each head stands in the table, by its id."""
    counts: dict[OrdersShown, int]


def family_page(tx: Tx, account_id: str, wanted: OrderFilter) -> FamilyPage:
    """One page of the families asked for; the counts answer the filter's other questions."""
    where, params = _questions(account_id, wanted)
    sql = f"""
        {_FAMILIES} {_NAMED if wanted.search.strip() else ""},
        working AS MATERIALIZED (
            SELECT o.order_id FROM heads o
            WHERE o.order_id IN (SELECT unnest(${len(params) + 3}::VARCHAR[])) AND {where}
        ),
        counts AS (
            SELECT count(*) AS found, count(*) FILTER (o.status = 'rejected') AS rejected,
                (SELECT count(*) FROM working) AS working
            FROM heads o WHERE {where}
        )
        SELECT h.order_id, h.place, c.working, c.rejected, c.found FROM counts c
        LEFT JOIN (
            SELECT o.order_id, o.submitted_at, o.place FROM heads o
            WHERE {where} AND {_SHOWN[wanted.shown]}
            ORDER BY o.submitted_at DESC, o.order_id
            LIMIT ${len(params) + 1} OFFSET ${len(params) + 2}
        ) h ON TRUE
        ORDER BY h.submitted_at DESC, h.order_id
    """  # noqa: S608 (words from our own types)
    alive = [row[0] for row in tx.rows(_ALIVE, [account_id])]  # few: the plan needs to know
    rows = tx.rows(sql, [*params, wanted.limit, wanted.offset, alive])
    _, _, working, rejected, found = rows[0]
    return FamilyPage(
        heads={str(row[0]): int(row[1]) for row in rows if row[0] is not None},
        counts={
            OrdersShown.WORKING: working,
            OrdersShown.DONE: found - working,
            OrdersShown.REJECTED: rejected,
            OrdersShown.ALL: found,
        },
    )


_FAMILY_IDS = f"""
WITH RECURSIVE {_LINKS},
family(order_id, head_id) AS (
    SELECT unnest($2::VARCHAR[]), unnest($2::VARCHAR[])
    UNION
    SELECT l.child, f.head_id FROM family f JOIN links l ON l.parent = f.order_id
)
FROM family
"""  # noqa: S608 (words from our own types)

_MEMBERS = """
FROM (
    SELECT f.head_id, o.*
    FROM (SELECT unnest($1::BIGINT[]) AS place, unnest($2::VARCHAR[]) AS head_id) f
    JOIN orders o ON o.rowid = f.place
)
ORDER BY head_id, submitted_at, order_id
"""


def _members(tx: Tx, account_id: str, heads: Mapping[str, int | None]) -> list[Any]:
    """The parameters of _MEMBERS: who belongs to which head is found among the links first."""
    named = tx.rows(_FAMILY_IDS, [account_id, list(heads)])
    place = {name: found for name, found in heads.items() if found is not None}
    others = [order_id for order_id, _ in named if order_id not in place]
    if others:
        place |= dict(places(tx, "orders", account_id, "order_id", others))
    stored = [(place[order_id], head_id) for order_id, head_id in named if order_id in place]
    return [[row[0] for row in stored], [row[1] for row in stored]]


def family_orders(
    tx: Tx, account_id: str, heads: Mapping[str, int | None]
) -> tuple[FamilyOrderRow, ...]:
    """All orders of some families, each family's oldest first. `heads`: where each stands in the
    table (None: not known), by its id."""
    if not heads:
        return ()
    return rows_as(tx, FamilyOrderRow, _MEMBERS, _members(tx, account_id, heads))


def orders_table(tx: Tx, account_id: str, wanted: OrderFilter) -> pa.Table:
    """All orders of all families a filter asks for, on whatever page they stand."""
    heads = family_page(tx, account_id, replace(wanted, limit=_EVERY, offset=0)).heads
    return table_as(tx, FamilyOrderRow, _MEMBERS, _members(tx, account_id, heads))


_HEAD_OF = f"""
WITH RECURSIVE {_LINKS},
up(order_id, steps) AS (
    SELECT order_id, 0 FROM orders WHERE account_id = $1 AND order_id = $2
    UNION
    SELECT o.order_id, u.steps + 1 FROM up u JOIN links l ON l.child = u.order_id
    JOIN orders o ON o.account_id = $1 AND o.order_id = l.parent
    WHERE u.steps < 1000
)
SELECT order_id FROM up ORDER BY steps DESC LIMIT 1
"""  # noqa: S608 (words from our own types)


def head_of(tx: Tx, account_id: str, order_id: str) -> str | None:
    """The head of the family an order belongs to; None when there is no such order."""
    row = tx.one(_HEAD_OF, [account_id, order_id])
    return None if row is None else str(row[0])


_FILLS = """
FROM (
    SELECT order_id, execution_id, symbol, side, qty, price, "at", FALSE AS provisional
    FROM executions WHERE rowid IN (SELECT unnest($3::BIGINT[]))
    UNION ALL
    SELECT order_id, execution_id, symbol, side, qty, price, "at", provisional
    FROM provisional_executions
    WHERE account_id = $1 AND order_id IN (SELECT unnest($2::VARCHAR[]))
)
ORDER BY "at", order_id, execution_id
"""


def fills_of_orders(tx: Tx, account_id: str, order_ids: Sequence[str]) -> tuple[FillRow, ...]:
    """The executions of some orders, provisional ones included, oldest first."""
    found = [place for _, place in places(tx, "executions", account_id, "order_id", order_ids)]
    return rows_as(tx, FillRow, _FILLS, [account_id, list(order_ids), found])


_TRADES = """
WITH asked(order_id) AS (SELECT unnest($2::VARCHAR[]))
SELECT order_id, any_value(trade_id) FROM (
    SELECT broker_order_id AS order_id, trade_id FROM trade_rows
    WHERE account_id = $1 AND broker_order_id IN (FROM asked)
    UNION ALL
    SELECT order_id, trade_id FROM working_exits
    WHERE account_id = $1 AND trade_id IS NOT NULL AND order_id IN (FROM asked)
    UNION ALL
    SELECT order_id, trade_id FROM allocations
    WHERE account_id = $1 AND order_id IN (FROM asked)
)
GROUP BY order_id
"""


def trades_of_orders(tx: Tx, account_id: str, order_ids: Sequence[str]) -> dict[str, str]:
    """Order id → the trade it opened, is to close or closed; orders of none are left out."""
    found = tx.rows(_TRADES, [account_id, list(order_ids)])
    return {str(order_id): str(trade_id) for order_id, trade_id in found}


_UNKNOWN = """
SELECT order_id FROM orders WHERE account_id = $1 AND not_found_count >= 3
ORDER BY updated_at DESC, order_id LIMIT $2
"""


def unknown_order_ids(tx: Tx, account_id: str, limit: int) -> tuple[str, ...]:
    """Orders the broker does not know any more (design rule 3), newest first."""
    return tuple(str(row[0]) for row in tx.rows(_UNKNOWN, [account_id, limit]))
