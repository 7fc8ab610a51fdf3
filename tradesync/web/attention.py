"""What needs a person, each as a title, what it means and the next step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradesync.domain.times import SECOND, Instant
from tradesync.store.intents import UnprotectedRow
from tradesync.store.queries_activity import (
    DriftRow,
    IntentRow,
    ReviewRow,
    SetAsideRow,
    TroubledOrderRow,
    UnmatchedRow,
)
from tradesync.sync.outcomes import SyncState
from tradesync.views.attention import Attention
from tradesync.web import formatting as f
from tradesync.web.sentences import stale_after


class Step(StrEnum):
    """What the button beside an item does."""

    EXPLAIN = "Explain and fix"
    PROTECT = "Place exits again"
    AGAIN = "Send again"
    RECORDS = "Show on Reconcile"
    IMPORT = "Import from Broker"
    SYNC = "Sync with Broker"
    TRADE = "Open trade"
    SYMBOL = "Show trades"


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One open question; `step` is its next step, about `trade_id`, `symbol` or `intent_id`."""

    key: str
    severe: bool
    title: str
    advice: str
    step: Step
    trade_id: str | None = None
    symbol: str | None = None
    intent_id: str | None = None


def attention_items(
    attention: Attention, settling: Sequence[str] = (), stale: AttentionItem | None = None
) -> tuple[AttentionItem, ...]:
    """Every open question of an account, the severe ones first.

    `settling`: symbols whose difference from the broker has not outlived the settle time.
    """
    items = [*_items(attention), *map(_settling, settling)]
    if stale is not None:
        items.insert(0, stale)
    return tuple(sorted(items, key=lambda item: not item.severe))


def stale_item(state: SyncState, now: Instant) -> AttentionItem | None:
    """That the record is old, and what to do; None while it is fresh."""
    if state.fresh_at is None or not state.history_complete:
        return None
    seconds = (now - state.fresh_at) / SECOND
    if seconds <= stale_after(state):
        return None
    cause = f"{state.error.rstrip('.')}. " if state.error else ""
    if not cause and state.interval is None:
        cause = "The sync service is not running. "
    return AttentionItem(
        key="stale",
        severe=True,
        title=f"Figures are {f.span(seconds)} old",
        advice=f"{cause}What happened since is not in them.",
        step=Step.SYNC,
    )


def _items(attention: Attention) -> Iterator[AttentionItem]:
    yield from map(_unprotected, attention.unprotected)
    yield from map(_intent, attention.intents)
    yield from map(_drift, attention.drift)
    yield from map(_order, attention.orders)
    yield from map(_unmatched, attention.unmatched)
    yield from map(_review, attention.reviews)
    if attention.set_aside:
        yield _set_aside(attention.set_aside)


def _unprotected(row: UnprotectedRow) -> AttentionItem:
    return AttentionItem(
        key=f"unprotected-{row.trade_id}",
        severe=True,
        title=f"{row.symbol}: unprotected, {f.quantity(row.open_qty)} open",
        advice=row.message or "Its exits were cancelled for a close that did not happen.",
        step=Step.PROTECT,
        trade_id=row.trade_id,
        symbol=row.symbol,
    )


def _drift(row: DriftRow) -> AttentionItem:
    title, advice = _drift_words(row)
    return AttentionItem(
        key=f"drift-{row.kind}-{row.instrument}",
        severe=True,
        title=title,
        advice=advice,
        step=Step.EXPLAIN,
        symbol=row.symbol,
    )


def _drift_words(row: DriftRow) -> tuple[str, str]:
    broker, ours = f.quantity(row.broker_qty), f.quantity(row.our_qty)
    if row.kind == "not_at_broker":
        advice = (
            f"Our trades hold {ours}; the broker holds none and no execution says why. They stay "
            "open, out of the floating total, until a fact or a decision closes them."
        )
        return f"{row.symbol}: not at broker", advice
    if abs(row.broker_qty) > abs(row.our_qty):
        advice = "No execution explains the rest: it may have to be imported."
        return f"{row.symbol}: broker holds {broker}, trades explain {ours}", advice
    advice = "Some of it left without an execution we know. Nothing is closed by guess."
    return f"{row.symbol}: trades hold {ours}, broker {broker}", advice


def _settling(symbol: str) -> AttentionItem:
    return AttentionItem(
        key=f"settling-{symbol}",
        severe=False,
        title=f"{symbol}: settling",
        advice="Trades and the broker's position differ just now; two agreeing reads decide.",
        step=Step.SYNC,
        symbol=symbol,
    )


def _unmatched(row: UnmatchedRow) -> AttentionItem:
    reason = f"{row.reason.rstrip('.')}. " if row.reason else ""
    size = f"{row.side} {f.quantity(row.qty)} at {f.price(row.price)}"
    return AttentionItem(
        key=f"unmatched-{row.source_id}",
        severe=True,
        title=f"{row.symbol}: unmatched exit, {size}",
        advice=f"{reason}Set HISTORY_START before the position was opened, or import the position.",
        step=Step.IMPORT,
        symbol=row.symbol,
    )


def _review(row: ReviewRow) -> AttentionItem:
    return AttentionItem(
        key=f"review-{row.review_id}",
        severe=False,
        title=f"{row.symbol or row.subject}: {row.kind.replace('_', ' ')}",
        advice=_capital(row.detail),
        step=Step.SYMBOL if row.symbol else Step.RECORDS,
        symbol=row.symbol,
    )


def _size(qty: Decimal | None, notional: Decimal | None) -> str:
    return f.quantity(qty) if qty is not None else f.money(notional)


def _order(row: TroubledOrderRow) -> AttentionItem:
    what = f"{row.side} {_size(row.qty, row.notional)}"
    lost = row.not_found_count >= 3
    if lost:
        title = f"{row.symbol}: order unknown at broker ({what})"
        advice = (
            f"The broker answered “not found” {row.not_found_count} times. Look the order up at "
            f"the broker: {row.order_id}."
        )
    else:
        title = f"{row.symbol}: order rejected ({what})"
        reason = f"{row.reason}. " if row.reason and row.reason != "rejected" else ""
        advice = f"{reason}Correct it and place it again."
    return AttentionItem(
        key=f"order-{row.order_id}",
        severe=lost,
        title=title,
        advice=advice,
        step=Step.TRADE if row.trade_id else Step.SYMBOL,
        trade_id=row.trade_id,
        symbol=row.symbol,
    )


def _intent(row: IntentRow) -> AttentionItem:
    what = " ".join(filter(None, (row.kind, row.side, _size(row.qty, row.notional))))
    open_question = row.state in {"unknown", "written", "sent"}
    if open_question:
        title = f"{row.symbol}: outcome unknown ({what})"
        advice = (
            "The broker's answer is missing. The next syncs look the order up by its id; do not "
            "send it again before."
        )
    else:
        title = f"{row.symbol}: {row.state.replace('_', ' ')} ({what})"
        advice = f"{(row.message or 'It never became an order').rstrip('.')}."
    return AttentionItem(
        key=f"intent-{row.intent_id}",
        severe=open_question,
        title=title,
        advice=advice,
        step=Step.SYNC if open_question or row.kind == "replace" else Step.AGAIN,
        trade_id=row.trade_id,
        symbol=row.symbol,
        intent_id=row.intent_id,
    )


def _set_aside(rows: tuple[SetAsideRow, ...]) -> AttentionItem:
    newest = rows[0]
    count = f"{len(rows)} rows" if len(rows) > 1 else "1 row"
    return AttentionItem(
        key="set-aside",
        severe=False,
        title=f"{count} of the broker set aside",
        advice=(
            f"Latest: {newest.kind} {newest.identity}: {newest.reason.rstrip('.')}. Everything "
            "else was applied; a newer version of this program tries them again."
        ),
        step=Step.RECORDS,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
