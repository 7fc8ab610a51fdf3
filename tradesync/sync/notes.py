"""What a person writes about a trade: a decision like others, kept over every rebuild."""

from __future__ import annotations

from collections.abc import Iterable

from tradesync.domain.times import Instant
from tradesync.store import decisions, facts
from tradesync.store.database import Database
from tradesync.store.decisions import TradeNote
from tradesync.store.queries_trades import trade_row
from tradesync.sync.outcomes import PlanChangedError, SyncError

LONGEST_NOTE = 4000
LONGEST_TAG = 40
MOST_TAGS = 20


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags without blanks and repetitions, in the order given."""
    return tuple(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))


def write_note(
    database: Database,
    account_id: str,
    note: TradeNote,
    *,
    seen: Instant | None,
) -> TradeNote:
    """Store a note in place of the one `seen` (when it was noted; None: there was none).

    PlanChangedError when another tab or program wrote meanwhile; SyncError for what is too long
    or for a trade that is not stored. Nothing is stored then.
    """
    note = TradeNote(note.trade_id, note.notes.strip(), tidy_tags(note.tags), note.noted_at)
    if len(note.notes) > LONGEST_NOTE:
        raise SyncError(f"The note is longer than {LONGEST_NOTE:,} characters; shorten it.")
    if len(note.tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in note.tags):
        raise SyncError(f"At most {MOST_TAGS} tags of {LONGEST_TAG} characters can be kept.")
    with database.write() as tx:
        if trade_row(tx, account_id, note.trade_id) is None:
            raise SyncError(f"There is no trade {note.trade_id}; look again.")
        stands = decisions.trade_note(tx, account_id, note.trade_id)
        if (stands.noted_at if stands is not None else None) != seen:
            raise PlanChangedError(
                "The note was changed elsewhere meanwhile; nothing was stored. What stands now "
                "is shown above: put yours beside it and save again."
            )
        decisions.save_trade_note(tx, account_id, note)
        facts.bump_revision(tx, account_id)
    return note
