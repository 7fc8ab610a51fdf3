"""From the app to the broker: orders, cancels and closes, each written before it is sent.

A command is an intent with an id made where the person clicks: the same id again is the same
command. Its `client_order_id` is in the database before the call; an answer that is lost leaves
the intent *outcome unknown*, to be settled by looking that id up. Nothing is sent twice.
Source: design, *Commands*; Alpaca's *Working with orders* on timeouts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from tradesync.broker.errors import BrokerError, BrokerNotFound, BrokerRefused, OutcomeUnknown
from tradesync.broker.port import Asset, Broker, OrderRequest, Rows
from tradesync.config import AccountConfig, Environment, Settings
from tradesync.domain.conclusions import Trade, TradeSide, TradeStatus
from tradesync.domain.facts import Order
from tradesync.domain.freshness import later_snapshot
from tradesync.domain.instruments import make_instrument
from tradesync.domain.money import ZERO, to_decimal
from tradesync.domain.ours import (
    Intent,
    IntentKind,
    IntentState,
    close_client_order_id,
    open_client_order_id,
)
from tradesync.domain.times import SECOND, Instant
from tradesync.store import facts, intents, sync_reads
from tradesync.store.database import Database, Tx
from tradesync.sync.commit import Committer
from tradesync.sync.outcomes import CommandRefusedError, CommandResult, OrderTicket, Trigger
from tradesync.sync.plan import SEND_LIMIT, NewFacts
from tradesync.sync.runs import Run

_SIDES = ("buy", "sell")
_TYPES = ("market", "limit")
_COIN_FEE = Decimal("0.003")
"""The largest share of a coin the broker keeps as its fee (design rule 11)."""
_TIMES_IN_FORCE = ("day", "gtc", "ioc", "fok", "opg", "cls")


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command needs of the account it is for."""

    config: AccountConfig
    settings: Settings
    account_id: str
    database: Database
    broker: Broker
    program: str
    now: Callable[[], Instant]


class Commands:
    """Sends a person's commands for one account."""

    def __init__(self, context: CommandContext) -> None:
        self._c = context
        self._committer = Committer(context.database, context.account_id, context.now)

    def place_order(self, ticket: OrderTicket, intent_id: str) -> CommandResult:
        """Send an opening (or flattening) order; CommandRefusedError before anything is sent."""
        self._permit()
        if (known := self._known(intent_id)) is not None:
            return known
        asset = self._asset(ticket.symbol)
        request = _opening_request(ticket, asset, open_client_order_id(intent_id))
        return self._send_order(self._intent(intent_id, IntentKind.OPEN, request, asset), request)

    def close_trade(
        self, trade_id: str, intent_id: str, qty: str | None, limit_price: str | None
    ) -> CommandResult:
        """Send the exit of all or part of an open trade, naming the trade."""
        self._permit()
        if (known := self._known(intent_id)) is not None:
            return known
        with self._c.database.read() as tx:
            trade = sync_reads.load_trade(tx, self._c.account_id, trade_id)
        if trade is None or trade.status is not TradeStatus.OPEN:
            raise CommandRefusedError("This trade is not open any more; nothing was sent.")
        asked = self._closing_qty(trade, qty)
        asset = self._asset(trade.symbol)
        request = OrderRequest(
            client_order_id=close_client_order_id(intent_id, trade_id),
            symbol=trade.symbol,
            side="sell" if trade.side is TradeSide.LONG else "buy",
            qty=asked,
            notional=None,
            order_type="limit" if limit_price else "market",
            time_in_force="gtc" if asset.asset_class == "crypto" else "day",
            limit_price=_positive(limit_price, "limit price") if limit_price else None,
            position_intent=("sell_to_close" if trade.side is TradeSide.LONG else "buy_to_close"),
        )
        intent = self._intent(intent_id, IntentKind.CLOSE, request, asset)
        return self._send_order(replace(intent, trade_id=trade_id), request)

    def cancel_order(self, order_id: str, intent_id: str) -> CommandResult:
        """Ask the broker to cancel an order. *Already filled* is an answer, not a failure."""
        self._permit()
        if (known := self._known(intent_id)) is not None:
            return known
        with self._c.database.read() as tx:
            found = facts.load_orders(tx, self._c.account_id, order_ids={order_id})
        if not found:
            raise CommandRefusedError(f"There is no order {order_id} in this account's record.")
        order = found[0]
        if order.is_terminal:
            raise CommandRefusedError(f"This order has already ended: it is {order.status}.")
        intent = self._cancel_intent(intent_id, order)
        self._write_intent(intent)
        return self._send_cancel(intent)

    def _send_cancel(self, intent: Intent) -> CommandResult:
        order_id = intent.order_id or ""
        try:
            self._c.broker.cancel(order_id)
            settled = self._settled(intent, IntentState.ACCEPTED, "Cancel requested.")
        except BrokerRefused as error:
            settled = self._settled(intent, IntentState.REFUSED, error.sentence)
        except BrokerNotFound:
            settled = self._settled(
                intent, IntentState.REFUSED, "The broker does not know this order."
            )
        except BrokerError as error:
            settled = self._settled(intent, IntentState.UNKNOWN, _unknown(error))
        rows = self._read_back(order_id)
        return self._store_outcome(replace(settled, broker_order_id=order_id), rows)

    def _send_order(self, intent: Intent, request: OrderRequest) -> CommandResult:
        written = time.monotonic()
        if not self._write_intent(intent):
            known = self._known(intent.intent_id)
            assert known is not None
            return known
        if (time.monotonic() - written) * SECOND > SEND_LIMIT:
            late = "Not sent: writing it down took too long. Try again."
            return self._store_outcome(self._settled(intent, IntentState.NOT_SENT, late), None)
        rows: Rows[Order] | None = None
        try:
            rows = self._c.broker.submit(request)
            settled = self._settled(intent, IntentState.ACCEPTED, "")
        except BrokerRefused as error:
            if "client_order_id must be unique" not in error.reason:
                settled = self._settled(intent, IntentState.REFUSED, error.sentence)
            else:  # it arrived before (design: *Commands*)
                rows, settled = self._adopt(intent)
        except OutcomeUnknown as error:
            settled = self._settled(intent, IntentState.UNKNOWN, _unknown(error))
        except BrokerError as error:
            settled = self._settled(intent, IntentState.REFUSED, error.sentence)
        return self._store_outcome(settled, rows)

    def _adopt(self, intent: Intent) -> tuple[Rows[Order] | None, Intent]:
        try:
            rows = self._c.broker.order_by_client_id(intent.client_order_id or "")
        except BrokerError as error:
            return None, self._settled(intent, IntentState.UNKNOWN, _unknown(error))
        return rows, self._settled(intent, IntentState.ACCEPTED, "")

    def _store_outcome(self, intent: Intent, rows: Rows[Order] | None) -> CommandResult:
        """Write what became of the command, with the order the broker answered."""
        run = self._run()
        if rows is not None and rows.items:
            intent = replace(intent, broker_order_id=rows.items[0].order_id)

        def gather(tx: Tx) -> NewFacts:
            return self._outcome_facts(tx, intent, rows)

        plan = self._committer.commit(lambda: self._committer.plan(gather), run)
        trade_id = intent.trade_id
        for trade in plan.after.trades:
            if intent.kind is IntentKind.OPEN and trade.client_order_id == intent.client_order_id:
                trade_id = trade.trade_id
        return _result(replace(intent, trade_id=trade_id))

    def _outcome_facts(self, tx: Tx, intent: Intent, rows: Rows[Order] | None) -> NewFacts:
        seen = rows.items if rows is not None else ()
        ids = {order.order_id for order in seen}
        stored = {
            order.order_id: order
            for order in facts.load_orders(tx, self._c.account_id, order_ids=ids)
        }
        orders = tuple(
            later_snapshot(stored[order.order_id], order) if order.order_id in stored else order
            for order in seen
        )
        return NewFacts(
            orders=orders,
            executions=(),
            activities=(),
            instruments=rows.instruments if rows is not None else (),
            unreadable=(),
            intents=(intent,),
            touched=frozenset({intent.instrument, *(order.instrument for order in orders)} - {""}),
        )

    def _write_intent(self, intent: Intent) -> bool:
        """Write the intent and the pending trade it makes; False when it is there already."""
        fresh = True

        def gather(tx: Tx) -> NewFacts:
            nonlocal fresh
            fresh = intents.intent(tx, self._c.account_id, intent.intent_id) is None
            news = (intent,) if fresh else ()
            instrument = make_instrument(intent.symbol, None, intent.asset_class)
            named = replace(instrument, key=intent.instrument)
            touched = frozenset({intent.instrument} if fresh else ())
            return NewFacts((), (), (), (named,) if fresh else (), (), news, touched)

        self._committer.commit(lambda: self._committer.plan(gather), self._run())
        return fresh

    def _read_back(self, order_id: str) -> Rows[Order] | None:
        try:
            return self._c.broker.order(order_id)
        except BrokerError:
            return None  # the next sync reads it

    def _permit(self) -> None:
        settings, config = self._c.settings, self._c.config
        if settings.read_only:
            raise CommandRefusedError("READ_ONLY=true: this program sends nothing to the broker.")
        if config.environment is Environment.LIVE and not settings.allow_live_trading:
            raise CommandRefusedError(
                "This is a live account and read-only. "
                "Set ALLOW_LIVE_TRADING=true and restart to trade it."
            )

    def _known(self, intent_id: str) -> CommandResult | None:
        with self._c.database.read() as tx:
            intent = intents.intent(tx, self._c.account_id, intent_id)
        return None if intent is None else _result(intent)

    def _asset(self, symbol: str) -> Asset:
        try:
            asset = self._c.broker.asset(symbol.strip().upper())
        except BrokerNotFound:
            raise CommandRefusedError(f"The broker knows no symbol {symbol!r}.") from None
        except BrokerError as error:
            raise CommandRefusedError(f"Nothing was sent: {error.sentence}") from error
        if not asset.tradable:
            raise CommandRefusedError(f"{asset.symbol} cannot be traded at the broker.")
        return asset

    def _closing_qty(self, trade: Trade, qty: str | None) -> Decimal:
        """What to close: the part asked for, never more than is open and free at the broker."""
        asked = trade.open_qty if qty is None else _positive(qty, "quantity")
        if asked > trade.open_qty:
            raise CommandRefusedError(
                f"Only {trade.open_qty:f} of {trade.symbol} are open in this trade."
            )
        free = self._free_at_broker(trade)
        if asked <= free:
            return asked
        if trade.asset_class == "crypto" and asked - free <= asked * _COIN_FEE:
            return free  # the rest is the fee the broker took in the coin
        raise CommandRefusedError(
            f"The broker has {free:f} of {trade.symbol} free to close; the rest is held by open "
            "orders or gone. Cancel those orders first, or close less."
        )

    def _free_at_broker(self, trade: Trade) -> Decimal:
        try:
            rows = self._c.broker.positions()
        except BrokerError as error:
            raise CommandRefusedError(f"Nothing was sent: {error.sentence}") from error
        for position in rows.items:
            if position.instrument == trade.instrument:
                free = position.qty if position.qty_available is None else position.qty_available
                return free if trade.side is TradeSide.LONG else -free
        raise CommandRefusedError(
            f"The broker holds no {trade.symbol} now; sync to see what happened."
        )

    def _intent(
        self, intent_id: str, kind: IntentKind, request: OrderRequest, asset: Asset
    ) -> Intent:
        instrument = make_instrument(asset.symbol, asset.asset_id, asset.asset_class)
        return Intent(
            intent_id=intent_id,
            kind=kind,
            state=IntentState.WRITTEN,
            client_order_id=request.client_order_id,
            trade_id=None,
            order_id=None,
            instrument=instrument.key,
            symbol=instrument.symbol,
            asset_class=asset.asset_class,
            side=request.side,
            position_intent=request.position_intent or "",
            qty=request.qty,
            notional=request.notional,
            order_type=request.order_type,
            time_in_force=request.time_in_force,
            limit_price=request.limit_price,
            stop_price=request.stop_price,
            extended_hours=request.extended_hours,
            created_at=self._c.now(),
            sent_at=None,
            settled_at=None,
            broker_order_id=None,
            not_found_count=0,
            message="",
        )

    def _cancel_intent(self, intent_id: str, order: Order) -> Intent:
        return Intent(
            intent_id=intent_id,
            kind=IntentKind.CANCEL,
            state=IntentState.WRITTEN,
            client_order_id=None,
            trade_id=None,
            order_id=order.order_id,
            instrument=order.instrument,
            symbol=order.symbol,
            asset_class=order.asset_class,
            side=order.side,
            position_intent=order.position_intent,
            qty=order.qty,
            notional=order.notional,
            order_type=order.order_type,
            time_in_force=order.time_in_force,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            extended_hours=order.extended_hours,
            created_at=self._c.now(),
            sent_at=None,
            settled_at=None,
            broker_order_id=None,
            not_found_count=0,
            message="",
        )

    def _settled(self, intent: Intent, state: IntentState, message: str) -> Intent:
        now = self._c.now()
        return replace(intent, state=state, sent_at=now, settled_at=now, message=message)

    def _run(self) -> Run:
        return Run(
            account=self._c.config.name,
            trigger=Trigger.COMMAND,
            program=self._c.program,
            started_at=self._c.now(),
            account_id=self._c.account_id,
        )


def _opening_request(ticket: OrderTicket, asset: Asset, client_order_id: str) -> OrderRequest:
    """The order a ticket asks for; CommandRefusedError names the field that is wrong."""
    if ticket.side not in _SIDES:
        raise CommandRefusedError("The side must be buy or sell.")
    if ticket.order_type not in _TYPES:
        raise CommandRefusedError("The order type must be market or limit.")
    if ticket.time_in_force not in _TIMES_IN_FORCE:
        raise CommandRefusedError(f"Time in force must be one of {', '.join(_TIMES_IN_FORCE)}.")
    if (ticket.qty is None) == (ticket.notional is None):
        raise CommandRefusedError("Give either a quantity or an amount in dollars.")
    if (ticket.order_type == "limit") != (ticket.limit_price is not None):
        raise CommandRefusedError("A limit order needs a limit price, a market order has none.")
    qty = None if ticket.qty is None else _positive(ticket.qty, "quantity")
    if qty is not None and qty % 1 != 0 and not asset.fractionable:
        raise CommandRefusedError(f"{asset.symbol} trades in whole units only.")
    crypto = asset.asset_class == "crypto"
    return OrderRequest(
        client_order_id=client_order_id,
        symbol=asset.symbol,
        side=ticket.side,
        qty=qty,
        notional=None if ticket.notional is None else _positive(ticket.notional, "amount"),
        order_type=ticket.order_type,
        time_in_force="gtc" if crypto and ticket.time_in_force == "day" else ticket.time_in_force,
        limit_price=(
            None if ticket.limit_price is None else _positive(ticket.limit_price, "limit price")
        ),
        extended_hours=ticket.extended_hours,
    )


def _positive(text: str, name: str) -> Decimal:
    try:
        number = to_decimal(text.strip())
    except ValueError:
        raise CommandRefusedError(f"The {name} {text!r} is not a number.") from None
    if number <= ZERO:
        raise CommandRefusedError(f"The {name} must be more than zero.")
    return number


def _unknown(error: BrokerError) -> str:
    return f"Outcome unknown ({error.sentence}). It is being looked up; nothing is sent again."


def _result(intent: Intent) -> CommandResult:
    return CommandResult(
        intent_id=intent.intent_id,
        state=intent.state.value,
        message=intent.message,
        trade_id=intent.trade_id,
        order_id=intent.broker_order_id,
        client_order_id=intent.client_order_id,
    )
