"""Instruments that exchanges (mergers, new CUSIPs) tie together are concluded together."""

from __future__ import annotations

from collections.abc import Collection

from tradesync.domain.exchanges import EXCHANGE_TYPES, exchange_partners
from tradesync.store import facts
from tradesync.store.database import Tx
from tradesync.sync.plan import NO_FACTS, NewFacts, SymbolIndex


def with_partners(
    tx: Tx, account_id: str, instruments: Collection[str], new: NewFacts = NO_FACTS
) -> frozenset[str]:
    """These instruments and all whose cost came from, or went to, one of them."""
    stored = facts.activities_of_types(tx, account_id, EXCHANGE_TYPES)
    rows = [*stored, *(row for row in new.activities if row.activity_type in EXCHANGE_TYPES)]
    if not rows:
        return frozenset(instruments)
    known = [*facts.load_instruments(tx, account_id), *facts.load_former_symbols(tx, account_id)]
    index = SymbolIndex([*known, *new.instruments])
    return exchange_partners(instruments, rows, lambda symbol: index.keys(symbol) | {symbol})
