"""Read-only questions about trades: filtered pages of them, and everything known of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import places, rows_as
from tradesync.store.rows import among


class Outcome(StrEnum):
    """How trades came out so far, floating P&L included while they are open."""

    WINNERS = "winners"
    LOSERS = "losers"
    UNKNOWN = "unknown"


class DayOf(StrEnum):
    """Which of a trade's days a range of days is about."""

    OPENED = "opened"
    CLOSED = "closed"


class TradeSort(StrEnum):
    """In which order a list of trades stands."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SYMBOL = "symbol"
    LARGEST = "largest"
    BEST = "best"
    WORST = "worst"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class TradeFilter:
    """Which trades a person wants to see; None and "" leave a question open.

    `since` and `until` bound the instant `day_of` names, the latter exclusive; `least` and
    `most` bound the P&L in USD, both inclusive: a trade whose P&L is unknown is in no range.
    """

    status: str | None = None
    symbol: str | None = None
    side: str | None = None
    source: str | None = None
    search: str = ""
    tag: str | None = None
    day_of: DayOf = DayOf.OPENED
    since: Instant | None = None
    until: Instant | None = None
    outcome: Outcome | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    sort: TradeSort = TradeSort.NEWEST
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One trade as the `trades` view shows it; money in USD, prices per unit."""

    trade_id: str
    instrument: str
    symbol: str
    asset_id: str | None
    asset_class: str
    side: str
    status: str
    close_reason: str | None
    source: str
    ordered_qty: Decimal | None
    qty: Decimal
    open_qty: Decimal
    entry_price: Decimal | None
    broker_fill_price: Decimal | None
    exit_price: Decimal | None
    current_price: Decimal | None
    price_at: Instant | None
    price_session: str | None
    market_value: Decimal | None
    floating_pnl: Decimal | None
    floating_pnl_pct: float | None
    realized_pnl: Decimal | None
    cost: Decimal
    open_cost: Decimal
    fees: Decimal
    order_status: str | None
    broker_order_id: str | None
    client_order_id: str | None
    ordered_at: Instant
    opened_at: Instant | None
    closed_at: Instant | None
    updated_at: Instant
    flags: list[str]
    not_at_broker: bool
    notes: str
    tags: list[str]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order that belongs to a trade; `role` is entry or exit."""

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    status: str
    order_type: str
    time_in_force: str
    qty: Decimal | None
    notional: Decimal | None
    filled_qty: Decimal
    filled_avg_price: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    submitted_at: Instant
    updated_at: Instant
    replaces: str | None
    replaced_by: str | None
    not_found_count: int
    trade_id: str
    role: str


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """One fill of a trade's orders; `provisional` until the broker's own row arrives."""

    execution_id: str
    order_id: str
    side: str
    qty: Decimal
    price: Decimal
    at: Instant
    provisional: bool
    price_is_average: bool


@dataclass(frozen=True, slots=True)
class LotRow:
    """What one execution (or transfer, or decision) opened of a trade; cost in USD."""

    lot_id: str
    source_kind: str
    source_id: str
    opened_at: Instant
    qty: Decimal
    cost: Decimal
    open_qty: Decimal
    open_cost: Decimal
    basis_known: bool


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """What an exit closed of a lot; `value` and `realized_pnl` None where a price is unknown."""

    allocation_id: str
    lot_id: str
    source_kind: str
    source_id: str
    order_id: str | None
    at: Instant
    qty: Decimal
    cost: Decimal
    value: Decimal | None
    realized_pnl: Decimal | None
    is_fee: bool
    overflow: bool


Accounts = str | tuple[str, ...]
"""The id of one account, or of several that are seen as one."""

_PNL = "CASE status WHEN 'open' THEN floating_pnl + coalesce(realized_pnl, 0) ELSE realized_pnl END"
_OUTCOMES = {
    Outcome.WINNERS: f"{_PNL} > 0",
    Outcome.LOSERS: f"{_PNL} < 0",
    Outcome.UNKNOWN: f"status IN ('open', 'closed') AND ({_PNL}) IS NULL",
}
_DAYS = {DayOf.OPENED: "coalesce(opened_at, ordered_at)", DayOf.CLOSED: "closed_at"}
_SORTS = {
    TradeSort.NEWEST: "coalesce(closed_at, opened_at, ordered_at) DESC",
    TradeSort.OLDEST: "coalesce(opened_at, ordered_at)",
    TradeSort.SYMBOL: "symbol, coalesce(opened_at, ordered_at) DESC",
    TradeSort.LARGEST: "abs(coalesce(market_value, cost)) DESC NULLS LAST",
    TradeSort.BEST: f"{_PNL} DESC NULLS LAST",
    TradeSort.WORST: f"{_PNL} ASC NULLS LAST",
    TradeSort.CHANGED: "updated_at DESC",
}
_OWN_COLUMNS = ("status", "symbol", "side", "source")
_SEARCHED = """(symbol ILIKE ? ESCAPE '!' OR notes ILIKE ? ESCAPE '!' OR trade_id ILIKE ? ESCAPE '!'
    OR broker_order_id ILIKE ? ESCAPE '!' OR client_order_id ILIKE ? ESCAPE '!'
    OR list_contains(tags, ?))"""


def _of(account_id: Accounts) -> tuple[str, Any]:
    """The condition that trades are of these accounts, with its parameter."""
    if isinstance(account_id, str):
        return "account = ?", account_id
    return among("account"), list(account_id)


def conditions(account_id: Accounts, wanted: TradeFilter) -> tuple[str, list[Any]]:
    """The filter as a condition on the `trades` view, with its parameters."""
    of_account, own = _of(account_id)
    clauses, params = [of_account], [own]
    for column in _OWN_COLUMNS:
        value = getattr(wanted, column)
        if value:
            clauses.append(f"{column} = ?")
            params.append(value)
    if wanted.outcome is not None:
        clauses.append(_OUTCOMES[wanted.outcome])
    for clause, bound in _bounds(wanted):
        if bound is not None:
            clauses.append(clause)
            params.append(bound)
    if text := wanted.search.strip():
        escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        clauses.append(_SEARCHED)
        params.extend([f"%{escaped}%"] * 5 + [text])
    return " AND ".join(clauses), params


def _bounds(wanted: TradeFilter) -> tuple[tuple[str, object], ...]:
    day = _DAYS[wanted.day_of]
    return (
        (f"{day} >= ?", wanted.since),
        (f"{day} < ?", wanted.until),
        (f"({_PNL}) >= ?", wanted.least),
        (f"({_PNL}) <= ?", wanted.most),
        ("list_contains(tags, ?)", wanted.tag),
    )


_NEEDS_MARKS_OR_NOTES = {TradeSort.LARGEST, TradeSort.BEST, TradeSort.WORST}
_PAGE = 200
"""Up to so many rows are found by few columns first."""


def is_plain(wanted: TradeFilter) -> bool:
    """Whether the filter asks for nothing that prices, drift or notes decide."""
    asked = (wanted.tag, wanted.outcome, wanted.least, wanted.most)
    return not wanted.search.strip() and all(each is None for each in asked)


PLAIN = "(SELECT account_id AS account, * FROM trade_rows)"
"""What a plain filter can be asked of: nothing is joined."""


def trade_rows(tx: Tx, account_id: Accounts, wanted: TradeFilter) -> tuple[TradeRow, ...]:
    """One page of the trades asked for."""
    where, params = conditions(account_id, wanted)
    order = f"ORDER BY {_SORTS[wanted.sort]}, trade_id"
    page = f"{where} {order} LIMIT ? OFFSET ?"
    params += [wanted.limit, wanted.offset]
    is_quick = is_plain(wanted) and wanted.sort not in _NEEDS_MARKS_OR_NOTES
    if not is_quick or wanted.limit > _PAGE:
        return rows_as(tx, TradeRow, f"FROM trades WHERE {page}", params)
    sql = f"SELECT trade_id, ordered_at FROM {PLAIN} WHERE {page}"  # noqa: S608 (words from our own types)
    found = tx.rows(sql, params)
    if not found:
        return ()
    times = [row[1] for row in found]
    of_account, own = _of(account_id)
    source = f"""
    FROM trades
    WHERE {of_account} AND {among("trade_id")} AND ordered_at BETWEEN ? AND ?
    {order}
    """
    ids = [row[0] for row in found]
    return rows_as(tx, TradeRow, source, [own, ids, min(times), max(times)])


def trade_row(tx: Tx, account_id: str, trade_id: str) -> TradeRow | None:
    """One trade; None when there is none of that id."""
    found = rows_as(
        tx, TradeRow, "FROM trades WHERE account = ? AND trade_id = ?", [account_id, trade_id]
    )
    return found[0] if found else None


_ORDERS = """
FROM (
    SELECT o.*, w.trade_id, w.role
    FROM (
        SELECT unnest($1::BIGINT[]) AS place, unnest($2::VARCHAR[]) AS trade_id,
            unnest($3::VARCHAR[]) AS role
    ) w
    JOIN orders o ON o.rowid = w.place
)
ORDER BY submitted_at, order_id
"""


def _orders(
    tx: Tx, account_id: str, named: Sequence[tuple[Any, ...]]
) -> tuple[OrderRow, ...]:
    """Orders named as (order id, trade id, role), oldest first; unread ones are left out."""
    if not named:
        return ()
    place = dict(places(tx, "orders", account_id, "order_id", [row[0] for row in named]))
    stored = [(place[row[0]], *row[1:]) for row in named if row[0] in place]
    params = [list(column) for column in zip(*stored, strict=True)] or [[], [], []]
    return rows_as(tx, OrderRow, _ORDERS, params)


_WORKING = """
SELECT order_id, trade_id, 'exit' FROM working_exits
WHERE account_id = ? AND list_contains(?, trade_id)
"""


def listed_orders(tx: Tx, account_id: str, trades: Sequence[TradeRow]) -> tuple[OrderRow, ...]:
    """The order each of some trades is known by, and their alive closing orders, oldest first."""
    entries = [(t.broker_order_id, t.trade_id, "entry") for t in trades if t.broker_order_id]
    exits = tx.rows(_WORKING, [account_id, [trade.trade_id for trade in trades]])
    return _orders(tx, account_id, [*entries, *exits])


_TRADE_ORDERS = """
WITH RECURSIVE mine AS MATERIALIZED (          -- who comes from whom; the others stand alone
    SELECT order_id, replaces, replaced_by, parent_id
    FROM orders WHERE account_id = $1 AND instrument = $2
        AND (replaces IS NOT NULL OR replaced_by IS NOT NULL OR parent_id IS NOT NULL)
),
entry(order_id) AS (
    SELECT $3::VARCHAR
    UNION
    SELECT m.order_id FROM mine m JOIN entry e
        ON m.replaces = e.order_id OR m.replaced_by = e.order_id
),
exits(order_id) AS (
    SELECT order_id FROM allocations
    WHERE account_id = $1 AND trade_id = $4 AND order_id IS NOT NULL
    UNION
    SELECT order_id FROM working_exits WHERE account_id = $1 AND trade_id = $4
    UNION
    SELECT m.order_id FROM mine m JOIN entry e ON m.parent_id = e.order_id
    UNION
    SELECT m.order_id FROM mine m JOIN exits x
        ON m.replaces = x.order_id OR m.replaced_by = x.order_id
)
SELECT order_id, $4, 'entry' FROM entry
UNION ALL
SELECT order_id, $4, 'exit' FROM exits WHERE order_id NOT IN (FROM entry)
"""


def orders_of_trade(tx: Tx, account_id: str, trade: TradeRow) -> tuple[OrderRow, ...]:
    """The opening chain of a trade and the orders that closed it or are to close it."""
    params = [account_id, trade.instrument, trade.broker_order_id or "", trade.trade_id]
    return _orders(tx, account_id, tx.rows(_TRADE_ORDERS, params))


_EXECUTIONS = """
FROM (
    SELECT execution_id, order_id, side, qty, price, "at",
        FALSE AS provisional, FALSE AS price_is_average
    FROM executions WHERE rowid IN (SELECT unnest($3::BIGINT[]))
    UNION ALL
    SELECT execution_id, order_id, side, qty, price, "at", provisional, price_is_average
    FROM provisional_executions
    WHERE account_id = $1 AND list_contains($2, order_id)
)
ORDER BY "at", order_id, execution_id
"""


def executions_of_orders(
    tx: Tx, account_id: str, order_ids: Sequence[str]
) -> tuple[ExecutionRow, ...]:
    """The fills of some orders, provisional ones included, oldest first."""
    found = [place for _, place in places(tx, "executions", account_id, "order_id", order_ids)]
    return rows_as(tx, ExecutionRow, _EXECUTIONS, [account_id, list(order_ids), found])


def lots_of_trade(tx: Tx, account_id: str, trade_id: str) -> tuple[LotRow, ...]:
    """The lots of a trade, oldest first."""
    source = "FROM lots WHERE account_id = ? AND trade_id = ? ORDER BY opened_at, lot_id"
    return rows_as(tx, LotRow, source, [account_id, trade_id])


def allocations_of_trade(tx: Tx, account_id: str, trade_id: str) -> tuple[AllocationRow, ...]:
    """What exits closed of a trade, oldest first."""
    source = 'FROM allocations WHERE account_id = ? AND trade_id = ? ORDER BY "at", allocation_id'
    return rows_as(tx, AllocationRow, source, [account_id, trade_id])
