"""Frames of the trade stream: which order rang, how much of it is filled, and amendments."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradesync.broker import fields
from tradesync.broker.parsing import UNREADABLE
from tradesync.domain.amendments import BUST, CORRECTION
from tradesync.domain.facts import Activity
from tradesync.domain.times import new_york_date

_FILLS = frozenset({"fill", "partial_fill"})
_AMENDMENTS = {"trade_bust": BUST, "trade_correct": CORRECTION}


@dataclass(frozen=True, slots=True)
class Update:
    """One frame. `order_id` None: it could not be read, so anything may have happened."""

    event: str
    order_id: str | None = None
    filled_qty: Decimal | None = None
    """Of the order, cumulative."""
    amendment: Activity | None = None
    """The bust or correction it states: the only fact a frame brings (design rule 11)."""

    @property
    def is_urgent(self) -> bool:
        """Whether it moves quantity or money."""
        return self.event in _FILLS or self.event in _AMENDMENTS


def parse_update(data: object) -> Update:
    """What a frame of `trade_updates` says; never fails (reference 5.2)."""
    if not isinstance(data, dict):
        return Update("")
    order = data.get("order")
    try:
        event = fields.text(data, "event")
        if not isinstance(order, dict):
            return Update(event)
        return Update(
            event=event,
            order_id=fields.optional_text(order, "id"),
            filled_qty=fields.optional_decimal(order, "filled_qty"),
            amendment=_amendment(event, data, order) if event in _AMENDMENTS else None,
        )
    except UNREADABLE:
        return Update("")


def _amendment(event: str, data: fields.Row, order: fields.Row) -> Activity:
    """A bust or correction as the activity the ledger takes.

    Its identity is the event's own id, else a digest of the frame: a frame that comes twice is
    one fact.
    """
    at = fields.optional_instant(data, "timestamp") or fields.instant(data, "at")
    stated = fields.optional_text(data, "event_id") or fields.identity(dict(data))
    return Activity(
        activity_id=f"stream:{stated}",
        activity_type=_AMENDMENTS[event],
        sub_type="",
        day=new_york_date(at),
        symbol=fields.optional_text(order, "symbol"),
        qty=fields.optional_decimal(data, "qty"),
        price=fields.optional_decimal(data, "price"),
        net_amount=None,
        per_share_amount=None,
        group_id=None,
        order_id=fields.optional_text(order, "id"),
        status="executed",
        description=fields.text(data, "previous_execution_id"),
        created_at=at,
        raw=fields.canonical_json(data),
    )
