"""Arguments of the command line, and how its commands end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from decimal import InvalidOperation
from typing import NoReturn

from tradesync.cli import acting, books, checking, exporting, keeping, many, reading, status
from tradesync.cli.output import Format
from tradesync.cli.session import CommandError, Session
from tradesync.config import SettingsError, load_settings
from tradesync.domain.ours import ResolutionKind
from tradesync.domain.why import Figure
from tradesync.logs import configure_logging, secrets_of
from tradesync.paper import PaperBrokerError
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError

Command = Callable[[Session, argparse.Namespace], int]

_PROGRAM = "python -m tradesync"
_STATUSES = ("pending", "open", "closed", "cancelled")
_FAILED, _MISUSED, _INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 only when it did what it said, 1 failed, 2 wrong usage or settings."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        configure_logging(settings.log_format, secrets=secrets_of(settings), quiet=True)
        code = _COMMANDS[options.command](Session.of(settings, options.account), options)
        sys.stdout.flush()
    except SettingsError as error:
        return _failed(error, _MISUSED)
    except (CommandError, SyncError, StoreError, PaperBrokerError) as error:
        return _failed(error, _FAILED)
    except KeyboardInterrupt:
        return _failed("Interrupted.", _INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    return code


def _failed(sentence: object, code: int) -> int:
    print(f"tradesync: {sentence}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """A parser that complains in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(_MISUSED, f"tradesync: {message}. See: {self.prog} --help\n")


def _parser() -> _Parser:
    parser = _Parser(prog=_PROGRAM, description="Keep and use the local record of your trades.")
    parser.add_argument("--account", metavar="NAME", help="the account; default: the first one")
    named = _Parser(add_help=False)
    named.add_argument("--account", metavar="NAME", default=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=summary, description=summary, parents=[named])

    add("sync", "sync the account once")
    _formatted(add("status", "how syncing stands, for every account"))
    _add_trades(add("trades", "list trades from the record"))
    _formatted(add("positions", "list what the broker holds, as last read"))
    exporting.add_arguments(add("export", "write a whole table as a CSV or Parquet file"))
    importing = add("import", "import positions that nothing explains")
    importing.add_argument("--dry-run", action="store_true", help="only show what it would do")
    _confirmable(importing)
    _add_order(add("order", "send an order"))
    cancelling = add("cancel", "cancel an order or a pending trade")
    cancelling.add_argument("order_or_trade", metavar="ORDER_OR_TRADE")
    _confirmable(cancelling)
    closing = add("close", "close an open trade, or a part of it")
    closing.add_argument("trade", metavar="TRADE", help="its id or the beginning of it")
    closing.add_argument("--qty", type=_number, help="how much; default: all of it")
    closing.add_argument("--limit", type=_number, metavar="PRICE", help="default: at market")
    _confirmable(closing)
    _add_many(add)
    add("verify", "prove that the stored trades follow from the records; writes nothing")
    add("rebuild", "conclude all trades anew from the records")
    _add_books(add)
    _add_keeping(add)
    rebinding = add("rebind", "let a name mean the account its keys open now")
    rebinding.add_argument("account", metavar="NAME")
    _confirmable(rebinding)
    return parser


def _add_many(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    replacing = add("replace", "change a working order")
    replacing.add_argument("order", metavar="ORDER")
    replacing.add_argument("--qty", type=_number, help="the whole order's, filled units included")
    replacing.add_argument("--limit", type=_number, metavar="PRICE")
    replacing.add_argument("--stop", type=_number, metavar="PRICE")
    replacing.add_argument("--trail", type=_number, help="dollars or percent, as the order has it")
    replacing.add_argument("--tif", metavar="TIME", help="day, gtc, …")
    _confirmable(replacing)
    protecting = add("protect", "place the exits again that a close cancelled; alone: list them")
    protecting.add_argument("trade", metavar="TRADE", nargs="?")
    _confirmable(protecting)
    _confirmable(add("cancel-all", "cancel every working order"))
    _confirmable(add("close-all", "close every open trade at market"))


def _add_books(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    _formatted(add("drift", "list lasting differences to the broker and their likely reasons"))
    resolving = add("resolve", "decide what a lasting difference was")
    resolving.add_argument("symbol", metavar="SYMBOL")
    resolving.add_argument("how", choices=[kind.value for kind in ResolutionKind])
    resolving.add_argument("--price", type=_number, help="per unit; default: nobody knows it")
    resolving.add_argument("--until", type=books.a_day, metavar="DAY", help="for ignore")
    resolving.add_argument("--yes", action="store_true", help="do not ask")
    undoing = add("undo", "take an import or another decision back; alone: list them")
    undoing.add_argument("decision", metavar="DECISION", nargs="?")
    undoing.add_argument("--yes", action="store_true", help="do not ask")
    proving = add("proof", "prove cash and quantities from the facts, day by day; reads only")
    proving.add_argument("--day", type=books.a_day, metavar="DAY", help="that New York day only")
    _formatted(proving)
    asking = add("why", "list what a figure of a trade came from")
    asking.add_argument("trade", metavar="TRADE", help="its id or the beginning of it")
    asking.add_argument("figure", choices=[item.value for item in Figure])
    _formatted(asking)


def _add_keeping(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    add("backup", "copy the record to a file while programs run").add_argument("file")
    restoring = add("restore", "put a backup in the record's place; the former one is kept")
    restoring.add_argument("file")
    restoring.add_argument("--yes", action="store_true", help="do not ask")
    repairing = add("repair", "set a damaged record aside and rebuild it from the broker")
    repairing.add_argument("--yes", action="store_true", help="do not ask")


def _add_trades(parser: argparse.ArgumentParser) -> None:
    _formatted(parser)
    parser.add_argument("--status", type=_statuses, default=[], help=f"of {', '.join(_STATUSES)}")
    parser.add_argument("--symbol")
    parser.add_argument("--limit", type=int, metavar="N", help="the newest N only")


def _add_order(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("symbol", metavar="SYMBOL")
    parser.add_argument("side", choices=("buy", "sell"))
    parser.add_argument("qty", metavar="QTY", type=_number, help="units, or dollars (--notional)")
    parser.add_argument("--notional", action="store_true", help="QTY is an amount in dollars")
    parser.add_argument("--limit", type=_number, metavar="PRICE", help="default: at market")
    parser.add_argument("--stop", type=_number, metavar="PRICE", help="a stop, or a stop limit")
    parser.add_argument("--trail", metavar="TRAIL", help="a trailing stop, by 2.50 or 1.5%%")
    parser.add_argument("--take-profit", type=_number, metavar="PRICE", help="an exit at a gain")
    parser.add_argument("--stop-loss", type=_number, metavar="PRICE", help="an exit at a loss")
    parser.add_argument("--tif", default="day", metavar="TIME", help="day (default), gtc, ioc, …")
    parser.add_argument("--extended-hours", action="store_true")
    _confirmable(parser)


def _formatted(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", type=Format, choices=list(Format), default=Format.TABLE)


def _confirmable(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask (real money always asks)")


def _number(text: str) -> str:
    """A positive number, kept as typed so that it stays exact."""
    try:
        return acting.a_price(text)
    except (InvalidOperation, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero") from None


def _statuses(text: str) -> list[str]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if unknown := [word for word in words if word not in _STATUSES]:
        raise argparse.ArgumentTypeError(f"there is no status {unknown[0]!r}")
    return words


_COMMANDS: dict[str, Command] = {
    "sync": acting.sync,
    "import": acting.import_positions,
    "order": acting.order,
    "cancel": acting.cancel,
    "close": acting.close,
    "replace": many.replace,
    "protect": many.protect,
    "cancel-all": many.cancel_all,
    "close-all": many.close_all,
    "rebind": acting.rebind,
    "backup": keeping.backup,
    "restore": keeping.restore,
    "repair": keeping.repair,
    "drift": books.drift,
    "resolve": books.resolve,
    "undo": books.undo,
    "proof": books.proof,
    "why": books.explain_figure,
    "verify": checking.verify_record,
    "rebuild": checking.rebuild_record,
    "trades": reading.trades,
    "positions": reading.positions,
    "export": exporting.export,
    "status": status.status,
}
