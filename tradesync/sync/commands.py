"""From the app to the broker: orders, cancels and replacements, each written before it is sent.

A command is an intent with an id made where the person clicks: the same id again is the same
command (design, *Commands*). Closing is closing.py's.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from decimal import Decimal

from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Asset
from tradesync.domain.facts import Order
from tradesync.domain.instruments import make_instrument
from tradesync.domain.money import ZERO
from tradesync.domain.ours import IntentKind, derived_id, open_client_order_id
from tradesync.domain.tickets import closes
from tradesync.store import facts, sync_reads
from tradesync.sync.exits import check_position, closing_request
from tradesync.sync.outcomes import (
    CommandRefusedError,
    CommandResult,
    OrderTicket,
    Replacement,
)
from tradesync.sync.replacing import changes_of
from tradesync.sync.sending import CommandContext, Sender
from tradesync.sync.tickets import opening_request
from tradesync.sync.written import about_order, order_intent, replacement_client_order_id


class Commands:
    """Sends a person's commands for one account. CommandRefusedError before anything is sent."""

    def __init__(self, context: CommandContext) -> None:
        self._c = context
        self._sender = Sender(context)

    def place_order(self, ticket: OrderTicket, intent_id: str) -> CommandResult:
        """Send an opening, adding or closing order, after asking whether the position is still
        what the person was shown."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        asset = self._sender.asset(ticket.symbol)
        request = opening_request(ticket, asset, open_client_order_id(intent_id))
        kind, trade_id = IntentKind.OPEN, None
        if ticket.position_seen is not None or ticket.order_class == "oco":
            held = self._held(asset)
            check_position(ticket, request, held)
            if closes(request.side, held):
                kind, trade_id = IntentKind.CLOSE, self._closed_trade(ticket, asset)
                request = closing_request(request, intent_id, trade_id)
        intent = order_intent(intent_id, kind, request, asset, self._c.now())
        return self._sender.send_order(replace(intent, trade_id=trade_id), request)

    def _held(self, asset: Asset) -> Decimal:
        """What the broker holds of an asset now, signed."""
        key = make_instrument(asset.symbol, asset.asset_id, asset.asset_class).key
        try:
            positions = self._c.broker.positions().items
        except BrokerError as error:
            raise CommandRefusedError(f"Nothing was sent: {error.sentence}") from error
        return next((each.qty for each in positions if each.instrument == key), ZERO)

    def _closed_trade(self, ticket: OrderTicket, asset: Asset) -> str | None:
        """The trade an exit is for: the one named, or the only open one; None: first in."""
        if ticket.trade_id is not None:
            return ticket.trade_id
        key = make_instrument(asset.symbol, asset.asset_id, asset.asset_class).key
        with self._c.database.read() as tx:
            trades = sync_reads.open_trades(tx, self._c.account_id)
        ids = [trade.trade_id for trade in trades if trade.instrument == key]
        return ids[0] if len(ids) == 1 else None

    def replace_order(self, order_id: str, change: Replacement, intent_id: str) -> CommandResult:
        """Replace a working order's quantity (the chain's total), prices or time in force."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        order = self._sender.order(order_id)
        wanted = changes_of(change, order)
        client_id = replacement_client_order_id(intent_id, order.client_order_id)
        intent = about_order(
            intent_id, IntentKind.REPLACE, order, self._c.now(),
            client_order_id=client_id, **asdict(wanted),
        )  # fmt: skip
        return self._sender.send(
            intent,
            lambda: self._c.broker.replace(order_id, client_order_id=client_id, **asdict(wanted)),
        )

    def cancel_order(self, order_id: str, intent_id: str) -> CommandResult:
        """Ask the broker to cancel an order. *Already filled* is an answer, not a failure."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        return self._cancel(self._sender.order(order_id), intent_id)

    def _cancel(self, order: Order, intent_id: str) -> CommandResult:
        return self._sender.cancel(about_order(intent_id, IntentKind.CANCEL, order, self._c.now()))

    def cancel_all(self, intent_id: str) -> tuple[CommandResult, ...]:
        """Ask for the cancel of every working order; one result each, groups by their head."""
        self._sender.permit()
        with self._c.database.read() as tx:
            alive = facts.alive_orders(tx, self._c.account_id)
        ids = {order.order_id for order in alive}
        replaced = {order.replaces for order in alive}  # the record has not seen them end yet
        heads: dict[str, str] = {}
        for order in sorted(alive, key=lambda each: each.order_id):
            # cancelling one exit of a group cancels the other
            if order.parent_id not in ids and order.order_id not in replaced:
                heads.setdefault(order.parent_id or order.order_id, order.order_id)
        asked: set[str] = set()
        results = []
        for order_id in heads.values():
            try:
                results.append(self._cancel_last(order_id, intent_id, asked))
            except CommandRefusedError:
                continue  # it has ended since
        return tuple(result for result in results if result is not None)

    def _cancel_last(self, order_id: str, intent_id: str, asked: set[str]) -> CommandResult | None:
        """Cancel an order, or what has replaced it meanwhile; None when that is asked already."""
        asked.add(order_id)
        result = self.cancel_order(order_id, derived_id(intent_id, order_id))
        while not result.ok and (name := self._replaced_by(order_id)) is not None:
            if name in asked:
                return None
            asked.add(name)
            rows = self._sender.read_back(name)
            if rows is None or not rows.items:
                return result
            order_id, item_id = name, derived_id(intent_id, name)
            result = self._sender.known(item_id) or self._cancel(rows.items[0], item_id)
        return result

    def _replaced_by(self, order_id: str) -> str | None:
        """The successor of an order, as the broker told it last."""
        with self._c.database.read() as tx:
            found = facts.load_orders(tx, self._c.account_id, order_ids={order_id})
        return found[0].replaced_by if found else None
