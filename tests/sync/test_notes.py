"""Notes and tags: kept as decisions, safe between tabs, untouched by a rebuild."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web import seed
from tradesync.store import accounts, decisions
from tradesync.store.database import Database
from tradesync.store.decisions import TradeNote
from tradesync.sync.notes import LONGEST_NOTE, tidy_tags, write_note
from tradesync.sync.outcomes import PlanChangedError, SyncError

NOW = 1_790_000_000_000_000_000
TRADE = seed.open_long(NOW).trade_id


@pytest.fixture
def record(tmp_path: Path) -> Database:
    """A small account."""
    return seed.small_record(tmp_path / "record.duckdb", NOW)


def stored(record: Database) -> TradeNote | None:
    """The note that stands."""
    with record.read() as tx:
        return decisions.trade_note(tx, seed.ACCOUNT, TRADE)


def test_a_note_is_kept_tidily_and_moves_the_revision(record: Database) -> None:
    with record.read() as tx:
        before = accounts.account(tx, seed.ACCOUNT).revision
    note = TradeNote(TRADE, " why so late ", ("swing ", "swing", " "), 5)
    write_note(record, seed.ACCOUNT, note, seen=None)
    assert stored(record) == TradeNote(TRADE, "why so late", ("swing",), 5)
    with record.read() as tx:
        assert accounts.account(tx, seed.ACCOUNT).revision == before + 1


def test_the_tab_that_saw_an_older_note_overwrites_nothing(record: Database) -> None:
    write_note(record, seed.ACCOUNT, TradeNote(TRADE, "first", (), 5), seen=None)
    write_note(record, seed.ACCOUNT, TradeNote(TRADE, "second", (), 6), seen=5)
    for seen in (None, 5):
        with pytest.raises(PlanChangedError, match="changed elsewhere"):
            write_note(record, seed.ACCOUNT, TradeNote(TRADE, "mine", (), 7), seen=seen)
    assert stored(record) == TradeNote(TRADE, "second", (), 6)


def test_what_cannot_be_kept_is_refused(record: Database) -> None:
    for note in (
        TradeNote(TRADE, "x" * (LONGEST_NOTE + 1), (), 5),
        TradeNote(TRADE, "", ("x" * 41,), 5),
        TradeNote("unheard-of", "", (), 5),
    ):
        with pytest.raises(SyncError):
            write_note(record, seed.ACCOUNT, note, seen=None)
    assert stored(record) is None


def test_tags_keep_their_order_and_inner_single_spaces() -> None:
    assert tidy_tags(["b", "a  b", "", "b"]) == ("b", "a b")
