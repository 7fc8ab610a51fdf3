"""The sync service: keeps every active account in sync, whether or not a browser is open.

    python background_sync.py [--once] [--interval SECONDS] [--account NAME]

Exit codes: 0 stopped as asked (or all went well with --once), 1 a run of --once failed,
2 unusable settings or arguments.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from types import FrameType

from tradesync.config import Settings, SettingsError, load_settings
from tradesync.logs import configure_logging, secrets_of
from tradesync.paper import PaperBrokerError
from tradesync.store.database import Database
from tradesync.store.errors import StoreError
from tradesync.sync.outcomes import SyncError, Trigger
from tradesync.sync.service import SyncService

log = logging.getLogger("tradesync.service")

_LOOK_EVERY = 0.25
_BEAT_EVERY = 2.0
_FIRST_COMPACTION, _COMPACT_EVERY = 600.0, 86_400.0
_CANNOT_OPEN = (PaperBrokerError, StoreError, SyncError, OSError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes (or once); the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = _chosen(load_settings(), options)
    except SettingsError as error:
        print(f"background_sync: {error}", file=sys.stderr)
        return 2
    configure_logging(settings.log_format, secrets=secrets_of(settings))
    stop = _stop_on_signals()
    program = "cli" if options.once else "service"  # only the service syncs by itself
    database = Database(settings.database, program=program)
    service = SyncService(settings, database, program=program)
    try:
        return _once(service, stop) if options.once else _forever(service, stop)
    finally:
        service.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="background_sync.py", description="Keep every active account in sync."
    )
    parser.add_argument("--once", action="store_true", help="sync every account once and end")
    parser.add_argument("--interval", metavar="SECONDS", help="between syncs (SYNC_INTERVAL)")
    parser.add_argument(
        "--account", action="append", metavar="NAME", help="only this account; may be repeated"
    )
    return parser


def _chosen(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with what the command line says instead; SettingsError when it is wrong."""
    if options.interval is not None:
        settings = load_settings({**os.environ, "SYNC_INTERVAL": options.interval})
    wanted = options.account or [account.name for account in settings.accounts]
    for name in options.account or ():
        if not settings.account(name).enabled:
            raise SettingsError(f"Account {name} is switched off. Set its …_ENABLED to true.")
    accounts = tuple(
        replace(account, enabled=account.enabled and account.name in wanted)
        for account in settings.accounts
    )
    if not any(account.enabled for account in accounts):
        raise SettingsError("Every account is switched off. Set …_ENABLED of one to true.")
    return replace(settings, accounts=accounts)


def _stop_on_signals() -> threading.Event:
    """An event that SIGTERM, Ctrl-C and the terminal's end set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    return stop


def _once(service: SyncService, stop: threading.Event) -> int:
    """One settled sync of every account; 1 when any failed or was interrupted."""
    if not _opened(service, stop):
        return 1
    tickets = {
        name: service.request_sync(name, trigger=Trigger.CLI) for name in service.account_names()
    }
    all_well = True
    for name, ticket in tickets.items():
        result = None
        while result is None and not stop.is_set():
            result = service.wait(name, ticket, timeout=0.2)
        all_well &= result is not None and result.ok
    return 0 if all_well else 1


def _forever(service: SyncService, stop: threading.Event) -> int:
    """Sync on the interval until asked to stop. Nothing that fails ends it."""
    started_at = time.time_ns()
    service.beat(started_at)
    service.open_soon(patience=0.0)
    while not stop.wait(_LOOK_EVERY) and not service.is_open:
        service.beat(started_at)
    if service.is_open:
        names = ", ".join(service.account_names()) or "no account: all are switched off"
        log.info(
            "Syncing %s every %g s into %s (Ctrl-C stops)",
            names, service.sync_interval, service.database.path,
        )  # fmt: skip
    _live(service, stop, started_at)
    log.info("Stopped.")
    return 0


def _live(service: SyncService, stop: threading.Event, started_at: int) -> None:
    """Give signs of life, and forget what is old once a day, until asked to stop."""
    compact_at = time.monotonic() + _FIRST_COMPACTION
    while not stop.is_set():
        service.beat(started_at)
        if time.monotonic() >= compact_at:
            compact_at = time.monotonic() + _COMPACT_EVERY
            try:
                service.compact()
            except StoreError as error:
                log.warning("Old runs were not forgotten: %s", error)
        stop.wait(_BEAT_EVERY)


def _opened(service: SyncService, stop: threading.Event) -> bool:
    """Whether the service runs now. Opening may wait for the paper broker, a signal may not."""
    failures: list[Exception] = []

    def open_service() -> None:
        try:
            service.open()
        except _CANNOT_OPEN as error:
            failures.append(error)

    opening = threading.Thread(target=open_service, name="opening", daemon=True)
    opening.start()
    while opening.is_alive() and not stop.is_set():
        opening.join(0.1)
    if failures:
        log.error("%s", failures[0])
    return not failures and not stop.is_set()


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    # A run cut short may sit in a library call, which must neither delay nor crash the exit.
    os._exit(code)
