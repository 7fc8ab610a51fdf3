"""Backing up, restoring and repairing the database file.

A file is only ever copied or moved while the gate keeps every program of ours out of it, and
appears under its name whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tradesync.domain.ours import Intent, OpeningBalance, Resolution
from tradesync.store import accounts, decisions, intents, preferences, resolutions
from tradesync.store.accounts import AccountRow, Binding, Switch
from tradesync.store.database import Database, Tx
from tradesync.store.decisions import RevokedBalance, TradeNote
from tradesync.store.errors import (
    DamagedDatabaseError,
    NewerDatabaseError,
    StoreError,
    unwritable,
)
from tradesync.store.preferences import Preference

_NEW_VERSION = "UPDATE meta SET data_version = ?"


def back_up(database: Database, target: Path) -> int:
    """Copy the record, consistent, while programs run; the copy's size in bytes.

    StoreError when `target` exists or cannot be written, or the copy cannot be read.
    """
    if target.exists():
        raise StoreError(f"{target} exists already: name another file, or delete it first.")
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with database.at_rest() as path:
            if not path.exists():
                raise StoreError(f"There is no database {path} yet: nothing to back up.")
            _copy(path, fresh)
        _read_through(Database(fresh, program="backup"))
        _forget_locks(fresh)
        fresh.rename(target)
    except OSError as error:
        raise unwritable(target, str(error)) from error
    finally:
        _forget_locks(fresh)
        fresh.unlink(missing_ok=True)
    return target.stat().st_size


def restore(database: Database, source: Path) -> Path | None:
    """Put a backup in the record's place; where the former record was moved (None: none).

    The backup is read through first; nothing happens when it cannot be used.
    """
    if not source.is_file():
        raise StoreError(f"There is no file {source}.")
    fresh = database.path.with_name(f"{database.path.name}.restoring")
    try:
        fresh.unlink(missing_ok=True)
        _copy(source, fresh)
        copy = Database(fresh, program="restore")
        _read_through(copy)
        with copy.write() as tx:  # programs that run must not take it for what they remember
            tx.execute(_NEW_VERSION, [time.time_ns()])
        with copy.at_rest():
            pass
        _forget_locks(fresh)
        return _put_in_place(database, fresh, "before-restore")
    except OSError as error:
        raise unwritable(database.path, str(error)) from error
    finally:
        _forget_locks(fresh)
        fresh.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did: where the damaged file is, and what of ours could be read from it."""

    set_aside: Path
    accounts: int
    opening_balances: int
    notes: int
    intents: int
    lost: tuple[str, ...]
    """Kinds of records that could not be read."""


@dataclass(slots=True)
class _Salvage:
    """What cannot be read again from the broker."""

    accounts: list[AccountRow]
    bindings: list[Binding]
    balances: dict[str, list[OpeningBalance]]
    notes: dict[str, list[TradeNote]]
    intents: dict[str, list[Intent]]
    lost: list[str]
    revoked: dict[str, list[RevokedBalance]] = field(default_factory=dict)
    """Imports that were taken back."""
    resolutions: dict[str, list[Resolution]] = field(default_factory=dict)
    switches: list[Switch] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)


def is_damaged(database: Database) -> str | None:
    """Why the record cannot be read; None when all of it can."""
    try:
        _read_through(database)
    except DamagedDatabaseError as error:
        return str(error)
    return None


def repair(database: Database) -> Repaired:
    """Set the damaged file aside and begin a new one with the decisions that could be read.

    The next sync reads all facts again from the broker; the same conclusions follow.
    """
    aside = _set_aside(database)
    found = _salvaged(aside)
    with database.write() as tx:
        _bind(tx, found)
        _keep(tx, found)
    return Repaired(
        set_aside=aside,
        accounts=len(found.accounts),
        opening_balances=sum(map(len, found.balances.values())),
        notes=sum(map(len, found.notes.values())),
        intents=sum(map(len, found.intents.values())),
        lost=tuple(found.lost),
    )


def _bind(tx: Tx, found: _Salvage) -> None:
    """Begin the accounts anew under their names; one without gets a name of its number."""
    for account in found.accounts:
        names = [row.name for row in found.bindings if row.account_id == account.account_id]
        for name in names or [f"archive-{account.account_number}"]:
            accounts.bind_account(
                tx, name, account.account_id, account_number=account.account_number,
                environment=account.environment, at=account.created_at,
            )  # fmt: skip


def _keep(tx: Tx, found: _Salvage) -> None:
    """Store what a person decided again."""
    for switch in found.switches:
        accounts.set_switch(tx, switch)
    for preference in found.preferences:
        preferences.set_preference(tx, preference)
    for account_id, balances in found.balances.items():
        decisions.add_opening_balances(tx, account_id, balances)
        decisions.add_revoked_balances(tx, account_id, found.revoked.get(account_id, ()))
    for account_id, decided in found.resolutions.items():
        for decision in decided:
            resolutions.add_resolution(tx, account_id, decision)
    for account_id, notes in found.notes.items():
        for note in notes:
            decisions.save_trade_note(tx, account_id, note)
    for account_id, rows in found.intents.items():
        for intent in rows:
            intents.save_intent(tx, account_id, intent)


def _salvaged(path: Path) -> _Salvage:
    """Everything of ours that a damaged file still gives, kind by kind."""
    found = _Salvage([], [], {}, {}, {}, [])
    database = Database(path, program="repair")

    def attempt(what: str, read: Callable[[Tx], None]) -> None:
        try:
            with database.read() as tx:
                read(tx)
        except StoreError:
            found.lost.append(what)

    def read_accounts(tx: Tx) -> None:
        found.accounts = accounts.accounts(tx)
        found.bindings = accounts.bindings(tx)

    def read_choices(tx: Tx) -> None:
        found.switches = accounts.switches(tx)
        found.preferences = preferences.preferences(tx)

    attempt("accounts", read_accounts)
    attempt("choices of the Settings page", read_choices)
    for account in found.accounts:
        key = account.account_id

        def read_balances(tx: Tx, key: str = key) -> None:
            found.balances[key] = decisions.load_opening_balances(tx, key)
            found.revoked[key] = decisions.load_revoked_balances(tx, key)

        def read_notes(tx: Tx, key: str = key) -> None:
            found.notes[key] = decisions.load_trade_notes(tx, key)

        def read_intents(tx: Tx, key: str = key) -> None:
            found.intents[key] = intents.load_intents(tx, key)

        def read_resolutions(tx: Tx, key: str = key) -> None:
            found.resolutions[key] = resolutions.load_resolutions(tx, key)

        attempt("opening balances", read_balances)
        attempt("decisions about drift", read_resolutions)
        attempt("notes and tags", read_notes)
        attempt("commands", read_intents)
    _forget_locks(path)
    return found


def _set_aside(database: Database) -> Path:
    """Move the file and its log away; the new name."""
    aside = database.path.with_name(f"{database.path.name}.damaged-{_stamp()}")
    with database.at_rest() as path:
        if not path.exists():
            raise StoreError(f"There is no database {path}: nothing to repair.")
        path.rename(aside)
        log = path.with_name(path.name + ".wal")
        if log.exists():
            log.rename(aside.with_name(aside.name + ".wal"))
    return aside


def _put_in_place(database: Database, fresh: Path, word: str) -> Path | None:
    """Rename a closed file to the record's name; where the former one went."""
    former: Path | None = None
    with database.at_rest() as path:
        if path.exists():
            former = path.with_name(f"{path.name}.{word}-{_stamp()}")
            path.rename(former)
        log = path.with_name(path.name + ".wal")
        with suppress(FileNotFoundError):
            log.rename(path.with_name(f"{path.name}.{word}-{_stamp()}.wal"))
        fresh.rename(path)
    return former


def _copy(source: Path, target: Path) -> None:
    """Copy a file nobody has open, down to the disk."""
    shutil.copyfile(source, target)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())


def _read_through(database: Database) -> None:
    """Read every row of every table; a StoreError when one cannot be read."""
    try:
        with database.read() as tx:
            for (name,) in tx.rows("SELECT table_name FROM duckdb_tables()"):
                tx.rows(f"SELECT count(*), count(COLUMNS(*)) FROM {name}")  # noqa: S608 (a table of ours)
                tx.rows(f"SELECT hash(COLUMNS(*)) FROM {name}")  # noqa: S608 (a table of ours)
    except (NewerDatabaseError, DamagedDatabaseError):
        raise
    except StoreError as error:
        raise DamagedDatabaseError(str(error)) from error


def _forget_locks(path: Path) -> None:
    """Remove the lock files of a file only this process knew."""
    for suffix in (".lock", ".next.lock", ".wal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
