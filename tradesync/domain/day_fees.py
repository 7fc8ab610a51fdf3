"""Day fees of stocks and options, allocated to that day's sells (design rule 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter

from tradesync.domain.booking import Book
from tradesync.domain.events import SHORT, Event, Fill, Kind
from tradesync.domain.facts import Activity, Execution, Instrument
from tradesync.domain.money import ZERO, at_scale, share, times
from tradesync.domain.options import CONTRACT_SIZE, parse_contract
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import new_york_date

_OF_DAY = re.compile(r"\bon (\d{4}-\d{2}-\d{2})\b")
"""“TAF fee for proceed of 100 shares (2 trades) on 2026-03-02 by …”: the day it is about."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One selling execution: what it brought in USD, and the trades it closed or opened."""

    instrument: str
    is_coin: bool
    value: Decimal
    parts: tuple[tuple[str, Decimal], ...]
    """(trade id, quantity)."""


def fee_day(row: Activity) -> date | None:
    """The day whose sells a fee row that names no symbol is about; None for any other row."""
    return _day_of(row) if _is_day_fee(row) and not row.symbol else None


def sales_by_day(executions: Iterable[Execution]) -> dict[date, Decimal]:
    """What stock and option sells brought on each New York day, in USD, multiplier included.

    To be given to the ledger with the executions of the whole account, or of whole days of it.
    """
    sales: dict[date, Decimal] = {}
    for row in executions:
        if row.side != "buy" and "/" not in row.symbol:
            scale = CONTRACT_SIZE if parse_contract(row.symbol) is not None else 1
            day = new_york_date(row.at)
            sales[day] = sales.get(day, ZERO) + times(row.qty, row.price) * scale
    return sales


def day_fees(
    books: Mapping[str, Book],
    events: Mapping[str, Sequence[Event]],
    activities: Iterable[Activity],
    symbols: SymbolIndex,
    sales_of_account: Mapping[date, Decimal],
) -> dict[str, Decimal]:
    """Trade id → its part of the day fees, in proportion to what its sells brought.

    A row that names no symbol belongs to all stock and option sells of its day. A day without
    sells, or whose sales are not known, keeps its fee unallocated.
    """
    rows = sorted(filter(_is_day_fee, activities), key=attrgetter("activity_id"))
    if not rows:
        return {}
    sales = _sales(books, events, symbols)
    found: dict[str, Decimal] = {}
    for row in rows:
        day, named = _day_of(row), symbols.find(row.symbol) if row.symbol else None
        of_day = [sale for sale in sales.get(day, ()) if _concerns(sale, named)]
        total = sales_of_account.get(day, ZERO)
        if named is not None:
            total = sum((sale.value for sale in of_day), ZERO)
        fee = -at_scale(row.net_amount or ZERO)
        for sale in of_day if total else ():
            _add_to_trades(found, sale, share(fee, sale.value, total))
    return found


def _is_day_fee(row: Activity) -> bool:
    """A fee in money: FEE rows, and those of a named coin that took no coin."""
    if not row.net_amount or row.qty:
        return False
    return row.activity_type == "FEE" or (row.activity_type == "CFEE" and bool(row.symbol))


def _day_of(row: Activity) -> date:
    said = _OF_DAY.search(row.description)
    return date.fromisoformat(said.group(1)) if said is not None else row.day


def _sales(
    books: Mapping[str, Book], events: Mapping[str, Sequence[Event]], symbols: SymbolIndex
) -> dict[date, list[Sale]]:
    """All selling executions by New York day."""
    found: dict[date, list[Sale]] = {}
    for key, book in books.items():
        parts: dict[str, list[tuple[str, Decimal]]] = {}
        for lot in book.lots:
            parts.setdefault(lot.source_id, []).append((lot.trade_id, lot.qty))
        for row in book.allocations:
            parts.setdefault(row.source_id, []).append((row.trade_id, row.qty))
        is_coin = symbols.known(key).asset_class == "crypto"
        for event in events[key]:
            if isinstance(event, Fill) and _is_sale(event):
                closed = tuple(parts.get(event.source_id, ()))
                sale = Sale(key, is_coin, event.value or ZERO, closed)
                found.setdefault(new_york_date(event.key[0]), []).append(sale)
    return found


def _is_sale(fill: Fill) -> bool:
    """Only real executions: a provisional one has no day of its own yet."""
    return fill.direction == SHORT and fill.kind is Kind.EXECUTION


def _concerns(sale: Sale, named: Instrument | None) -> bool:
    """Whether a fee is about a sale: of the symbol it names, else of any stock or option."""
    return not sale.is_coin if named is None else sale.instrument == named.key


def _add_to_trades(found: dict[str, Decimal], sale: Sale, fee: Decimal) -> None:
    """Split one sell's fee over its trades by quantity; what no lot matched bears none."""
    whole = sum((qty for _, qty in sale.parts), ZERO)
    for own_id, qty in sale.parts:
        part = share(fee, qty, whole)
        fee -= part
        whole -= qty
        found[own_id] = found.get(own_id, ZERO) + part
