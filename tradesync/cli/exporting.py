"""`export`: a whole table of the record as a CSV or Parquet file."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tradesync.cli.session import CommandError, Session
from tradesync.store.database import Tx
from tradesync.store.queries_exports import Period
from tradesync.store.queries_orders import OrderFilter, OrdersShown
from tradesync.store.queries_trades import DayOf, TradeFilter
from tradesync.views.exports import Frame, csv_bytes, parquet_bytes
from tradesync.views.lots import read_lots, year_period
from tradesync.views.performance import read_days
from tradesync.views.records import (
    ALWAYS,
    activities_frame,
    executions_frame,
    orders_frame,
    positions_frame,
    runs_frame,
    trades_frame,
)

Loader = Callable[[Tx, str, Period], Frame]

_STDOUT = "-"
_WRITERS = {".csv": csv_bytes, ".parquet": parquet_bytes}


def _trades(tx: Tx, account_id: str, period: Period) -> Frame:
    wanted = TradeFilter(day_of=DayOf.OPENED, since=period.since, until=period.until)
    return trades_frame(tx, account_id, wanted)


def _orders(tx: Tx, account_id: str, period: Period) -> Frame:
    wanted = OrderFilter(shown=OrdersShown.ALL, since=period.since, until=period.until)
    return orders_frame(tx, account_id, wanted)


TABLES: dict[str, Loader] = {
    "lots": read_lots,
    "daily-pnl": read_days,
    "trades": _trades,
    "orders": _orders,
    "executions": executions_frame,
    "activities": activities_frame,
    "positions": lambda tx, account_id, _: positions_frame(tx, account_id),
    "runs": lambda tx, account_id, _: runs_frame(tx, account_id, only_failed=False),
}
_UNDATED = ("positions", "runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `export` is told."""
    parser.add_argument("table", choices=list(TABLES))
    parser.add_argument(
        "file", nargs="?", default=_STDOUT, help="ends in .csv or .parquet; default: CSV printed"
    )
    parser.add_argument("--year", type=_year, help="a New York calendar year; default: all")


def _year(text: str) -> int:
    if not text.isdecimal() or not date.min.year <= int(text) < date.max.year:
        raise argparse.ArgumentTypeError(f"{text!r} is not a year")
    return int(text)


def export(session: Session, options: Namespace) -> int:
    """Write one table: trades by the day they opened, orders by submission, the rest by date."""
    if options.year is not None and options.table in _UNDATED:
        raise CommandError(f"The table {options.table} has no years. Leave --year out.")
    write = _WRITERS.get(".csv" if options.file == _STDOUT else Path(options.file).suffix.lower())
    if write is None:
        raise CommandError(f"{options.file} must end in .csv or .parquet.")
    period = Period(0, ALWAYS) if options.year is None else year_period(options.year)
    with session.database.read() as tx:
        frame = TABLES[options.table](tx, session.recorded(tx).account_id, period)
    _put(write(frame), options.file)
    return 0


def _put(data: bytes, file: str) -> None:
    if file == _STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
