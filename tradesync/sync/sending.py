"""How one command is sent: written first, sent once, settled with what the broker answered.

An answer that is lost leaves the intent *outcome unknown*, settled later by looking its client
order id up. Nothing is sent twice. Source: design, *Commands*; Alpaca's *Working with orders*.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tradesync.broker.calls import COMMAND_PATIENCE
from tradesync.broker.errors import BrokerError, BrokerNotFound, BrokerRefused, OutcomeUnknown
from tradesync.broker.port import Asset, Broker, OrderRequest, Rows
from tradesync.config import AccountConfig, Environment, Settings
from tradesync.domain.facts import Order
from tradesync.domain.freshness import later_snapshot
from tradesync.domain.instruments import make_instrument
from tradesync.domain.ours import Intent, IntentKind, IntentState
from tradesync.domain.times import SECOND, Instant
from tradesync.store import facts, intents
from tradesync.store.database import Database, Tx
from tradesync.sync.commit import Committer
from tradesync.sync.outcomes import CommandRefusedError, CommandResult, Trigger
from tradesync.sync.plan import NO_FACTS, SEND_LIMIT, NewFacts
from tradesync.sync.refusals import refusal_words
from tradesync.sync.runs import Run, record_at_once

READY_WITHIN = SEND_LIMIT / SECOND - COMMAND_PATIENCE
"""Seconds from the writing to the call: after that it may still wait for its turn."""
WAITS_WITHIN = 0.9 * READY_WITHIN

Call = Callable[[], Rows[Order]]


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
    stop: threading.Event = field(default_factory=threading.Event)
    waits_within: float = WAITS_WITHIN
    """Seconds a close waits for the steps before its order."""


class Sender:
    """Writes, sends and settles intents of one account."""

    def __init__(self, context: CommandContext) -> None:
        self._c = context
        self._committer = Committer(context.database, context.account_id, context.now)

    def permit(self) -> None:
        """CommandRefusedError when this account must not be traded."""
        settings, config = self._c.settings, self._c.config
        if settings.read_only:
            raise CommandRefusedError("READ_ONLY=true: this program sends nothing to the broker.")
        if config.environment is Environment.LIVE and not settings.allow_live_trading:
            raise CommandRefusedError(
                "This is a live account and read-only. "
                "Set ALLOW_LIVE_TRADING=true and restart to trade it."
            )

    def known(self, intent_id: str) -> CommandResult | None:
        """What became of a command given before; None when it is new."""
        with self._c.database.read() as tx:
            intent = intents.intent(tx, self._c.account_id, intent_id)
        return None if intent is None else result_of(intent)

    def asset(self, symbol: str) -> Asset:
        """What can be done with a symbol; CommandRefusedError when nothing."""
        try:
            asset = self._c.broker.asset(symbol.strip().upper())
        except BrokerNotFound:
            raise CommandRefusedError(f"The broker knows no symbol {symbol!r}.") from None
        except BrokerError as error:
            raise CommandRefusedError(f"Nothing was sent: {error.sentence}") from error
        if not asset.tradable:
            raise CommandRefusedError(f"{asset.symbol} cannot be traded at the broker.")
        return asset

    def order(self, order_id: str) -> Order:
        """An order of the record that has not ended; CommandRefusedError."""
        with self._c.database.read() as tx:
            found = facts.load_orders(tx, self._c.account_id, order_ids={order_id})
        if not found:
            raise CommandRefusedError(f"There is no order {order_id} in this account's record.")
        if found[0].is_terminal:
            raise CommandRefusedError(f"This order has already ended: it is {found[0].status}.")
        return found[0]

    def send_order(self, intent: Intent, request: OrderRequest) -> CommandResult:
        """Write an order's intent and send it; the known outcome if it was written before."""
        return self.send(intent, lambda: self._c.broker.submit(request))

    def send(self, intent: Intent, call: Call) -> CommandResult:
        """Write an intent and make its call."""
        began = time.monotonic()
        if not self.write(intent):
            known = self.known(intent.intent_id)
            assert known is not None
            return known
        if time.monotonic() - began > READY_WITHIN:
            late = "Not sent: writing it down took too long. Try again."
            return self.settle(self.settled(intent, IntentState.NOT_SENT, late))
        return self.make(intent, call)

    def make(self, intent: Intent, call: Call, prefix: str = "") -> CommandResult:
        """Make the call of a written intent, once; `prefix` begins the message of a failure."""
        rows: Rows[Order] | None = None
        try:
            rows = call()
            settled = self.settled(intent, IntentState.ACCEPTED, "")
        except BrokerRefused as error:
            if "client_order_id must be unique" not in error.reason:
                settled = self.settled(intent, IntentState.REFUSED, prefix + refusal_words(error))
            else:  # it arrived before (design: *Commands*)
                rows, settled = self._adopt(intent)
        except OutcomeUnknown as error:
            settled = self.settled(intent, IntentState.UNKNOWN, prefix + _unknown(error))
        except BrokerError as error:
            settled = self.settled(intent, IntentState.REFUSED, prefix + error.sentence)
        return self.settle(settled, rows)

    def cancel(self, intent: Intent) -> CommandResult:
        """Write a cancel's intent and ask for it. *Already filled* is an answer, not a failure."""
        if not self.write(intent):
            known = self.known(intent.intent_id)
            assert known is not None
            return known
        order_id = intent.order_id or ""
        try:
            self._c.broker.cancel(order_id)
            settled = self.settled(intent, IntentState.ACCEPTED, "")
        except BrokerRefused as error:
            settled = self.settled(intent, IntentState.REFUSED, refusal_words(error))
        except BrokerNotFound:
            words = "The broker does not know this order."
            settled = self.settled(intent, IntentState.REFUSED, words)
        except OutcomeUnknown as error:
            settled = self.settled(intent, IntentState.UNKNOWN, _unknown(error))
        except BrokerError as error:
            settled = self.settled(intent, IntentState.REFUSED, error.sentence)
        rows = self.read_back(order_id)
        return self.settle(replace(settled, broker_order_id=order_id), rows)

    def read_back(self, order_id: str) -> Rows[Order] | None:
        """An order as the broker has it now; None when it cannot be read."""
        try:
            return self._c.broker.order(order_id)
        except BrokerError:
            return None  # the next sync reads it

    def _adopt(self, intent: Intent) -> tuple[Rows[Order] | None, Intent]:
        try:
            rows = self._c.broker.order_by_client_id(intent.client_order_id or "")
        except BrokerError as error:
            return None, self.settled(intent, IntentState.UNKNOWN, _unknown(error))
        return rows, self.settled(intent, IntentState.ACCEPTED, "")

    def write(self, intent: Intent) -> bool:
        """Write the intent and the pending trade it makes; False when it is there already."""
        fresh = True

        def gather(tx: Tx) -> NewFacts:
            nonlocal fresh
            fresh = intents.intent(tx, self._c.account_id, intent.intent_id) is None
            if not fresh:
                return NO_FACTS
            met = {item.key for item in facts.load_instruments(tx, self._c.account_id)}
            asset_id = None if intent.asset_class == "crypto" else intent.instrument
            named = make_instrument(intent.symbol, asset_id, intent.asset_class)
            instruments = () if intent.instrument in met else (named,)
            return NewFacts(
                (), (), (), instruments, (), (intent,), frozenset({intent.instrument} - {""})
            )

        run = self._run()
        self._committer.commit(
            lambda: self._committer.plan(gather),
            run,
            lambda tx, _plan: record_at_once(tx, run, self._c.now),
        )
        return fresh

    def settle(self, intent: Intent, rows: Rows[Order] | None = None) -> CommandResult:
        """Write what became of the command, with the order the broker answered."""
        run = self._run()
        if rows is not None and rows.items and intent.kind is not IntentKind.CANCEL:
            intent = replace(intent, broker_order_id=rows.items[0].order_id)

        def gather(tx: Tx) -> NewFacts:
            return self._outcome_facts(tx, intent, rows)

        plan = self._committer.commit(
            lambda: self._committer.plan(gather),
            run,
            lambda tx, _plan: record_at_once(tx, run, self._c.now, calls=1),
        )
        trade_id = intent.trade_id
        for trade in plan.after.trades:
            if intent.kind is IntentKind.OPEN and trade.client_order_id == intent.client_order_id:
                trade_id = trade.trade_id
        return result_of(replace(intent, trade_id=trade_id))

    def settled(self, intent: Intent, state: IntentState, message: str) -> Intent:
        """An intent with its outcome; it counts as sent unless it says it was not."""
        now = self._c.now()
        sent = None if state is IntentState.NOT_SENT else now
        return replace(intent, state=state, sent_at=sent, settled_at=now, message=message)

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

    def _run(self) -> Run:
        return Run(
            account=self._c.config.name,
            trigger=Trigger.COMMAND,
            program=self._c.program,
            started_at=self._c.now(),
            account_id=self._c.account_id,
        )


def _unknown(error: BrokerError) -> str:
    return f"Outcome unknown ({error.sentence}). It is being looked up; nothing is sent again."


def result_of(intent: Intent) -> CommandResult:
    """An intent as it is told to the person."""
    return CommandResult(
        intent_id=intent.intent_id,
        state=intent.state.value,
        message=intent.message,
        trade_id=intent.trade_id,
        order_id=intent.broker_order_id,
        client_order_id=intent.client_order_id,
        symbol=intent.symbol,
    )
