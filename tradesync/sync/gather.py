"""What of a snapshot the database truly lacks: the reading half of a plan."""

from __future__ import annotations

from tradesync.domain.times import Instant
from tradesync.store import facts, intents, sync_reads
from tradesync.store.database import Tx
from tradesync.sync.plan import Candidates, NewFacts, new_facts, settled_intents
from tradesync.sync.snapshot import Snapshot


def gather_snapshot(
    tx: Tx, account_id: str, snapshot: Snapshot, found: Candidates, now: Instant
) -> NewFacts:
    """Check a snapshot's candidates against what is stored, and settle waiting intents."""
    order_ids = {order.order_id for order in found.orders}
    order_ids |= {row.order_id for row in found.executions}
    order_ids |= set(snapshot.found_intents.values())
    waiting = intents.unsettled_intents(tx, account_id)
    order_ids |= {intent.order_id for intent in waiting if intent.order_id}
    stored = {
        order.order_id: order for order in facts.load_orders(tx, account_id, order_ids=order_ids)
    }
    fact_ids = {row.execution_id for row in found.executions}
    fact_ids |= {row.activity_id for row in found.activities}
    known = sync_reads.stored_ids(tx, account_id, fact_ids)
    instruments = facts.load_instruments(tx, account_id)
    if any(row.symbol for row in found.activities):
        instruments += facts.load_former_symbols(tx, account_id)
    return new_facts(
        found,
        stored,
        known,
        instruments,
        settled_intents(waiting, snapshot, stored | snapshot.orders, now),
        conflicts=facts.new_conflicts(
            tx,
            account_id,
            [row for row in found.executions if row.execution_id in known],
            [row for row in found.activities if row.activity_id in known],
        ),
    )
