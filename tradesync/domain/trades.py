"""Assembling trade rows from what was booked for them (design, Words: trade)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.chains import Chain, ChainIndex
from tradesync.domain.closings import cancel_reason, close_reason
from tradesync.domain.conclusions import Trade, TradeSide, TradeSource, TradeStatus
from tradesync.domain.events import LONG, Kind
from tradesync.domain.facts import ALIVE_STATUSES, Instrument, Order
from tradesync.domain.money import ZERO, at_scale, share
from tradesync.domain.ours import Intent, IntentState, opens_for_us
from tradesync.domain.plans import OrderPlan
from tradesync.domain.sums import Booked, Sums, sums_of
from tradesync.domain.times import Instant

_INTENT_FAILURES = {
    IntentState.REFUSED: "rejected",
    IntentState.NOT_SENT: "not sent",
    IntentState.NEVER_ARRIVED: "never reached the broker",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What trades look up: chains, plans by order id, what our intents were answered, day fees."""

    index: ChainIndex
    plan_of: Mapping[str, OrderPlan]
    messages: Mapping[str, str]
    fees: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Head:
    """A trade row but for what its lots add up to."""

    trade_id: str
    side: TradeSide
    status: TradeStatus
    close_reason: str | None
    source: TradeSource
    ordered_qty: Decimal | None
    ordered_at: Instant
    closed_at: Instant | None
    flags: frozenset[str]
    current: Order | None = None
    broker_order_id: str | None = None
    client_order_id: str | None = None


def chain_trade(plan: OrderPlan, instrument: Instrument, booked: Booked, context: Context) -> Trade:
    """The trade an opening order began, whether anything filled yet or not."""
    sums = sums_of(booked, instrument.multiplier)
    chain = plan.chain
    side = _side(plan, booked)
    status = _status(chain, sums)
    reason, closed_at = None, None
    if status is TradeStatus.CLOSED:
        reason, closed_at = _closing(booked, side, context)
    elif status is TradeStatus.CANCELLED and chain is not None:
        message = context.messages.get(chain.head_client_id or "", "")
        reason, closed_at = cancel_reason(chain, message), _ended_at(chain.current)
    head = Head(
        trade_id=plan.trade_id,
        side=side,
        status=status,
        close_reason=reason,
        source=_source(chain),
        ordered_qty=_ordered_qty(plan, sums),
        ordered_at=chain.orders[0].created_at if chain is not None else booked.lots[0].opened_at,
        closed_at=closed_at,
        flags=order_flags(plan) | _booking_flags(booked),
        current=chain.current if chain is not None else None,
        broker_order_id=plan.head_id,
    )
    return _trade(head, instrument, booked, sums)


def arrival_trade(instrument: Instrument, booked: Booked, context: Context) -> Trade:
    """The trade of quantity that came without an order: a transfer, an opening balance …"""
    lot = booked.lots[0]
    sums = sums_of(booked, instrument.multiplier)
    side = TradeSide.LONG if lot.side == LONG else TradeSide.SHORT
    reason, closed_at = None, None
    if not sums.open_qty:
        reason, closed_at = _closing(booked, side, context)
    imported = lot.kind is Kind.OPENING_BALANCE
    head = Head(
        trade_id=lot.trade_id,
        side=side,
        status=TradeStatus.OPEN if sums.open_qty else TradeStatus.CLOSED,
        close_reason=reason,
        source=TradeSource.IMPORT if imported else TradeSource.BROKER,
        ordered_qty=None,
        ordered_at=lot.opened_at,
        closed_at=closed_at,
        flags=_booking_flags(booked),
    )
    return _trade(head, instrument, booked, sums)


def intent_trade(intent: Intent, trade_id: str, instrument: Instrument) -> Trade:
    """The trade of an opening intent the broker has not named an order for yet."""
    failure = _INTENT_FAILURES.get(intent.state)
    reason = failure
    if failure is not None and intent.message:
        reason = f"{failure}: {intent.message}"
    unknown = intent.state is IntentState.UNKNOWN
    head = Head(
        trade_id=trade_id,
        side=TradeSide.LONG if intent.side == "buy" else TradeSide.SHORT,
        status=TradeStatus.PENDING if failure is None else TradeStatus.CANCELLED,
        close_reason=reason,
        source=TradeSource.APP,
        ordered_qty=intent.qty,
        ordered_at=intent.created_at,
        closed_at=None if failure is None else intent.settled_at or intent.created_at,
        flags=frozenset({"outcome_unknown"}) if unknown else frozenset(),
        broker_order_id=intent.broker_order_id,
        client_order_id=intent.client_order_id,
    )
    booked = Booked()
    return _trade(head, instrument, booked, sums_of(booked, instrument.multiplier))


def order_flags(plan: OrderPlan) -> frozenset[str]:
    """What is not certain about an order: its status, its chain, its totals."""
    chain = plan.chain
    if chain is None:
        return frozenset({"order_unknown"})
    executed = sum((row.qty for row in plan.executions), ZERO)
    ordered = [order.qty for order in chain.orders if order.qty is not None]
    found = {
        "unknown_status": not chain.current.is_terminal
        and chain.current.status not in ALIVE_STATUSES,
        "successor_missing": chain.successor_missing,
        "overfill": bool(ordered) and executed > max(ordered),
        "fills_beyond_order": chain.has_ended
        and executed > sum((order.filled_qty for order in chain.orders), ZERO),
        "chain_reading": plan.reading_unproven,
        "average_price": plan.gap is not None and plan.gap.execution.price_is_average,
    }
    return frozenset(flag for flag, holds in found.items() if holds)


def _trade(head: Head, instrument: Instrument, booked: Booked, sums: Sums) -> Trade:
    current = head.current
    return Trade(
        trade_id=head.trade_id,
        instrument=instrument.key,
        symbol=instrument.symbol,
        asset_id=instrument.asset_id,
        asset_class=instrument.asset_class,
        multiplier=instrument.multiplier,
        side=head.side,
        status=head.status,
        close_reason=head.close_reason,
        source=head.source,
        ordered_qty=None if head.ordered_qty is None else at_scale(head.ordered_qty),
        qty=at_scale(sums.qty),
        open_qty=at_scale(sums.open_qty),
        cost=at_scale(sums.cost),
        open_cost=at_scale(sums.open_cost),
        exit_value=None if sums.exit_value is None else at_scale(sums.exit_value),
        realized_pnl=None if sums.realized_pnl is None else at_scale(sums.realized_pnl),
        fees=at_scale(sums.fees),
        entry_price=sums.entry_price,
        exit_price=sums.exit_price,
        broker_fill_price=_fill_price(current),
        broker_order_id=current.order_id if current is not None else head.broker_order_id,
        client_order_id=current.client_order_id if current is not None else head.client_order_id,
        order_status=current.status if current is not None else None,
        ordered_at=head.ordered_at,
        opened_at=min((lot.opened_at for lot in booked.lots), default=None),
        closed_at=head.closed_at,
        flags=tuple(sorted(head.flags)),
    )


def _status(chain: Chain | None, sums: Sums) -> TradeStatus:
    """`closed` needs the quantity gone and the opening chain ended (or never read at all)."""
    has_ended = chain is None or chain.has_ended
    if not sums.qty:
        return TradeStatus.CANCELLED if has_ended else TradeStatus.PENDING
    return TradeStatus.CLOSED if has_ended and not sums.open_qty else TradeStatus.OPEN


def _closing(booked: Booked, side: TradeSide, context: Context) -> tuple[str, Instant]:
    """Why and when the last quantity went; a fee counts only where nothing else closed."""
    exits = [row for row in booked.allocations if not row.is_fee] or booked.allocations
    last = exits[-1]
    plan = context.plan_of.get(last.order_id or "")
    return close_reason(last, side, plan, context.index), last.at


def _ended_at(order: Order) -> Instant:
    ends = (order.canceled_at, order.expired_at, order.failed_at, order.replaced_at)
    return next((at for at in ends if at is not None), order.updated_at)


def _side(plan: OrderPlan, booked: Booked) -> TradeSide:
    if booked.lots:
        return TradeSide.LONG if booked.lots[0].side == LONG else TradeSide.SHORT
    buys = plan.chain is not None and plan.chain.is_buy
    return TradeSide.LONG if buys else TradeSide.SHORT


def _source(chain: Chain | None) -> TradeSource:
    """Ours when the head's client order id is one of our opening orders."""
    if chain is not None and opens_for_us(chain.orders[0].client_order_id):
        return TradeSource.APP
    return TradeSource.BROKER


def _ordered_qty(plan: OrderPlan, sums: Sums) -> Decimal | None:
    """What was ordered, in today's units, for the part of the order that opens."""
    if plan.chain is None:
        return None
    ordered = plan.chain.current.qty
    executed = sum((row.qty for row in plan.executions), ZERO)
    if plan.gap is not None:
        executed += plan.gap.execution.qty
    if ordered is None or not executed or executed == sums.qty:
        return ordered
    return share(ordered, sums.qty, executed)


def _fill_price(order: Order | None) -> Decimal | None:
    if order is None or order.filled_avg_price is None:
        return None
    return at_scale(order.filled_avg_price)


def _booking_flags(booked: Booked) -> frozenset[str]:
    kinds = {lot.kind for lot in booked.lots} | {row.source_kind for row in booked.allocations}
    found = {
        "provisional": bool(kinds & {Kind.PROVISIONAL, Kind.PROVISIONAL_FEE}),
        "unknown_basis": any(not lot.basis_known for lot in booked.lots),
        "exit_overflow": any(row.overflow for row in booked.allocations),
        "transferred": Kind.TRANSFER in kinds,
        "fee_allocated": bool(booked.fees),
    }
    return frozenset(flag for flag, holds in found.items() if holds)
