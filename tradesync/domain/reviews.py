"""What a person should look at; nothing here blocks anything (design rule 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tradesync.domain.chains import ChainIndex
from tradesync.domain.conclusions import Records, Review
from tradesync.domain.facts import ALIVE_STATUSES, Order
from tradesync.domain.findings import review
from tradesync.domain.plans import OrderPlan
from tradesync.domain.trades import order_flags

_DETAILS = {
    "order_unknown": "fills of this order arrived, but the order itself was not read",
    "successor_missing": "the order was replaced, and what replaced it is not known",
    "overfill": "more was filled than ordered",
    "fills_beyond_order": "its fills add up to more than the order itself states",
    "chain_reading": "nothing proves yet whether a replacement counts the fills before it",
}


def record_reviews(
    records: Records, plans: Iterable[OrderPlan], index: ChainIndex, conflicts: Sequence[str]
) -> Iterator[Review]:
    """What orders, executions and intents say that does not fit together."""
    yield from _unknown_statuses(records.orders)
    for plan in plans:
        for flag in order_flags(plan):
            if flag in _DETAILS:
                yield review(flag, plan.instrument, plan.head_id, _DETAILS[flag])
    by_id = {order.order_id: order for order in records.orders}
    yield from _identity_conflicts(records, by_id)
    order_of = {row.execution_id: row.order_id for row in records.executions}
    for execution_id in conflicts:
        chain = index.of_order(order_of[execution_id])
        yield review(
            "execution_conflict",
            chain.instrument if chain is not None else "",
            execution_id,
            "the same execution came with different data; the first statement is kept",
        )


def _unknown_statuses(orders: Iterable[Order]) -> Iterator[Review]:
    for order in orders:
        if not order.is_terminal and order.status not in ALIVE_STATUSES:
            yield review(
                "unknown_status",
                order.instrument,
                order.order_id,
                f"the broker calls this order “{order.status}”, a word not known here; "
                "it is treated as neither working nor ended",
            )


def _identity_conflicts(records: Records, by_id: dict[str, Order]) -> Iterator[Review]:
    """An intent's broker order carries another client order id than we gave it (R26)."""
    for intent in records.intents:
        order = by_id.get(intent.broker_order_id or "")
        if order is None or intent.client_order_id is None or order.replaces:
            continue
        if order.client_order_id != intent.client_order_id:
            yield review(
                "identity_conflict",
                order.instrument,
                order.order_id,
                f"the broker names it {order.client_order_id}, we sent {intent.client_order_id}",
            )
