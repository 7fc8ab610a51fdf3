"""Instruments that exchanges (mergers, new CUSIPs) tie together are concluded together, and with
the rows of money alone that belong to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from tradesync.domain.amendments import amended_ids
from tradesync.domain.exchanges import EXCHANGE_TYPES, exchange_partners
from tradesync.domain.facts import Activity
from tradesync.store import facts
from tradesync.store.database import Tx
from tradesync.sync.plan import NO_FACTS, NewFacts, SymbolIndex


def with_partners(
    tx: Tx, account_id: str, instruments: Collection[str], new: NewFacts = NO_FACTS
) -> frozenset[str]:
    """These instruments and all whose cost came from, or went to, one of them."""
    rows = _exchanges(tx, account_id, new)
    if not rows:
        return frozenset(instruments)
    return exchange_partners(instruments, rows, _keys_of(tx, account_id, new))


def also_about(tx: Tx, account_id: str, new: NewFacts) -> frozenset[str]:
    """The instruments new rows are about without naming them: those of the exchange that money
    was paid for, and of the row that is cancelled or corrected."""
    groups = {row.group_id for row in _of_exchanges(new.activities) if not row.symbol} - {None}
    rows = facts.activities_named(tx, account_id, amended_ids(new.activities))
    if groups:
        rows += [row for row in _exchanges(tx, account_id, new) if row.group_id in groups]
    symbols = {row.symbol for row in rows if row.symbol}
    if not symbols:
        return frozenset()
    return frozenset().union(*map(_keys_of(tx, account_id, new), symbols))


def _exchanges(tx: Tx, account_id: str, new: NewFacts) -> list[Activity]:
    stored = facts.activities_of_types(tx, account_id, EXCHANGE_TYPES)
    return [*stored, *_of_exchanges(new.activities)]


def _of_exchanges(rows: Iterable[Activity]) -> list[Activity]:
    return [row for row in rows if row.activity_type in EXCHANGE_TYPES]


def _keys_of(tx: Tx, account_id: str, new: NewFacts) -> Callable[[str], Collection[str]]:
    """What instrument keys a symbol may mean."""
    known = [*facts.load_instruments(tx, account_id), *facts.load_former_symbols(tx, account_id)]
    index = SymbolIndex([*known, *new.instruments])
    return lambda symbol: index.keys(symbol) | {symbol}
