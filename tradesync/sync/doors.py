"""Where requests about one account enter: its importer, its resolver, its commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradesync.domain.times import Instant
from tradesync.store import accounts
from tradesync.store.decisions import TradeNote
from tradesync.sync.again import send_again
from tradesync.sync.assembly import LiveAccount, Surroundings
from tradesync.sync.closing import Closing
from tradesync.sync.commands import Commands
from tradesync.sync.imports import Importer
from tradesync.sync.notes import write_note
from tradesync.sync.outcomes import CommandResult, SyncError
from tradesync.sync.resolutions import Resolver
from tradesync.sync.sending import WAITS_WITHIN, CommandContext
from tradesync.sync.undoing import Undoer


@dataclass(frozen=True, slots=True)
class Doors:
    """Makes what serves a request. SyncError before the account's first sync."""

    account: LiveAccount
    around: Surroundings

    @property
    def account_id(self) -> str:
        """The broker's id of the account; SyncError before its first sync or under a question."""
        notice = self.account.board.read()
        if notice.question is not None:
            raise SyncError(notice.question)
        with self.around.database.read() as tx:
            bound = accounts.account_by_name(tx, self.account.config.name)
        if bound is None:
            raise SyncError("This account has not been synced yet; sync it first.")
        return bound.account_id

    def importer(self) -> Importer:
        """Plans and makes imports."""
        return Importer(
            name=self.account.config.name,
            account_id=self.account_id,
            broker=self.account.broker,
            database=self.around.database,
            program=self.around.program,
            now=self.around.now,
            stop=self.around.stop,
            settle_seconds=self.around.settle_seconds,
        )

    def resolver(self) -> Resolver:
        """Explains and resolves drift."""
        return Resolver(
            name=self.account.config.name,
            account_id=self.account_id,
            broker=self.account.broker,
            database=self.around.database,
            program=self.around.program,
            now=self.around.now,
        )

    def undoer(self) -> Undoer:
        """Takes decisions back."""
        return Undoer(
            name=self.account.config.name,
            account_id=self.account_id,
            database=self.around.database,
            program=self.around.program,
            now=self.around.now,
        )

    def commands(self) -> Commands:
        """Sends orders, cancels and replacements."""
        return Commands(self._context())

    def closing(self) -> Closing:
        """Closes trades."""
        return Closing(self._context())

    def send_again(self, intent_id: str) -> CommandResult:
        """Send a command that never reached the broker once more (again.py)."""
        return send_again(self._context(), intent_id)

    def note_trade(
        self, trade_id: str, notes: str, tags: Sequence[str], seen: Instant | None
    ) -> TradeNote:
        """Keep what a person wrote about a trade (notes.py)."""
        note = TradeNote(trade_id, notes, tuple(tags), self.around.now())
        return write_note(self.around.database, self.account_id, note, seen=seen)

    def _context(self) -> CommandContext:
        return CommandContext(
            config=self.account.config,
            settings=self.around.settings,
            account_id=self.account_id,
            database=self.around.database,
            broker=self.account.broker,
            program=self.around.program,
            now=self.around.now,
            stop=self.around.stop,
            waits_within=min(WAITS_WITHIN, self.around.patience),
        )
