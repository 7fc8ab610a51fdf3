"""The Settings page's read model: what the record knows of accounts, bound and archived."""

from __future__ import annotations

from dataclasses import dataclass

from tradesync.domain.times import Instant
from tradesync.store import accounts
from tradesync.store.database import Tx


@dataclass(frozen=True, slots=True)
class AccountCard:
    """An account of the record."""

    account_id: str
    account_number: str
    environment: str
    since: Instant


@dataclass(frozen=True, slots=True)
class KnownAccounts:
    """Configured name → the account it means, and the accounts no name means any more."""

    bound: dict[str, AccountCard]
    archived: tuple[AccountCard, ...]


def read_known_accounts(tx: Tx) -> KnownAccounts:
    """All accounts of the record; names never synced are missing."""
    cards = {
        row.account_id: AccountCard(
            row.account_id, row.account_number, row.environment, row.created_at
        )
        for row in accounts.accounts(tx)
    }
    bound = {row.name: cards[row.account_id] for row in accounts.bindings(tx)}
    meant = {card.account_id for card in bound.values()}
    archived = tuple(card for key, card in cards.items() if key not in meant)
    return KnownAccounts(bound, archived)
