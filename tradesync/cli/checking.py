"""Commands that prove the record: verify and rebuild."""

from __future__ import annotations

import time
from argparse import Namespace

from tradesync.cli.session import Session
from tradesync.sync.outcomes import Trigger
from tradesync.sync.rebuild import Verification, rebuild, verify
from tradesync.sync.runs import Run

_SHOWN = 20


def verify_record(session: Session, _options: Namespace) -> int:
    """Conclude everything anew and compare; 1 when anything differs. Writes nothing."""
    found = verify(session.database, _account_id(session))
    _tell(found)
    if found.is_identical:
        print(f"Identical: {found.rows} rows follow from the records.")
        return 0
    print("Run `python -m tradesync rebuild` to store what follows from the records.")
    return 1


def rebuild_record(session: Session, _options: Namespace) -> int:
    """Conclude everything anew and store it; says whether anything was different."""
    account_id = _account_id(session)
    name = session.account.name
    run = Run(name, Trigger.REBUILD, "cli", time.time_ns(), account_id=account_id)
    found = rebuild(session.database, account_id, run=run, now=time.time_ns)
    _tell(found)
    if found.is_identical:
        print(f"Identical: {found.rows} rows were concluded anew, none changed.")
    else:
        print(f"Rebuilt: {len(found.differences)} of {found.rows} rows were different.")
    return 0


def _account_id(session: Session) -> str:
    with session.database.read() as tx:
        return session.recorded(tx).account_id


def _tell(found: Verification) -> None:
    for one in found.differences[:_SHOWN]:
        print(f"{one.kind} {one.identity}")
        print(f"  stored:    {one.stored or '—'}")
        print(f"  concluded: {one.concluded or '—'}")
    if len(found.differences) > _SHOWN:
        print(f"… and {len(found.differences) - _SHOWN} more")
