"""What every command works with: settings, the account, the record, the sync service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradesync.config import AccountConfig, Settings
from tradesync.store import accounts
from tradesync.store.accounts import AccountRow
from tradesync.store.database import Database, Tx
from tradesync.store.queries_trades import TradeFilter, TradeRow, trade_row, trade_rows

if TYPE_CHECKING:
    from tradesync.sync.service import SyncService

_SHORTEST_PREFIX = 4


class CommandError(Exception):
    """The command did not do what it was asked; one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Session:
    """One command's settings, the account it is for and the record."""

    settings: Settings
    account: AccountConfig
    database: Database

    @classmethod
    def of(cls, settings: Settings, account: str | None) -> Session:
        """A session for the named account, or the first; SettingsError for an unknown name."""
        chosen = settings.account(account)
        return cls(settings, chosen, Database(settings.database, program="command line"))

    def idle_service(self) -> SyncService:
        """A sync service that is not open: it can tell states, and sends nothing."""
        # Brings the broker's client library, a second that commands which only read save.
        from tradesync.sync.service import SyncService

        return SyncService(self.settings, self.database, program="cli")

    @contextmanager
    def service(self) -> Iterator[SyncService]:
        """The running sync service of this command."""
        service = self.idle_service()
        service.open()
        try:
            yield service
        finally:
            service.close()

    def recorded(self, tx: Tx) -> AccountRow:
        """The account in the record; CommandError while it has never been synced."""
        row = accounts.account_by_name(tx, self.account.name)
        if row is None:
            raise CommandError(
                f"Account {self.account.name} has never been synced. "
                f"Run: python -m tradesync sync --account {self.account.name}"
            )
        return row


def find_trade(tx: Tx, account_id: str, text: str) -> TradeRow | None:
    """The trade of that id, or of the only id that begins so; CommandError for several."""
    exactly = trade_row(tx, account_id, text)
    if exactly is not None or len(text) < _SHORTEST_PREFIX:
        return exactly
    found = trade_rows(tx, account_id, TradeFilter(search=text, limit=1000))
    matching = [row for row in found if row.trade_id.startswith(text.lower())]
    if len(matching) > 1:
        raise CommandError(f"{text} begins the ids of {len(matching)} trades. Give more of it.")
    return matching[0] if matching else None
