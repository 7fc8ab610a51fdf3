"""Small records for the store's tests; every field can be given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tradesync.domain.conclusions import (
    Allocation,
    Conclusions,
    Lot,
    Review,
    Trade,
    TradeSide,
    TradeSource,
    TradeStatus,
    UnmatchedExit,
    WorkingExit,
)
from tradesync.domain.facts import Activity, Execution, Order, Position

ONE = Decimal(1)
NOTHING = Conclusions((), (), (), (), (), (), ())


def order(order_id: str, **changes: Any) -> Order:
    """A new order for one share of AAPL."""
    plain = Order(
        order_id=order_id,
        client_order_id=f"client-{order_id}",
        instrument="aapl",
        symbol="AAPL",
        asset_class="us_equity",
        side="buy",
        status="new",
        order_type="market",
        time_in_force="day",
        order_class="simple",
        position_intent="buy_to_open",
        qty=ONE,
        notional=None,
        filled_qty=Decimal(0),
        filled_avg_price=None,
        limit_price=None,
        stop_price=None,
        trail_price=None,
        trail_percent=None,
        extended_hours=False,
        created_at=100,
        submitted_at=100,
        updated_at=100,
        filled_at=None,
        canceled_at=None,
        expired_at=None,
        failed_at=None,
        replaced_at=None,
        replaces=None,
        replaced_by=None,
        parent_id=None,
        group_id=None,
        group_role=None,
        read_at=200,
        raw=f'{{"id": "{order_id}"}}',
    )
    return replace(plain, **changes)


def execution(execution_id: str, **changes: Any) -> Execution:
    """One share of AAPL bought at 1 USD."""
    plain = Execution(
        execution_id, "order-1", "AAPL", "buy", ONE, ONE, 100, ONE, f'{{"id": "{execution_id}"}}'
    )
    return replace(plain, **changes)


def activity(activity_id: str, **changes: Any) -> Activity:
    """A dividend of AAPL."""
    plain = Activity(
        activity_id=activity_id,
        activity_type="DIV",
        sub_type="CDIV",
        day=date(2024, 3, 1),
        symbol="AAPL",
        qty=None,
        price=None,
        net_amount=ONE,
        per_share_amount=None,
        group_id=None,
        order_id=None,
        status="executed",
        description="",
        created_at=None,
        raw=f'{{"id": "{activity_id}"}}',
    )
    return replace(plain, **changes)


def position(instrument: str, **changes: Any) -> Position:
    """One share held."""
    plain = Position(
        instrument=instrument,
        symbol=instrument.upper(),
        asset_id=instrument,
        asset_class="us_equity",
        qty=ONE,
        qty_available=ONE,
        avg_entry_price=ONE,
        cost_basis=ONE,
        market_value=ONE,
        current_price=ONE,
        lastday_price=ONE,
        change_today=None,
        unrealized_pl=None,
        unrealized_plpc=None,
        unrealized_intraday_pl=None,
        unrealized_intraday_plpc=None,
        raw="{}",
    )
    return replace(plain, **changes)


def trade(trade_id: str, **changes: Any) -> Trade:
    """An open long trade of one share of AAPL."""
    plain = Trade(
        trade_id=trade_id,
        instrument="aapl",
        symbol="AAPL",
        asset_id="aapl",
        asset_class="us_equity",
        multiplier=1,
        side=TradeSide.LONG,
        status=TradeStatus.OPEN,
        close_reason=None,
        source=TradeSource.APP,
        ordered_qty=ONE,
        qty=ONE,
        open_qty=ONE,
        cost=ONE,
        open_cost=ONE,
        exit_value=None,
        realized_pnl=None,
        fees=Decimal(0),
        entry_price=ONE,
        exit_price=None,
        broker_fill_price=ONE,
        broker_order_id="order-1",
        client_order_id="client-1",
        order_status="filled",
        ordered_at=100,
        opened_at=100,
        closed_at=None,
        flags=("provisional",),
    )
    return replace(plain, **changes)


def lot(lot_id: str, **changes: Any) -> Lot:
    """The lot of one share of AAPL."""
    plain = Lot(
        lot_id, "trade-1", "aapl", "execution", lot_id, 100, ONE, ONE, ONE, ONE, basis_known=True
    )
    return replace(plain, **changes)


def conclusions(
    *, instrument: str = "aapl", provisional: tuple[Execution, ...] = ()
) -> Conclusions:
    """One row of every kind for an instrument; `provisional` as given."""
    return Conclusions(
        trades=(trade(f"trade-{instrument}", instrument=instrument),),
        lots=(lot(f"lot-{instrument}", instrument=instrument),),
        allocations=(
            Allocation(
                f"allocation-{instrument}", f"lot-{instrument}", "trade-1", instrument,
                "execution", "x", None, 100, ONE, ONE, ONE, ONE, is_fee=False, overflow=False,
            ),
        ),
        provisional=provisional,
        unmatched_exits=(
            UnmatchedExit(
                f"exit-{instrument}", None, instrument, "AAPL", "sell", ONE, None, 100, "silent"
            ),
        ),
        working_exits=(WorkingExit(f"working-{instrument}", None, instrument, "sell", ONE),),
        reviews=(Review(f"review-{instrument}", "split", instrument, "AAPL", "why"),),
    )  # fmt: skip
