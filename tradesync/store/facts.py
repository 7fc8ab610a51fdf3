"""What the broker stated: orders (latest snapshot), executions and activities (kept once)."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from hashlib import md5
from typing import TypeVar

from tradesync.domain.facts import (
    TERMINAL_STATUSES,
    Activity,
    CoinShortfall,
    Execution,
    FactConflict,
    Instrument,
    Order,
    UnreadableRow,
)
from tradesync.domain.times import Instant, new_york_date
from tradesync.store.database import Tx
from tradesync.store.errors import unknown_account
from tradesync.store.rows import Table, among

Fact = TypeVar("Fact", Execution, Activity)

_INSTRUMENTS = Table("instruments", Instrument, "key")
ORDERS = Table("orders", Order, "order_id", keeps=("parent_id", "group_id", "group_role"))
EXECUTIONS = Table(
    "executions", Execution, "execution_id", without=("provisional", "price_is_average")
)
ACTIVITIES = Table("activities", Activity, "activity_id")
_CONFLICTS = Table(
    "fact_conflicts",
    FactConflict,
    "identity",
    conflict=("account_id", "kind", "identity", "raw"),
)
_UNREADABLE = Table(
    "unreadable_rows", UnreadableRow, "identity", conflict=("account_id", "kind", "identity")
)
_SHORTFALLS = Table("coin_shortfalls", CoinShortfall, "instrument")

_ENDED = sorted(TERMINAL_STATUSES)
_NOT_ENDED = "NOT list_contains(?::VARCHAR[], status)"


def save_instruments(tx: Tx, account_id: str, rows: Iterable[Instrument]) -> None:
    """Store instruments; those known as they are cost no write."""
    _INSTRUMENTS.upsert_changed(tx, account_id, rows)


def load_instruments(tx: Tx, account_id: str) -> list[Instrument]:
    """All instruments the account ever met."""
    return _INSTRUMENTS.load(tx, "WHERE account_id = ?", [account_id])


_FORMER_SYMBOLS = """
SELECT DISTINCT o.instrument, o.symbol, i.asset_id, o.asset_class
FROM orders o JOIN instruments i ON i.account_id = o.account_id AND i.key = o.instrument
WHERE o.account_id = ? AND o.symbol <> i.symbol
"""


def load_former_symbols(tx: Tx, account_id: str) -> list[Instrument]:
    """Instruments that were renamed, under each other symbol their orders were sent with."""
    return [Instrument(*row) for row in tx.rows(_FORMER_SYMBOLS, [account_id])]


def save_orders(tx: Tx, account_id: str, rows: Iterable[Order]) -> None:
    """Overwrite the snapshots of orders (the caller has decided that these are later).

    Known leg links are kept where a snapshot has none; the not-found count starts anew.
    """
    saved = ORDERS.upsert(tx, rows, account_id=account_id, not_found_count=0)
    if saved and tx.one(_ANY_UNPLACED, [account_id]) is not None:
        _place_executions(tx, account_id)


def load_orders(
    tx: Tx,
    account_id: str,
    instruments: Collection[str] | None = None,
    order_ids: Collection[str] | None = None,
) -> list[Order]:
    """Orders of the account, of these instruments and of these ids, as far as given."""
    where, params = "WHERE account_id = ?", list[object]([account_id])
    for column, wanted in (("instrument", instruments), ("order_id", order_ids)):
        if wanted is not None:
            where += f" AND {among(column)}"
            params.append(list(wanted))
    return ORDERS.load(tx, where, params)


def alive_orders(tx: Tx, account_id: str) -> list[Order]:
    """Orders that have not ended, those of unknown status with them."""
    return ORDERS.load(tx, f"WHERE account_id = ? AND {_NOT_ENDED}", [account_id, _ENDED])


def recent_order_texts(tx: Tx, account_id: str, since: Instant) -> dict[str, str]:
    """Raw text, by order id, of orders alive or submitted or changed since a time.

    Those whose last look-up found nothing are left out: seeing one again is news.
    """
    return dict(tx.rows(_RECENT_TEXTS, [account_id, since, since, _ENDED]))


_RECENT_TEXTS = f"""
SELECT order_id, raw FROM orders
WHERE account_id = ? AND not_found_count = 0
AND (submitted_at >= ? OR updated_at >= ? OR {_NOT_ENDED})
"""  # noqa: S608 (a constant)


def bump_not_found(tx: Tx, account_id: str, order_ids: Collection[str]) -> dict[str, int]:
    """Count one more look-up of each that found nothing; all counts above zero by order id."""
    tx.execute(_BUMP_NOT_FOUND, [account_id, list(order_ids)])
    return not_found_counts(tx, account_id)


_BUMP_NOT_FOUND = """
UPDATE orders SET not_found_count = not_found_count + 1
WHERE account_id = ? AND order_id IN (SELECT unnest(?::VARCHAR[]))
"""


def reset_not_found(tx: Tx, account_id: str, order_ids: Collection[str]) -> None:
    """The broker knows these orders: forget the look-ups that found nothing."""
    tx.execute(_RESET_NOT_FOUND, [account_id, list(order_ids)])


_RESET_NOT_FOUND = """
UPDATE orders SET not_found_count = 0
WHERE account_id = ? AND order_id IN (SELECT unnest(?::VARCHAR[])) AND not_found_count > 0
"""


def not_found_counts(tx: Tx, account_id: str) -> dict[str, int]:
    """Look-ups in a row that found nothing, by order id, where there were any."""
    return dict(tx.rows(_NOT_FOUND_COUNTS, [account_id]))


_NOT_FOUND_COUNTS = """
SELECT order_id, not_found_count FROM orders WHERE account_id = ? AND not_found_count > 0
"""


def add_executions(tx: Tx, account_id: str, rows: Iterable[Execution]) -> int:
    """Append executions not stored yet; how many. Other data under a known id is a conflict."""
    added = _add(tx, account_id, EXECUTIONS, "execution", rows)
    if added:
        _place_executions(tx, account_id)
    return added


def load_executions(
    tx: Tx, account_id: str, instruments: Collection[str] | None = None
) -> list[Execution]:
    """Executions of the account, or of these instruments: of their orders, or, where the order
    is not known, of their symbols."""
    if instruments is None:
        return EXECUTIONS.load(tx, "WHERE account_id = ?", [account_id])
    keys = list(instruments)
    return EXECUTIONS.load(tx, _EXECUTIONS_OF, [account_id, keys, account_id, keys, keys])


_SYMBOLS = """(
    SELECT replace(symbol, '/', '') FROM instruments
    WHERE account_id = ? AND key IN (SELECT unnest(?::VARCHAR[]))
    UNION ALL SELECT replace(unnest(?::VARCHAR[]), '/', '')
)"""
"""Symbols of instruments, crypto without its slash; a key may be the symbol itself."""

_EXECUTIONS_OF = f"""
WHERE account_id = ? AND (
    instrument IN (SELECT unnest(?::VARCHAR[]))
    OR (instrument IS NULL AND replace(symbol, '/', '') IN {_SYMBOLS})
)"""


def text_digest(raw: str) -> str:
    """What stands for a row's text where only its change matters; as DuckDB's md5 makes it."""
    return md5(raw.encode(), usedforsecurity=False).hexdigest()


def execution_digests(tx: Tx, account_id: str, since: Instant) -> dict[str, str]:
    """Digests of the texts, by id, of the executions stored that happened since a time."""
    sql = 'SELECT execution_id, md5(raw) FROM executions WHERE account_id = ? AND "at" >= ?'
    return dict(tx.rows(sql, [account_id, since]))


def add_activities(tx: Tx, account_id: str, rows: Iterable[Activity]) -> int:
    """Append activities not stored yet; how many. Other data under a known id is a conflict."""
    return _add(tx, account_id, ACTIVITIES, "activity", rows)


def load_activities(
    tx: Tx, account_id: str, instruments: Collection[str] | None = None
) -> list[Activity]:
    """Activities of the account, or those that name one of these instruments' symbols or none."""
    if instruments is None:
        return ACTIVITIES.load(tx, "WHERE account_id = ?", [account_id])
    keys = list(instruments)
    return ACTIVITIES.load(tx, _ACTIVITIES_OF, [account_id, account_id, keys, keys])


_ACTIVITIES_OF = f"""
WHERE account_id = ? AND (symbol IS NULL OR replace(symbol, '/', '') IN {_SYMBOLS})
"""


def activities_of_types(tx: Tx, account_id: str, types: Collection[str]) -> list[Activity]:
    """Activities of the account of these types."""
    where = f"WHERE account_id = ? AND {among('activity_type')}"
    return ACTIVITIES.load(tx, where, [account_id, list(types)])


def activities_named(tx: Tx, account_id: str, names: Collection[str]) -> list[Activity]:
    """Activities by id or, of `time::uuid`, by its uuid half."""
    wanted = list(names)
    return ACTIVITIES.load(tx, _NAMED, [account_id, wanted, wanted]) if wanted else []


_NAMED = """
WHERE account_id = ? AND (
    activity_id IN (SELECT unnest(?::VARCHAR[]))
    OR split_part(activity_id, '::', 2) IN (SELECT unnest(?::VARCHAR[]))
)"""


def activity_digests(tx: Tx, account_id: str, since: Instant) -> dict[str, str]:
    """Digests, by id, of the activities stored that were created, or are dated, since a time."""
    return dict(tx.rows(_ACTIVITY_DIGESTS, [account_id, since, new_york_date(since)]))


_ACTIVITY_DIGESTS = """
SELECT activity_id, md5(raw) FROM activities
WHERE account_id = ? AND (created_at >= ? OR day >= ?)
"""


def new_conflicts(
    tx: Tx, account_id: str, executions: Iterable[Execution], activities: Iterable[Activity]
) -> tuple[FactConflict, ...]:
    """What of these is stored with other data, and not noted as a conflict yet (F05)."""
    found = [
        *_conflicts(tx, account_id, EXECUTIONS, "execution", executions),
        *_conflicts(tx, account_id, ACTIVITIES, "activity", activities),
    ]
    if not found:
        return ()
    noted = {(row.kind, row.identity, row.raw) for row in fact_conflicts(tx, account_id)}
    return tuple(row for row in found if (row.kind, row.identity, row.raw) not in noted)


def add_conflicts(tx: Tx, account_id: str, rows: Iterable[FactConflict]) -> None:
    """Note what came again with other data; the same again is not noted twice."""
    _CONFLICTS.insert(tx, rows, account_id=account_id)


def fact_conflicts(tx: Tx, account_id: str) -> list[FactConflict]:
    """What came again under a known identity with other data."""
    return _CONFLICTS.load(tx, "WHERE account_id = ? ORDER BY seen_at, identity", [account_id])


def set_aside(tx: Tx, account_id: str, rows: Iterable[UnreadableRow], seen_at: Instant) -> None:
    """Keep rows nobody could read; those set aside already cost no write."""
    _UNREADABLE.upsert_changed(tx, account_id, rows, seen_at=seen_at)


def clear_set_aside(tx: Tx, account_id: str, rows: Iterable[UnreadableRow]) -> None:
    """Drop rows that have been read after all."""
    for row in rows:
        tx.execute(_CLEAR_SET_ASIDE, [account_id, row.kind, row.identity])


_CLEAR_SET_ASIDE = """
DELETE FROM unreadable_rows WHERE account_id = ? AND kind = ? AND identity = ?
"""


def load_set_aside(tx: Tx, account_id: str) -> list[UnreadableRow]:
    """The rows nobody could read yet."""
    return _UNREADABLE.load(tx, "WHERE account_id = ? ORDER BY kind, identity", [account_id])


def save_coin_shortfalls(tx: Tx, account_id: str, rows: Iterable[CoinShortfall]) -> int:
    """Store what these coins lacked at a settled read; a quantity that stands keeps its time."""
    wanted = list(rows)
    if not wanted:
        return 0
    stored = {row.instrument: row for row in load_coin_shortfalls(tx, account_id)}
    moved = [
        row for row in wanted
        if row.instrument not in stored or stored[row.instrument].qty != row.qty
    ]  # fmt: skip
    return _SHORTFALLS.put_changed(tx, moved, stored, account_id=account_id)


def load_coin_shortfalls(tx: Tx, account_id: str) -> list[CoinShortfall]:
    """What each coin lacked at its latest settled read."""
    return _SHORTFALLS.load(tx, "WHERE account_id = ? ORDER BY instrument", [account_id])


def bump_revision(tx: Tx, account_id: str) -> None:
    """Note that facts, intents or decisions changed."""
    sql = "UPDATE accounts SET revision = revision + 1 WHERE account_id = ?"
    if not tx.execute(sql, [account_id]):
        raise unknown_account(account_id)


def revision(tx: Tx, account_id: str) -> int:
    """The account's revision; StoreError when the account is not bound yet."""
    row = tx.one("SELECT revision FROM accounts WHERE account_id = ?", [account_id])
    if row is None:
        raise unknown_account(account_id)
    return int(row[0])


def _add(tx: Tx, account_id: str, table: Table[Fact], kind: str, rows: Iterable[Fact]) -> int:
    """Insert what is new; note what says something else than the stored fact, text aside."""
    seen = list(rows)
    first = {table.identity(row): row for row in reversed(seen)}
    added = table.insert(tx, first.values(), account_id=account_id)
    if added < len(seen):
        add_conflicts(tx, account_id, _conflicts(tx, account_id, table, kind, seen))
    return added


def _conflicts(
    tx: Tx, account_id: str, table: Table[Fact], kind: str, rows: Iterable[Fact]
) -> list[FactConflict]:
    """The rows that say something else than the stored fact of their id, text aside."""
    seen = list(rows)
    if not seen:
        return []
    stored = {
        table.identity(row): replace(row, raw="")
        for row in table.load_ids(tx, account_id, map(table.identity, seen))
    }
    return [
        FactConflict(kind, table.identity(row), row.raw, time.time_ns())
        for row in seen
        if (said := replace(row, raw="")) != stored.get(table.identity(row), said)
    ]


def _place_executions(tx: Tx, account_id: str) -> None:
    """Give executions that had none the instrument of their order, now that it is stored."""
    tx.execute(_PLACE_EXECUTIONS, [account_id])


_ANY_UNPLACED = "SELECT 1 FROM executions WHERE account_id = ? AND instrument IS NULL LIMIT 1"
_PLACE_EXECUTIONS = """
UPDATE executions SET instrument = o.instrument FROM orders o
WHERE executions.account_id = ? AND executions.instrument IS NULL
    AND o.account_id = executions.account_id AND o.order_id = executions.order_id
"""
