"""Read-only questions about our clicks on orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import rows_as
from tradesync.store.queries_orders import FamilyOrderRow


@dataclass(frozen=True, slots=True)
class OrderIntentRow:
    """A click of ours about an order: placing, replacing, closing or cancelling it."""

    intent_id: str
    kind: str
    state: str
    client_order_id: str | None
    order_id: str | None
    broker_order_id: str | None
    symbol: str
    side: str
    qty: Decimal | None
    notional: Decimal | None
    order_type: str
    time_in_force: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail_price: Decimal | None
    trail_percent: Decimal | None
    order_class: str
    take_profit: Decimal | None
    stop_loss: Decimal | None
    created_at: Instant
    message: str
    trade_id: str | None


_INTENTS_OF = """
FROM intents WHERE account_id = $1 AND (
    client_order_id IN (SELECT unnest($2::VARCHAR[])) OR order_id IN (SELECT unnest($3::VARCHAR[]))
    OR broker_order_id IN (SELECT unnest($3::VARCHAR[]))
)
ORDER BY created_at, intent_id
"""


def intents_of_orders(
    tx: Tx, account_id: str, orders: Sequence[FamilyOrderRow]
) -> tuple[OrderIntentRow, ...]:
    """Our clicks about some orders, oldest first."""
    client_ids = [order.client_order_id for order in orders]
    order_ids = [order.order_id for order in orders]
    return rows_as(tx, OrderIntentRow, _INTENTS_OF, [account_id, client_ids, order_ids])


_NEVER_MADE = """
FROM intents
WHERE account_id = $1 AND broker_order_id IS NULL AND kind IN ('open', 'close')
    AND (state = 'unknown' OR (state IN ('written', 'sent') AND created_at < $3)
        OR (state IN ('refused', 'not_sent', 'never_arrived') AND created_at >= $2))
ORDER BY created_at DESC, intent_id LIMIT $4
"""


def orders_never_made(
    tx: Tx, account_id: str, since: Instant, answered: Instant, limit: int
) -> tuple[OrderIntentRow, ...]:
    """Our clicks since an instant that became no order, and all of which nobody knows yet.

    `answered`: who sent a click from before that, and noted no answer, is gone.
    """
    return rows_as(tx, OrderIntentRow, _NEVER_MADE, [account_id, since, answered, limit])
