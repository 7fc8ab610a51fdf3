"""From a snapshot and what is stored to the facts that are new, and the records they make.

Pure: no database, no broker, no clock. The conclusions themselves are the ledger's.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from tradesync.domain.conclusions import Records
from tradesync.domain.facts import (
    Activity,
    CoinShortfall,
    Execution,
    FactConflict,
    Instrument,
    Order,
    UnreadableRow,
)
from tradesync.domain.freshness import later_snapshot, says_the_same
from tradesync.domain.instruments import canonical_symbol
from tradesync.domain.ours import Intent, IntentKind, IntentState, OpeningBalance, Resolution
from tradesync.domain.times import SECOND, Instant
from tradesync.domain.undoing import Decision
from tradesync.store.facts import text_digest
from tradesync.sync.memory import Memory
from tradesync.sync.naming import changed_instruments
from tradesync.sync.snapshot import Snapshot

SEND_LIMIT: Instant = 10 * SECOND
"""An intent is sent within this of being written, or never."""
NOT_FOUNDS = 3
"""Look-ups answered "not found" in a row before a person is told."""
CANCEL_PATIENCE: Instant = 60 * SECOND
"""How long a cancel of unknown outcome may take to show on its order."""
HTTP_TIMEOUT: Instant = 10 * SECOND
"""How long a call of ours may have been under way."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What of a snapshot this process has not stored yet, as far as it remembers."""

    orders: tuple[Order, ...]
    executions: tuple[Execution, ...]
    activities: tuple[Activity, ...]
    instruments: tuple[Instrument, ...]
    unreadable: tuple[UnreadableRow, ...]

    def __bool__(self) -> bool:
        return bool(
            self.orders or self.executions or self.activities or self.unreadable
            or self.instruments
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewFacts:
    """The facts of a snapshot the database does not hold yet, ready to be written."""

    orders: tuple[Order, ...]
    executions: tuple[Execution, ...]
    activities: tuple[Activity, ...]
    instruments: tuple[Instrument, ...]
    unreadable: tuple[UnreadableRow, ...]
    intents: tuple[Intent, ...]
    touched: frozenset[str]
    """Instruments whose conclusions may change."""
    conflicts: tuple[FactConflict, ...] = ()
    """What is stored already and came again with other data; the first stands."""
    whole: frozenset[str] = frozenset()
    """Those of the touched that are to be concluded from their whole history."""
    coin_shortfalls: tuple[CoinShortfall, ...] = ()
    """What coins lack by now, in place of what they lacked before."""
    decisions: tuple[Decision, ...] = ()
    """What a person decided just now."""

    @property
    def count(self) -> int:
        """Number of new orders, executions and activities."""
        return len(self.orders) + len(self.executions) + len(self.activities)

    def __bool__(self) -> bool:
        return bool(
            self.count or self.instruments or self.unreadable or self.intents or self.conflicts
            or self.coin_shortfalls or self.decisions
        )  # fmt: skip

    def touching(self, instruments: frozenset[str]) -> NewFacts:
        """The same facts with more instruments to be concluded anew, from their beginning."""
        return replace(
            self, touched=self.touched | instruments, whole=self.whole | instruments
        )  # fmt: skip


NO_FACTS = NewFacts((), (), (), (), (), (), frozenset())


def decided(decisions: Iterable[Decision]) -> NewFacts:
    """Decisions alone, to be stored together with what follows from them."""
    made = tuple(decisions)
    return replace(NO_FACTS, decisions=made).touching(frozenset(one.instrument for one in made))


def candidates(snapshot: Snapshot, memory: Memory) -> Candidates:
    """Filter out what memory knows to be stored: empty in a quiet cycle."""
    changed = [
        order
        for order in snapshot.orders.values()
        if memory.order_texts.get(order.order_id) != order.raw
    ]
    renamed = {
        order.order_id: _set_aside(order, known)
        for order in changed
        if (known := _client_id(memory.order_texts.get(order.order_id), order))
        != order.client_order_id
    }
    return Candidates(
        orders=tuple(order for order in changed if order.order_id not in renamed),
        executions=tuple(
            row
            for row in snapshot.executions.values()
            if memory.fact_texts.get(row.execution_id) != text_digest(row.raw)
        ),
        activities=tuple(
            row
            for row in snapshot.activities.values()
            if memory.fact_texts.get(row.activity_id) != text_digest(row.raw)
        ),
        instruments=changed_instruments(snapshot, memory),
        unreadable=tuple(
            row
            for row in (*snapshot.unreadable, *renamed.values())
            if row.identity not in memory.set_aside
        ),
    )


def _client_id(stored: str | None, seen: Order) -> str:
    """The client order id an order is stored under; that of `seen` when it is not."""
    known = json.loads(stored).get("client_order_id") if stored else None
    return known if isinstance(known, str) else seen.client_order_id


def _set_aside(order: Order, known: str) -> UnreadableRow:
    """An order whose identity contradicts what is stored: nothing of it is applied."""
    reason = f"client order id {order.client_order_id}, but it is known as {known}"
    return UnreadableRow("order", order.order_id, reason, order.raw)


def new_facts(
    found: Candidates,
    stored_orders: Mapping[str, Order],
    stored_ids: Collection[str],
    instruments: Iterable[Instrument],
    intents: tuple[Intent, ...],
    *,
    conflicts: tuple[FactConflict, ...] = (),
) -> NewFacts:
    """What the database truly lacks of the candidates, and the instruments it touches.

    `instruments`: those stored, and those renamed under their former symbols too.
    """
    orders = tuple(_changed_orders(found.orders, stored_orders))
    executions = tuple(row for row in found.executions if row.execution_id not in stored_ids)
    activities = tuple(row for row in found.activities if row.activity_id not in stored_ids)
    by_order = {order_id: order.instrument for order_id, order in stored_orders.items()}
    by_order |= {order.order_id: order.instrument for order in found.orders}
    names = list(instruments)
    by_symbol = SymbolIndex([*names, *found.instruments])
    touched = {order.instrument for order in orders}
    disputed = {row.identity for row in conflicts}
    for row in (*executions, *(row for row in found.executions if row.execution_id in disputed)):
        key = by_order.get(row.order_id)
        touched |= {key} if key else by_symbol.keys(row.symbol) | {row.symbol}
    for activity in (*activities, *(r for r in found.activities if r.activity_id in disputed)):
        touched |= by_symbol.keys(activity.symbol) | {activity.symbol or ""}
    new_keys = {item.key for item in found.instruments}
    for item in (*found.instruments, *(item for item in names if item.key in new_keys)):
        # facts may have been, or be now, filed under a bare symbol
        touched |= {item.key, item.symbol, item.symbol.replace("/", "")}
    touched |= {intent.instrument for intent in intents}
    return NewFacts(
        orders=orders,
        executions=executions,
        activities=activities,
        instruments=found.instruments,
        unreadable=found.unreadable,
        intents=intents,
        touched=frozenset(touched - {""}),
        conflicts=conflicts,
    )


def texts_of_known(found: Candidates, new: NewFacts) -> dict[str, str]:
    """Digests of the texts, by id, of the candidates that were stored already."""
    texts = {row.execution_id: row.raw for row in found.executions}
    texts |= {row.activity_id: row.raw for row in found.activities}
    added = {row.execution_id for row in new.executions}
    added |= {row.activity_id for row in new.activities}
    return {key: text_digest(raw) for key, raw in texts.items() if key not in added}


def _changed_orders(seen: Iterable[Order], stored: Mapping[str, Order]) -> Iterable[Order]:
    for order in seen:
        known = stored.get(order.order_id)
        if known is None:
            yield order
            continue
        latest = later_snapshot(known, order)
        if not says_the_same(known, latest):
            yield latest


class SymbolIndex:
    """Instruments by any spelling of their symbol."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._keys: dict[str, set[str]] = {}
        for item in instruments:
            self._keys.setdefault(item.symbol, set()).add(item.key)

    def keys(self, symbol: str | None) -> set[str]:
        """Keys of all instruments of that symbol, in whichever spelling."""
        if not symbol:
            return set()
        spellings = {symbol, canonical_symbol(symbol, "crypto")}
        return set().union(*(self._keys.get(item, set()) for item in spellings))


def settled_intents(
    intents: Iterable[Intent], snapshot: Snapshot, orders: Mapping[str, Order], now: Instant
) -> tuple[Intent, ...]:
    """Intents whose outcome this snapshot tells (design, *Commands*).

    "Never reached the broker" needs three not-founds and an age beyond the send limit plus the
    HTTP timeout.
    """
    settled: list[Intent | None] = []
    for intent in intents:
        if intent.kind is IntentKind.CANCEL:
            settled.append(_settled_cancel(intent, orders.get(intent.order_id or ""), now))
            continue
        found = snapshot.found_intents.get(intent.intent_id)
        if found is not None:
            settled.append(_accepted(intent, orders[found], now))
        elif intent.intent_id in snapshot.missing_intents:
            settled.append(_missed(intent, now))
    return tuple(item for item in settled if item is not None)


def _settled_cancel(intent: Intent, order: Order | None, now: Instant) -> Intent | None:
    """A cancel whose answer was lost is told by its order: ended, or working all the same."""
    if order is not None and order.is_terminal:
        return replace(intent, state=IntentState.ACCEPTED, settled_at=now, message="")
    if now - intent.created_at <= CANCEL_PATIENCE:
        return None
    message = "The order is still working: the cancel never arrived. Cancel it again."
    return replace(intent, state=IntentState.NEVER_ARRIVED, settled_at=now, message=message)


def _accepted(intent: Intent, order: Order, now: Instant) -> Intent:
    refused = order.status == "rejected"
    return replace(
        intent,
        state=IntentState.REFUSED if refused else IntentState.ACCEPTED,
        broker_order_id=order.order_id,
        settled_at=now,
        message="the broker rejected the order" if refused else "",
    )


def _missed(intent: Intent, now: Instant) -> Intent | None:
    if now - intent.created_at <= SEND_LIMIT + HTTP_TIMEOUT:
        return None
    count = intent.not_found_count + 1
    if count < NOT_FOUNDS:
        return replace(intent, not_found_count=count)
    return replace(
        intent,
        not_found_count=count,
        state=IntentState.NEVER_ARRIVED,
        settled_at=now,
        message="never reached the broker",
    )


def with_new_facts(stored: Records, new: NewFacts) -> Records:
    """The stored records of the touched instruments with the new facts merged in."""
    orders = {order.order_id: order for order in stored.orders}
    orders |= {order.order_id: order for order in new.orders}
    executions = {row.execution_id: row for row in new.executions}
    executions |= {row.execution_id: row for row in stored.executions}
    activities = {row.activity_id: row for row in new.activities}
    activities |= {row.activity_id: row for row in stored.activities}
    shortfalls = {row.instrument: row for row in (*stored.coin_shortfalls, *new.coin_shortfalls)}
    instruments = {item.key: item for item in (*stored.instruments, *new.instruments)}
    intents = {item.intent_id: item for item in (*stored.intents, *new.intents)}
    balances = (one for one in new.decisions if isinstance(one, OpeningBalance))
    resolutions = (one for one in new.decisions if isinstance(one, Resolution))
    return replace(
        stored,
        instruments=tuple(instruments.values()),
        orders=tuple(orders.values()),
        executions=tuple(executions.values()),
        activities=tuple(activities.values()),
        intents=tuple(intents.values()),
        coin_shortfalls=tuple(shortfalls.values()),
        conflicts=(*stored.conflicts, *new.conflicts),
        opening_balances=(*stored.opening_balances, *balances),
        resolutions=(*stored.resolutions, *resolutions),
    )
