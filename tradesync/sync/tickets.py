"""What a person asks for as an order request: checked here, so that nothing wrong is written.

Rules: Alpaca's *Orders at Alpaca* (alpaca-api reference 2.3, 2.6).
"""

from __future__ import annotations

from decimal import Decimal

from tradesync.broker.port import Asset, OrderRequest, StopLoss
from tradesync.domain.money import ZERO, to_decimal
from tradesync.sync.outcomes import CommandRefusedError, OrderTicket

SIDES = ("buy", "sell")
ORDER_TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
ORDER_CLASSES = ("", "bracket", "oto", "oco")
_TIMES_IN_FORCE = ("day", "gtc", "ioc", "fok", "opg", "cls")
_TYPES_OF = {
    "crypto": ("market", "limit", "stop_limit"),
    "us_option": ("market", "limit"),
}
_LIMITED = frozenset({"limit", "stop_limit"})
_STOPPED = frozenset({"stop", "stop_limit"})
_CENT, _PENNY_PART, _COIN_PART = Decimal("0.01"), Decimal("0.0001"), Decimal("0.000000001")


def order_types(asset_class: str, order_class: str = "") -> tuple[str, ...]:
    """The order types that can be asked for of this kind of asset and order."""
    if order_class == "oco":
        return ("limit",)
    if order_class:
        return ("market", "limit")
    return _TYPES_OF.get(asset_class, ORDER_TYPES)


def times_in_force(
    asset_class: str,
    order_type: str,
    *,
    order_class: str = "",
    fractional: bool = False,
    extended_hours: bool = False,
) -> tuple[str, ...]:
    """The times in force such an order can have, the usual one first."""
    if asset_class == "crypto":
        return ("gtc", "ioc")
    if asset_class == "us_option" or fractional or extended_hours:
        return ("day",)
    if order_class or order_type not in {"market", "limit"}:
        return ("day", "gtc")
    return _TIMES_IN_FORCE


def opening_request(ticket: OrderTicket, asset: Asset, client_order_id: str) -> OrderRequest:
    """The order a ticket asks for; CommandRefusedError names what is wrong."""
    request = OrderRequest(
        client_order_id=client_order_id,
        symbol=asset.symbol,
        side=ticket.side,
        qty=optional_positive(ticket.qty, "quantity"),
        notional=optional_positive(ticket.notional, "amount"),
        order_type=ticket.order_type,
        time_in_force=_usual_time_in_force(ticket, asset),
        limit_price=optional_positive(ticket.limit_price, "limit price"),
        stop_price=optional_positive(ticket.stop_price, "stop price"),
        trail_price=optional_positive(ticket.trail_price, "trail in dollars"),
        trail_percent=optional_positive(ticket.trail_percent, "trail in percent"),
        extended_hours=ticket.extended_hours,
        order_class=ticket.order_class,
        take_profit=optional_positive(ticket.take_profit, "take profit"),
        stop_loss=_stop_loss(ticket),
    )
    _check_words(request)
    _check_size(request, asset)
    _check_own_prices(request)
    _check_exits(request)
    _check_kind(request, asset)
    _check_decimals(request, asset)
    return request


def _usual_time_in_force(ticket: OrderTicket, asset: Asset) -> str:
    """As asked; a coin's "day" is its usual one, for it trades without end."""
    is_day = ticket.time_in_force == "day"
    return "gtc" if asset.asset_class == "crypto" and is_day else ticket.time_in_force


def _stop_loss(ticket: OrderTicket) -> StopLoss | None:
    stop = optional_positive(ticket.stop_loss, "stop loss")
    limit = optional_positive(ticket.stop_loss_limit, "limit of the stop loss")
    if stop is None:
        _refuse_if(limit is not None, "The limit of a stop loss needs its stop price.")
        return None
    return StopLoss(stop, limit)


def _check_words(request: OrderRequest) -> None:
    _refuse_if(request.side not in SIDES, "The side must be buy or sell.")
    known = ", ".join(each.replace("_", " ") for each in ORDER_TYPES)
    _refuse_if(request.order_type not in ORDER_TYPES, f"The order type must be one of {known}.")
    _refuse_if(
        request.order_class not in ORDER_CLASSES, "The order class must be bracket, oto or oco."
    )
    _refuse_if(
        request.time_in_force not in _TIMES_IN_FORCE,
        f"Time in force must be one of {', '.join(_TIMES_IN_FORCE)}.",
    )


def _check_size(request: OrderRequest, asset: Asset) -> None:
    qty, notional = request.qty, request.notional
    _refuse_if((qty is None) == (notional is None), "Give either a quantity or an amount.")
    _refuse_if(notional is not None and notional % _CENT != 0, "An amount has whole cents.")
    if asset.asset_class == "us_option":
        _refuse_if(not is_whole(request), "Options trade in whole contracts only.")
        return
    _refuse_if(
        not is_whole(request) and not asset.fractionable,
        f"{asset.symbol} trades in whole units only.",
    )
    _refuse_if(qty is not None and qty % _COIN_PART != 0, "A quantity has nine decimals at most.")


def is_whole(request: OrderRequest) -> bool:
    """Whether an order is for whole units, and for no amount."""
    return request.qty is not None and request.qty % 1 == 0


def _check_own_prices(request: OrderRequest) -> None:
    kind, name = request.order_type, request.order_type.replace("_", " ")
    if request.order_class == "oco":
        _refuse_if(kind != "limit", "An OCO is a limit order with a stop beside it.")
        _refuse_if(
            request.limit_price is not None and request.limit_price != request.take_profit,
            "The limit of an OCO is its take profit; leave the limit price empty.",
        )
        return
    for price, price_name, wanting in (
        (request.limit_price, "limit price", _LIMITED),
        (request.stop_price, "stop price", _STOPPED),
    ):
        _refuse_if(kind in wanting and price is None, f"A {name} order needs a {price_name}.")
        excess = kind not in wanting and price is not None
        _refuse_if(excess, f"A {name} order has no {price_name}.")
    trails = [each for each in (request.trail_price, request.trail_percent) if each is not None]
    if kind == "trailing_stop":
        _refuse_if(len(trails) != 1, "A trailing stop needs its trail, in dollars or in percent.")
    else:
        _refuse_if(bool(trails), f"A {name} order has no trail.")
    percent = request.trail_percent
    _refuse_if(percent is not None and percent >= 100, "A trail must be less than 100 percent.")


def _check_exits(request: OrderRequest) -> None:
    """Which exits a class has, and that they stand on the right sides of each other."""
    kind = request.order_class
    profit = request.take_profit
    stop = request.stop_loss.stop_price if request.stop_loss else None
    if not kind:
        _refuse_if(profit is not None or stop is not None, "Exits need a bracket, OTO or OCO.")
        return
    if kind == "oto":
        one = (profit is None) != (stop is None)
        _refuse_if(not one, "An OTO has one exit: a take profit or a stop loss.")
    else:
        name = "A bracket" if kind == "bracket" else "An OCO"
        _refuse_if(profit is None or stop is None, f"{name} needs a take profit and a stop loss.")
    sells = (request.side == "sell") is (kind == "oco")  # the exits sell
    word, other = ("above", "below") if sells else ("below", "above")
    _check_order_of(profit, stop, f"The take profit must be {word} the stop loss.", sells=sells)
    entry = request.limit_price if kind != "oco" else None
    of_entry = "the limit price of the entry."
    _check_order_of(profit, entry, f"The take profit must be {word} {of_entry}", sells=sells)
    _check_order_of(entry, stop, f"The stop loss must be {other} {of_entry}", sells=sells)


def _check_order_of(
    better: Decimal | None, worse: Decimal | None, sentence: str, *, sells: bool
) -> None:
    """Of two prices of exits that sell the better is higher; of those that buy, lower."""
    if better is not None and worse is not None:
        _refuse_if(better <= worse if sells else better >= worse, sentence)


def _check_kind(request: OrderRequest, asset: Asset) -> None:
    """What this kind of asset may be ordered with."""
    kind, grouped = asset.asset_class, bool(request.order_class)
    fractional = kind == "us_equity" and not is_whole(request)
    name = request.order_type.replace("_", " ")
    things = {"crypto": "Crypto", "us_option": "Options"}.get(kind, "Shares")
    _refuse_if(grouped and kind != "us_equity", f"{things} have no brackets, OTO or OCO orders.")
    _refuse_if(
        request.order_type not in order_types(kind, request.order_class),
        f"{things} cannot be ordered with a {name} order"
        f"{f' in a {request.order_class}' if grouped else ''}.",
    )
    _refuse_if(fractional and grouped, "A bracket, OTO or OCO needs whole shares.")
    _refuse_if(
        fractional and request.order_type == "trailing_stop", "A trailing stop needs whole shares."
    )
    if request.extended_hours:
        _refuse_if(
            kind != "us_equity" or request.order_type != "limit" or grouped
            or request.time_in_force != "day",
            "Only a day limit order of shares can trade in extended hours.",
        )  # fmt: skip
    allowed = times_in_force(
        kind, request.order_type, order_class=request.order_class, fractional=fractional
    )
    _refuse_if(
        request.time_in_force not in allowed,
        f"The time in force of this order must be {' or '.join(allowed)}.",
    )


def _check_decimals(request: OrderRequest, asset: Asset) -> None:
    """Prices from a dollar up have two decimals, below four; coins nine."""
    stop_loss = request.stop_loss
    prices = {
        "limit price": request.limit_price,
        "stop price": request.stop_price,
        "take profit": request.take_profit,
        "stop loss": stop_loss.stop_price if stop_loss else None,
        "limit of the stop loss": stop_loss.limit_price if stop_loss else None,
    }
    for name, price in prices.items():
        if price is not None:
            check_price_decimals(asset.asset_class, price, name)


def check_price_decimals(asset_class: str, price: Decimal, name: str) -> None:
    """CommandRefusedError when a price is finer than the market's steps."""
    step = _CENT if price >= 1 else _PENNY_PART
    step = _COIN_PART if asset_class == "crypto" else step
    most = {_CENT: "two", _PENNY_PART: "four", _COIN_PART: "nine"}[step]
    _refuse_if(price % step != 0, f"The {name} {price:f} has more than {most} decimals.")


def _refuse_if(wrong: bool, sentence: str) -> None:
    if wrong:
        raise CommandRefusedError(sentence)


def optional_positive(text: str | None, name: str) -> Decimal | None:
    """A number above zero, None when nothing was given."""
    return None if text is None else positive(text, name)


def positive(text: str, name: str) -> Decimal:
    """A number above zero; CommandRefusedError when it is none."""
    try:
        number = to_decimal(text.strip())
    except ValueError:
        raise CommandRefusedError(f"The {name} {text!r} is not a number.") from None
    if number <= ZERO:
        raise CommandRefusedError(f"The {name} must be more than zero.")
    return number
