"""Rows set aside as unreadable, read again by a newer version (design rule 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tradesync.broker.parsing import parse_activities, parse_orders, parse_positions
from tradesync.broker.replies import read_json
from tradesync.domain.facts import Order, UnreadableRow
from tradesync.domain.times import Instant
from tradesync.sync.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What the readable ones among some rows say, and which they are."""

    snapshot: Snapshot
    settled: tuple[UnreadableRow, ...]


def read_again(
    rows: Iterable[UnreadableRow],
    orders: Mapping[str, Order],
    stored_ids: Collection[str],
    at: Instant,
) -> ReadAgain:
    """Read rows from their text; `orders` by id and the fact ids `stored_ids` are on record.

    An execution or activity that came readable meanwhile is settled by that. An order that
    contradicts the one on record stays aside.
    """
    snapshot = Snapshot(at)
    settled = [
        row for row in rows if row.identity in stored_ids or _is_read(row, orders, snapshot)
    ]
    return ReadAgain(snapshot, tuple(settled))


def _is_read(row: UnreadableRow, orders: Mapping[str, Order], into: Snapshot) -> bool:
    """Whether a row can be read; what it says is added to the snapshot."""
    try:
        content = [read_json(row.raw.encode())]
    except ValueError:  # no sync may fail because of what was set aside
        return False
    if row.kind == "order":
        return _is_order_read(row, content, orders, into)
    if row.kind == "position":  # read anew by every sync: what this one said is long over
        return not parse_positions(content).unreadable
    executions, activities, aside = parse_activities(content)
    into.executions |= {item.execution_id: item for item in executions}
    into.activities |= {item.activity_id: item for item in activities}
    return not aside


def _is_order_read(
    row: UnreadableRow, content: list[object], orders: Mapping[str, Order], into: Snapshot
) -> bool:
    parsed = parse_orders(content, read_at=0)  # whatever was read since is later
    order = next((item for item in parsed.items if item.order_id == row.identity), None)
    if order is None:
        return False
    known = orders.get(order.order_id, order)
    if known.client_order_id != order.client_order_id:
        return False
    into.orders[order.order_id] = order
    into.instruments |= {item.key: item for item in parsed.instruments}
    return True
