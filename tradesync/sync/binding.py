"""Which broker account a configured name means: bound at the first sync, never changed silently."""

from __future__ import annotations

from collections.abc import Callable

from tradesync.broker.port import Broker, Read
from tradesync.config import AccountConfig
from tradesync.domain.facts import AccountState
from tradesync.domain.times import Instant
from tradesync.store import accounts, snapshots
from tradesync.store.accounts import AccountRow
from tradesync.store.database import Database, Tx
from tradesync.sync.outcomes import SyncError


class AnotherAccountError(SyncError):
    """The keys under this name open another account than the one they are bound to."""


def bound_account(
    config: AccountConfig, broker: Broker, database: Database, now: Callable[[], Instant]
) -> str:
    """The account id of a name, asked of the broker; bound when it is the first time.

    AnotherAccountError when the name is bound to another id (scenarios S19, S20).
    """
    read = broker.account()
    with database.write() as tx:
        bound = accounts.account_by_name(tx, config.name)
        if bound is None:
            _bind(tx, config, read, now())
        elif bound.account_id != read.value.account_id:
            raise AnotherAccountError(_question(config.name, bound, read.value))
    return read.value.account_id


def rebind(
    config: AccountConfig, read: Read[AccountState], database: Database, at: Instant
) -> None:
    """Let a name mean the account its keys open now; the old record stays as an archive."""
    with database.write() as tx:
        _bind(tx, config, read, at)


def _bind(tx: Tx, config: AccountConfig, read: Read[AccountState], at: Instant) -> None:
    accounts.bind_account(
        tx,
        config.name,
        read.value.account_id,
        account_number=read.value.account_number,
        environment=config.environment.value,
        at=at,
    )
    snapshots.save_account_state(tx, read.value, read.started_at)


def _question(name: str, bound: AccountRow, state: AccountState) -> str:
    return (
        f"The keys of {name!r} now open account {state.account_number}, but its record is of "
        f"account {bound.account_number}: was it reset, or is this another account? "
        f"`python -m tradesync rebind {name}` keeps the old record as an archive and starts anew."
    )
