"""From the app to the broker: orders, cancels and replacements, each written before it is sent.

A command is an intent with an id made where the person clicks: the same id again is the same
command (design, *Commands*). Closing is closing.py's.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from tradesync.domain.ours import IntentKind, open_client_order_id
from tradesync.store import facts
from tradesync.sync.outcomes import (
    CommandRefusedError,
    CommandResult,
    OrderTicket,
    Replacement,
)
from tradesync.sync.sending import CommandContext, Sender
from tradesync.sync.tickets import opening_request, optional_positive
from tradesync.sync.written import about_order, order_intent, replacement_client_order_id


class Commands:
    """Sends a person's commands for one account. CommandRefusedError before anything is sent."""

    def __init__(self, context: CommandContext) -> None:
        self._c = context
        self._sender = Sender(context)

    def place_order(self, ticket: OrderTicket, intent_id: str) -> CommandResult:
        """Send an opening (or flattening) order."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        asset = self._sender.asset(ticket.symbol)
        request = opening_request(ticket, asset, open_client_order_id(intent_id))
        intent = order_intent(intent_id, IntentKind.OPEN, request, asset, self._c.now())
        return self._sender.send_order(intent, request)

    def replace_order(self, order_id: str, change: Replacement, intent_id: str) -> CommandResult:
        """Replace a working order's quantity (the chain's total) or prices."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        qty = optional_positive(change.qty, "quantity")
        limit = optional_positive(change.limit_price, "limit price")
        stop = optional_positive(change.stop_price, "stop price")
        if (qty, limit, stop) == (None, None, None):
            raise CommandRefusedError("Say what to change: quantity, limit price or stop price.")
        order = self._sender.order(order_id)
        client_id = replacement_client_order_id(intent_id, order.client_order_id)
        intent = about_order(
            intent_id, IntentKind.REPLACE, order, self._c.now(),
            client_order_id=client_id, qty=qty, limit_price=limit, stop_price=stop,
        )  # fmt: skip
        return self._sender.send(
            intent,
            lambda: self._c.broker.replace(
                order_id, client_order_id=client_id, qty=qty, limit_price=limit, stop_price=stop
            ),
        )

    def cancel_order(self, order_id: str, intent_id: str) -> CommandResult:
        """Ask the broker to cancel an order. *Already filled* is an answer, not a failure."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        order = self._sender.order(order_id)
        intent = about_order(intent_id, IntentKind.CANCEL, order, self._c.now())
        return self._sender.cancel(intent)

    def cancel_all(self, intent_id: str) -> tuple[CommandResult, ...]:
        """Ask for the cancel of every working order; one result each, groups by their head."""
        self._sender.permit()
        with self._c.database.read() as tx:
            alive = facts.alive_orders(tx, self._c.account_id)
        ids = {order.order_id for order in alive}
        heads = sorted(order.order_id for order in alive if order.parent_id not in ids)
        results = []
        for order_id in heads:
            try:
                results.append(self.cancel_order(order_id, derived_id(intent_id, order_id)))
            except CommandRefusedError:
                continue  # it has ended since
        return tuple(results)


def derived_id(intent_id: str, name: str) -> str:
    """The intent id of one item of a command about many: the same click, the same ids."""
    return str(uuid5(UUID(intent_id), name))
