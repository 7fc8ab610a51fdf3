"""Order requests as the JSON Alpaca takes: exact decimal strings, nothing that was not asked."""

from __future__ import annotations

from decimal import Decimal

from tradesync.broker.port import OrderRequest
from tradesync.domain.money import plain


def order_body(request: OrderRequest) -> dict[str, object]:
    """The body of POST /v2/orders."""
    stop_loss = request.stop_loss
    body: dict[str, object | None] = {
        "client_order_id": request.client_order_id,
        "symbol": request.symbol,
        "side": request.side,
        "type": request.order_type,
        "time_in_force": request.time_in_force,
        "qty": exact(request.qty),
        "notional": exact(request.notional),
        "limit_price": exact(request.limit_price),
        "stop_price": exact(request.stop_price),
        "trail_price": exact(request.trail_price),
        "trail_percent": exact(request.trail_percent),
        "extended_hours": True if request.extended_hours else None,
        "position_intent": request.position_intent,
        "order_class": request.order_class or None,
        "take_profit": _without_blanks({"limit_price": exact(request.take_profit)}),
        "stop_loss": _without_blanks(
            {"stop_price": exact(stop_loss.stop_price), "limit_price": exact(stop_loss.limit_price)}
            if stop_loss
            else {}
        ),
    }
    return _without_blanks(body)


def replacement_body(
    *,
    client_order_id: str,
    qty: Decimal | None,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
    trail: Decimal | None,
    time_in_force: str | None,
) -> dict[str, object]:
    """The body of PATCH /v2/orders/{id}; `qty` is the chain's total (reference 2.4)."""
    return _without_blanks(
        {
            "client_order_id": client_order_id,
            "qty": exact(qty),
            "limit_price": exact(limit_price),
            "stop_price": exact(stop_price),
            "trail": exact(trail),
            "time_in_force": time_in_force,
        }
    )


def exact(number: Decimal | None) -> str | None:
    """A number in plain digits, never in scientific notation."""
    return None if number is None else plain(number)


def _without_blanks(body: dict[str, object | None] | dict[str, str | None]) -> dict[str, object]:
    """Only what is set."""
    return {name: value for name, value in body.items() if value is not None and value != {}}
