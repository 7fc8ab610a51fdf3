"""Read-only questions about what happened: sync runs, changes of trades, open questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import rows_as, single
from tradesync.store.rows import among


@dataclass(frozen=True, slots=True)
class RunRow:
    """One recorded sync run; `error` is one sentence, None when all went well."""

    run_id: str
    trigger: str
    program: str
    started_at: Instant
    ended_at: Instant
    calls: int
    facts_added: int
    trades_added: int
    trades_changed: int
    error: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One changed field of one trade, as text, with the run that found it."""

    event_id: int
    trade_id: str
    symbol: str | None
    at: Instant
    field: str
    old: str | None
    new: str | None
    run_id: str
    trigger: str | None


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A lasting difference between our trades and the broker's position; quantities signed."""

    instrument: str
    kind: str
    symbol: str
    our_qty: Decimal
    broker_qty: Decimal
    opened_at: Instant
    ignored_until: date | None = None
    """The last New York day a decision leaves just this difference alone; None: none does."""
    decision_id: str | None = None
    """That decision."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision about drift that stands; quantities signed, price in USD per unit."""

    decision_id: str
    kind: str
    symbol: str
    our_qty: Decimal
    broker_qty: Decimal
    price: Decimal | None
    until: date | None
    created_at: Instant


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """An imported position: what the broker was seen to hold; `price` per unit in USD."""

    decision_id: str
    symbol: str
    qty: Decimal
    price: Decimal
    observed_at: Instant
    created_at: Instant


@dataclass(frozen=True, slots=True)
class UnmatchedRow:
    """An exit that no lot of ours explains."""

    source_id: str
    order_id: str | None
    symbol: str
    side: str
    qty: Decimal
    price: Decimal | None
    at: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """Something a person should look at."""

    review_id: str
    kind: str
    symbol: str | None
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class TroubledOrderRow:
    """An order the broker rejected, or no longer knows (`not_found_count` look-ups in a row)."""

    order_id: str
    symbol: str
    side: str
    status: str
    qty: Decimal | None
    notional: Decimal | None
    updated_at: Instant
    not_found_count: int
    trade_id: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class IntentRow:
    """A click of ours whose outcome is open, or that never became an order."""

    intent_id: str
    kind: str
    state: str
    symbol: str
    side: str
    qty: Decimal | None
    notional: Decimal | None
    created_at: Instant
    message: str
    trade_id: str | None
    order_type: str
    limit_price: Decimal | None
    time_in_force: str


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """A row of the broker that is not applied as it stands, and why (`reason`)."""

    kind: str
    identity: str
    reason: str
    seen_at: Instant


_RUNS = """
FROM sync_runs WHERE account_id = ? AND (NOT ? OR error IS NOT NULL)
ORDER BY started_at DESC, run_id LIMIT ? OFFSET ?
"""


def run_rows(
    tx: Tx, account_id: str, *, only_failed: bool, limit: int, offset: int = 0
) -> tuple[RunRow, ...]:
    """Recorded sync runs, newest first. Quiet runs that changed nothing are not recorded."""
    return rows_as(tx, RunRow, _RUNS, [account_id, only_failed, limit, offset])


def run_row(tx: Tx, account_id: str, run_id: str) -> RunRow | None:
    """One recorded run; None when there is none of that id (or it is long forgotten)."""
    found = rows_as(tx, RunRow, "FROM sync_runs WHERE account_id = ? AND run_id = ?",
                    [account_id, run_id])  # fmt: skip
    return found[0] if found else None


def run_count(tx: Tx, account_id: str, *, only_failed: bool) -> int:
    """How many recorded runs there are."""
    sql = "SELECT count(*) FROM sync_runs WHERE account_id = ? AND (NOT ? OR error IS NOT NULL)"
    return int(single(tx, sql, [account_id, only_failed])[0])


_NEWEST = "SELECT rowid FROM trade_events WHERE {where} ORDER BY event_id DESC LIMIT ?"
_LATELY = "event_id > (SELECT max(event_id) FROM trade_events) - ?"
_SPAN = 10
"""The newest events of an account are looked for among so many times as many of all accounts."""

_EVENTS = """
SELECT e.event_id, e.trade_id, e."at", e.field, e.old, e.new, e.run_id, r.trigger
FROM (SELECT * FROM trade_events WHERE rowid IN (SELECT unnest(?::BIGINT[]))) e
LEFT JOIN sync_runs r ON r.run_id = e.run_id
ORDER BY e.event_id DESC
"""
_SYMBOLS = f"SELECT trade_id, symbol FROM trade_rows WHERE account_id = ? AND {among('trade_id')}"  # noqa: S608 (a constant)


def event_rows(
    tx: Tx, account_id: str, *, run_id: str | None = None, trade_id: str | None = None, limit: int
) -> tuple[EventRow, ...]:
    """Changes of trades, newest first; of one run or one trade when asked."""
    asked = {"account_id": account_id, "run_id": run_id, "trade_id": trade_id}
    given = {name: value for name, value in asked.items() if value is not None}
    where, params = " AND ".join(f"{name} = ?" for name in given), list[object](given.values())
    found: list[tuple[int]] = []
    if len(given) == 1:
        lately = _NEWEST.format(where=f"{where} AND {_LATELY}")
        found = tx.rows(lately, [*params, _SPAN * limit, limit])
    if len(found) < limit:
        found = tx.rows(_NEWEST.format(where=where), [*params, limit])
    if not found:
        return ()
    rows = tx.rows(_EVENTS, [[place for (place,) in found]])
    trades = list({row[1] for row in rows})
    symbols: dict[str, str] = dict(tx.rows(_SYMBOLS, [account_id, trades]))
    return tuple(EventRow(row[0], row[1], symbols.get(row[1]), *row[2:]) for row in rows)


_DRIFT = """
FROM (
    SELECT d.*, r.until AS ignored_until, r.decision_id
    FROM drift d
    LEFT JOIN (
        SELECT * FROM resolutions
        WHERE account_id = $1 AND kind = 'ignore' AND revoked_at IS NULL AND until >= $2
        QUALIFY row_number() OVER (
            PARTITION BY instrument, broker_qty - our_qty ORDER BY until DESC, created_at DESC
        ) = 1
    ) r ON r.instrument = d.instrument AND r.broker_qty - r.our_qty = d.broker_qty - d.our_qty
    WHERE d.account_id = $1 AND d.closed_at IS NULL
)
ORDER BY opened_at, symbol
"""


def drift_rows(tx: Tx, account_id: str, today: date) -> tuple[DriftRow, ...]:
    """Differences that last, oldest first; those a decision leaves alone on the New York day
    `today` say until when. A difference of another size is a new question."""
    return rows_as(tx, DriftRow, _DRIFT, [account_id, today])


def decision_rows(tx: Tx, account_id: str) -> tuple[DecisionRow, ...]:
    """Decisions about drift that stand, newest first."""
    source = """
    FROM resolutions WHERE account_id = ? AND revoked_at IS NULL
    ORDER BY created_at DESC, decision_id
    """
    return rows_as(tx, DecisionRow, source, [account_id])


def imported_rows(tx: Tx, account_id: str) -> tuple[ImportedRow, ...]:
    """Imported positions that stand, newest first."""
    source = """
    FROM (
        SELECT *, coalesce(price_override, avg_price) AS price FROM opening_balances
        WHERE account_id = ? AND revoked_at IS NULL
    )
    ORDER BY created_at DESC, decision_id
    """
    return rows_as(tx, ImportedRow, source, [account_id])


def unmatched_rows(tx: Tx, account_id: str, limit: int) -> tuple[UnmatchedRow, ...]:
    """Unmatched exits, newest first."""
    source = 'FROM unmatched_exits WHERE account_id = ? ORDER BY "at" DESC, source_id LIMIT ?'
    return rows_as(tx, UnmatchedRow, source, [account_id, limit])


_REVIEWS = """
FROM (
    SELECT r.*, i.symbol FROM reviews r
    LEFT JOIN instruments i ON i.account_id = r.account_id AND i.key = r.instrument
    WHERE r.account_id = ?
)
ORDER BY kind, review_id LIMIT ?
"""


def review_rows(tx: Tx, account_id: str, limit: int) -> tuple[ReviewRow, ...]:
    """What a person should look at."""
    return rows_as(tx, ReviewRow, _REVIEWS, [account_id, limit])


_TROUBLED = """
FROM (
    SELECT o.*, coalesce(t.trade_id, w.trade_id) AS trade_id, t.close_reason AS reason
    FROM orders o
    LEFT JOIN trade_rows t ON t.account_id = o.account_id AND t.broker_order_id = o.order_id
    LEFT JOIN working_exits w ON w.account_id = o.account_id AND w.order_id = o.order_id
    WHERE o.account_id = ?
        AND (o.not_found_count >= 3 OR (o.status = 'rejected' AND o.updated_at >= ?))
)
ORDER BY updated_at DESC, order_id LIMIT ?
"""


def troubled_orders(
    tx: Tx, account_id: str, since: Instant, limit: int
) -> tuple[TroubledOrderRow, ...]:
    """Orders rejected since an instant, and all the broker does not know any more."""
    return rows_as(tx, TroubledOrderRow, _TROUBLED, [account_id, since, limit])


_INTENTS = """
FROM intents WHERE account_id = ?
    AND (state = 'unknown' OR (state IN ('written', 'sent') AND created_at < ?)
        OR (state IN ('not_sent', 'never_arrived') AND created_at >= ?))
ORDER BY created_at DESC, intent_id LIMIT ?
"""


def open_intents(
    tx: Tx, account_id: str, since: Instant, answered: Instant, limit: int
) -> tuple[IntentRow, ...]:
    """Clicks whose outcome is unknown, and those since an instant that never became an order.

    `answered`: who sent a click from before that, and noted no answer, is gone.
    """
    return rows_as(tx, IntentRow, _INTENTS, [account_id, answered, since, limit])


def set_aside_rows(tx: Tx, account_id: str, limit: int) -> tuple[SetAsideRow, ...]:
    """Rows of the broker that could not be read, newest first."""
    source = """
    FROM unreadable_rows WHERE account_id = ? ORDER BY seen_at DESC, kind, identity LIMIT ?
    """
    return rows_as(tx, SetAsideRow, source, [account_id, limit])
