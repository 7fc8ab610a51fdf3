"""Reading and checking the body of a new order, before any account is looked at.

Rules: Alpaca "Orders at Alpaca" (2026-01) and its error messages as recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradesync.simulator.errors import BAD_BODY, ApiError, invalid, unprocessable
from tradesync.simulator.records import Asset
from tradesync.simulator.wire import CENT, QTY_STEP, decimal_field, number, truncated

SIDES = ("buy", "sell")
TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
TIMES_IN_FORCE = ("day", "gtc", "opg", "cls", "ioc", "fok")
CLASSES = ("", "simple", "bracket", "oco", "oto", "mleg")
INTENTS = ("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close")
MAX_CLIENT_ID = 128
PENNY = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Exit:
    """A take-profit or stop-loss leg asked for with an order."""

    limit_price: Decimal | None
    stop_price: Decimal | None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What a client asked for; quantities cut to nine places."""

    symbol: str
    side: str
    type: str
    time_in_force: str
    qty: Decimal | None
    notional: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail_price: Decimal | None
    trail_percent: Decimal | None
    extended_hours: bool
    client_order_id: str | None
    order_class: str
    position_intent: str | None
    take_profit: Exit | None
    stop_loss: Exit | None

    @property
    def is_fractional(self) -> bool:
        """Ordered in dollars or in a part of a share."""
        return self.notional is not None or (self.qty is not None and self.qty % 1 != 0)


def read_request(body: Any) -> OrderRequest:
    """The request of a decoded JSON body; ApiError in Alpaca's words when it is not one."""
    if not isinstance(body, dict):
        raise ApiError(400, BAD_BODY, "request body format is invalid")
    request = OrderRequest(
        symbol=str(body.get("symbol") or ""),
        side=_word(body, "side", SIDES, "side"),
        type=_word(body, "type", TYPES, "order type"),
        time_in_force=_word(body, "time_in_force", TIMES_IN_FORCE, "time_in_force"),
        qty=_quantity(body),
        notional=decimal_field(body.get("notional"), "notional"),
        limit_price=_limit(body),
        stop_price=decimal_field(body.get("stop_price"), "stop_price"),
        trail_price=decimal_field(body.get("trail_price"), "trail_price"),
        trail_percent=decimal_field(body.get("trail_percent"), "trail_percent"),
        extended_hours=body.get("extended_hours") is True,
        client_order_id=_client_id(body.get("client_order_id")),
        order_class=_class(body.get("order_class")),
        position_intent=_intent(body.get("position_intent")),
        take_profit=_exit(body.get("take_profit")),
        stop_loss=_exit(body.get("stop_loss")),
    )
    if not request.symbol:
        invalid("symbol is required")
    _check_size(request)
    check_prices(request.type, request.limit_price, request.stop_price)
    _check_trail(request)
    return request


def _word(body: dict[str, Any], key: str, allowed: tuple[str, ...], name: str) -> str:
    word = str(body.get(key) or "")
    if word not in allowed:
        invalid(f"invalid {name}" if word else f"{name} is required")
    return word


def _quantity(body: dict[str, Any]) -> Decimal | None:
    qty = decimal_field(body.get("qty"), "qty")
    return None if qty is None else truncated(qty)


def _limit(body: dict[str, Any]) -> Decimal | None:
    """The limit; an OCO is its own take-profit and takes its limit from there."""
    source = body
    if body.get("order_class") == "oco" and isinstance(body.get("take_profit"), dict):
        source = body["take_profit"]
    return decimal_field(source.get("limit_price"), "limit_price")


def _client_id(raw: object) -> str | None:
    if raw is None or raw == "":
        return None
    text = str(raw)
    if len(text) > MAX_CLIENT_ID:
        invalid(f"client_order_id must be no more than {MAX_CLIENT_ID} characters")
    return text


def _class(raw: object) -> str:
    word = str(raw or "")
    if word not in CLASSES:
        invalid("invalid order_class")
    return word


def _intent(raw: object) -> str | None:
    if raw is None or raw == "":
        return None
    if raw not in INTENTS:
        invalid("invalid position_intent")
    return str(raw)


def _exit(raw: object) -> Exit | None:
    if not isinstance(raw, dict):
        return None
    return Exit(
        limit_price=decimal_field(raw.get("limit_price"), "limit_price"),
        stop_price=decimal_field(raw.get("stop_price"), "stop_price"),
    )


def _check_size(request: OrderRequest) -> None:
    if request.qty is None and request.notional is None:
        invalid("qty or notional is required")
    if request.qty is not None and request.notional is not None:
        invalid("only one of qty or notional is accepted")
    if request.qty is not None and request.qty <= 0:
        invalid("qty must be > 0")
    if request.notional is not None and request.notional <= 0:
        invalid("notional must be > 0")
    if request.notional is not None and request.notional % CENT != 0:
        unprocessable("notional must be limited to 2 decimal places")


def check_prices(kind: str, limit: Decimal | None, stop: Decimal | None) -> None:
    """Each type has the prices it needs and no others."""
    name = kind.replace("_", " ")
    if kind == "market" and (limit is not None or stop is not None):
        invalid("market orders require no stop or limit price")
    if kind in {"limit", "stop_limit"} and limit is None:
        invalid(f"{name} orders require a limit price")
    if kind in {"stop", "stop_limit"} and stop is None:
        invalid(f"{name} orders require a stop price")
    if kind == "limit" and stop is not None:
        invalid("limit orders require no stop price")
    if kind == "stop" and limit is not None:
        invalid("stop orders require no limit price")
    for price in (limit, stop):
        if price is not None and price <= 0:
            invalid("limit_price must be > 0" if price == limit else "stop_price must be > 0")


def _check_trail(request: OrderRequest) -> None:
    given = [trail for trail in (request.trail_price, request.trail_percent) if trail is not None]
    if request.type == "trailing_stop" and len(given) != 1:
        invalid("trailing stop orders must specify one of trail_price or trail_percent")
    if request.type != "trailing_stop" and given:
        invalid("trail is only accepted for trailing stop orders")
    if any(trail <= 0 for trail in given):
        invalid("trail must be > 0")


def check_increment(asset: Asset, price: Decimal | None, name: str) -> None:
    """Sub-penny rule: two decimals from a dollar up, four below; coins are free to nine."""
    if price is None:
        return
    step = CENT if price >= 1 else PENNY
    step = QTY_STEP if asset.asset_class == "crypto" else step
    if price % step != 0:
        unprocessable(
            f"invalid {name} {number(price)}. sub-penny increment does not fulfill "
            "minimum pricing criteria"
        )


def check_instrument(asset: Asset, request: OrderRequest) -> None:
    """What this kind of asset may be ordered with."""
    if asset.status != "active":
        invalid(f"asset {asset.symbol} is not active")
    if not asset.tradable:
        unprocessable(f'asset "{asset.symbol}" is not tradable')
    checks = {"crypto": _check_crypto, "us_option": _check_option, "us_equity": _check_equity}
    checks[asset.asset_class](asset, request)
    check_increment(asset, request.limit_price, "limit_price")
    check_increment(asset, request.stop_price, "stop_price")


def _check_crypto(asset: Asset, request: OrderRequest) -> None:
    if request.time_in_force not in {"gtc", "ioc"}:
        unprocessable("invalid crypto time_in_force")
    if request.type not in {"market", "limit", "stop_limit"}:
        unprocessable("invalid order type for crypto order")
    if request.order_class not in {"", "simple"}:
        unprocessable("crypto orders must be simple orders")
    if request.extended_hours:
        unprocessable(f"extended hours orders are not supported for {asset.symbol}")


def _check_option(asset: Asset, request: OrderRequest) -> None:
    if request.time_in_force != "day":
        unprocessable("option orders must be DAY orders")
    if request.is_fractional:
        invalid("qty must be integer")
    if request.order_class not in {"", "simple"}:
        unprocessable("option orders must be simple or mleg orders")
    if request.extended_hours:
        unprocessable(f"extended hours orders are not supported for {asset.symbol}")


def _check_equity(asset: Asset, request: OrderRequest) -> None:
    if request.is_fractional:
        if not asset.fractionable:
            raise ApiError(403, 40310000, f'asset "{asset.symbol}" is not fractionable')
        if request.time_in_force != "day":
            unprocessable("fractional orders must be DAY orders")
        if request.order_class not in {"", "simple"}:
            unprocessable("fractional orders must be simple orders")
    if request.extended_hours and (
        request.type != "limit" or request.time_in_force not in {"day", "gtc"}
    ):
        unprocessable("extended hours order must be DAY or GTC limit orders")
