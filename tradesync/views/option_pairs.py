"""Exercises and assignments: the option's trade and its shares' trades, seen together (rule 11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from tradesync.domain.events import Kind
from tradesync.domain.money import ZERO
from tradesync.domain.options import OptionLink, option_links
from tradesync.store.database import Tx
from tradesync.store.facts import activities_of_types
from tradesync.store.queries_pairs import BookedTrade, booked_trades

DELIVERIES = frozenset({Kind.EXERCISE, Kind.ASSIGNMENT, Kind.OPTION_TRADE})
"""What lots and closings are called that an exercise or assignment made."""
_TYPES = ("OPEXC", "OPXRC", "OPASN", "OPTRD")


@dataclass(frozen=True, slots=True)
class OptionPair:
    """The trades of one exercise or assignment, the contract's before the shares'."""

    trades: tuple[BookedTrade, ...]

    @property
    def combined_pnl(self) -> Decimal | None:
        """Realized and floating P&L of them all, in USD; None where a part is unknown."""
        total = ZERO
        for trade in self.trades:
            floating = trade.floating_pnl if trade.open_qty else ZERO
            if trade.realized_pnl is None or floating is None:
                return None
            total += trade.realized_pnl + floating
        return total


def read_option_pairs(tx: Tx, account_id: str, sources: Collection[str]) -> tuple[OptionPair, ...]:
    """The pairs these activities (of deliveries) are one half of; nothing is read for none."""
    if not sources:
        return ()
    links = [
        link
        for link in option_links(activities_of_types(tx, account_id, _TYPES))
        if link.contract_id in sources or link.share_id in sources
    ]
    ids = {half for link in links for half in (link.contract_id, link.share_id)}
    booked = booked_trades(tx, account_id, ids)
    return tuple(dict.fromkeys(_pair(link, booked) for link in links))


def _pair(link: OptionLink, booked: Collection[BookedTrade]) -> OptionPair:
    """Each trade once, though both halves may stand in it."""
    halves = [row for half in (link.contract_id, link.share_id) for row in booked
              if row.source_id == half]  # fmt: skip
    return OptionPair(tuple({row.trade_id: row for row in halves}.values()))
