"""One desk for each instrument: all that happens to it, brought into one order (rule 10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from tradesync.domain.activities import Happenings, read_activities
from tradesync.domain.coin_fees import coin_fees
from tradesync.domain.conclusions import Records
from tradesync.domain.events import Event, Fill, Look
from tradesync.domain.facts import CoinShortfall, Instrument
from tradesync.domain.instruments import make_instrument
from tradesync.domain.money import ZERO
from tradesync.domain.opening import opening_arrivals
from tradesync.domain.ours import Intent, IntentKind, OpeningBalance
from tradesync.domain.plans import OrderPlan, fills_of
from tradesync.domain.roles import Role
from tradesync.domain.symbols import SymbolIndex

_BY_KEY = attrgetter("key")


@dataclass(slots=True)
class Desk:
    """Everything about one instrument on its way into the books."""

    instrument: Instrument
    plans: list[OrderPlan] = field(default_factory=list)
    happenings: Happenings = field(default_factory=Happenings)
    balances: list[OpeningBalance] = field(default_factory=list)
    shortfall: CoinShortfall | None = None


def set_up_desks(
    records: Records, plans: Iterable[OrderPlan], symbols: SymbolIndex
) -> dict[str, Desk]:
    """Instrument key → desk, for each instrument any fact, intent or decision speaks of."""
    happenings = read_activities(records.account_id, records.activities, symbols)
    opening = (intent for intent in records.intents if intent.kind is IntentKind.OPEN)
    for balance in records.opening_balances:
        _learn(symbols, balance)
    for intent in opening:
        _learn(symbols, intent)
    desks = {item.key: Desk(item) for item in symbols.all()}
    for plan in plans:
        if plan.instrument in desks:
            desks[plan.instrument].plans.append(plan)
    for key, found in happenings.items():
        desks[key].happenings = found
    for balance in records.opening_balances:
        desks[balance.instrument].balances.append(balance)
    for shortfall in records.coin_shortfalls:
        if shortfall.instrument in desks:
            desks[shortfall.instrument].shortfall = shortfall
    return desks


def desk_events(desk: Desk, records: Records) -> list[Event]:
    """All events of one instrument in their total order."""
    fills: list[Fill] = []
    for plan in desk.plans:
        fills += fills_of(plan, desk.instrument, history_complete=records.history_complete)
    events: list[Event] = [*fills, *desk.happenings.events]
    if desk.instrument.asset_class == "crypto":
        events += coin_fees(fills, desk.happenings.coin_fees, desk.shortfall)
    events += opening_arrivals(
        records.account_id, desk.instrument.multiplier, events, desk.balances
    )
    events += [look for plan in desk.plans if (look := _look(plan)) is not None]
    return sorted(events, key=_BY_KEY)


def _learn(symbols: SymbolIndex, spoken_of: OpeningBalance | Intent) -> None:
    key = spoken_of.instrument
    if key and symbols.get(key) is None:
        made = make_instrument(spoken_of.symbol, None, spoken_of.asset_class)
        symbols.add(Instrument(key, made.symbol, None, spoken_of.asset_class))


def _look(plan: OrderPlan) -> Look | None:
    """Only a silent order without fills needs to be asked what it would have done."""
    if plan.chain is None or plan.role is not Role.NET or plan.executions or plan.gap is not None:
        return None
    order = plan.chain.orders[0]
    return Look((order.created_at, order.order_id, ZERO, order.order_id), plan.head_id)
