"""Commands that only read the record: trades, positions, status."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields

from tradesync.cli.output import (
    Format,
    figure,
    local_time,
    print_csv,
    print_json,
    print_table,
)
from tradesync.cli.session import Session
from tradesync.store.database import Tx
from tradesync.store.queries import PositionRow, position_rows
from tradesync.store.queries_trades import TradeFilter, TradeRow, trade_rows
from tradesync.views.export import position_json, trade_json

_EVERYTHING = 1_000_000_000
_TRADE_HEADINGS = (
    "TRADE", "SYMBOL", "SIDE", "STATUS", "QTY", "OPEN", "ENTRY", "EXIT", "PRICE", "FLOATING",
    "REALIZED", "FEES", "SINCE", "UNTIL", "WHY",
)  # fmt: skip
_POSITION_HEADINGS = (
    "SYMBOL", "SIDE", "QTY", "AVG ENTRY", "PRICE", "VALUE", "P&L", "P&L %", "TODAY", "PRICE AT",
)  # fmt: skip


def trades(session: Session, options: Namespace) -> int:
    """Print the trades asked for, status by status as named, newest first."""
    with session.database.read() as tx:
        account_id = session.recorded(tx).account_id
        rows = _trades(tx, account_id, options.status, options.symbol)
    if options.limit is not None:
        rows = rows[: options.limit]
    name = session.account.name
    match options.format:
        case Format.JSON:
            print_json([trade_json(name, row) for row in rows])
        case Format.CSV:
            columns = ["account", *(field.name for field in fields(TradeRow))]
            print_csv([trade_json(name, row) for row in rows], columns)
        case _:
            print_table(_TRADE_HEADINGS, map(_trade_cells, rows), range(4, 12))
    return 0


def _trades(tx: Tx, account_id: str, statuses: list[str], symbol: str | None) -> list[TradeRow]:
    found: list[TradeRow] = []
    wanted_statuses: list[str | None] = [*statuses] or [None]
    for status in wanted_statuses:
        wanted = TradeFilter(
            status=status, symbol=symbol.upper() if symbol else None, limit=_EVERYTHING
        )
        found.extend(trade_rows(tx, account_id, wanted))
    return found


def _trade_cells(row: TradeRow) -> tuple[str, ...]:
    return (
        row.trade_id[:8],
        row.symbol,
        row.side,
        row.status,
        figure(row.qty or row.ordered_qty),
        figure(row.open_qty),
        figure(row.entry_price),
        figure(row.exit_price),
        figure(row.current_price),
        figure(row.floating_pnl, signed=True),
        figure(row.realized_pnl, signed=True),
        figure(row.fees),
        local_time(row.opened_at or row.ordered_at),
        local_time(row.closed_at),
        row.close_reason or " ".join(row.flags),
    )


def positions(session: Session, options: Namespace) -> int:
    """Print what the broker says is held, with its own figures."""
    with session.database.read() as tx:
        rows = position_rows(tx, session.recorded(tx).account_id)
    name = session.account.name
    match options.format:
        case Format.JSON:
            print_json([position_json(name, row) for row in rows])
        case Format.CSV:
            columns = ["account", "side", *(field.name for field in fields(PositionRow))]
            print_csv([position_json(name, row) for row in rows], columns)
        case _:
            print_table(_POSITION_HEADINGS, map(_position_cells, rows), range(2, 9))
    return 0


def _position_cells(row: PositionRow) -> tuple[str, ...]:
    percent = None if row.unrealized_plpc is None else row.unrealized_plpc * 100
    today = None if row.change_today is None else row.change_today * 100
    return (
        row.symbol,
        "short" if row.qty < 0 else "long",
        figure(row.qty),
        figure(row.avg_entry_price),
        figure(row.current_price),
        figure(row.market_value),
        figure(row.unrealized_pl, signed=True),
        figure(percent, signed=True),
        figure(today, signed=True),
        local_time(row.price_at),
    )
