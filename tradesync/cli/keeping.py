"""Commands that look after the file: backup, restore, repair."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from tradesync.cli.asking import agree
from tradesync.cli.session import CommandError, Session
from tradesync.store import upkeep


def backup(session: Session, options: Namespace) -> int:
    """Copy the record to a file; programs may run meanwhile."""
    target = Path(options.file).expanduser()
    size = upkeep.back_up(session.database, target)
    print(f"Backed up {session.database.path} to {target} ({size / 1e6:.1f} MB).")
    return 0


def restore(session: Session, options: Namespace) -> int:
    """Put a backup in the record's place, keeping the former record beside it."""
    source = Path(options.file).expanduser()
    agree(f"Replace {session.database.path} by {source} (the former file is kept)?", options.yes)
    former = upkeep.restore(session.database, source)
    kept = f" The former record is {former}." if former is not None else ""
    print(f"Restored {source}.{kept} The next sync reads what happened since.")
    return 0


def repair(session: Session, options: Namespace) -> int:
    """Set a damaged record aside and begin anew with the decisions that can be read."""
    reason = upkeep.is_damaged(session.database)
    if reason is None:
        print(f"{session.database.path} can be read from end to end; nothing to repair.")
        return 0
    print(reason)
    agree("Set it aside and rebuild the record from the broker?", options.yes)
    done = upkeep.repair(session.database)
    print(f"The damaged file is kept as {done.set_aside}.")
    print(
        f"Kept: {done.accounts} accounts, {done.opening_balances} imports, "
        f"{done.notes} notes, {done.intents} commands. The next sync reads everything else."
    )
    if done.lost:
        raise CommandError(
            f"Could not be read and is lost: {', '.join(sorted(set(done.lost)))}. "
            "If you have a backup, `python -m tradesync restore FILE` brings them back."
        )
    return 0
