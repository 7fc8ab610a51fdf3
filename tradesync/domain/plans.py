"""What each order does to the books: its chain, role, target and fills, ready to be booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from tradesync.domain.amendments import Amended
from tradesync.domain.chains import Chain, ChainIndex
from tradesync.domain.conclusions import ChainReading, Records
from tradesync.domain.events import LONG, SHORT, Fill, Kind
from tradesync.domain.facts import Execution, Instrument
from tradesync.domain.identity import source_of_order, trade_id
from tradesync.domain.money import at_scale, times
from tradesync.domain.provisional import (
    Gap,
    agreed_reading,
    find_gap,
    is_exempt,
    proven_reading,
    reading_matters,
)
from tradesync.domain.roles import (
    FIFO,
    SELL_SHORT,
    Role,
    Target,
    chain_trade_id,
    flips,
    role_of,
    target_of,
)
from tradesync.domain.sequence import settled_times
from tradesync.domain.symbols import SymbolIndex

_RANKS = {Role.OPEN: 0, Role.NET: 1, Role.CLOSE: 2}


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """One chain (or an order only its fills tell of) and everything it executed."""

    head_id: str
    instrument: str
    trade_id: str
    """The trade it begins if it opens one."""
    chain: Chain | None
    """None: the order itself was never read (scenario F11)."""
    role: Role
    flips: bool
    target: Target
    executions: tuple[Execution, ...]
    gap: Gap | None
    reading_unproven: bool
    exempt: bool


def named_by_intents(records: Records) -> dict[str, str]:
    """Broker order id → our client order id, from what the intents were answered."""
    return {
        intent.broker_order_id: intent.client_order_id
        for intent in sorted(records.intents, key=attrgetter("intent_id"))
        if intent.broker_order_id and intent.client_order_id
    }


def plan_orders(
    records: Records, index: ChainIndex, symbols: SymbolIndex, amended: Amended
) -> tuple[list[OrderPlan], ChainReading | None]:
    """A plan for every chain and every order known only by its fills; and the proven reading.

    Orders' totals are compared with the fills as first stated; what is booked is what stands.
    """
    by_chain, orphans = _bind(index, amended.effective)
    stated = by_chain
    if amended.stated != amended.effective:
        stated, _ = _bind(index, amended.stated)
    named = named_by_intents(records)
    proofs = {
        chain.head_id: proven_reading(chain, stated.get(chain.head_id, ()))
        for chain in index.chains
        if len(chain.orders) > 1
    }
    reading = agreed_reading(proofs.values(), records.chain_reading)
    plans = [
        _chain_plan(
            chain,
            by_chain.get(chain.head_id, []),
            stated.get(chain.head_id, []),
            records=records,
            index=index,
            named=named,
            reading=proofs.get(chain.head_id) or reading,
        )
        for chain in index.chains
    ]
    for (order_id, symbol), rows in sorted(orphans.items()):
        instrument = symbols.find_or_make(symbol)
        source = source_of_order(order_id, None, named)
        if order_id in index.multi_leg_parents or instrument.asset_class == "us_option":
            source = f"{order_id}:{symbol}"  # one multi-leg order begins a trade for each leg
        own_id = trade_id(records.account_id, source)
        plans.append(_orphan_plan(order_id, rows, instrument, own_id))
    return plans, reading


def fills_of(plan: OrderPlan, instrument: Instrument, *, history_complete: bool) -> list[Fill]:
    """The plan's executions, the provisional one included, as events of its instrument."""
    scale = instrument.multiplier
    fills = [
        _fill(plan, row, Kind.EXECUTION, times(row.qty, row.price) * scale, history_complete)
        for row in plan.executions
    ]
    if plan.gap is not None:
        value = None if plan.gap.value is None else plan.gap.value * scale
        fills.append(_fill(plan, plan.gap.execution, Kind.PROVISIONAL, value, history_complete))
    return fills


def _fill(
    plan: OrderPlan, row: Execution, kind: Kind, value: Decimal | None, history_complete: bool
) -> Fill:  # fmt: skip
    plain_part_of_a_flip = plan.flips and row.side != SELL_SHORT
    return Fill(
        key=(row.at, _place(plan, row), row.cum_qty, row.execution_id),
        source_id=row.execution_id,
        kind=kind,
        order_id=row.order_id,
        trade_id=plan.trade_id,
        direction=LONG if row.side == "buy" else SHORT,
        role=Role.NET if plain_part_of_a_flip else plan.role,
        may_short=history_complete or plain_part_of_a_flip,
        target=plan.target,
        qty=at_scale(row.qty),
        value=value,
    )


def _place(plan: OrderPlan, row: Execution) -> str:
    """Where a fill stands among those of its very instant: what opens before what closes it.

    Times may be stated in whole seconds. Orders that do not say what they do go by their creation,
    those created at once buys first.
    """
    created_at = plan.chain.orders[0].created_at if plan.chain is not None else 0
    return f"{_RANKS[plan.role]}{created_at:020d}{row.side != 'buy':d}{row.order_id}"


def _bind(
    index: ChainIndex, executions: Iterable[Execution]
) -> tuple[dict[str, list[Execution]], dict[tuple[str, str], list[Execution]]]:
    """(executions by chain head, executions of orders never read by order and symbol)."""
    by_order: dict[tuple[str, str], list[Execution]] = {}
    for row in executions:
        by_order.setdefault((row.order_id, row.symbol), []).append(row)
    by_chain: dict[str, list[Execution]] = {}
    orphans: dict[tuple[str, str], list[Execution]] = {}
    for (order_id, symbol), rows in sorted(by_order.items()):
        chain = index.of_execution(order_id, symbol)
        settled = settled_times(rows)
        if chain is not None:
            by_chain.setdefault(chain.head_id, []).extend(settled)
        else:
            orphans[order_id, symbol] = settled
    return by_chain, orphans


def _chain_plan(
    chain: Chain,
    executions: list[Execution],
    stated: list[Execution],
    *,
    records: Records,
    index: ChainIndex,
    named: Mapping[str, str],
    reading: ChainReading | None,
) -> OrderPlan:
    return OrderPlan(
        head_id=chain.head_id,
        instrument=chain.instrument,
        trade_id=chain_trade_id(chain, records.account_id, named),
        chain=chain,
        role=role_of(chain, index, stated),
        flips=flips(chain, executions),
        target=target_of(chain, index, records.account_id, named),
        executions=tuple(executions),
        gap=find_gap(chain, stated, reading, records.activities_from),
        reading_unproven=reading is None and reading_matters(chain, stated),
        exempt=is_exempt(chain, records.activities_from),
    )


def _orphan_plan(
    order_id: str, executions: list[Execution], instrument: Instrument, own_id: str
) -> OrderPlan:
    """A plan for fills whose order was never read (scenario F11): nothing but fills is known."""
    is_buy = executions[0].side == "buy"
    role = Role.NET
    if any(row.side == SELL_SHORT for row in executions):
        role = Role.OPEN
    elif instrument.asset_class == "crypto":
        role = Role.OPEN if is_buy else Role.CLOSE
    return OrderPlan(
        head_id=order_id,
        instrument=instrument.key,
        trade_id=own_id,
        chain=None,
        role=role,
        flips=False,
        target=FIFO,
        executions=tuple(executions),
        gap=None,
        reading_unproven=False,
        exempt=False,
    )
