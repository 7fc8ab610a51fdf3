"""Positions as the broker states them, with weights and what stands behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tradesync.domain.money import ZERO, divided
from tradesync.domain.times import Instant, new_york_date
from tradesync.store.queries import HoldingRow, PositionRow


class DayBar(Protocol):
    """One day's price bar."""

    @property
    def at(self) -> Instant:
        """When the day began."""

    @property
    def close(self) -> Decimal:
        """Its last price."""


@dataclass(frozen=True, slots=True)
class PositionLine:
    """One position by the broker's figures; `qty` signed, money in USD, ratios of one."""

    symbol: str
    asset_class: str
    side: str
    qty: Decimal
    avg_entry_price: Decimal
    current_price: Decimal | None
    market_value: Decimal | None
    floating: Decimal | None
    floating_ratio: Decimal | None
    today: Decimal | None
    change_today: Decimal | None
    weight: Decimal | None
    """Share of the gross value of all positions."""
    price_at: Instant | None
    price_session: str | None
    explained: bool
    """Whether our open trades hold just this quantity."""


def trend_points(
    bars: Sequence[DayBar], price: Decimal | None, price_at: Instant | None
) -> tuple[Decimal, ...]:
    """The daily closes of what is held, oldest first, up to its latest price; none is empty."""
    closes = [bar.close for bar in bars]
    if price is not None and price_at is not None and bars:
        if new_york_date(bars[-1].at) == new_york_date(price_at):
            closes[-1] = price
        elif price_at > bars[-1].at:
            closes.append(price)
    return tuple(closes)


def trend_ratio(points: Sequence[Decimal]) -> Decimal | None:
    """By which share of its first point a trend ends higher; None where that is not known."""
    if len(points) < 2 or points[0] <= 0:
        return None
    return points[-1] / points[0] - 1


def position_lines(
    positions: Sequence[PositionRow], holdings: Mapping[str, HoldingRow]
) -> tuple[PositionLine, ...]:
    """The positions with their weights, in the order given."""
    gross = sum((abs(p.market_value) for p in positions if p.market_value is not None), ZERO)
    return tuple(_line(position, gross, holdings) for position in positions)


def _line(
    position: PositionRow, gross: Decimal, holdings: Mapping[str, HoldingRow]
) -> PositionLine:
    value = position.market_value
    holding = holdings.get(position.instrument)
    return PositionLine(
        symbol=position.symbol,
        asset_class=position.asset_class,
        side="short" if position.qty < 0 else "long",
        qty=position.qty,
        avg_entry_price=position.avg_entry_price,
        current_price=position.current_price,
        market_value=value,
        floating=position.unrealized_pl,
        floating_ratio=position.unrealized_plpc,
        today=position.unrealized_intraday_pl,
        change_today=position.change_today,
        weight=divided(abs(value), gross) if value is not None and gross else None,
        price_at=position.price_at,
        price_session=position.price_session,
        explained=holding is not None and holding.qty == position.qty,
    )
