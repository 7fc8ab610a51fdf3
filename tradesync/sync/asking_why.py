"""Why a figure of a stored trade is what it is."""

from __future__ import annotations

from tradesync.domain.why import Figure, Price, Why, why
from tradesync.store import accounts, conclusions
from tradesync.store.database import Database
from tradesync.store.queries_trades import TradeRow, trade_row
from tradesync.sync.commit import load_records
from tradesync.sync.outcomes import SyncError


def why_of(
    database: Database, account_id: str, instrument: str, trade_id: str, figure: Figure
) -> Why:
    """The parts of a figure of one trade; SyncError when the trade is not stored."""
    with database.read() as tx:
        account = accounts.account(tx, account_id)
        touched = frozenset({instrument})
        found = conclusions.load_conclusions(tx, account_id, touched)
        records = load_records(tx, account, touched, found.chain_reading)
        shown = trade_row(tx, account_id, trade_id)
    trade = next((row for row in found.trades if row.trade_id == trade_id), None)
    if trade is None or shown is None:
        raise SyncError(f"There is no trade {trade_id}; it may have changed. Look again.")
    return why(figure, trade, records, found, _price(shown))


def _price(shown: TradeRow) -> Price | None:
    """The price the trade is valued at; None where it floats in no total."""
    if shown.floating_pnl is None or shown.current_price is None or shown.price_at is None:
        return None
    return Price(shown.current_price, shown.price_at, shown.price_session or "latest")
