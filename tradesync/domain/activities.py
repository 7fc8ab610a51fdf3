"""What dated broker rows do to quantities: transfers, option events, coin fees (rules 10, 11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from tradesync.domain.conclusions import Review
from tradesync.domain.events import LONG, SHORT, Arrival, Departure, Event, Kind
from tradesync.domain.facts import Activity, Instrument
from tradesync.domain.identity import trade_id
from tradesync.domain.money import ZERO, at_scale, plain, times
from tradesync.domain.sequence import SortKey
from tradesync.domain.symbols import SymbolIndex
from tradesync.domain.times import day_end, new_york_midnight

TRANSFERS = frozenset({"ACATC", "ACATS", "JNL", "JNLS", "TRANS", "FOPT", "OCT"})
"""Quantity moved in from or out to another account; nothing is realized by it."""
_OPTION_ENDS = {"OPEXP": Kind.EXPIRY}


@dataclass(slots=True)
class Happenings:
    """What activities mean for one instrument."""

    events: list[Event] = field(default_factory=list)
    coin_fees: list[Activity] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)


def read_activities(
    account_id: str, activities: Iterable[Activity], symbols: SymbolIndex
) -> dict[str, Happenings]:
    """Instrument key → what its dated rows do; rows without quantity or symbol do nothing."""
    found: dict[str, Happenings] = {}
    for row in activities:
        if not row.symbol or not row.qty:
            continue
        instrument = symbols.find_or_make(row.symbol)
        happenings = found.setdefault(instrument.key, Happenings())
        if row.activity_type == "CFEE":
            happenings.coin_fees.append(row)
        elif row.activity_type in TRANSFERS:
            _read_transfer(account_id, row, row.qty, instrument, happenings)
        elif row.activity_type in _OPTION_ENDS:
            kind = _OPTION_ENDS[row.activity_type]
            happenings.events.append(
                Departure(
                    key=(day_end(row.day), "", ZERO, row.activity_id),
                    source_id=row.activity_id,
                    kind=kind,
                    direction=_direction(row.qty),
                    qty=at_scale(abs(row.qty)),
                    value=ZERO,
                )
            )
    return found


def _read_transfer(
    account_id: str, row: Activity, qty: Decimal, instrument: Instrument, found: Happenings
) -> None:
    """In: a lot of its own, its basis unknown. Out: first in, first out, realizing nothing."""
    key = _midnight(row)
    if qty < 0:
        found.events.append(
            Departure(key, row.activity_id, Kind.TRANSFER, SHORT, at_scale(-qty), None)
        )
        return
    value = None if row.price is None else times(qty, row.price) * instrument.multiplier
    found.events.append(
        Arrival(
            key=key,
            source_id=row.activity_id,
            kind=Kind.TRANSFER,
            trade_id=trade_id(account_id, row.activity_id),
            direction=LONG,
            qty=at_scale(qty),
            value=value,
            known_basis=False,
        )
    )
    found.reviews.append(
        Review(
            review_id=f"transfer_basis:{row.activity_id}",
            kind="transfer_basis",
            instrument=instrument.key,
            subject=row.activity_id,
            detail=f"{plain(qty)} {instrument.symbol} were transferred in on {row.day}; "
            "what they cost is not known here.",
        )
    )


def _direction(qty: Decimal) -> int:
    return LONG if qty > 0 else SHORT


def _midnight(row: Activity) -> SortKey:
    return (new_york_midnight(row.day), "", ZERO, row.activity_id)
