"""Brackets, OCO and OTO: an entry with exits that wait for it, and exits that exclude each other.

Source: Alpaca "Orders at Alpaca" (legs activate when the entry is wholly filled; cancelling any
member cancels the group; a take-profit's partial fill shrinks the stop) and statuses measured on
paper: after the entry the take-profit is `new`, the stop stays `held` until it triggers.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradesync.simulator.broker import Broker
from tradesync.simulator.endings import end_alone
from tradesync.simulator.errors import invalid, unprocessable
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.order_request import OrderRequest, check_increment
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Asset, Order
from tradesync.simulator.wire import CENT, number

COMPLEX = frozenset({"bracket", "oco", "oto"})
TRIGGERED_STOPS = ("cancels", "replaces", "new_order")
_OPPOSITE = {"buy": "sell", "sell": "buy"}
_EXITS = {"buy": "buy_to_close", "sell": "sell_to_close"}


def check_group(asset: Asset, request: OrderRequest, intent: str, last: Decimal) -> None:
    """The rules of complex orders; 422 in Alpaca's words."""
    if request.order_class not in COMPLEX:
        if request.take_profit is not None or request.stop_loss is not None:
            invalid("take_profit and stop_loss are only accepted for complex orders")
        return
    if request.time_in_force not in {"day", "gtc"}:
        unprocessable(f"{request.order_class} orders must be DAY or GTC orders")
    if request.extended_hours:
        unprocessable(f"{request.order_class} orders are not supported in extended hours")
    _check_kind(request, intent)
    _check_prices(asset, request, last)


def _check_kind(request: OrderRequest, intent: str) -> None:
    kind = request.order_class
    opens = intent in {"buy_to_open", "sell_to_open"}
    profit, loss = request.take_profit, request.stop_loss
    if kind == "oco":
        if opens:
            unprocessable("oco orders must be exit orders")
        if request.type != "limit":
            invalid("oco orders must be limit orders")
    elif not opens:
        unprocessable(f"{kind} orders must be entry orders")
    elif request.type not in {"market", "limit"}:
        invalid(f"{kind} orders must be market or limit orders")
    if kind == "oto" and (profit is None) == (loss is None):
        invalid("oto orders require either take_profit or stop_loss")
    if kind in {"bracket", "oco"} and (profit is None or profit.limit_price is None):
        invalid(f"{kind} orders require take_profit.limit_price")
    if kind in {"bracket", "oco"} and (loss is None or loss.stop_price is None):
        invalid(f"{kind} orders require stop_loss.stop_price")


def _check_prices(asset: Asset, request: OrderRequest, last: Decimal) -> None:
    profit = request.take_profit.limit_price if request.take_profit else None
    stop = request.stop_loss.stop_price if request.stop_loss else None
    check_increment(asset, profit, "take_profit.limit_price")
    check_increment(asset, stop, "stop_loss.stop_price")
    exit_side = request.side if request.order_class == "oco" else _OPPOSITE[request.side]
    sells = exit_side == "sell"
    if profit is not None and stop is not None and (profit > stop) is not sells:
        word = ">" if sells else "<"
        unprocessable(f"take_profit.limit_price must be {word} stop_loss.stop_price")
    base = request.limit_price if request.order_class != "oco" else None
    base = base or last
    if stop is not None and (stop > base - CENT if sells else stop < base + CENT):
        word, sign = ("<=", "-") if sells else (">=", "+")
        unprocessable(
            f"stop_loss.stop_price must be {word} base_price {sign} 0.01",
            base_price=number(base),
        )


def as_parent(request: OrderRequest, order: Order, group_id: str) -> Order:
    """The top order of a group: the entry, or an OCO's take-profit."""
    if request.order_class != "oco":
        return replace(
            order, order_class=request.order_class, group_id=group_id, group_role="entry"
        )
    assert request.take_profit is not None
    return replace(
        order,
        order_class="oco",
        group_id=group_id,
        group_role="take_profit",
        limit_price=request.take_profit.limit_price,
    )


def make_legs(ledger: Ledger, request: OrderRequest, parent: Order) -> list[Order]:
    """Store the exits of a group, held."""
    legs: list[Order] = []
    if request.take_profit is not None and request.order_class != "oco":
        profit = {"type": "limit", "limit_price": request.take_profit.limit_price}
        legs.append(_leg(ledger, parent, "take_profit", profit))
    if request.stop_loss is not None:
        limit = request.stop_loss.limit_price
        loss = {
            "type": "stop" if limit is None else "stop_limit",
            "limit_price": limit,
            "stop_price": request.stop_loss.stop_price,
        }
        legs.append(_leg(ledger, parent, "stop_loss", loss))
    return legs


def _leg(ledger: Ledger, parent: Order, role: str, fields: dict[str, Any]) -> Order:
    side = parent.side if parent.order_class == "oco" else _OPPOSITE[parent.side]
    leg = replace(
        parent,
        id=ledger.new_id("order", parent.created_ns),
        seq=ledger.next_seq(),
        client_order_id=ledger.new_id("client order", parent.created_ns),
        side=side,
        position_intent=_EXITS[side],
        status="held",
        parent_id=parent.id,
        group_role=role,
        stop_price=None,
        limit_price=None,
    )
    return ledger.put_order(replace(leg, **fields))


def members(ledger: Ledger, order: Order) -> list[Order]:
    """The other orders of its group, or the legs of a strategy, that are still alive."""
    if order.order_class == "mleg" and order.parent_id is None:
        return [leg for leg in ledger.legs_of(order.id) if not leg.is_terminal]
    if order.group_id is None:
        return []
    return [
        other
        for other in ledger.alive_orders()
        if other.group_id == order.group_id and other.id != order.id
    ]


def is_armed(ledger: Ledger, order: Order) -> bool:
    """Whether a held stop watches the market: its entry is filled, or it belongs to an OCO."""
    if order.status != "held" or order.group_role != "stop_loss":
        return False
    entry = _entry(ledger, order)
    return entry is None or entry.status == "filled"


def _entry(ledger: Ledger, order: Order) -> Order | None:
    """The entry of a leg's group; None in an OCO."""
    parent = ledger.orders.get(order.parent_id or "")
    return parent if parent is not None and parent.group_role == "entry" else None


def after_fill(broker: Broker, ledger: Ledger, order: Order) -> None:
    """What a fill of a member means for the rest of its group."""
    if order.group_role == "entry":
        if order.status == "filled":
            _activate(broker, ledger, order)
    elif order.group_role == "take_profit":
        _shrink_stops(broker, ledger, order)
    elif order.group_role == "stop_loss" and order.status == "filled":
        _end_others(broker, ledger, order)


def _activate(broker: Broker, ledger: Ledger, entry: Order) -> None:
    """The entry is whole: the take-profit goes to the venue, a bracket's stop keeps watch."""
    done = entry.filled_qty + entry.chain_filled
    for leg in members(ledger, entry):
        now = broker.stamp()
        live = leg.group_role == "take_profit" or entry.order_class == "oto"
        status = "new" if live else leg.status
        changed = replace(leg, qty=done, status=status, updated_ns=broker.stamp())
        ledger.put_order(changed)
        if live:
            publish(ledger, "new", changed, now)


def _shrink_stops(broker: Broker, ledger: Ledger, profit: Order) -> None:
    """The stop protects only what the take-profit has not sold."""
    for other in members(ledger, profit):
        if other.group_role != "stop_loss" or other.qty is None:
            continue
        if profit.leaves == 0:
            end_alone(broker, ledger, other, "canceled")
        else:
            ledger.put_order(replace(other, qty=profit.leaves, updated_ns=broker.stamp()))


def _end_others(broker: Broker, ledger: Ledger, order: Order) -> None:
    for other in members(ledger, order):
        end_alone(broker, ledger, other, "canceled")


def before_trigger(broker: Broker, ledger: Ledger, stop: Order) -> Order:
    """A stop goes off: its take-profit leaves first, so both cannot fill; the stop that works on.

    The switch `triggered_stop`: "cancels" cancels the take-profit; "replaces" shows it as
    replaced; "new_order" does so too and puts a new order in the held stop's place. All were seen
    at Alpaca (alpaca-py issue 198, alpaca-backtrader-api issues 69 and 80).
    """
    if stop.group_role != "stop_loss":
        return stop
    how = ledger.account.switches.triggered_stop
    for other in members(ledger, stop):
        end_alone(broker, ledger, other, "canceled" if how == "cancels" else "replaced")
    return _reissued(broker, ledger, stop) if how == "new_order" else stop


def _reissued(broker: Broker, ledger: Ledger, stop: Order) -> Order:
    """A new order with the stop's terms; the held one ends replaced by it."""
    now = broker.stamp()
    new = replace(
        stop,
        id=ledger.new_id("order", now),
        seq=ledger.next_seq(),
        client_order_id=ledger.new_id("client order", now),
        created_ns=now,
        updated_ns=now,
        submitted_ns=now,
        replaces=stop.id,
    )
    ledger.put_order(new)
    old = replace(
        stop, status="replaced", replaced_ns=now, replaced_by=new.id, updated_ns=broker.stamp()
    )
    publish(ledger, "replaced", ledger.put_order(old), now)
    return new


def after_end(broker: Broker, ledger: Ledger, order: Order) -> None:
    """Cancelled, expired or rejected: the group goes with its member."""
    status = "expired" if order.status == "expired" else "canceled"
    for other in members(ledger, order):
        end_alone(broker, ledger, other, status)


def adopt_legs(ledger: Ledger, old: Order, new: Order) -> None:
    """Legs of a replaced top order belong to its successor."""
    for leg in ledger.legs_of(old.id):
        ledger.put_order(replace(leg, parent_id=new.id))
