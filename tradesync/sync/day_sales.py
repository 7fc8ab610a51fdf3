"""Day fees belong to all of a day's sells: what else a new fact touches, and what they brought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tradesync.domain.amendments import (
    BUST,
    CORRECTION,
    amend_executions,
    amended_ids,
    standing_activities,
)
from tradesync.domain.conclusions import Records
from tradesync.domain.day_fees import fee_day, sales_by_day
from tradesync.domain.facts import Activity, Execution
from tradesync.domain.times import new_york_date
from tradesync.store import day_sales, facts
from tradesync.store.database import Tx
from tradesync.sync.plan import NewFacts


def sharing_fees(tx: Tx, account_id: str, new: NewFacts) -> frozenset[str]:
    """The instruments whose trades bear another part of a day's fees because of new facts."""
    undone = facts.activities_named(tx, account_id, amended_ids(new.activities))
    new_fees = _fee_days((*new.activities, *undone))
    sold = {new_york_date(row.at) for row in (*new.executions, *_amended(tx, account_id, new))}
    shared = new_fees | (sold & _fee_days(day_sales.fee_rows(tx, account_id)) if sold else set())
    return frozenset(day_sales.sold_on(tx, account_id, shared))


def account_sales(
    tx: Tx, account_id: str, records: Records, new: Iterable[Execution]
) -> Mapping[date, Decimal]:
    """What the whole account's sells brought on the days these records have a fee for."""
    days = _fee_days(records.activities)
    if not days:
        return {}
    days &= {new_york_date(row.at) for row in records.executions if row.side != "buy"}
    sells = {row.execution_id: row for row in new if new_york_date(row.at) in days}
    sells |= {row.execution_id: row for row in day_sales.sells_on(tx, account_id, days)}
    notes = {row.activity_id: row for row in day_sales.amendments(tx, account_id)}
    notes |= {row.activity_id: row for row in records.activities if _amends(row)}
    effective = amend_executions(sells.values(), standing_activities(notes.values()), {}).effective
    return sales_by_day(effective)


def _fee_days(rows: Iterable[Activity]) -> set[date]:
    return {day for row in rows if (day := fee_day(row)) is not None}


def _amended(tx: Tx, account_id: str, new: NewFacts) -> list[Execution]:
    """The stored sells of the days on which an amendment of the new facts may have changed one."""
    days = {row.day for row in new.activities if _amends(row)}
    return day_sales.sells_on(tx, account_id, days)


def _amends(row: Activity) -> bool:
    return row.activity_type in {BUST, CORRECTION}
