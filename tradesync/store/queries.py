"""Read-only questions the screens ask about an account: figures, positions, totals, equity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from tradesync.domain.times import Instant
from tradesync.store.database import Tx
from tradesync.store.rows import among

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """The account as the broker last stated it, in USD."""

    status: str
    currency: str
    cash: Decimal
    equity: Decimal
    last_equity: Decimal | None
    buying_power: Decimal | None
    long_market_value: Decimal
    short_market_value: Decimal
    trading_blocked: bool
    balance_asof: date | None
    read_at: Instant


@dataclass(frozen=True, slots=True)
class PositionRow:
    """What the broker says is held, with the mark read beside it; `qty` signed, money in USD."""

    instrument: str
    symbol: str
    asset_class: str
    qty: Decimal
    qty_available: Decimal | None
    avg_entry_price: Decimal
    cost_basis: Decimal | None
    market_value: Decimal | None
    current_price: Decimal | None
    change_today: Decimal | None
    unrealized_pl: Decimal | None
    unrealized_plpc: Decimal | None
    unrealized_intraday_pl: Decimal | None
    price_at: Instant | None
    price_session: str | None


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """What our open trades hold of one instrument; `qty` signed, `cost` as the trades book it."""

    instrument: str
    symbol: str
    qty: Decimal
    cost: Decimal
    """Cost of the long lots less the proceeds of the short ones, in USD."""


@dataclass(frozen=True, slots=True)
class ProfitRow:
    """Totals over trades in USD; the counts say how many figures are unknown and left out."""

    floating: Decimal
    floating_unknown: int
    realized: Decimal
    realized_unknown: int
    fees: Decimal
    open_trades: int


@dataclass(frozen=True, slots=True)
class InstrumentQuote:
    """The latest price we have of an instrument and what the broker holds of it (signed)."""

    symbol: str
    asset_class: str
    price: Decimal | None
    price_at: Instant | None
    price_session: str | None
    qty: Decimal

    @property
    def multiplier(self) -> int:
        """Units behind one contract: 100 for options, else 1."""
        return 100 if self.asset_class == "us_option" else 1


@dataclass(frozen=True, slots=True)
class EquityRow:
    """The account's equity at one time, in USD."""

    at: Instant
    equity: Decimal


def rows_as(
    tx: Tx, row_type: type[Row], source: str, params: Sequence[Any] = ()
) -> tuple[Row, ...]:
    """The rows of `source` (FROM … onwards) as `row_type`, whose fields name the columns."""
    columns = ", ".join(f'"{field.name}"' for field in fields(row_type))  # type: ignore[arg-type]
    found = tx.rows(f"SELECT {columns} {source}", params)
    return tuple(row_type(*row) for row in found)


def single(tx: Tx, sql: str, params: Sequence[Any] = ()) -> tuple[Any, ...]:
    """The one row of a query that always has one."""
    row = tx.one(sql, params)
    assert row is not None
    return row


def places(
    tx: Tx, table: str, account_id: str, column: str, ids: Sequence[str]
) -> list[tuple[str, int]]:
    """Where the rows of `table` stand whose `column` is one of `ids`: (id, row id), in no order.

    For a few rows of a large table: to scan all its columns for them costs ten times as much as
    to find them by one column and read them where they stand.
    """
    sql = f"SELECT {column}, rowid FROM {table} WHERE account_id = ? AND {among(column)}"  # noqa: S608 (words from our own types)
    return [(str(name), int(place)) for name, place in tx.rows(sql, [account_id, list(ids)])]


def data_version(tx: Tx) -> int:
    """The counter every committed change bumps, as of this transaction."""
    return int(single(tx, "SELECT data_version FROM meta")[0])


def account_figures(tx: Tx, account_id: str) -> AccountFigures | None:
    """The account's latest figures; None before the first read."""
    found = rows_as(tx, AccountFigures, "FROM account_states WHERE account_id = ?", [account_id])
    return found[0] if found else None


_POSITIONS = """
FROM (
    SELECT p.*, m.price_at, m.session AS price_session
    FROM positions p
    LEFT JOIN marks m ON m.account_id = p.account_id AND m.instrument = p.instrument
    WHERE p.account_id = ?
)
ORDER BY abs(coalesce(market_value, 0)) DESC, symbol
"""


def position_rows(tx: Tx, account_id: str) -> tuple[PositionRow, ...]:
    """The broker's positions, largest first."""
    return rows_as(tx, PositionRow, _POSITIONS, [account_id])


_HOLDINGS = """
FROM (
    SELECT instrument, any_value(symbol) AS symbol,
        sum(CASE side WHEN 'short' THEN -open_qty ELSE open_qty END) AS qty,
        sum(CASE side WHEN 'short' THEN -open_cost ELSE open_cost END) AS cost
    FROM trade_rows WHERE account_id = ? AND status = 'open'
    GROUP BY instrument
)
ORDER BY symbol
"""


def holding_rows(tx: Tx, account_id: str) -> tuple[HoldingRow, ...]:
    """What our open trades hold, one row an instrument."""
    return rows_as(tx, HoldingRow, _HOLDINGS, [account_id])


_PROFIT = """
FROM (
    SELECT *
    FROM (                                     -- marks matter to the open ones alone
        SELECT coalesce(sum(floating_pnl), 0) AS floating,
            count(*) FILTER (WHERE floating_pnl IS NULL) AS floating_unknown,
            count(*) AS open_trades
        FROM trades WHERE account = $1 AND status = 'open'
    ), (
        SELECT coalesce(sum(realized_pnl), 0) AS realized,
            count(*) FILTER (WHERE realized_pnl IS NULL
                AND (status = 'closed' OR open_qty < qty)) AS realized_unknown,
            coalesce(sum(fees), 0) AS fees
        FROM trade_rows WHERE account_id = $1
    )
)
"""


def profit_totals(tx: Tx, account_id: str) -> ProfitRow:
    """Floating and realized P&L and fees over all trades of the account."""
    return rows_as(tx, ProfitRow, _PROFIT, [account_id])[0]


_REALIZED_SINCE = """
SELECT coalesce(sum(realized_pnl), 0), count(*) FILTER (WHERE realized_pnl IS NULL)
FROM allocations WHERE account_id = ? AND "at" >= ? AND NOT is_fee
"""


def realized_since(tx: Tx, account_id: str, since: Instant) -> tuple[Decimal, int]:
    """P&L realized since an instant, and how many closings in it have no known figure."""
    total, unknown = single(tx, _REALIZED_SINCE, [account_id, since])
    return Decimal(total), int(unknown)


_EQUITY = """
FROM equity_points WHERE account_id = ? AND timeframe = ? ORDER BY "at"
"""


def equity_rows(tx: Tx, account_id: str, timeframe: str) -> tuple[EquityRow, ...]:
    """The recorded equity of one timeframe (1D, 15Min, …), oldest first."""
    return rows_as(tx, EquityRow, _EQUITY, [account_id, timeframe])


def equity_timeframes(tx: Tx, account_id: str) -> tuple[str, ...]:
    """Which timeframes of the equity history are stored."""
    found = tx.rows(
        "SELECT DISTINCT timeframe FROM equity_points WHERE account_id = ? ORDER BY 1",
        [account_id],
    )
    return tuple(str(row[0]) for row in found)


_QUOTE = """
FROM (
    SELECT i.symbol, i.asset_class, m.price, m.price_at, m.session AS price_session,
        coalesce(p.qty, 0) AS qty
    FROM instruments i
    LEFT JOIN marks m ON m.account_id = i.account_id AND m.instrument = i.key
    LEFT JOIN positions p ON p.account_id = i.account_id AND p.instrument = i.key
    WHERE i.account_id = ? AND list_contains(?, i.symbol)
)
ORDER BY abs(qty) DESC, price_at DESC NULLS LAST LIMIT 1
"""


def instrument_quote(tx: Tx, account_id: str, symbols: Sequence[str]) -> InstrumentQuote | None:
    """What is known of an instrument by any of its spellings; None when it was never seen."""
    found = rows_as(tx, InstrumentQuote, _QUOTE, [account_id, list(symbols)])
    return found[0] if found else None
