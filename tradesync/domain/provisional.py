"""Provisional executions: what orders say was filled before its executions arrive (rule 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter

from tradesync.domain.chains import Chain
from tradesync.domain.conclusions import ChainReading
from tradesync.domain.facts import Execution, Order
from tradesync.domain.money import ZERO, at_scale, divided, plain, times
from tradesync.domain.times import Instant

SMALL_PART = Decimal("0.001")
"""Under this part of the whole, rounding of the average would distort the missing part's price."""
PRICE_TOLERANCE = Decimal("0.2")
"""How far the missing part's price may lie from the average before it is not believed."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What a chain's executions lack. `value` is exact, without multiplier; None when unknown."""

    execution: Execution
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a chain filled and what it cost by its orders' totals; cost None when unknown."""

    qty: Decimal
    cost: Decimal | None


def proven_reading(chain: Chain, executions: Sequence[Execution]) -> ChainReading | None:
    """What an ended chain proves about whether replacements carry the chain's total over.

    Its last order's `filled_qty` is final: below the sum of all fills it counts only its own;
    equal to it, with fills both before and on the last order, it counts the whole chain.
    """
    if len(chain.orders) == 1 or not chain.has_ended:
        return None
    if _each_states_its_own(chain):
        return ChainReading.OWN
    own = sum((row.qty for row in executions if row.order_id == chain.current.order_id), ZERO)
    known = sum((row.qty for row in executions), ZERO)
    if known == own:
        return None
    if chain.current.filled_qty < known:
        return ChainReading.OWN
    return ChainReading.CARRIED if own and chain.current.filled_qty == known else None


def _each_states_its_own(chain: Chain) -> bool:
    """Whether the orders show by themselves that none counts fills before it.

    One states fewer than the order before it, or the last ended filled by less than was ordered
    (the chain's total, reference 2.4) and all of them together make that up.
    """
    counts = [order.filled_qty for order in chain.orders]
    falls = any(ZERO < later < before for before, later in pairwise(counts))
    last = chain.current
    made_up = last.status == "filled" and last.filled_qty < sum(counts, ZERO) == last.qty
    return falls or made_up


def agreed_reading(
    proofs: Iterable[ChainReading | None], elsewhere: ChainReading | None
) -> ChainReading | None:
    """The one reading proven for the account; None when nothing or both were proven."""
    found = {proof for proof in (*proofs, elsewhere) if proof is not None}
    return found.pop() if len(found) == 1 else None


def reading_matters(chain: Chain, executions: Sequence[Execution]) -> bool:
    """Whether the two readings of this chain's totals leave different quantities missing."""
    if len(chain.orders) == 1:
        return False
    known = sum((row.qty for row in executions), ZERO)
    own, carried = (_totals(chain, reading).qty for reading in ChainReading)
    return max(own, known) != max(carried, known)


def find_gap(
    chain: Chain,
    executions: Sequence[Execution],
    reading: ChainReading | None,
    activities_from: Instant | None,
) -> Gap | None:
    """What the chain's orders say was filled beyond its executions.

    Without a proven reading the smaller one counts. Chains that began before the first activity
    read are exempt: their fills may lie before it.
    """
    if is_exempt(chain, activities_from):
        return None
    totals = _totals(chain, reading or ChainReading.CARRIED)
    missing = totals.qty - sum((row.qty for row in executions), ZERO)
    if missing <= 0:
        return None
    value, is_average = _missing_value(totals, missing, executions)
    order = _unfinished_order(chain, executions)
    return Gap(_execution(order, missing, value, executions, is_average=is_average), value)


def is_exempt(chain: Chain, activities_from: Instant | None) -> bool:
    """Whether the chain is older than the activities read, so that executions may lack."""
    return activities_from is not None and chain.orders[0].created_at < activities_from


def _totals(chain: Chain, reading: ChainReading) -> Totals:
    if len(chain.orders) == 1:
        counted: Sequence[Order] = chain.orders
    elif reading is ChainReading.CARRIED:
        counted = (max(chain.orders, key=attrgetter("filled_qty", "created_at", "order_id")),)
    else:
        counted = chain.orders
    cost: Decimal | None = ZERO
    for order in counted:
        if order.filled_qty and cost is not None:
            price = order.filled_avg_price
            cost = cost + times(order.filled_qty, price) if price is not None else None
    return Totals(sum((order.filled_qty for order in counted), ZERO), cost)


def _missing_value(
    totals: Totals, missing: Decimal, executions: Sequence[Execution]
) -> tuple[Decimal | None, bool]:
    """(value of the missing part, whether it is only the average's)."""
    if totals.cost is None:
        return None, True
    known_cost = sum((times(row.qty, row.price) for row in executions), ZERO)
    value = totals.cost - known_cost
    average = divided(totals.cost, totals.qty)
    price = divided(value, missing)
    if missing < totals.qty * SMALL_PART or abs(price - average) > average * PRICE_TOLERANCE:
        return times(missing, average), True
    return value, False


def _unfinished_order(chain: Chain, executions: Sequence[Execution]) -> Order:
    """The last order of the chain that says more than its own executions do."""
    known: dict[str, Decimal] = {}
    for row in executions:
        known[row.order_id] = known.get(row.order_id, ZERO) + row.qty
    for order in reversed(chain.orders):
        if order.filled_qty > known.get(order.order_id, ZERO):
            return order
    return chain.current


def _execution(
    order: Order,
    missing: Decimal,
    value: Decimal | None,
    executions: Sequence[Execution],
    *,
    is_average: bool,
) -> Execution:
    short = any(row.side == "sell_short" for row in executions)
    return Execution(
        execution_id=f"provisional:{order.order_id}:{plain(order.filled_qty)}",
        order_id=order.order_id,
        symbol=order.symbol,
        side="sell_short" if short else order.side,
        qty=at_scale(missing),
        price=divided(value, missing) if value is not None else at_scale(order.limit_price or ZERO),
        at=order.filled_at or order.updated_at,
        cum_qty=at_scale(order.filled_qty),
        raw="",
        provisional=True,
        price_is_average=is_average,
    )
