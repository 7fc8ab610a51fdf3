"""The accounts of the record, the names they are bound to, and how far their history is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tradesync.domain.conclusions import ChainReading
from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.errors import unknown_account
from tradesync.store.rows import Table


class HistoryPhase(StrEnum):
    """What of an account's history is being read."""

    ORDERS = "orders"
    ACTIVITIES = "activities"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account of the record."""

    account_id: str
    account_number: str
    environment: str
    """simulated, paper or live."""
    revision: int
    """Moves with every write of facts, intents or decisions."""
    history_phase: HistoryPhase
    history_from: Instant | None
    """Where the history read begins; None: not known yet."""
    history_cursor: str | None
    """How far the current phase got, as JSON."""
    history_progress: int
    """Percent."""
    chain_reading: ChainReading | None
    """What a chain of this account proved about replacements (design rule 1)."""
    orders_read_at: Instant | None
    """The newest submission a list of orders has shown, by the broker's clock: what was submitted
    before is read. Orders that came alone (our own, those that rang) do not count."""
    activities_read_at: Instant | None
    """When the last complete read of activities began."""
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Binding:
    """Which account a configured name means, since when."""

    name: str
    account_id: str
    bound_at: Instant


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a person wants a configured account synced, since when."""

    name: str
    active: bool
    set_at: Instant


_ACCOUNTS = Table("accounts", AccountRow, "account_id", conflict=("account_id",))
_BINDINGS = Table("account_names", Binding, "name", conflict=("name",))
_SWITCHES = Table("account_switches", Switch, "name", conflict=("name",))


def accounts(tx: Tx) -> list[AccountRow]:
    """All accounts of the record, archived ones with them, oldest first."""
    return _ACCOUNTS.load(tx, "ORDER BY created_at, account_id")


def account(tx: Tx, account_id: str) -> AccountRow:
    """One account; StoreError when it is not known."""
    found = _ACCOUNTS.load(tx, "WHERE account_id = ?", [account_id])
    if not found:
        raise unknown_account(account_id)
    return found[0]


def account_by_name(tx: Tx, name: str) -> AccountRow | None:
    """The account a configured name means, None when it is bound to none yet."""
    where = "WHERE account_id = (SELECT account_id FROM account_names WHERE name = ?)"
    found = _ACCOUNTS.load(tx, where, [name])
    return found[0] if found else None


def bindings(tx: Tx) -> list[Binding]:
    """All names and the accounts they mean."""
    return _BINDINGS.load(tx, "ORDER BY name")


def switches(tx: Tx) -> list[Switch]:
    """The accounts a person has switched off, or on again; the others are active."""
    return _SWITCHES.load(tx, "ORDER BY name")


def set_switch(tx: Tx, switch: Switch) -> None:
    """Store a switch in place of what stood there."""
    _SWITCHES.upsert(tx, [switch])


def bind_account(
    tx: Tx, name: str, account_id: str, *, account_number: str, environment: str, at: Instant
) -> None:
    """Let a name mean an account from now on; what it meant before stays as an archive."""
    fresh = AccountRow(
        account_id=account_id,
        account_number=account_number,
        environment=environment,
        revision=0,
        history_phase=HistoryPhase.ORDERS,
        history_from=None,
        history_cursor=None,
        history_progress=0,
        chain_reading=None,
        orders_read_at=None,
        activities_read_at=None,
        created_at=at,
    )
    _ACCOUNTS.insert(tx, [fresh])
    _BINDINGS.upsert(tx, [Binding(name, account_id, at)])


def set_history(
    tx: Tx,
    account_id: str,
    *,
    phase: HistoryPhase,
    history_from: Instant | None,
    cursor: str | None,
    progress: int,
) -> None:
    """Note how far the history read got; `cursor` is JSON, `progress` percent."""
    tx.execute(_SET_HISTORY, [phase.value, history_from, cursor, progress, account_id])


_SET_HISTORY = """
UPDATE accounts
SET history_phase = ?, history_from = ?, history_cursor = ?, history_progress = ?
WHERE account_id = ?
"""


def finish_history(tx: Tx, account_id: str) -> None:
    """The whole history is read and concluded."""
    tx.execute(_FINISH_HISTORY, [HistoryPhase.COMPLETE.value, account_id])


_FINISH_HISTORY = """
UPDATE accounts SET
    history_phase = ?, history_cursor = NULL, history_progress = 100,
    orders_read_at = coalesce(
        (SELECT max(submitted_at) FROM orders o WHERE o.account_id = accounts.account_id),
        history_from
    )
WHERE account_id = ?
"""


def note_orders_read(tx: Tx, account_id: str, until: Instant) -> None:
    """All orders submitted up to then are read."""
    sql = "UPDATE accounts SET orders_read_at = ? WHERE account_id = ?"
    tx.execute(sql, [until, account_id])
