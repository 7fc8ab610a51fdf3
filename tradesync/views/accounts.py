"""Several accounts seen as one: sums by environment. Paper and live money never meet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tradesync.domain.money import ZERO, divided
from tradesync.store.database import Tx
from tradesync.store.queries import holding_rows, position_rows
from tradesync.views.account import AccountView, read_account
from tradesync.views.positions import PositionLine, position_lines


@dataclass(frozen=True, slots=True)
class Member:
    """One account to be seen with others; `account_id` None before its first read."""

    name: str
    environment: str
    account_id: str | None


@dataclass(frozen=True, slots=True)
class MemberView:
    """One account's figures; None before its first read."""

    name: str
    view: AccountView | None


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One position of one of the accounts; its weight is of all their positions."""

    account: str
    line: PositionLine


@dataclass(frozen=True, slots=True)
class Together:
    """The accounts of one environment: sums in USD over those that have been read."""

    environment: str
    members: tuple[MemberView, ...]
    positions: tuple[HeldLine, ...]

    @property
    def read(self) -> tuple[AccountView, ...]:
        """The accounts that have figures."""
        return tuple(member.view for member in self.members if member.view is not None)

    @property
    def unread(self) -> tuple[str, ...]:
        """The names of those that have none yet."""
        return tuple(member.name for member in self.members if member.view is None)

    def total(self, of: Callable[[AccountView], Decimal | None]) -> Decimal | None:
        """The sum of a figure; None when one of the accounts does not know it, or none is read."""
        amounts = [of(view) for view in self.read]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, ZERO) if known and len(known) == len(amounts) else None

    @property
    def day_ratio(self) -> Decimal | None:
        """The day's change over what the accounts were worth before it."""
        change = self.total(lambda view: view.standing.day_change)
        equity = self.total(lambda view: view.standing.equity)
        if change is None or equity is None or equity == change:
            return None
        return divided(change, equity - change)


def read_together(tx: Tx, members: Sequence[Member]) -> tuple[Together, ...]:
    """The accounts by environment, in the order their first one is configured."""
    environments = dict.fromkeys(member.environment for member in members)
    return tuple(
        _group(tx, environment, [each for each in members if each.environment == environment])
        for environment in environments
    )


def _group(tx: Tx, environment: str, members: Iterable[Member]) -> Together:
    views, held = [], list[HeldLine]()
    for member in members:
        if member.account_id is None:
            views.append(MemberView(member.name, None))
            continue
        positions = position_rows(tx, member.account_id)
        holdings = holding_rows(tx, member.account_id)
        views.append(
            MemberView(member.name, read_account(tx, member.account_id, positions, holdings))
        )
        by_instrument = {holding.instrument: holding for holding in holdings}
        held += [HeldLine(member.name, line) for line in position_lines(positions, by_instrument)]
    return Together(environment, tuple(views), _weighed(held))


def _weighed(held: Sequence[HeldLine]) -> tuple[HeldLine, ...]:
    """The positions largest first, with their weights among all of them."""
    values = [each.line.market_value for each in held]
    gross = sum((abs(value) for value in values if value is not None), ZERO)
    weighed = [
        replace(
            each,
            line=replace(
                each.line,
                weight=divided(abs(value), gross) if value is not None and gross else None,
            ),
        )
        for each, value in zip(held, values, strict=True)
    ]
    return tuple(
        sorted(weighed, key=lambda each: -abs(each.line.market_value or ZERO))
    )
