"""What instruments are called now: a symbol may change while the asset stays (scenario P26).

Ended orders keep the symbol they were sent under; positions, orders at work and orders newer than
all known ones show the present one.
"""

from __future__ import annotations

from dataclasses import replace

from tradesync.domain.facts import Instrument
from tradesync.domain.instruments import canonical_symbol
from tradesync.sync.memory import OVERLAP, Memory
from tradesync.sync.snapshot import Snapshot


def changed_instruments(snapshot: Snapshot, memory: Memory) -> tuple[Instrument, ...]:
    """The instruments of a snapshot that are new, renamed, or whose asset id was not known."""
    symbols = _present_symbols(snapshot, memory)
    found = []
    for key, item in snapshot.instruments.items():
        known = memory.instruments.get(key, item)
        symbol = symbols.get(key, known.symbol)
        named = replace(known, symbol=symbol, asset_id=known.asset_id or item.asset_id)
        if named != memory.instruments.get(key):
            found.append(named)
    return tuple(found)


def _present_symbols(snapshot: Snapshot, memory: Memory) -> dict[str, str]:
    """Instrument key → symbol, as what is newest in the snapshot has it."""
    newest_known = memory.orders_since + OVERLAP
    orders = sorted(
        (
            order
            for order in snapshot.orders.values()
            if not order.is_terminal or order.submitted_at >= newest_known
        ),
        key=lambda order: (order.submitted_at, order.order_id),
    )
    symbols = {
        order.instrument: canonical_symbol(order.symbol, order.asset_class) for order in orders
    }
    return symbols | {item.instrument: item.symbol for item in snapshot.positions or ()}
