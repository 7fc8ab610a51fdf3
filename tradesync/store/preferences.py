"""What a person chose about the program itself: texts by name, kept with the record."""

from __future__ import annotations

from dataclasses import dataclass

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.rows import Table


@dataclass(frozen=True, slots=True)
class Preference:
    """One choice, as text."""

    key: str
    value: str
    set_at: Instant


_PREFERENCES = Table("preferences", Preference, "key", conflict=("key",))


def preferences(tx: Tx) -> list[Preference]:
    """All choices made, by name."""
    return _PREFERENCES.load(tx, "ORDER BY key")


def set_preference(tx: Tx, preference: Preference) -> None:
    """Store a choice in place of what stood there."""
    _PREFERENCES.upsert(tx, [preference])


def forget_preference(tx: Tx, key: str) -> None:
    """Go back to what holds when nothing is chosen."""
    tx.execute("DELETE FROM preferences WHERE key = ?", [key])
