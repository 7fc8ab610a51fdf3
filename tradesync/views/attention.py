"""What in an account needs a person: collected for the screens, in the record's own terms."""

from __future__ import annotations

from dataclasses import dataclass

from tradesync.domain.ours import again_id
from tradesync.domain.times import SECOND, Instant, new_york_date
from tradesync.store.database import Tx
from tradesync.store.intents import (
    UnprotectedRow,
    newest_intent_at,
    stored_ids,
    unprotected_trades,
)
from tradesync.store.queries_activity import (
    DriftRow,
    IntentRow,
    ReviewRow,
    SetAsideRow,
    TroubledOrderRow,
    UnmatchedRow,
    drift_rows,
    open_intents,
    review_rows,
    set_aside_rows,
    troubled_orders,
    unmatched_rows,
)

RECENT: Instant = 24 * 3600 * SECOND
"""How long a rejected order and a click that was not sent stay on the list."""
COMMAND_TAKES: Instant = 10 * SECOND
"""A command has this long: then a trade whose exits a close cancelled is unprotected, and the
sender of a click without an answer is taken for gone."""
_MOST = 100


@dataclass(frozen=True, slots=True)
class Attention:
    """Open questions of an account, each kind newest first; at most a hundred of a kind."""

    drift: tuple[DriftRow, ...] = ()
    ignored: tuple[DriftRow, ...] = ()
    """Differences a decision leaves alone for now; they are no questions."""
    unprotected: tuple[UnprotectedRow, ...] = ()
    unmatched: tuple[UnmatchedRow, ...] = ()
    reviews: tuple[ReviewRow, ...] = ()
    orders: tuple[TroubledOrderRow, ...] = ()
    intents: tuple[IntentRow, ...] = ()
    set_aside: tuple[SetAsideRow, ...] = ()
    until: Instant | None = None
    """When there may be more though nothing is written by then; None: never."""

    def __len__(self) -> int:
        """How many questions there are."""
        return sum(
            len(rows)
            for rows in (
                self.drift, self.unprotected, self.unmatched, self.reviews, self.orders,
                self.intents, self.set_aside,
            )
        )  # fmt: skip


def read_attention(tx: Tx, account_id: str, now: Instant) -> Attention:
    """Everything in the account that waits for a person."""
    since = now - RECENT
    drift = drift_rows(tx, account_id, new_york_date(now))
    return Attention(
        drift=tuple(row for row in drift if row.ignored_until is None),
        ignored=tuple(row for row in drift if row.ignored_until is not None),
        unprotected=tuple(unprotected_trades(tx, account_id, now - COMMAND_TAKES)),
        unmatched=unmatched_rows(tx, account_id, _MOST),
        reviews=review_rows(tx, account_id, _MOST),
        orders=troubled_orders(tx, account_id, since, _MOST),
        intents=_not_sent_again(
            tx, account_id, open_intents(tx, account_id, since, now - COMMAND_TAKES, _MOST)
        ),
        set_aside=set_aside_rows(tx, account_id, _MOST),
        until=commands_until(tx, account_id, now),
    )


def commands_until(tx: Tx, account_id: str, now: Instant) -> Instant | None:
    """When the last command of ours will have had its time; None when it has."""
    newest = newest_intent_at(tx, account_id)
    until = None if newest is None else newest + COMMAND_TAKES + 1
    return until if until is not None and now < until else None


def _not_sent_again(
    tx: Tx, account_id: str, rows: tuple[IntentRow, ...]
) -> tuple[IntentRow, ...]:
    """Commands nobody has sent again: of those that were, the newer one tells how it went."""
    newer = {row.intent_id: again_id(row.intent_id) for row in rows}
    sent = stored_ids(tx, account_id, newer.values()) if newer else frozenset()
    return tuple(row for row in rows if newer[row.intent_id] not in sent)
