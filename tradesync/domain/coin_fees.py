"""Crypto fees: taken out of the coin a buy brought, booked by the broker later (rule 11)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from tradesync.domain.events import LONG, CoinFee, Fill, Kind
from tradesync.domain.facts import Activity, CoinShortfall
from tradesync.domain.money import ZERO, at_scale, divided, share, times_up
from tradesync.domain.times import day_end

FEE_LIMIT = Decimal("0.003")
"""A shortfall up to this part of the coin bought since the last CFEE row is taken for a fee."""
_BASIS_POINT = Decimal("0.0001")
_COIN = Decimal("0.000000001")
"""Alpaca counts coins at nine places."""
_ROW_ORDER = attrgetter("day", "activity_id")


@dataclass(frozen=True, slots=True)
class _Buy:
    fill: Fill
    room: Decimal | None
    """The least that was held from it until the next buy, fees left out; None: not known."""


def coin_fees(
    fills: Iterable[Fill],
    rows: Iterable[Activity],
    shortfall: CoinShortfall | None,
    *,
    alone: bool = True,
) -> list[CoinFee]:
    """The fees of one coin's buys, each standing just after its buy.

    CFEE rows of a day cover the buys since the day of the rows before, up to the end of their
    own, in proportion to what they bought; without such buys they take first in, first out at
    the end of their day. Buys no row covers bear the observed shortfall, if it is small enough.
    What was sold before the next buy was there to sell, so its fees were less (a rate of its own,
    or rounding). `alone`: nothing but fills moved the coin, so this can be told.
    """
    buys = _buys(fills, alone=alone)
    at = [buy.fill.key[0] for buy in buys]
    fees: list[CoinFee] = []
    taken = ZERO
    start = 0
    for day, booked in groupby(sorted(rows, key=_ROW_ORDER), key=lambda row: row.day):
        end = day_end(day)
        stop = bisect_right(at, end)
        for row in booked:
            qty = at_scale(abs(row.qty or ZERO))
            fees += _spread(qty, buys[start:stop], taken, row.activity_id, Kind.CRYPTO_FEE) or [
                CoinFee((end, "", ZERO, row.activity_id), row.activity_id, Kind.CRYPTO_FEE, "", qty)
            ]
            taken += qty
        start = stop
    if shortfall is not None:
        fresh = buys[start : bisect_right(at, shortfall.observed_at)]
        bought = sum((buy.fill.qty for buy in fresh), ZERO)
        if ZERO < shortfall.qty <= bought * FEE_LIMIT:
            fees += _spread(shortfall.qty, fresh, taken, "provisional", Kind.PROVISIONAL_FEE)
    return fees


def _buys(fills: Iterable[Fill], *, alone: bool) -> list[_Buy]:
    """The buys in time, each with what may at most have been taken of the coin until the next."""
    running = ZERO
    found: list[_Buy] = []
    for fill in sorted(fills, key=attrgetter("key")):
        running += fill.direction * fill.qty
        if fill.direction == LONG:
            found.append(_Buy(fill, running if alone else None))
        elif found and (room := found[-1].room) is not None:
            found[-1] = _Buy(found[-1].fill, min(room, running))
    return found


def _spread(
    total: Decimal, buys: Sequence[_Buy], before: Decimal, source_id: str, kind: Kind
) -> list[CoinFee]:
    """Share a fee over buys; `before` is what earlier rows took."""
    fees = []
    left = due = total
    for buy, part in zip(buys, _parts(total, buys), strict=True):
        due -= part
        room = None if buy is buys[-1] or buy.room is None else buy.room - before
        borne = left - due
        if room is not None and room >= ZERO:
            borne = max(ZERO, min(borne, room - (total - left)))
        left -= borne
        if borne:
            at, place, cum_qty, execution_id = buy.fill.key
            key = (at, place, cum_qty, f"{execution_id}~")
            fees.append(CoinFee(key, source_id, kind, buy.fill.source_id, borne))
    return fees


def _parts(total: Decimal, buys: Sequence[_Buy]) -> list[Decimal]:
    """What each buy bears: one rate, rounded up for each at nine places, where that gives the
    total; else in proportion to what they bought, the remainder to the last."""
    bought = sum((buy.fill.qty for buy in buys), ZERO)
    if total < bought:
        rate = divided(total, bought).quantize(_BASIS_POINT)
        parts = [times_up(buy.fill.qty, rate, _COIN) for buy in buys]
        if sum(parts, ZERO) == total:
            return parts
    left, parts = total, []
    for buy in buys:
        parts.append(share(left, buy.fill.qty, bought))
        left -= parts[-1]
        bought -= buy.fill.qty
    return parts
