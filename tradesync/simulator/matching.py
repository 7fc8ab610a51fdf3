"""When orders meet the market: marketable or not, whole or in slices, stops and trails."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradesync.simulator import dice
from tradesync.simulator.broker import Broker
from tradesync.simulator.executions import execute
from tradesync.simulator.groups import before_trigger, is_armed
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Order
from tradesync.simulator.strategies import match_strategy
from tradesync.simulator.wire import CENT, QTY_STEP, truncated

WORKING = frozenset({"new", "partially_filled", "pending_cancel", "pending_replace"})
_LEAST_SLICED = Decimal(4)


def match(broker: Broker, ledger: Ledger, order: Order) -> Order:
    """Fill what the market gives this order now; the order as it stands afterwards."""
    if order.order_class == "mleg":
        return _match_strategy(broker, ledger, order)
    working = order.status in WORKING or is_armed(ledger, order)
    if broker.world.paused or not working or not broker.trades_now(order):
        return order
    price = broker.market.last(order.symbol)
    order = _watch_stop(broker, ledger, order, price)
    if order.status not in WORKING or not marketable(order, price):
        return order
    qty = open_units(order, price)
    if not order.slices and order.filled_qty == 0:
        order = ledger.put_order(replace(order, slices=_slices(broker, ledger, order, qty)))
    if order.slices:
        qty = min(qty, order.slices[0])
        order = replace(order, slices=order.slices[1:])
    return execute(broker, ledger, order, qty, price) if qty > 0 else order


def _match_strategy(broker: Broker, ledger: Ledger, order: Order) -> Order:
    """A strategy is matched as a whole, through its parent."""
    idle = broker.world.paused or order.status not in WORKING or not broker.trades_now(order)
    if idle or order.parent_id is not None:
        return order
    return match_strategy(broker, ledger, order)


def open_units(order: Order, price: Decimal) -> Decimal:
    """Units still to fill; a dollar order's at `price`, cut to nine places."""
    if order.qty is not None:
        return order.leaves
    assert order.notional is not None
    return truncated((order.notional - order.filled_cost) / price)


def marketable(order: Order, price: Decimal) -> bool:
    """Whether `price` fills the order."""
    if order.type in {"stop", "stop_limit", "trailing_stop"} and not order.triggered:
        return False
    if order.limit_price is None:
        return True
    return price <= order.limit_price if order.side == "buy" else price >= order.limit_price


def _slices(broker: Broker, ledger: Ledger, order: Order, qty: Decimal) -> tuple[Decimal, ...]:
    """In some ten percent of orders, two to four partial fills; else nothing."""
    whole = order.asset_class != "crypto"
    splittable = order.qty is not None and order.time_in_force not in {"ioc", "fok"}
    if not splittable or (whole and (qty < _LEAST_SLICED or qty % 1 != 0)):
        return ()
    keys = (broker.world.seed, ledger.account.id, order.seq)
    if dice.pick(100, *keys, "partial") >= broker.partial_rate:
        return ()
    step = Decimal(1) if whole else QTY_STEP
    parts: list[Decimal] = []
    left = qty
    for turn in range(1 + dice.pick(3, *keys, "count")):
        share = Decimal(20 + dice.pick(50, *keys, "share", turn)) / 100
        part = truncated(left * share, step)
        if 0 < part < left:
            parts.append(part)
            left -= part
    return (*parts, left)


def _watch_stop(broker: Broker, ledger: Ledger, order: Order, price: Decimal) -> Order:
    """Move a trail with the market and set off a stop the price has reached."""
    if order.type not in {"stop", "stop_limit", "trailing_stop"} or order.triggered:
        return order
    if order.type == "trailing_stop":
        order = _trail(ledger, order, price)
    assert order.stop_price is not None
    reached = price >= order.stop_price if order.side == "buy" else price <= order.stop_price
    if not reached:
        return order
    order = before_trigger(broker, ledger, order)
    now = broker.stamp()
    awake = ledger.put_order(replace(order, triggered=True, status="new", updated_ns=now))
    if order.status == "held":
        publish(ledger, "new", awake, now)
    return awake


def _trail(ledger: Ledger, order: Order, price: Decimal) -> Order:
    """The high (buy: low) water mark and the stop derived from it; no update is sent."""
    mark = order.hwm if order.hwm is not None else price
    mark = min(mark, price) if order.side == "buy" else max(mark, price)
    stop = trail_stop(order.side, mark, order.trail_price, order.trail_percent)
    if mark == order.hwm and stop == order.stop_price:
        return order
    return ledger.put_order(replace(order, hwm=mark, stop_price=stop))


def trail_stop(side: str, mark: Decimal, gap: Decimal | None, percent: Decimal | None) -> Decimal:
    """The stop price a water mark and a trail imply, in cents."""
    distance = gap if gap is not None else mark * (percent or Decimal(0)) / 100
    return (mark + distance if side == "buy" else mark - distance).quantize(CENT)


def route(broker: Broker, ledger: Ledger, order: Order) -> Order:
    """Send a pending or accepted order to its venue if that takes it now, and match it."""
    now = broker.stamp()
    if not broker.routes_now(order):
        if order.status == "accepted":
            return order
        order = ledger.put_order(replace(order, status="accepted", updated_ns=now))
        publish(ledger, "accepted", order, now)
        return order
    submitted = order.submitted_ns
    whole = order.qty is not None and order.qty % 1 == 0
    if ledger.account.switches.restamp_submitted and whole and order.group_id is None:
        submitted = now
    order = ledger.put_order(
        replace(order, status="new", submitted_ns=submitted, updated_ns=broker.stamp())
    )
    publish(ledger, "new", order, now)
    if order.order_class == "mleg":
        for leg in ledger.legs_of(order.id):
            ledger.put_order(replace(leg, status="new", submitted_ns=submitted, updated_ns=now))
    return match(broker, ledger, order)


def sweep(broker: Broker, ledger: Ledger) -> None:
    """One look at every order that waits: route what was queued, fill what the price reached."""
    for waiting in ledger.alive_orders():
        order = ledger.orders[waiting.id]
        if order.is_strategy_leg:
            continue
        if order.status in {"accepted", "pending_new"} and not broker.world.paused:
            if broker.routes_now(order):
                route(broker, ledger, order)
        else:
            match(broker, ledger, order)
