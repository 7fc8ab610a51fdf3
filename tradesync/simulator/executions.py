"""One execution and all it moves: order, position, cash, fee, activity row, trade update."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_UP, Decimal

from tradesync.simulator.activities import fill_row
from tradesync.simulator.books import traded
from tradesync.simulator.broker import Broker
from tradesync.simulator.groups import after_fill
from tradesync.simulator.ledger import Ledger
from tradesync.simulator.order_wire import publish
from tradesync.simulator.records import Activity, CryptoFee, Order
from tradesync.simulator.wire import (
    CENT,
    QTY_STEP,
    ZERO,
    multiplier,
    new_york_date,
    number,
    time_text,
)

CRYPTO_FEE_RATE = Decimal("0.0025")


def execute(broker: Broker, ledger: Ledger, order: Order, qty: Decimal, price: Decimal) -> Order:
    """Fill `qty` (positive) of `order` at `price`; the order as it stands afterwards."""
    filled, row = settle_fill(broker, ledger, order, qty, price)
    assert filled.filled_ns is not None
    publish(
        ledger,
        "fill" if filled.status == "filled" else "partial_fill",
        filled,
        filled.filled_ns,
        {
            "execution_id": row.id.split("::")[1],
            "timestamp": time_text(filled.filled_ns),
            "price": number(price),
            "qty": number(qty),
            "position_qty": number(ledger.position(order.symbol).qty),
        },
    )
    after_fill(broker, ledger, filled)
    return filled


def settle_fill(
    broker: Broker, ledger: Ledger, order: Order, qty: Decimal, price: Decimal
) -> tuple[Order, Activity]:
    """The execution itself: order, holding, cash and FILL row; nobody is told."""
    now = broker.stamp()
    filled = replace(
        order,
        filled_qty=order.filled_qty + qty,
        filled_cost=order.filled_cost + qty * price,
        filled_ns=now,
        updated_ns=broker.stamp(),
        status="partially_filled",
    )
    if _complete(filled, price):
        filled = replace(filled, status="filled", slices=())
    elif order.is_terminal or order.status in {"pending_cancel", "pending_replace"}:
        filled = replace(filled, status=order.status)
    ledger.put_order(filled)
    _settle(ledger, filled, qty, price, now)
    return filled, fill_row(ledger, filled, qty, price, now)


def _complete(order: Order, price: Decimal) -> bool:
    if order.qty is not None:
        return order.leaves == 0
    assert order.notional is not None
    return order.notional - order.filled_cost < QTY_STEP * price


def _settle(ledger: Ledger, order: Order, qty: Decimal, price: Decimal, now: int) -> None:
    """Move shares and money; coins pay their fee at once."""
    factor = multiplier(order.asset_class)
    money = qty * price * factor
    sign = 1 if order.side == "buy" else -1
    fee = _crypto_fee(order, qty, price, now) if order.asset_class == "crypto" else None
    coin_fee, usd_fee = (fee.qty, fee.usd) if fee else (ZERO, ZERO)
    position, realized = traded(ledger.position(order.symbol), sign * qty - coin_fee, price)
    ledger.put_position(position)
    ledger.add(cash=-sign * money - usd_fee, realized=realized * factor)
    if fee is not None:
        ledger.add(fees=fee.value)
        ledger.update(crypto_fees=(*ledger.account.crypto_fees, fee))


def _crypto_fee(order: Order, qty: Decimal, price: Decimal, now: int) -> CryptoFee:
    """A quarter percent: of the coin bought (9 places, up) or of the dollars got (cents, up)."""
    day = new_york_date(now)
    if order.side == "buy":
        coin = (qty * CRYPTO_FEE_RATE).quantize(QTY_STEP, ROUND_UP)
        return CryptoFee(order.symbol, day, coin, ZERO, coin * price)
    usd = (qty * price * CRYPTO_FEE_RATE).quantize(CENT, ROUND_UP)
    return CryptoFee(order.symbol, day, ZERO, usd, usd)
