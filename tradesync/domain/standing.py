"""What orders stand for once all fills are booked: the beginning of a trade, or a working exit."""

from __future__ import annotations

from collections.abc import Iterable

from tradesync.domain.booking import Book
from tradesync.domain.conclusions import WorkingExit
from tradesync.domain.events import LONG, SHORT
from tradesync.domain.facts import ALIVE_STATUSES
from tradesync.domain.money import ZERO, at_scale
from tradesync.domain.plans import OrderPlan
from tradesync.domain.roles import Role


def begins_trade(plan: OrderPlan, book: Book, *, history_complete: bool) -> bool:
    """Whether an order has a trade of its own: it opened lots, or would if it filled.

    An order whose fills lie before the activities read has none: nothing of it is known here.
    """
    if plan.trade_id in book.by_trade:
        return True
    if plan.executions or plan.gap is not None or plan.chain is None:
        return False
    if plan.exempt and any(order.filled_qty for order in plan.chain.orders):
        return False
    if plan.role is not Role.NET:
        return plan.role is Role.OPEN
    running = book.seen_running.get(plan.head_id, ZERO)
    if plan.chain.is_buy:
        return running >= 0
    return running <= 0 and history_complete


def working_exits(
    plans: Iterable[OrderPlan], book: Book, *, history_complete: bool
) -> list[WorkingExit]:
    """Alive closing orders, and the trade each will close as far as it can be told."""
    found = []
    for plan in plans:
        chain = plan.chain
        if chain is None or chain.current.status not in ALIVE_STATUSES:
            continue
        if begins_trade(plan, book, history_complete=history_complete):
            continue
        executed = sum((row.qty for row in plan.executions), ZERO)
        if plan.gap is not None:
            executed += plan.gap.execution.qty
        found.append(
            WorkingExit(
                order_id=chain.current.order_id,
                trade_id=plan.target.trade_id
                or _next_in_line(book, SHORT if chain.is_buy else LONG),
                instrument=plan.instrument,
                side=chain.current.side,
                qty=at_scale(max(ZERO, (chain.current.qty or ZERO) - executed)),
            )
        )
    return found


def _next_in_line(book: Book, side: int) -> str | None:
    return next((lot.trade_id for lot in book.queues[side] if lot.open_qty), None)
