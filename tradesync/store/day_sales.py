"""What the sharing of day fees needs of the whole account (design rule 11)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from tradesync.domain.amendments import BUST, CORRECTION
from tradesync.domain.facts import Activity, Execution
from tradesync.domain.times import day_end, new_york_midnight
from tradesync.store.database import Tx
from tradesync.store.rows import Table

_EXECUTIONS = Table(
    "executions", Execution, "execution_id", without=("provisional", "price_is_average")
)
_ACTIVITIES = Table("activities", Activity, "activity_id")

_SELLS = """
WHERE account_id = ? AND side <> 'buy' AND EXISTS (
    SELECT 1 FROM (SELECT unnest(?::BIGINT[]) AS begins, unnest(?::BIGINT[]) AS ends)
    WHERE "at" BETWEEN begins AND ends
)"""


def sells_on(tx: Tx, account_id: str, days: Collection[date]) -> list[Execution]:
    """All selling executions of the account on these New York days."""
    if not days:
        return []
    begins, ends = [new_york_midnight(day) for day in days], [day_end(day) for day in days]
    return _EXECUTIONS.load(tx, _SELLS, [account_id, begins, ends])


def sold_on(tx: Tx, account_id: str, days: Collection[date]) -> set[str]:
    """The instruments (their symbol while the order is not known) sold on these days."""
    if not days:
        return set()
    begins, ends = [new_york_midnight(day) for day in days], [day_end(day) for day in days]
    sql = f"SELECT DISTINCT coalesce(instrument, symbol) FROM executions {_SELLS}"  # noqa: S608
    return {key for (key,) in tx.rows(sql, [account_id, begins, ends])}


def amendments(tx: Tx, account_id: str) -> list[Activity]:
    """All busts and corrections of the account."""
    where = "WHERE account_id = ? AND activity_type IN (?, ?)"
    return _ACTIVITIES.load(tx, where, [account_id, BUST, CORRECTION])


def fee_rows(tx: Tx, account_id: str) -> list[Activity]:
    """The fee rows that name no symbol: each is shared by its day's sells."""
    where = "WHERE account_id = ? AND activity_type = 'FEE' AND symbol IS NULL"
    return _ACTIVITIES.load(tx, where, [account_id])
