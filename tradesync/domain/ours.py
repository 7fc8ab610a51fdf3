"""What is ours: intents (one click each), decisions of a person, and the ids that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid5

from tradesync.domain.times import Instant


class IntentKind(StrEnum):
    """What one click of ours asks the broker for."""

    OPEN = "open"
    CLOSE = "close"
    CANCEL = "cancel"
    REPLACE = "replace"


class IntentState(StrEnum):
    """How far an intent got. `unknown`: sent, answer lost; settled by a look-up."""

    WRITTEN = "written"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    NEVER_ARRIVED = "never_arrived"


@dataclass(frozen=True, slots=True)
class Intent:
    """One click (or command) of ours; written before the call it leads to."""

    intent_id: str
    kind: IntentKind
    state: IntentState
    client_order_id: str | None
    trade_id: str | None
    order_id: str | None
    """The broker order a cancel or replace is about."""
    instrument: str
    symbol: str
    asset_class: str
    side: str
    position_intent: str
    qty: Decimal | None
    notional: Decimal | None
    order_type: str
    time_in_force: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    extended_hours: bool
    created_at: Instant
    sent_at: Instant | None
    settled_at: Instant | None
    broker_order_id: str | None
    not_found_count: int
    message: str
    """The broker's refusal or our reason, in plain words; empty when all is well."""
    order_class: str = ""
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    take_profit: Decimal | None = None
    """The limit price of the exit that takes the profit."""
    stop_loss: Decimal | None = None
    """The stop price of the exit that limits the loss, and its limit price if it has one."""
    stop_loss_limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """A decision to accept what was observed: at T the broker held Q at average price P."""

    decision_id: str
    instrument: str
    symbol: str
    asset_class: str
    observed_at: Instant
    qty: Decimal
    avg_price: Decimal
    price_override: Decimal | None
    created_at: Instant


class ResolutionKind(StrEnum):
    """How a person reads a difference between our trades and the broker's position."""

    CLOSE = "close"
    SPLIT = "split"
    TRANSFER = "transfer"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Resolution:
    """A decision about drift: at T we held P and the broker Q of an instrument (signed)."""

    decision_id: str
    kind: ResolutionKind
    instrument: str
    symbol: str
    asset_class: str
    observed_at: Instant
    """By the broker's clock, like the times of executions."""
    our_qty: Decimal
    broker_qty: Decimal
    price: Decimal | None
    """Per unit in USD: what closing brought, or what was transferred cost; None: unknown."""
    until: date | None
    """The last day the difference is ignored."""
    created_at: Instant


_OPEN_PREFIX = "ts1-o-"
_CLOSE_PREFIX = "ts1-c-"


def open_client_order_id(intent_id: str) -> str:
    """The client order id of an opening order of ours."""
    return f"{_OPEN_PREFIX}{UUID(intent_id).hex}"


def close_client_order_id(intent_id: str, trade_id: str) -> str:
    """The client order id of an exit; it names its trade, so a lost database can recover it."""
    return f"{_CLOSE_PREFIX}{UUID(trade_id).hex}-{UUID(intent_id).hex}"


def is_ours(client_order_id: str) -> bool:
    """Whether an order was sent by this program."""
    return client_order_id.startswith((_OPEN_PREFIX, _CLOSE_PREFIX))


def opens_for_us(client_order_id: str) -> bool:
    """Whether the id is that of an opening order of ours."""
    return client_order_id.startswith(_OPEN_PREFIX)


def trade_named_by(client_order_id: str) -> str | None:
    """The trade an exit of ours names in its client order id; None when it names none."""
    if not client_order_id.startswith(_CLOSE_PREFIX):
        return None
    trade_hex = client_order_id[len(_CLOSE_PREFIX) :].partition("-")[0]
    try:
        return str(UUID(hex=trade_hex))
    except ValueError:
        return None


def derived_id(intent_id: str, name: str) -> str:
    """The intent id of one item of a command about many: the same click, the same ids."""
    return str(uuid5(UUID(intent_id), name))


def again_id(intent_id: str) -> str:
    """The id of the command that sends this one again."""
    return derived_id(intent_id, "again")
