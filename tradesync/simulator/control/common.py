"""What all control actions share: their bodies, and the account or order they name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.engine import KEY
from tradesync.simulator.errors import NOT_FOUND, ApiError, invalid
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.records import Order
from tradesync.simulator.wire import decimal_field

Body = dict[str, Any]
Action = Callable[[Broker, Body], Any]


def chosen_ledger(broker: Broker, body: Body) -> Ledger:
    """The account `body` names; the one behind the well-known keys if it names none."""
    wanted = body.get("account") or KEY
    for ledger in broker.ledgers.values():
        kept = ledger.account
        if kept.key and wanted in {kept.name, kept.key, kept.id}:
            return ledger
    raise ApiError(404, NOT_FOUND, f"account not found for {wanted}")


def named_order(broker: Broker, body: Body) -> tuple[Ledger, Order]:
    """The order named by `order_id`, looked for in every account."""
    wanted = str(body.get("order_id") or "")
    for ledger in broker.ledgers.values():
        if wanted in ledger.orders:
            return ledger, ledger.orders[wanted]
    raise ApiError(404, NOT_FOUND, f"order not found for {wanted}")


def required(body: Body, name: str) -> Decimal:
    value = decimal_field(body.get(name), name)
    if value is None:
        invalid(f"{name} is required")
    return value
