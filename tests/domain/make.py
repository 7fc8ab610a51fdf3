"""Small builders of records for tests: say what matters, the rest is plausible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tradesync.domain.conclusions import Conclusions, Records, TradeSource
from tradesync.domain.day_fees import sales_by_day
from tradesync.domain.facts import Activity, Execution, Instrument, Order
from tradesync.domain.instruments import make_instrument
from tradesync.domain.money import to_decimal
from tradesync.domain.ours import Intent, IntentKind, IntentState, OpeningBalance
from tradesync.domain.times import SECOND, Instant, parse_instant

ACCOUNT = "a0000000-0000-4000-8000-000000000001"
START: Instant = parse_instant("2026-03-02T15:00:00Z")
"""A Monday, 10:00 in New York."""


def at(seconds: float = 0) -> Instant:
    """So many seconds after the start."""
    return START + int(seconds * SECOND)


def num(value: str | int | Decimal | None) -> Decimal | None:
    """An exact number, or none."""
    return None if value is None else to_decimal(value)


def asset_class_of(symbol: str) -> str:
    """Crypto has a slash, an option's symbol is long, the rest are stocks."""
    if "/" in symbol:
        return "crypto"
    return "us_option" if len(symbol) > 12 else "us_equity"


def instrument(symbol: str = "AAPL", asset_id: str | None = None) -> Instrument:
    """An instrument whose asset id is made from its symbol."""
    return make_instrument(symbol, asset_id or f"asset-{symbol}", asset_class_of(symbol))


def order(
    order_id: str = "o1",
    side: str = "buy",
    qty: str | int | None = 100,
    *,
    symbol: str = "AAPL",
    status: str = "filled",
    filled: str | int = 0,
    avg: str | int | None = None,
    t: float = 0,
    intent: str | None = None,
    **fields: Any,
) -> Order:
    """An order created `t` seconds after the start; `intent` defaults to open for a buy."""
    if intent is None:
        intent = "buy_to_open" if side == "buy" else "sell_to_close"
    key = fields.pop("instrument", instrument(symbol).key)
    made = Order(
        order_id=order_id,
        client_order_id=f"client-{order_id}",
        instrument=key,
        symbol=symbol,
        asset_class=asset_class_of(symbol),
        side=side,
        status=status,
        order_type="limit",
        time_in_force="day",
        order_class="",
        position_intent=intent,
        qty=num(qty),
        notional=None,
        filled_qty=to_decimal(filled),
        filled_avg_price=num(avg),
        limit_price=None,
        stop_price=None,
        trail_price=None,
        trail_percent=None,
        extended_hours=False,
        created_at=at(t),
        submitted_at=at(t),
        updated_at=at(t + 60),
        filled_at=at(t + 30) if to_decimal(filled) else None,
        canceled_at=at(t + 60) if status == "canceled" else None,
        expired_at=at(t + 60) if status == "expired" else None,
        failed_at=at(t + 60) if status == "rejected" else None,
        replaced_at=at(t + 60) if status == "replaced" else None,
        replaces=None,
        replaced_by=None,
        parent_id=None,
        group_id=None,
        group_role=None,
        read_at=at(t + 90),
        raw="{}",
    )
    return replace(made, **fields)


def execution(
    execution_id: str,
    order_id: str = "o1",
    side: str = "buy",
    qty: str | int = 100,
    price: str | int = 10,
    *,
    symbol: str = "AAPL",
    t: float = 1,
    cum: str | int | None = None,
) -> Execution:
    """A fill `t` seconds after the start; `cum` defaults to its own quantity."""
    return Execution(
        execution_id=execution_id,
        order_id=order_id,
        symbol=symbol,
        side=side,
        qty=to_decimal(qty),
        price=to_decimal(price),
        at=at(t),
        cum_qty=to_decimal(qty if cum is None else cum),
        raw="{}",
    )


def bought(qty: int = 100, price: int = 200, name: str = "b", t: float = 0) -> list[object]:
    """A purchase in one fill a second after its order; the fill is named `e-` and the order."""
    return [
        order(name, qty=qty, filled=qty, avg=price, t=t),
        execution(f"e-{name}", name, qty=qty, price=price, t=t + 1),
    ]


def sold(qty: int, price: int, name: str = "s", t: float = 50) -> list[object]:
    """A sale that closes, in one fill a second after its order, named `x-` and the order."""
    return [
        order(name, "sell", qty, filled=qty, avg=price, t=t),
        execution(f"x-{name}", name, "sell", qty, price, t=t + 1),
    ]


def activity(
    activity_id: str,
    activity_type: str,
    *,
    symbol: str | None = "AAPL",
    qty: str | int | None = None,
    price: str | int | None = None,
    net: str | int | None = None,
    day: str = "2026-03-03",
    **fields: Any,
) -> Activity:
    """A dated broker row."""
    made = Activity(
        activity_id=activity_id,
        activity_type=activity_type,
        sub_type="",
        day=date.fromisoformat(day),
        symbol=symbol,
        qty=num(qty),
        price=num(price),
        net_amount=num(net),
        per_share_amount=None,
        group_id=None,
        order_id=None,
        status="executed",
        description="",
        created_at=None,
        raw="{}",
    )
    return replace(made, **fields)


def intent(
    client_order_id: str | None,
    *,
    kind: IntentKind = IntentKind.OPEN,
    state: IntentState = IntentState.SENT,
    symbol: str = "AAPL",
    side: str = "buy",
    qty: str | int = 100,
    **fields: Any,
) -> Intent:
    """One click of ours."""
    made = Intent(
        intent_id="00000000-0000-4000-8000-00000000000a",
        kind=kind,
        state=state,
        client_order_id=client_order_id,
        trade_id=None,
        order_id=None,
        instrument=instrument(symbol).key,
        symbol=symbol,
        asset_class=asset_class_of(symbol),
        side=side,
        position_intent="buy_to_open",
        qty=num(qty),
        notional=None,
        order_type="market",
        time_in_force="day",
        limit_price=None,
        stop_price=None,
        extended_hours=False,
        created_at=at(-1),
        sent_at=None,
        settled_at=None,
        broker_order_id=None,
        not_found_count=0,
        message="",
    )
    return replace(made, **fields)


def balance(
    decision_id: str,
    qty: str | int,
    price: str | int,
    *,
    symbol: str = "AAPL",
    t: float = 1000,
    override: str | int | None = None,
) -> OpeningBalance:
    """A decision: at `t` the broker held so much at that average."""
    return OpeningBalance(
        decision_id=decision_id,
        instrument=instrument(symbol).key,
        symbol=symbol,
        asset_class=asset_class_of(symbol),
        observed_at=at(t),
        qty=to_decimal(qty),
        avg_price=to_decimal(price),
        price_override=num(override),
        created_at=at(t),
    )


def records(*rows: object, **fields: Any) -> Records:
    """Records of whatever facts, intents and decisions are given, in any order."""
    orders = [row for row in rows if isinstance(row, Order)]
    known = {row.key: row for row in rows if isinstance(row, Instrument)}
    for row in orders:
        if row.symbol and row.instrument not in known:
            known[row.instrument] = Instrument(
                row.instrument, row.symbol, row.instrument, row.asset_class
            )
    made = Records(
        account_id=ACCOUNT,
        instruments=tuple(known.values()),
        orders=tuple(orders),
        executions=tuple(row for row in rows if isinstance(row, Execution)),
        activities=tuple(row for row in rows if isinstance(row, Activity)),
        intents=tuple(row for row in rows if isinstance(row, Intent)),
        opening_balances=tuple(row for row in rows if isinstance(row, OpeningBalance)),
        history_complete=True,
        activities_from=None,
        sales_by_day=sales_by_day(row for row in rows if isinstance(row, Execution)),
    )
    return replace(made, **fields)


def only(rows: Iterable[Any]) -> Any:
    """The single row there must be."""
    (row,) = rows
    return row


def trades_of(conclusions: Conclusions) -> list[Any]:
    """The trades, typed loosely so that plain numbers compare."""
    return list(conclusions.trades)


def trades_by_order(conclusions: Conclusions) -> dict[str | None, Any]:
    """Trades by the broker order id they show."""
    return {trade.broker_order_id: trade for trade in conclusions.trades}


def imported_trade(conclusions: Conclusions) -> Any:
    """The single trade an opening balance made."""
    return only(row for row in conclusions.trades if row.source is TradeSource.IMPORT)
