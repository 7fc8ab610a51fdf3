"""Crypto fees: taken out of the coin a buy brought, booked by the broker later (rule 11)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from tradesync.domain.events import LONG, CoinFee, Fill, Kind
from tradesync.domain.facts import Activity, CoinShortfall
from tradesync.domain.money import ZERO, at_scale, share
from tradesync.domain.times import day_end

FEE_LIMIT = Decimal("0.003")
"""A shortfall up to this part of the coin bought since the last CFEE row is taken for a fee."""
_ROW_ORDER = attrgetter("day", "activity_id")


def coin_fees(
    fills: Iterable[Fill], rows: Iterable[Activity], shortfall: CoinShortfall | None
) -> list[CoinFee]:
    """The fees of one coin's buys, each standing just after its buy.

    CFEE rows of a day cover the buys since the day of the rows before, up to the end of their
    own, in proportion to what they bought; without such buys they take first in, first out at
    the end of their day. Buys no row covers bear the observed shortfall, if it is small enough.
    """
    buys = sorted((fill for fill in fills if fill.direction == LONG), key=lambda fill: fill.key)
    at = [fill.key[0] for fill in buys]
    fees: list[CoinFee] = []
    start = 0
    for day, booked in groupby(sorted(rows, key=_ROW_ORDER), key=lambda row: row.day):
        end = day_end(day)
        stop = bisect_right(at, end)
        for row in booked:
            qty = at_scale(abs(row.qty or ZERO))
            fees += _spread(qty, buys[start:stop], row.activity_id, Kind.CRYPTO_FEE) or [
                CoinFee((end, "", ZERO, row.activity_id), row.activity_id, Kind.CRYPTO_FEE, "", qty)
            ]
        start = stop
    if shortfall is not None:
        fresh = buys[start : bisect_right(at, shortfall.observed_at)]
        bought = sum((fill.qty for fill in fresh), ZERO)
        if ZERO < shortfall.qty <= bought * FEE_LIMIT:
            fees += _spread(shortfall.qty, fresh, "provisional", Kind.PROVISIONAL_FEE)
    return fees


def _spread(total: Decimal, fills: list[Fill], source_id: str, kind: Kind) -> list[CoinFee]:
    """Share a fee over buys in proportion to what they bought, the remainder to the last."""
    left = total
    bought = sum((fill.qty for fill in fills), ZERO)
    fees = []
    for fill in fills:
        part = share(left, fill.qty, bought)
        left -= part
        bought -= fill.qty
        if part:
            at, order_id, cum_qty, execution_id = fill.key
            key = (at, order_id, cum_qty, f"{execution_id}~")
            fees.append(CoinFee(key, source_id, kind, fill.source_id, part))
    return fees
