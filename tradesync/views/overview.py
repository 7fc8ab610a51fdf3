"""The Overview page's read model: one transaction, everything the page shows."""

from __future__ import annotations

from dataclasses import dataclass

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.queries import EquityRow, holding_rows, position_rows
from tradesync.views.account import AccountView, read_account
from tradesync.views.attention import Attention, read_attention
from tradesync.views.equity import read_histories
from tradesync.views.performance_equity import Flows, read_flows
from tradesync.views.positions import PositionLine, position_lines


@dataclass(frozen=True, slots=True)
class Overview:
    """An account at a glance; `account` None before its first read."""

    account: AccountView | None
    positions: tuple[PositionLine, ...]
    histories: dict[str, tuple[EquityRow, ...]]
    flows: Flows
    """What moved in and out, for the line of net deposits."""
    attention: Attention

    @property
    def settling(self) -> tuple[str, ...]:
        """Symbols whose quantities differ from the broker's without being drift (yet)."""
        if self.account is None:
            return ()
        known = {row.symbol for row in (*self.attention.drift, *self.attention.ignored)}
        return tuple(symbol for symbol in self.account.profit.unlike if symbol not in known)

    @property
    def latest_equity(self) -> EquityRow | None:
        """The account's equity when last read, as a point of its curve."""
        if self.account is None:
            return None
        return EquityRow(self.account.standing.read_at, self.account.standing.equity)


def read_overview(tx: Tx, account_id: str, now: Instant) -> Overview:
    """The account at a glance, as the record has it."""
    positions = position_rows(tx, account_id)
    holdings = holding_rows(tx, account_id)
    by_instrument = {holding.instrument: holding for holding in holdings}
    return Overview(
        account=read_account(tx, account_id, positions, holdings),
        positions=position_lines(positions, by_instrument),
        histories=read_histories(tx, account_id),
        flows=read_flows(tx, account_id),
        attention=read_attention(tx, account_id, now),
    )
