"""What an account may still spend, and how much of a holding its orders hold."""

from __future__ import annotations

from decimal import Decimal

from tradesync.simulator.ledger import Ledger, fixed_reserve
from tradesync.simulator.records import Asset, Order
from tradesync.simulator.wire import CENT, ZERO, multiplier, rounded

INITIAL_RATE = Decimal("0.5")
MAINTENANCE_RATE = Decimal("0.3")
LEVERAGE = Decimal(4)
REG_T_LEVERAGE = Decimal(2)
SHORT_COLLAR = Decimal("1.03")


def exposure(ledger: Ledger) -> tuple[Decimal, Decimal]:
    """Long and short market value (short negative), as positions show them."""
    values = [ledger.market_value(position) for position in ledger.positions.values()]
    return (
        sum((value for value in values if value > 0), ZERO),
        sum((value for value in values if value < 0), ZERO),
    )


def requirement(ledger: Ledger, rate: Decimal) -> Decimal:
    """Margin the holdings need; coins and options are paid in full."""
    total = ZERO
    for position, asset in ledger.held_positions():
        full = asset.asset_class != "us_equity"
        total += abs(ledger.market_value(position)) * (1 if full else rate)
    return rounded(total, CENT)


def reference_price(ledger: Ledger, order: Order) -> Decimal:
    """The price an order is reckoned at: its limit, else its stop, else the market."""
    return order.limit_price or order.stop_price or ledger.market.last(order.symbol)


def reserve(ledger: Ledger, order: Order) -> Decimal:
    """Money an order ties up: cost of an opening order's unfilled part, 0 for a closing one."""
    if not order.opens:
        return ZERO
    fixed = fixed_reserve(order)
    if fixed is not None:
        return fixed
    price = reference_price(ledger, order)
    if order.side == "sell":
        price = max(price, ledger.market.last(order.symbol) * SHORT_COLLAR)
    return order.leaves * price * multiplier(order.asset_class)


def reserved(ledger: Ledger, without: str | None = None) -> Decimal:
    """Money all open orders tie up, apart from the order `without`."""
    total = ledger.fixed_reserves
    for key in ledger.moving_reserve_ids:
        total += reserve(ledger, ledger.orders[key])
    if without in ledger.waiting_ids:
        total -= reserve(ledger, ledger.orders[without])
    return total


def buying_power(ledger: Ledger, without: str | None = None) -> Decimal:
    """Margin buying power for shares, never negative, in cents."""
    free = ledger.equity() - requirement(ledger, MAINTENANCE_RATE)
    return rounded(max(ZERO, free * LEVERAGE - reserved(ledger, without)), CENT)


def cash_power(ledger: Ledger, without: str | None = None) -> Decimal:
    """Non-marginable buying power, for coins and options: cash not owed to short sales."""
    _, short = exposure(ledger)
    free = min(ledger.account.cash + short, ledger.equity())
    return rounded(max(ZERO, free - reserved(ledger, without)), CENT)


def power_for(ledger: Ledger, asset: Asset, without: str | None = None) -> Decimal:
    """The buying power an order in `asset` draws on."""
    if asset.asset_class == "us_equity":
        return buying_power(ledger, without)
    return cash_power(ledger, without)


def held_for_orders(ledger: Ledger, symbol: str, without: str | None = None) -> Decimal:
    """Units (positive) open closing orders of a symbol hold; one leg of a group counts once."""
    qty = ledger.position(symbol).qty
    side = "sell" if qty > 0 else "buy"
    held: dict[str, Decimal] = {}
    spared = ledger.orders[without].group_id if without else None
    for key in ledger.waiting_by_symbol[symbol]:
        order = ledger.orders[key]
        if order.side != side or key == without:
            continue
        if order.group_id is not None and order.group_id == spared:
            continue
        if order.position_intent in {"buy_to_open", "sell_to_open"}:
            continue
        if _waits_for_entry(ledger, order):
            continue
        group = order.group_id or order.id
        held[group] = max(held.get(group, ZERO), order.leaves)
    return min(sum(held.values(), ZERO), abs(qty))


def _waits_for_entry(ledger: Ledger, order: Order) -> bool:
    parent = ledger.orders.get(order.parent_id) if order.parent_id else None
    entry = parent is not None and parent.group_role == "entry"
    return order.status == "held" and entry and parent is not None and not parent.is_terminal


def available(ledger: Ledger, symbol: str, without: str | None = None) -> Decimal:
    """Units of the holding (positive) no open order holds."""
    return abs(ledger.position(symbol).qty) - held_for_orders(ledger, symbol, without)
