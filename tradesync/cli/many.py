"""Commands about many orders or trades, or about what stands already: each shown, then asked."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from uuid import uuid4

from tradesync.cli.acting import know, open_trade, synced, told
from tradesync.cli.asking import confirm
from tradesync.cli.output import figure, local_time, print_table
from tradesync.cli.session import CommandError, Session
from tradesync.store import facts
from tradesync.store.queries_trades import TradeFilter, trade_rows
from tradesync.sync.outcomes import CommandResult, Replacement

_ALL = 1_000_000


def close_all(session: Session, options: Namespace) -> int:
    """Close every open trade at market; 1 when the broker did not take all of it."""
    with session.service() as service:
        synced(service, session.account.name)  # all there is now, not as last read
        with session.database.read() as tx:
            account_id = session.recorded(tx).account_id
            trades = trade_rows(tx, account_id, TradeFilter(status="open", limit=_ALL))
        if not trades:
            print("No trade is open.")
            return 0
        rows = [(row.trade_id[:8], row.symbol, row.side, figure(row.open_qty)) for row in trades]
        print_table(("TRADE", "SYMBOL", "SIDE", "OPEN"), rows, range(3, 4))
        question = f"Close all {len(trades)} open trades at market"
        confirm(question, session.account, word="CLOSE ALL", yes=options.yes)
        results = service.close_all(session.account.name, intent_id=str(uuid4()))
    return _each_told(results, "closed")


def cancel_all(session: Session, options: Namespace) -> int:
    """Ask for the cancel of every working order; 1 when any was refused."""
    with session.service() as service:
        synced(service, session.account.name)  # all there is now, not as last read
        with session.database.read() as tx:
            orders = facts.alive_orders(tx, session.recorded(tx).account_id)
        if not orders:
            print("No order is working.")
            return 0
        rows = [(order.order_id, order.symbol, order.side, order.status) for order in orders]
        print_table(("ORDER", "SYMBOL", "SIDE", "STATUS"), rows, range(0))
        question = f"Cancel all {len(orders)} working orders"
        confirm(question, session.account, word="CANCEL ALL", yes=options.yes)
        results = service.cancel_all(session.account.name, intent_id=str(uuid4()))
    return _each_told(results, "asked to be cancelled")


def _each_told(results: Sequence[CommandResult], done: str) -> int:
    """One line for each item; CommandError when any was not taken."""
    rows = [(item.symbol, item.state, item.message or item.order_id or "") for item in results]
    print_table(("SYMBOL", "RESULT", "DETAIL"), rows, range(0))
    failed = sum(not item.ok for item in results)
    if failed:
        raise CommandError(f"{failed} of {len(results)} were not {done}; see the list.")
    print(f"{len(results)} {done}.")
    return 0


def replace(session: Session, options: Namespace) -> int:
    """Change quantity, prices or time in force of a working order."""
    change = Replacement(
        qty=options.qty, limit_price=options.limit, stop_price=options.stop,
        trail=options.trail, time_in_force=options.tif,
    )  # fmt: skip
    words = ("qty", "limit", "stop", "trail", "tif")
    wanted = [f"{word} {getattr(options, word)}" for word in words if getattr(options, word)]
    if not wanted:
        raise CommandError("Say what to change: --qty, --limit, --stop, --trail or --tif.")
    question = f"Replace order {options.order} by {', '.join(wanted)}"
    with session.service() as service:
        know(service, session)
        confirm(question, session.account, word="REPLACE", yes=options.yes)
        name = session.account.name
        result = service.replace_order(name, options.order, change, intent_id=str(uuid4()))
    return told(result, f"{question}: order {result.order_id} accepted.")


def protect(session: Session, options: Namespace) -> int:
    """Place the exits of an unprotected trade again; without a trade list those there are."""
    with session.service() as service:
        know(service, session)
        name = session.account.name
        found = service.unprotected(name)
        if options.trade is None:
            rows = [
                (item.trade_id[:8], item.symbol, figure(item.open_qty), local_time(item.since),
                 item.message)
                for item in found
            ]  # fmt: skip
            if rows:
                print_table(("TRADE", "SYMBOL", "OPEN", "SINCE", "WHY"), rows, range(2, 3))
            else:
                print("No open trade lost its exits to a close.")
            return 0
        trade = open_trade(session, options.trade)
        question = f"Place the cancelled exits of {trade.symbol} again ({trade.trade_id[:8]})"
        confirm(question, session.account, word=trade.symbol, yes=options.yes)
        result = service.protect_trade(name, trade.trade_id, intent_id=str(uuid4()))
    return told(result, f"{question}: order {result.order_id} accepted.")
