"""The broker's JSON rows as facts. A list never fails: a bad row is set aside (design rule 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, DecimalException
from functools import partial
from typing import Generic, TypeVar

from tradesync.broker import fields
from tradesync.broker.fields import Row
from tradesync.broker.memory import OrderMemory
from tradesync.domain.facts import (
    AccountState,
    Activity,
    Execution,
    Instrument,
    Order,
    Position,
    UnreadableRow,
)
from tradesync.domain.instruments import canonical_symbol, make_instrument
from tradesync.domain.money import ZERO, divided
from tradesync.domain.options import class_of_symbol
from tradesync.domain.times import Instant, new_york_date

T = TypeVar("T")

UNREADABLE = (ValueError, DecimalException, OverflowError)
"""What reading a field can raise."""


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """The readable rows of a reply, in its order, and those set aside."""

    items: tuple[T, ...]
    unreadable: tuple[UnreadableRow, ...]
    instruments: tuple[Instrument, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Where a leg hangs in a nested reply."""

    parent_id: str
    group_id: str | None
    order_class: str


def parse_orders(
    rows: Sequence[object], read_at: Instant, memory: OrderMemory | None = None
) -> Parsed[Order]:
    """Orders with the legs of nested ones behind their head; `memory` speeds up repetition."""
    orders: list[Order] = []
    aside: list[UnreadableRow] = []
    instruments: dict[str, Instrument] = {}
    for row, group in _flattened(rows):
        read = partial(parse_order, read_at=read_at, group=group, memory=memory)
        order = read_or_set_aside("order", row, read, aside)
        if order is not None and isinstance(row, dict):
            orders.append(order)
            if order.instrument:
                known = make_instrument(order.symbol, fields.asset_id(row), order.asset_class)
                instruments[order.instrument] = known
    return Parsed(tuple(orders), tuple(aside), tuple(instruments.values()))


def _flattened(rows: Sequence[object]) -> Iterator[tuple[object, Group | None]]:
    """Every order row, heads before their legs; legs never nest deeper (reference 2.2)."""
    for row in rows:
        yield row, None
        legs = row.get("legs") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(legs, list):
            group = Group(
                parent_id=str(row.get("id") or ""),
                group_id=row["group_id"] if isinstance(row.get("group_id"), str) else None,
                order_class=str(row.get("order_class") or ""),
            )
            for leg in legs:
                yield leg, group


def last_submission(rows: Sequence[object]) -> Instant | None:
    """The submission time nearest the end of a list; None when no row states one."""
    for row in reversed(rows):
        try:
            at = fields.optional_instant(row, "submitted_at") if isinstance(row, dict) else None
        except ValueError:
            continue
        if at is not None:
            return at
    return None


def parse_order(
    row: Row,
    read_at: Instant,
    group: Group | None = None,
    memory: OrderMemory | None = None,
) -> Order:
    """One order; `group` when it is a leg. ValueError when a field cannot be read."""
    raw = fields.canonical_json({name: row[name] for name in row if name != "legs"})
    if memory is None or group is not None or row.get("legs"):
        return _order(row, raw, read_at, group)
    order = memory.recall(row.get("id"), raw, read_at)
    if order is None:
        order = _order(row, raw, read_at, None)
        memory.keep(order)
    return order


def _order(row: Row, raw: str, read_at: Instant, group: Group | None) -> Order:
    """The order a row states, field by field."""
    symbol = fields.text(row, "symbol")
    asset_class = fields.text(row, "asset_class") or class_of_symbol(symbol)
    instrument = make_instrument(symbol, fields.asset_id(row), asset_class)
    submitted_at = fields.optional_instant(row, "submitted_at")
    created_at = fields.optional_instant(row, "created_at")
    begun_at = created_at if created_at is not None else submitted_at
    if begun_at is None:
        raise ValueError("created_at is missing")
    updated_at = fields.optional_instant(row, "updated_at")
    order_type = fields.text(row, "type") or fields.text(row, "order_type")
    return Order(
        order_id=fields.required_text(row, "id"),
        client_order_id=fields.text(row, "client_order_id"),
        instrument=instrument.key,
        symbol=instrument.symbol,
        asset_class=asset_class,
        side=fields.text(row, "side"),
        status=fields.required_text(row, "status"),
        order_type=order_type,
        time_in_force=fields.text(row, "time_in_force"),
        order_class=fields.text(row, "order_class"),
        position_intent=fields.text(row, "position_intent"),
        qty=fields.optional_decimal(row, "qty"),
        notional=fields.optional_decimal(row, "notional"),
        filled_qty=fields.optional_decimal(row, "filled_qty") or ZERO,
        # "0" was seen where nothing was filled (reference 2.2): it is no price.
        filled_avg_price=fields.optional_decimal(row, "filled_avg_price") or None,
        limit_price=fields.optional_decimal(row, "limit_price"),
        stop_price=fields.optional_decimal(row, "stop_price"),
        trail_price=fields.optional_decimal(row, "trail_price"),
        trail_percent=fields.optional_decimal(row, "trail_percent"),
        extended_hours=fields.flag(row, "extended_hours"),
        created_at=begun_at,
        submitted_at=begun_at if submitted_at is None else submitted_at,
        updated_at=begun_at if updated_at is None else updated_at,
        filled_at=fields.optional_instant(row, "filled_at"),
        canceled_at=fields.optional_instant(row, "canceled_at"),
        expired_at=fields.optional_instant(row, "expired_at"),
        failed_at=fields.optional_instant(row, "failed_at"),
        replaced_at=fields.optional_instant(row, "replaced_at"),
        replaces=fields.optional_text(row, "replaces"),
        replaced_by=fields.optional_text(row, "replaced_by"),
        parent_id=group.parent_id or None if group else None,
        group_id=fields.optional_text(row, "group_id") or (group.group_id if group else None),
        group_role=fields.optional_text(row, "group_role") or _role(row, order_type, group),
        read_at=read_at,
        raw=raw,
    )


def _role(row: Row, order_type: str, group: Group | None) -> str | None:
    """The role of a group's member, from its place, where the broker does not state it."""
    if group is None:
        if not row.get("legs"):
            return None
        return {"bracket": "entry", "oto": "entry", "oco": "take_profit"}.get(
            fields.text(row, "order_class")
        )
    if group.order_class == "mleg":
        return "leg"
    return "take_profit" if order_type == "limit" else "stop_loss"


def parse_activities(
    rows: Sequence[object],
) -> tuple[tuple[Execution, ...], tuple[Activity, ...], tuple[UnreadableRow, ...]]:
    """Fills, all other activities, and the rows set aside, each in the reply's order."""
    executions: list[Execution] = []
    activities: list[Activity] = []
    aside: list[UnreadableRow] = []
    for row in rows:
        if isinstance(row, dict) and row.get("activity_type") == "FILL":
            execution = read_or_set_aside("execution", row, parse_execution, aside)
            if execution is not None:
                executions.append(execution)
        else:
            activity = read_or_set_aside("activity", row, parse_activity, aside)
            if activity is not None:
                activities.append(activity)
    return tuple(executions), tuple(activities), tuple(aside)


def parse_execution(row: Row) -> Execution:
    """One fill; `cum_qty` is 0 when not stated. ValueError when a field cannot be read."""
    qty, price = fields.decimal(row, "qty"), fields.decimal(row, "price")
    if qty <= 0:
        raise ValueError(f"qty is {qty}, a fill has more")
    return Execution(
        execution_id=fields.required_text(row, "id"),
        order_id=fields.required_text(row, "order_id"),
        symbol=fields.required_text(row, "symbol"),
        side=fields.required_text(row, "side"),
        qty=qty,
        price=price,
        at=fields.instant(row, "transaction_time"),
        cum_qty=fields.optional_decimal(row, "cum_qty") or ZERO,
        raw=fields.canonical_json(row),
    )


def parse_activity(row: Row) -> Activity:
    """One dated fact that is not a fill. ValueError when a field cannot be read."""
    activity_id = fields.required_text(row, "id")
    activity_type = fields.required_text(row, "activity_type")
    created_at = fields.optional_instant(row, "created_at")
    symbol = fields.optional_text(row, "symbol")
    if symbol is not None and activity_type == "CFEE":
        symbol = canonical_symbol(symbol, "crypto")
    return Activity(
        activity_id=activity_id,
        activity_type=activity_type,
        sub_type=fields.text(row, "activity_sub_type"),
        day=fields.optional_day(row, "date") or _day_without_date(activity_id, created_at),
        symbol=symbol,
        qty=fields.optional_decimal(row, "qty"),
        price=fields.optional_decimal(row, "price"),
        net_amount=fields.optional_decimal(row, "net_amount"),
        per_share_amount=fields.optional_decimal(row, "per_share_amount"),
        group_id=fields.optional_text(row, "group_id"),
        order_id=fields.optional_text(row, "order_id"),
        status=fields.text(row, "status"),
        description=fields.text(row, "description"),
        created_at=created_at,
        raw=fields.canonical_json(row),
    )


def _day_without_date(activity_id: str, created_at: Instant | None) -> date:
    """The New York day in an activity id (`YYYYMMDD…::uuid`), else of its creation."""
    if activity_id[:8].isdecimal() and "::" in activity_id:
        return datetime.strptime(activity_id[:8], "%Y%m%d").date()  # noqa: DTZ007 (a date)
    if created_at is None:
        raise ValueError("date is missing")
    return new_york_date(created_at)


def parse_positions(rows: Sequence[object]) -> Parsed[Position]:
    """Open positions, signed."""
    positions: list[Position] = []
    aside: list[UnreadableRow] = []
    for row in rows:
        position = read_or_set_aside("position", row, parse_position, aside)
        if position is not None:
            positions.append(position)
    instruments = {
        p.instrument: make_instrument(p.symbol, _asset_id(p), p.asset_class) for p in positions
    }
    return Parsed(tuple(positions), tuple(aside), tuple(instruments.values()))


def _asset_id(position: Position) -> str | None:
    """The asset's id; a coin's position has one of its own, which names no asset."""
    return None if position.asset_class == "crypto" else position.asset_id


def parse_position(row: Row) -> Position:
    """One position; a short one is negative also where only `side` says so (reference 3)."""
    symbol = fields.required_text(row, "symbol")
    asset_class = fields.text(row, "asset_class") or class_of_symbol(symbol)
    instrument = make_instrument(symbol, fields.asset_id(row), asset_class)
    is_short = fields.text(row, "side") == "short"

    def signed(name: str) -> Decimal | None:
        value = fields.optional_decimal(row, name)
        return -abs(value) if is_short and value is not None else value

    qty = signed("qty")
    if qty is None:
        raise ValueError("qty is missing")
    return Position(
        instrument=instrument.key,
        symbol=instrument.symbol,
        asset_id=instrument.asset_id or "",
        asset_class=asset_class,
        qty=qty,
        qty_available=signed("qty_available"),
        avg_entry_price=_average(row, instrument, qty),
        cost_basis=signed("cost_basis"),
        market_value=signed("market_value"),
        current_price=fields.optional_decimal(row, "current_price"),
        lastday_price=fields.optional_decimal(row, "lastday_price"),
        change_today=fields.optional_decimal(row, "change_today"),
        unrealized_pl=fields.optional_decimal(row, "unrealized_pl"),
        unrealized_plpc=fields.optional_decimal(row, "unrealized_plpc"),
        unrealized_intraday_pl=fields.optional_decimal(row, "unrealized_intraday_pl"),
        unrealized_intraday_plpc=fields.optional_decimal(row, "unrealized_intraday_plpc"),
        raw=fields.canonical_json(row),
    )


def _average(row: Row, instrument: Instrument, qty: Decimal) -> Decimal:
    """The average entry price, else what the cost basis comes to by the unit."""
    stated = fields.optional_decimal(row, "avg_entry_price")
    if stated is not None:
        return stated
    cost = fields.optional_decimal(row, "cost_basis")
    if cost is None or not qty:
        raise ValueError("avg_entry_price is missing")
    return divided(abs(cost), abs(qty) * instrument.multiplier)


def parse_account(row: Row) -> AccountState:
    """The account. ValueError when a field cannot be read.

    Of cash and equity either tells the other: equity is cash and what positions are worth
    (reference 1.3).
    """
    cash, equity = _cash_and_equity(row)
    return AccountState(
        account_id=fields.required_text(row, "id"),
        account_number=fields.text(row, "account_number"),
        status=fields.text(row, "status"),
        currency=fields.text(row, "currency") or "USD",
        cash=cash,
        equity=equity,
        last_equity=fields.optional_decimal(row, "last_equity"),
        buying_power=fields.optional_decimal(row, "buying_power"),
        long_market_value=fields.optional_decimal(row, "long_market_value") or ZERO,
        short_market_value=fields.optional_decimal(row, "short_market_value") or ZERO,
        trading_blocked=fields.flag(row, "trading_blocked"),
        created_at=fields.optional_instant(row, "created_at"),
        balance_asof=fields.optional_day(row, "balance_asof"),
        raw=fields.canonical_json(row),
    )


def _cash_and_equity(row: Row) -> tuple[Decimal, Decimal]:
    """Both as stated, or the one from the other; ValueError when neither is."""
    equity = fields.optional_decimal(row, "equity")
    if equity is None:
        equity = fields.optional_decimal(row, "portfolio_value")
    cash = fields.optional_decimal(row, "cash")
    if cash is not None and equity is not None:
        return cash, equity
    sides = ("long_market_value", "short_market_value")
    value = sum((fields.optional_decimal(row, side) or ZERO for side in sides), ZERO)
    if equity is None:
        cash = fields.decimal(row, "cash")
        return cash, cash + value
    return equity - value, equity


def read_or_set_aside(
    kind: str, row: object, read: Callable[[Row], T], aside: list[UnreadableRow]
) -> T | None:
    """The row as read; None, and the row with its reason in `aside`, when it cannot be."""
    try:
        if not isinstance(row, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004 (one error for callers)
        return read(row)
    except UNREADABLE as error:
        raw = fields.canonical_json(row)
        aside.append(UnreadableRow(kind, fields.identity(row), str(error), raw))
        return None
