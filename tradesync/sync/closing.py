"""Closing trades: one order, or several recorded steps where legs hold the shares.

The steps are cancel, confirm terminal, re-read the position, send min(asked, available); each
is on record before it is taken, so that a crash between them shows as *unprotected* (design,
*Commands*).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tradesync.broker.errors import BrokerError
from tradesync.broker.port import Asset, OrderRequest, StopLoss
from tradesync.domain.coin_fees import FEE_LIMIT
from tradesync.domain.conclusions import Trade, TradeSide, TradeStatus
from tradesync.domain.facts import Order
from tradesync.domain.money import ZERO
from tradesync.domain.ours import (
    Intent,
    IntentKind,
    IntentState,
    close_client_order_id,
    derived_id,
)
from tradesync.domain.times import SECOND
from tradesync.store import facts, intents, sync_reads
from tradesync.sync.outcomes import CommandRefusedError, CommandResult, Unprotected
from tradesync.sync.sending import READY_WITHIN, CommandContext, Sender
from tradesync.sync.tickets import optional_positive, positive
from tradesync.sync.written import about_order, order_intent

_LOOK_EVERY = 0.2
_ACCEPTED_WITHIN = 10 * SECOND
_GROUPS = frozenset({"bracket", "oco", "oto"})
UNPROTECTED = "Unprotected: stop cancelled, close not sent. "


@dataclass(frozen=True, slots=True)
class _Close:
    """What is to be closed, and of which trade."""

    trade: Trade
    asset: Asset
    qty: Decimal
    limit_price: Decimal | None

    def request(self, intent_id: str) -> OrderRequest:
        """The exit order; it names its trade."""
        crypto = self.asset.asset_class == "crypto"
        return OrderRequest(
            client_order_id=close_client_order_id(intent_id, self.trade.trade_id),
            symbol=self.trade.symbol,
            side=_exit_side(self.trade),
            qty=self.qty,
            notional=None,
            order_type="market" if self.limit_price is None else "limit",
            time_in_force="gtc" if crypto else "day",
            limit_price=self.limit_price,
            position_intent=f"{_exit_side(self.trade)}_to_close",
        )


class Closing:
    """Closes trades of one account. CommandRefusedError before anything is sent."""

    def __init__(self, context: CommandContext) -> None:
        self._c = context
        self._sender = Sender(context)

    def close_trade(
        self, trade_id: str, intent_id: str, qty: str | None, limit_price: str | None
    ) -> CommandResult:
        """Send the exit of all or part of an open trade, naming the trade."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        trade = self._open_trade(trade_id)
        asked = trade.open_qty if qty is None else positive(qty, "quantity")
        if asked > trade.open_qty:
            raise CommandRefusedError(
                f"Only {trade.open_qty:f} of {trade.symbol} are open in this trade."
            )
        free = self._free_at_broker(trade)
        legs: list[Order] = []
        if asked > free:
            if trade.asset_class == "crypto" and asked - free <= asked * FEE_LIMIT:
                asked = free  # the rest is the fee the broker took in the coin
            else:
                legs = self._holding_legs(trade, free)
        asset = self._sender.asset(trade.symbol)
        close = _Close(trade, asset, asked, optional_positive(limit_price, "limit price"))
        if legs:
            return self._close_after_cancels(close, intent_id, legs)
        request = close.request(intent_id)
        return self._sender.send_order(self._intent(close, intent_id), request)

    def close_all(self, intent_id: str) -> tuple[CommandResult, ...]:
        """Close every open trade at market; one result each, refusals among them."""
        self._sender.permit()
        with self._c.database.read() as tx:
            trades = sync_reads.open_trades(tx, self._c.account_id)
        results = []
        for trade in sorted(trades, key=lambda item: (item.symbol, item.trade_id)):
            item_id = derived_id(intent_id, trade.trade_id)
            try:
                results.append(self.close_trade(trade.trade_id, item_id, None, None))
            except CommandRefusedError as error:
                results.append(_refused(item_id, trade, str(error)))
        return tuple(results)

    def unprotected(self) -> tuple[Unprotected, ...]:
        """Open trades whose exits a close of ours cancelled, without an exit now."""
        latest = self._c.now() - _ACCEPTED_WITHIN
        with self._c.database.read() as tx:
            rows = intents.unprotected_trades(tx, self._c.account_id, latest)
        return tuple(
            Unprotected(row.trade_id, row.symbol, row.open_qty, row.since, row.message)
            for row in rows
        )

    def protect_trade(self, trade_id: str, intent_id: str) -> CommandResult:
        """Place the exits again that a close of ours cancelled, for what is open now."""
        self._sender.permit()
        if (known := self._sender.known(intent_id)) is not None:
            return known
        trade = self._open_trade(trade_id)
        with self._c.database.read() as tx:
            ids = intents.cancelled_for_close(tx, self._c.account_id, trade_id)
            gone = facts.load_orders(tx, self._c.account_id, order_ids=ids)
        request = _exits_again(trade, [order for order in gone if order.is_terminal], intent_id)
        asset = self._sender.asset(trade.symbol)
        intent = order_intent(intent_id, IntentKind.CLOSE, request, asset, self._c.now())
        return self._sender.send_order(replace(intent, trade_id=trade_id), request)

    # -- several steps ---------------------------------------------------------------------------

    def _close_after_cancels(
        self, close: _Close, intent_id: str, legs: Collection[Order]
    ) -> CommandResult:
        """Cancel the legs, wait until they have ended, send what is free then."""
        self._refuse_when_closed(close, legs)
        began = time.monotonic()
        intent = self._intent(close, intent_id)
        if not self._sender.write(intent):
            known = self._sender.known(intent_id)
            assert known is not None
            return known
        for leg in legs:
            self._cancel_leg(leg, close.trade, intent_id)
        ended = self._wait_for_end(legs, began)
        if not any(ended.values()):
            words = "Not sent: the broker has not confirmed the cancel of the orders that hold "
            words += "the shares; they are left as they are. Sync to see what becomes of them."
            return self._not_sent(intent, words)
        free = self._wait_for_shares(close, began)
        if free is None or (free > ZERO and not all(ended.values())):
            return self._not_sent(intent, UNPROTECTED + "The position could not be read in time.")
        if free <= ZERO:
            words = f"Not sent: the broker has no {close.trade.symbol} left to close; "
            return self._not_sent(intent, words + "an order may have been filled meanwhile.")
        if time.monotonic() - began > READY_WITHIN:
            return self._not_sent(intent, UNPROTECTED + "The cancels took too long.")
        close = replace(close, qty=min(close.qty, free))
        request = close.request(intent_id)
        intent = replace(intent, qty=close.qty)
        return self._sender.make(
            intent, lambda: self._c.broker.submit(request), prefix=UNPROTECTED
        )

    def _refuse_when_closed(self, close: _Close, legs: Iterable[Order]) -> None:
        """Outside market hours legs are left alone: what replaces them could not be filled."""
        if close.asset.asset_class == "crypto":
            return
        try:
            is_open = self._c.broker.clock().is_open
        except BrokerError as error:
            raise CommandRefusedError(f"Nothing was sent: {error.sentence}") from error
        if not is_open:
            kinds = " and ".join(sorted({leg.order_type.replace("_", " ") for leg in legs}))
            raise CommandRefusedError(
                f"The market is closed and the {kinds} order of this trade holds its shares; it "
                "is left in place. Close when the market is open, or cancel that order first."
            )

    def _cancel_leg(self, leg: Order, trade: Trade, intent_id: str) -> None:
        cancel = about_order(
            derived_id(intent_id, leg.order_id),
            IntentKind.CANCEL,
            leg,
            self._c.now(),
            trade_id=trade.trade_id,
        )
        self._sender.cancel(cancel)

    def _wait_for_end(self, legs: Iterable[Order], began: float) -> dict[str, bool]:
        """Whether each leg has ended at the broker, after waiting for all as long as allowed."""
        ended = dict.fromkeys((leg.order_id for leg in legs), False)
        while True:
            for order_id in [name for name, done in ended.items() if not done]:
                rows = self._sender.read_back(order_id)
                if rows is not None and rows.items:
                    ended[order_id] = rows.items[0].is_terminal
            if all(ended.values()) or not self._pause(began):
                return ended

    def _wait_for_shares(self, close: _Close, began: float) -> Decimal | None:
        """How much is free once the cancels show; what is free at the deadline; None unread."""
        free: Decimal | None = None
        while True:
            try:
                free = self._read_free(close.trade) or ZERO
            except BrokerError:
                free = None
            enough = free is not None and (free >= close.qty or free == ZERO)
            if enough or not self._pause(began):
                return free

    def _pause(self, began: float) -> bool:
        """Wait a moment; False when the steps have taken their time."""
        left = self._c.waits_within - (time.monotonic() - began)
        return left > 0 and not self._c.stop.wait(min(_LOOK_EVERY, left))

    def _not_sent(self, intent: Intent, message: str) -> CommandResult:
        return self._sender.settle(self._sender.settled(intent, IntentState.NOT_SENT, message))

    # -- what there is ---------------------------------------------------------------------------

    def _open_trade(self, trade_id: str) -> Trade:
        with self._c.database.read() as tx:
            trade = sync_reads.load_trade(tx, self._c.account_id, trade_id)
        if trade is None or trade.status is not TradeStatus.OPEN:
            raise CommandRefusedError("This trade is not open any more; nothing was sent.")
        return trade

    def _intent(self, close: _Close, intent_id: str) -> Intent:
        request = close.request(intent_id)
        now = self._c.now()
        intent = order_intent(intent_id, IntentKind.CLOSE, request, close.asset, now)
        return replace(intent, trade_id=close.trade.trade_id)

    def _free_at_broker(self, trade: Trade) -> Decimal:
        try:
            free = self._read_free(trade)
        except BrokerError as error:
            raise CommandRefusedError(f"Nothing was sent: {error.sentence}") from error
        if free is None:
            raise CommandRefusedError(
                f"The broker holds no {trade.symbol} now; sync to see what happened."
            )
        return free

    def _read_free(self, trade: Trade) -> Decimal | None:
        """How much of the trade's side the broker has free to close; None: it holds none."""
        for position in self._c.broker.positions().items:
            if position.instrument == trade.instrument:
                free = position.qty if position.qty_available is None else position.qty_available
                return free if trade.side is TradeSide.LONG else -free
        return None

    def _holding_legs(self, trade: Trade, free: Decimal) -> list[Order]:
        """The trade's own legs that hold its shares; CommandRefusedError when others do."""
        with self._c.database.read() as tx:
            ids = sync_reads.working_exit_ids(tx, self._c.account_id, trade.trade_id)
            orders = facts.load_orders(tx, self._c.account_id, order_ids=ids)
        legs = [
            order for order in orders
            if not order.is_terminal and (order.parent_id or order.order_class in _GROUPS)
        ]  # fmt: skip
        if not legs:
            raise CommandRefusedError(
                f"The broker has {free:f} of {trade.symbol} free to close; the rest is held by "
                "open orders or gone. Cancel those orders first, or close less."
            )
        return legs


def _exit_side(trade: Trade) -> str:
    return "sell" if trade.side is TradeSide.LONG else "buy"


def _refused(intent_id: str, trade: Trade, message: str) -> CommandResult:
    """The result of an item of a command about many that was not sent."""
    return CommandResult(
        intent_id, IntentState.REFUSED.value, message, trade.trade_id, None, None, trade.symbol
    )


def _exits_again(trade: Trade, gone: Collection[Order], intent_id: str) -> OrderRequest:
    """The order that protects a trade as its cancelled legs did: a stop, a limit, or both (OCO)."""
    stop = next((order for order in gone if order.stop_price is not None), None)
    limit = next((order for order in gone if order.order_type == "limit"), None)
    basis = stop or limit
    if basis is None:
        raise CommandRefusedError("No order of this trade was cancelled for a close.")
    both = stop is not None and limit is not None
    return OrderRequest(
        client_order_id=close_client_order_id(intent_id, trade.trade_id),
        symbol=trade.symbol,
        side=_exit_side(trade),
        qty=trade.open_qty,
        notional=None,
        order_type="limit" if both else basis.order_type,
        time_in_force="gtc",
        limit_price=limit.limit_price if limit is not None else basis.limit_price,
        stop_price=None if both else basis.stop_price,
        position_intent=f"{_exit_side(trade)}_to_close",
        order_class="oco" if both else "",
        take_profit=limit.limit_price if both and limit is not None else None,
        stop_loss=(
            StopLoss(stop.stop_price, stop.limit_price)
            if both and stop is not None and stop.stop_price is not None
            else None
        ),
    )
