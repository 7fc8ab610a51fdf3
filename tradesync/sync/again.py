"""*Send again*: a command that never reached the broker, sent once more when a person says so.

Nothing is re-sent by itself (design, *Commands*). The new command's id follows from the old one's,
so that pressing twice, or in two tabs, is one command.
"""

from __future__ import annotations

from decimal import Decimal

from tradesync.domain.money import plain
from tradesync.domain.ours import Intent, IntentKind, IntentState, again_id
from tradesync.store import intents
from tradesync.sync.closing import Closing
from tradesync.sync.commands import Commands
from tradesync.sync.outcomes import CommandRefusedError, CommandResult, OrderTicket
from tradesync.sync.sending import CommandContext

NEVER_REACHED = frozenset({IntentState.NOT_SENT, IntentState.NEVER_ARRIVED})


def send_again(context: CommandContext, intent_id: str) -> CommandResult:
    """Send what a command asked for anew. CommandRefusedError before anything is sent."""
    with context.database.read() as tx:
        intent = intents.intent(tx, context.account_id, intent_id)
    if intent is None:
        raise CommandRefusedError("This command is not on record; nothing was sent.")
    if intent.state not in NEVER_REACHED:
        raise CommandRefusedError(
            "This command may have reached the broker: it is looked up there, and is sent again "
            "only when it is known that it never arrived."
        )
    new_id = again_id(intent_id)
    match intent.kind:
        case IntentKind.CANCEL:
            return Commands(context).cancel_order(_order_id(intent), new_id)
        case IntentKind.REPLACE:
            raise CommandRefusedError("Look at the order as it stands now and replace it there.")
        case IntentKind.CLOSE:
            return _close(context, intent, new_id)
        case _:
            return Commands(context).place_order(ticket(intent), new_id)


def _close(context: CommandContext, intent: Intent, new_id: str) -> CommandResult:
    if intent.order_class == "oco":
        return Commands(context).place_order(ticket(intent), new_id)
    if intent.trade_id is None or intent.order_type not in {"market", "limit"}:
        raise CommandRefusedError("Place this exit anew, looking at the position as it is now.")
    qty, limit = _text(intent.qty), _text(intent.limit_price)
    return Closing(context).close_trade(intent.trade_id, new_id, qty, limit)


def _order_id(intent: Intent) -> str:
    if intent.order_id is None:
        raise CommandRefusedError("This command names no order; nothing was sent.")
    return intent.order_id


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def ticket(intent: Intent) -> OrderTicket:
    """What an opening command asked for."""
    return OrderTicket(
        symbol=intent.symbol,
        side=intent.side,
        order_type=intent.order_type,
        qty=_text(intent.qty),
        notional=_text(intent.notional),
        limit_price=_text(intent.limit_price),
        time_in_force=intent.time_in_force,
        extended_hours=intent.extended_hours,
        stop_price=_text(intent.stop_price),
        trail_price=_text(intent.trail_price),
        trail_percent=_text(intent.trail_percent),
        order_class=intent.order_class,
        take_profit=_text(intent.take_profit),
        stop_loss=_text(intent.stop_loss),
        stop_loss_limit=_text(intent.stop_loss_limit),
        trade_id=intent.trade_id if intent.order_class == "oco" else None,
    )
