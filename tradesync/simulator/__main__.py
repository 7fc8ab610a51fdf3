"""Command line: python -m tradesync.simulator --port N --data DIR [--control] ..."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
from datetime import date
from pathlib import Path

from tradesync.simulator.broker import Broker
from tradesync.simulator.engine import (
    DEPOSIT,
    KEY,
    SECRET,
    Options,
    deposit,
    new_account,
    open_broker,
)
from tradesync.simulator.history import tell
from tradesync.simulator.leave import leaving
from tradesync.simulator.server import build, serve

MAIN_ACCOUNT = "paper"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(
        prog="python -m tradesync.simulator",
        description="An Alpaca-compatible paper broker on 127.0.0.1: REST, trade_updates, market "
        "data. Any Alpaca client works with its address changed; it prints address and keys.",
        epilog="Tests: --empty --clock stepped --partials 0 --control; then POST /sim/price, "
        "/sim/fill, /sim/step, /sim/faults ... All of it: docs/paper-broker.md.",
    )
    found.add_argument("--port", type=int, default=0, help="0 (default) picks a free one")
    found.add_argument("--port-file", type=Path, help="file to write the port to once it listens")
    found.add_argument("--data", type=Path, required=True, help="directory of the books")
    found.add_argument("--seed", type=int, default=1, help="prices, ids and history follow it")
    found.add_argument("--empty", action="store_true", help="no history: 100,000 in cash only")
    found.add_argument("--as-of", type=date.fromisoformat, help="New York date it starts on")
    found.add_argument(
        "--clock",
        choices=("real", "stepped"),
        default="real",
        help="stepped: time moves only by POST /sim/step",
    )
    found.add_argument(
        "--hours",
        choices=("always", "real"),
        default="always",
        help="always (default): shares trade day and night; real: New York's sessions",
    )
    found.add_argument("--partials", type=int, default=10, help="percent of sliced orders")
    found.add_argument("--rate-limit", type=int, default=0, help="requests a minute, 0: none")
    found.add_argument("--users-lock", type=Path, help="leave once no program holds it shared")
    found.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="NAME:KEY:SECRET",
        help="one more empty account, when the books are made; repeatable",
    )
    found.add_argument("--control", action="store_true", help="serve /sim/... without keys")
    return found


def open_main_account(broker: Broker, *, empty: bool) -> None:
    """The account behind the well-known keys, with or without a past."""
    if empty:
        ledger = new_account(broker, MAIN_ACCOUNT, KEY, SECRET)
        deposit(broker, ledger, DEPOSIT)
    else:
        tell(broker, MAIN_ACCOUNT, KEY, SECRET, DEPOSIT)


def main() -> int:
    """Run until stopped."""
    args = parser().parse_args()
    options = Options(
        seed=args.seed,
        as_of=args.as_of,
        stepped=args.clock == "stepped",
        hours=args.hours,
        partial_rate=args.partials,
    )
    try:
        broker, fresh = open_broker(args.data, options)
    except sqlite3.OperationalError as failure:
        print(
            f"The books in {args.data} cannot be opened ({failure}): "
            "another paper broker runs on them; stop it first.",
            file=sys.stderr,
        )
        return 1
    if fresh:
        with broker.change():
            open_main_account(broker, empty=args.empty)
            for triple in args.account:
                deposit(broker, new_account(broker, *triple.split(":", 2)), DEPOSIT)
    app = build(broker, rate_limit=args.rate_limit, with_control=args.control)
    if args.users_lock is not None:
        app.cleanup_ctx.append(leaving(args.users_lock))
    asyncio.run(serve(app, args.port, args.port_file))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
