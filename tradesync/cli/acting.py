"""Commands that talk to the broker: sync, import, order, cancel, close, rebind."""

from __future__ import annotations

import sys
from argparse import Namespace
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

from tradesync.cli.asking import confirm
from tradesync.cli.output import figure, print_table
from tradesync.cli.session import CommandError, Session, find_trade
from tradesync.store.queries_trades import TradeRow
from tradesync.sync.outcomes import CommandResult, OrderTicket, RunResult, Trigger
from tradesync.sync.report import run_line

if TYPE_CHECKING:
    from tradesync.domain.import_plan import ImportLine, ImportPlan
    from tradesync.sync.service import SyncService

_LOOK_AGAIN = 0.5
_PLAN_HEADINGS = ("SYMBOL", "SIDE", "AT BROKER", "EXPLAINED", "MISSING", "IMPORT", "PRICE", "NOTE")


def sync(session: Session, _options: Namespace) -> int:
    """Sync the account once and wait for it."""
    with session.service() as service:
        print(run_line(synced(service, session.account.name)))
    return 0


def synced(service: SyncService, account: str) -> RunResult:
    """A finished sync; CommandError when it failed. Says on a terminal what it is doing."""
    ticket = service.request_sync(account, trigger=Trigger.CLI)
    said = ""
    while (result := service.wait(account, ticket, _LOOK_AGAIN)) is None:
        doing = service.state(account).activity
        if doing and doing != said and sys.stderr.isatty():
            print(f"{account}: {doing}", file=sys.stderr)
        said = doing
    if not result.ok:
        raise CommandError(run_line(result))
    return result


def import_positions(session: Session, options: Namespace) -> int:
    """Show what an import would create; store it when confirmed."""
    with session.service() as service:
        account = session.account.name
        synced(service, account)
        plan = service.plan_import(account)
        _print_plan(plan)
        importable = [line for line in plan.lines if line.importable]
        if options.dry_run or not importable:
            if not importable:
                print("There is nothing to import.")
            return 0
        symbols = ", ".join(line.symbol for line in importable)
        confirm(f"Import {symbols}", session.account, word="IMPORT", yes=options.yes)
        done = service.apply_import(account, plan)
    print(done.message)
    for symbol, decision_id in done.decisions.items():
        print(f"To take {symbol} back: python -m tradesync undo {decision_id}")
    return 0


def _print_plan(plan: ImportPlan) -> None:
    if plan.lines:
        print_table(_PLAN_HEADINGS, map(_plan_cells, plan.lines), range(2, 7))


def _plan_cells(line: ImportLine) -> tuple[str, ...]:
    return (
        line.symbol,
        line.lot_side or "—",
        figure(line.broker_qty),
        figure(line.explained_qty),
        figure(line.missing_qty, signed=True),
        figure(line.lot_qty) if line.importable else "—",
        figure(line.lot_price) if line.importable else "—",
        (line.note if line.importable else line.reason) or "",
    )


def ticket_of(options: Namespace) -> OrderTicket:
    """The ticket the options of `order` ask for; exits make it a bracket, one alone an OTO."""
    exits = [options.take_profit, options.stop_loss].count(None)
    in_percent = options.trail is not None and options.trail.endswith("%")
    if options.trail is not None:
        order_type = "trailing_stop"
    elif options.stop is not None:
        order_type = "stop" if options.limit is None else "stop_limit"
    else:
        order_type = "market" if options.limit is None else "limit"
    return OrderTicket(
        symbol=options.symbol.upper(),
        side=options.side,
        order_type=order_type,
        order_class=("bracket", "oto", "")[exits],
        qty=None if options.notional else options.qty,
        notional=options.qty if options.notional else None,
        limit_price=options.limit,
        stop_price=options.stop,
        trail_price=None if in_percent else options.trail,
        trail_percent=options.trail.removesuffix("%") if in_percent else None,
        take_profit=options.take_profit,
        stop_loss=options.stop_loss,
        time_in_force=options.tif,
        extended_hours=options.extended_hours,
    )


def order(session: Session, options: Namespace) -> int:
    """Send an order."""
    ticket = ticket_of(options)
    amount = f"{ticket.qty} {ticket.symbol}" if ticket.qty else f"${options.qty} of {ticket.symbol}"
    prices = [f"{word} {value}" for word, value in (
        ("stop", options.stop), ("trail", options.trail), ("take profit", options.take_profit),
        ("stop loss", options.stop_loss),
    ) if value is not None]  # fmt: skip
    price = "at market" if options.limit is None else f"at {options.limit} or better"
    question = ", ".join([f"{ticket.side.capitalize()} {amount} {price}", *prices])
    confirm(question, session.account, word=ticket.symbol, yes=options.yes)
    with session.service() as service:
        know(service, session)
        name = session.account.name
        result = service.place_order(name, ticket, intent_id=str(uuid4()))
    return told(result, f"{question}: order {result.order_id} accepted.")


def cancel(session: Session, options: Namespace) -> int:
    """Cancel an order, named by its id or by its pending trade's."""
    with session.service() as service:
        know(service, session)
        order_id = _order_to_cancel(session, options.order_or_trade)
        question = f"Cancel order {order_id}"
        confirm(question, session.account, word="CANCEL", yes=options.yes)
        name = session.account.name
        result = service.cancel_order(name, order_id, intent_id=str(uuid4()))
    return told(result, f"Cancel of order {order_id} accepted.")


def _order_to_cancel(session: Session, text: str) -> str:
    with session.database.read() as tx:
        trade = find_trade(tx, session.recorded(tx).account_id, text)
    if trade is None:
        return text
    if trade.status != "pending" or trade.broker_order_id is None:
        raise CommandError(
            f"Trade {trade.trade_id} is {trade.status} and has no order to cancel. "
            "An open trade is ended with: close."
        )
    return trade.broker_order_id


def close(session: Session, options: Namespace) -> int:
    """Close an open trade or a part of it."""
    with session.service() as service:
        know(service, session)
        trade = open_trade(session, options.trade)
        qty = figure(trade.open_qty) if options.qty is None else options.qty
        price = "at market" if options.limit is None else f"at {options.limit} or better"
        verb = "Buy back" if trade.side == "short" else "Sell"
        question = f"{verb} {qty} {trade.symbol} {price}, closing trade {trade.trade_id[:8]}"
        confirm(question, session.account, word=trade.symbol, yes=options.yes)
        result = service.close_trade(
            session.account.name,
            trade.trade_id,
            intent_id=str(uuid4()),
            qty=options.qty,
            limit_price=options.limit,
        )
    return told(result, f"{question}: order {result.order_id} accepted.")


def open_trade(session: Session, text: str) -> TradeRow:
    with session.database.read() as tx:
        trade = find_trade(tx, session.recorded(tx).account_id, text)
    if trade is None:
        raise CommandError(f"There is no trade {text}. See: python -m tradesync trades")
    if trade.status != "open":
        raise CommandError(f"Trade {trade.trade_id} is {trade.status}, not open; nothing was sent.")
    return trade


def rebind(session: Session, options: Namespace) -> int:
    """Let the account's name mean the account its keys open now; the old record is kept."""
    question = f"Start a new record for {session.account.name}, keeping the old one as an archive,"
    confirm(question, session.account, word=session.account.name, yes=options.yes)
    with session.service() as service:
        number = service.rebind(session.account.name)
    print(f"{session.account.name} now means account {number}. Sync it next.")
    return 0


def know(service: SyncService, session: Session) -> None:
    """Sync an account nobody has synced yet: a command needs to know which account it is for."""
    state = service.state(session.account.name)
    if state.account_id is None or not state.history_complete:
        synced(service, session.account.name)


def told(result: CommandResult, done: str) -> int:
    """Say how a command ended; CommandError unless the broker took it."""
    if not result.ok:
        raise CommandError(result.message or f"The broker did not take it: {result.state}.")
    print(result.message or done)
    return 0


def a_price(text: str) -> str:
    """An argument that must be a positive exact number, as typed; ValueError when it is none."""
    number = Decimal(text) if text.isascii() else Decimal("NaN")
    if not (number.is_finite() and number > 0):
        raise ValueError(text)
    return text
