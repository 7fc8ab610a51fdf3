"""The account's figures: equity and its day, floating and realized P&L, exposure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tradesync.domain.money import ZERO, divided
from tradesync.domain.money_rows import MoneyKind
from tradesync.domain.times import Instant, new_york_date, new_york_midnight
from tradesync.store.database import Tx
from tradesync.store.queries import (
    AccountFigures,
    HoldingRow,
    PositionRow,
    ProfitRow,
    account_figures,
    profit_totals,
    realized_since,
)
from tradesync.store.queries_identity import (
    MoneyTotal,
    coin_fee_totals,
    money_totals,
    moved_in_kind,
)
from tradesync.views.identity import Identity, identity_from, money_of, read_sources


@dataclass(frozen=True, slots=True)
class Standing:
    """The account's headline figures in USD, as the broker stated them at `read_at`."""

    equity: Decimal
    day_change: Decimal | None
    """Equity less last equity less deposits and transfers since (design: *Day P&L*); None where
    the broker states no last equity."""
    day_ratio: Decimal | None
    cash: Decimal
    buying_power: Decimal | None
    long_value: Decimal
    short_value: Decimal
    exposure_ratio: Decimal | None
    """Gross exposure over equity."""
    status: str
    blocked: bool
    read_at: Instant

    @property
    def cash_ratio(self) -> Decimal | None:
        """Cash over equity."""
        return _ratio(self.cash, self.equity)

    @property
    def gross_value(self) -> Decimal:
        """Long value and the size of the short one together."""
        return self.long_value + abs(self.short_value)


@dataclass(frozen=True, slots=True)
class Profit:
    """Floating and realized P&L in USD, the broker's way and ours, and what reconciles them."""

    broker_floating: Decimal | None
    """The broker's own sum; None where it left a position's figure out."""
    broker_cost: Decimal
    trades_floating: Decimal
    trades_floating_unknown: int
    realized: Decimal
    realized_unknown: int
    realized_today: Decimal
    realized_today_unknown: int
    fees: Decimal
    open_trades: int
    lot_method: Decimal
    """How much more the broker counts as floating because it averages lots (negative: less);
    what it counts as realized differs by the same amount the other way."""
    unlike: tuple[str, ...]
    """Symbols left out of that comparison: our quantity is not the broker's."""

    @property
    def broker_floating_ratio(self) -> Decimal | None:
        """The broker's floating P&L over what its positions cost."""
        if self.broker_floating is None:
            return None
        return _ratio(self.broker_floating, self.broker_cost)


@dataclass(frozen=True, slots=True)
class DaySplit:
    """Today's change of equity in USD: realized + floating + income − fees, deposits left out."""

    total: Decimal | None
    """None, as `floating` then is, where the broker states no last equity."""
    realized: Decimal
    realized_unknown: int
    """Closings of today whose P&L nobody knows; what they brought is in `floating`."""
    floating: Decimal | None
    income: Decimal
    fees: Decimal


@dataclass(frozen=True, slots=True)
class AccountView:
    """The figures of an account that are read together, so that they agree."""

    standing: Standing
    profit: Profit
    day: DaySplit
    identity: Identity


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return divided(part, whole) if whole else None


def day_before_today(figures: AccountFigures) -> date:
    """The New York date of the account's `last_equity`: cash moved later is today's."""
    return figures.balance_asof or new_york_date(figures.read_at) - timedelta(days=1)


def standing_from(figures: AccountFigures, moved_today: Decimal) -> Standing:
    """The headline figures; `moved_today`: cash paid in less paid out since last equity."""
    before = None if figures.last_equity is None else figures.last_equity + moved_today
    day_change = None if before is None else figures.equity - before
    gross = figures.long_market_value + abs(figures.short_market_value)
    return Standing(
        equity=figures.equity,
        day_change=day_change,
        day_ratio=None if day_change is None or before is None else _ratio(day_change, before),
        cash=figures.cash,
        buying_power=figures.buying_power,
        long_value=figures.long_market_value,
        short_value=figures.short_market_value,
        exposure_ratio=_ratio(gross, figures.equity),
        status=figures.status,
        blocked=figures.trading_blocked,
        read_at=figures.read_at,
    )


def moved_since_close(
    tx: Tx, account_id: str, figures: AccountFigures, money: Sequence[MoneyTotal]
) -> Decimal:
    """Cash and securities paid in less those paid out since the last equity, in USD."""
    cash = money_of(money, MoneyKind.DEPOSIT, recent=True)
    return cash + moved_in_kind(tx, account_id, day_before_today(figures))


def day_start(figures: AccountFigures) -> Instant:
    """Where *today* begins: midnight in New York after the day of the last equity."""
    return new_york_midnight(day_before_today(figures) + timedelta(days=1))


def lot_method_difference(
    positions: Sequence[PositionRow], holdings: Mapping[str, HoldingRow]
) -> tuple[Decimal, tuple[str, ...]]:
    """The broker's floating less ours where both hold the same quantity, and who does not.

    At one price two floating figures differ by their cost alone: ours first in, first out, the
    broker's by its average price.
    """
    difference, unlike = ZERO, []
    for position in positions:
        holding = holdings.get(position.instrument)
        if holding is None or holding.qty != position.qty or position.cost_basis is None:
            unlike.append(position.symbol)
        else:
            difference += holding.cost - position.cost_basis
    held = {position.instrument for position in positions}
    unlike.extend(each.symbol for each in holdings.values() if each.instrument not in held)
    return difference, tuple(sorted(unlike))


def profit_from(
    totals: ProfitRow,
    today: tuple[Decimal, int],
    positions: Sequence[PositionRow],
    holdings: Sequence[HoldingRow],
) -> Profit:
    """Both sides' totals and the line that reconciles them."""
    floating = [position.unrealized_pl for position in positions]
    known = [value for value in floating if value is not None]
    difference, unlike = lot_method_difference(
        positions, {holding.instrument: holding for holding in holdings}
    )
    return Profit(
        broker_floating=sum(known, ZERO) if len(known) == len(floating) else None,
        broker_cost=sum((abs(p.cost_basis) for p in positions if p.cost_basis), ZERO),
        trades_floating=totals.floating,
        trades_floating_unknown=totals.floating_unknown,
        realized=totals.realized,
        realized_unknown=totals.realized_unknown,
        realized_today=today[0],
        realized_today_unknown=today[1],
        fees=totals.fees,
        open_trades=totals.open_trades,
        lot_method=difference,
        unlike=unlike,
    )


def read_profit(
    tx: Tx,
    account_id: str,
    positions: Sequence[PositionRow],
    holdings: Sequence[HoldingRow],
    since: Instant,
) -> Profit:
    """The account's P&L; *today* began at `since`."""
    today = realized_since(tx, account_id, since)
    return profit_from(profit_totals(tx, account_id), today, positions, holdings)


def day_split(
    standing: Standing, profit: Profit, money: Sequence[MoneyTotal], coin_fees: Decimal
) -> DaySplit:
    """Today's change in its parts; `coin_fees`: taken in coins today, at their cost.

    What floats changed by is what is left: equity at the last close is known, what every lot was
    worth then is not.
    """
    income = money_of(money, MoneyKind.DIVIDEND, MoneyKind.INTEREST, recent=True)
    fees = coin_fees - money_of(money, MoneyKind.FEE, recent=True)
    total = standing.day_change
    return DaySplit(
        total=total,
        realized=profit.realized_today,
        realized_unknown=profit.realized_today_unknown,
        floating=None if total is None else total - profit.realized_today - income + fees,
        income=income,
        fees=fees,
    )


def read_account(
    tx: Tx,
    account_id: str,
    positions: Sequence[PositionRow],
    holdings: Sequence[HoldingRow],
) -> AccountView | None:
    """Every figure of an account that must agree with the others; None before its first read."""
    figures = account_figures(tx, account_id)
    if figures is None:
        return None
    since = day_start(figures)
    money = money_totals(tx, account_id, day_before_today(figures))
    coin_fees, coin_fees_today = coin_fee_totals(tx, account_id, since)
    standing = standing_from(figures, moved_since_close(tx, account_id, figures, money))
    profit = read_profit(tx, account_id, positions, holdings, since)
    sources = read_sources(
        tx, account_id, figures,
        realized=profit.realized, floating=profit.trades_floating, money=money,
        coin_fees=coin_fees,
    )  # fmt: skip
    return AccountView(
        standing=standing,
        profit=profit,
        day=day_split(standing, profit, money, coin_fees_today),
        identity=identity_from(sources),
    )
