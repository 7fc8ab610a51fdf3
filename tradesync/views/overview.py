"""The Overview page's read model: one transaction, everything the page shows."""

from __future__ import annotations

from dataclasses import dataclass

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import EquityRow, holding_rows, position_rows
from tradesync.views.account import Profit, Standing, read_profit, read_standing
from tradesync.views.attention import Attention, read_attention
from tradesync.views.equity import read_histories
from tradesync.views.positions import PositionLine, position_lines


@dataclass(frozen=True, slots=True)
class Overview:
    """An account at a glance; `standing` None before its first read."""

    standing: Standing | None
    profit: Profit
    positions: tuple[PositionLine, ...]
    histories: dict[str, tuple[EquityRow, ...]]
    attention: Attention

    @property
    def settling(self) -> tuple[str, ...]:
        """Symbols whose quantities differ from the broker's without being drift (yet)."""
        known = {row.symbol for row in self.attention.drift}
        return tuple(symbol for symbol in self.profit.unlike if symbol not in known)

    @property
    def latest_equity(self) -> EquityRow | None:
        """The account's equity when last read, as a point of its curve."""
        if self.standing is None:
            return None
        return EquityRow(self.standing.read_at, self.standing.equity)


def read_overview(tx: Tx, account_id: str, now: Instant) -> Overview:
    """The account at a glance, as the record has it."""
    positions = position_rows(tx, account_id)
    holdings = holding_rows(tx, account_id)
    by_instrument = {holding.instrument: holding for holding in holdings}
    return Overview(
        standing=read_standing(tx, account_id),
        profit=read_profit(tx, account_id, positions, holdings, now),
        positions=position_lines(positions, by_instrument),
        histories=read_histories(tx, account_id),
        attention=read_attention(tx, account_id, now),
    )
